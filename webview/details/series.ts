import type { Span, Table } from '../../src/panel/state.js';

/** One line of a chart. In `y` null is a gap; undefined, which only lines put together have, is bridged. */
export interface Line {
  readonly label: string;
  readonly y: readonly (number | null | undefined)[];
}

/**
 * What shares an axis of values: candles, numbers of one size, or the states of one column, each of which is one of `words`.
 * `before` are lines of the version before.
 */
export interface Pane {
  readonly kind: 'candles' | 'lines' | 'states';
  readonly lines: readonly Line[];
  readonly before: readonly Line[];
  /** Of states: what each number stands for. */
  readonly words: readonly string[];
}

export interface ChartData {
  readonly x: number[];
  /** Below each other; none where no column can be drawn. */
  readonly panes: readonly Pane[];
}

/** A version's rows, as far as they are complete. */
interface Stored {
  readonly table: Table;
  readonly coverage: readonly Span[];
}

const CANDLE = ['open', 'high', 'low', 'close'];

/** Columns that one chart can show and still be read. */
const MOST_COLUMNS = 8;

/** A column of more different texts than this has no axis that could name them. */
const MOST_WORDS = 60;

/** Lines share an axis as long as none of them is flat on it: as long as it is not so many times taller than what it spans. */
const FLAT = 20;

/**
 * Tables as a chart takes them: prices as candles, each other kind of column on an axis of its own.
 * @param before the version before, where the two are compared; its columns are drawn beside those of their name.
 * @param together names of columns that share an axis; null: those of one size do
 */
export function chartData(
  current: Stored,
  before: Stored | null = null,
  together: readonly (readonly string[])[] | null = null,
): ChartData {
  const rows = withBreaks(current);
  const earlier = before ? withBreaks(before) : [];
  const times = before
    ? [...new Set([...rows, ...earlier].map(({ time }) => time))].sort((a, b) => a - b)
    : null;
  const x = times ?? rows.map(({ time }) => time);
  const drawn = current.table.names.slice(0, MOST_COLUMNS).flatMap((label, at): Drawn[] => {
    const column = current.table.columns[at];
    const mate = before?.table.columns[before.table.names.indexOf(label)];
    const cells = column && cellsOf(column);
    if (!cells) return [];
    const mates = mate && cellsOf(mate);
    const words = cells.words && wordsOf(cells.words, mates?.words ?? []);
    if (words && words.length > MOST_WORDS) return [];
    const lines = (stored: Stored, of: Cells, at: readonly Row[]): Line => ({
      label,
      y: spread(at, times, (row) => (stored.table.present?.[row] === 0 ? null : of.number(row, words ?? []))),
    });
    const isAlike = mates && (mates.words === null) === (words === null);
    return [
      {
        line: lines(current, cells, rows),
        before: before && isAlike ? lines(before, mates, earlier) : null,
        words,
      },
    ];
  });
  return { x, panes: panesOf(drawn, before !== null, together) };
}

interface Drawn {
  readonly line: Line;
  readonly before: Line | null;
  readonly words: readonly string[] | null;
}

function panesOf(
  drawn: readonly Drawn[],
  compares: boolean,
  together: readonly (readonly string[])[] | null,
): Pane[] {
  const numbers = drawn.filter(({ words }) => words === null);
  const candles = CANDLE.map((name) => numbers.find(({ line }) => line.label.toLowerCase() === name));
  const areCandles = !compares && candles.every((each) => each !== undefined);
  const rest = areCandles ? numbers.filter((each) => !candles.includes(each)) : numbers;
  const pane = (kind: Pane['kind'], members: readonly Drawn[]): Pane => ({
    kind,
    lines: members.map(({ line }) => line),
    before: members.flatMap(({ before }) => before ?? []),
    words: members[0]?.words ?? [],
  });
  return [
    ...(areCandles ? [pane('candles', candles)] : []),
    ...(
      together?.map((names) => rest.filter(({ line }) => names.includes(line.label))) ?? groupsOf(rest)
    ).map((group) => pane('lines', group)),
    ...drawn.filter(({ words }) => words !== null).map((each) => pane('states', [each])),
  ];
}

/** Lines put together so that each can be seen: a price and a weight do not share an axis. */
function groupsOf(lines: readonly Drawn[]): Drawn[][] {
  const groups: { members: Drawn[]; low: number; high: number; least: number }[] = [];
  for (const each of lines) {
    const values = [each.line, ...(each.before ? [each.before] : [])]
      .flatMap(({ y }) => y)
      .filter((value) => typeof value === 'number');
    const low = values.reduce((least, value) => Math.min(least, value), Infinity);
    const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
    // A line of one value is seen wherever it is; so is one of none.
    const own = high > low ? high - low : Infinity;
    const home = groups.find((group) => {
      const span = Math.max(group.high, high) - Math.min(group.low, low);
      return span <= FLAT * Math.min(own, group.least) || values.length === 0;
    });
    if (!home) groups.push({ members: [each], low, high, least: own });
    else {
      home.members.push(each);
      Object.assign(home, {
        low: Math.min(home.low, low),
        high: Math.max(home.high, high),
        least: Math.min(home.least, own),
      });
    }
  }
  return groups.map(({ members }) => members);
}

interface Row {
  readonly time: number;
  /** Null: a row of nothing. */
  readonly row: number | null;
}

/** Rows in order, and a row of nothing between two that do not lie in one range of coverage. */
function withBreaks({ table: { ts }, coverage }: Stored): Row[] {
  const rows: Row[] = [];
  let at = 0;
  let before = -1;
  ts.forEach((time, row) => {
    while (at < coverage.length && (coverage[at]?.[1] ?? Infinity) <= time) at++;
    if (row > 0 && at !== before) rows.push({ time: ((ts[row - 1] ?? time) + time) / 2, row: null });
    rows.push({ time, row });
    before = at;
  });
  return rows;
}

/** Values of rows at the times of two versions put together: undefined where a version has no row. */
function spread(
  rows: readonly Row[],
  times: readonly number[] | null,
  valueOf: (row: number) => number | null,
): Line['y'] {
  const value = ({ row }: Row): number | null => (row === null ? null : valueOf(row));
  if (!times) return rows.map(value);
  const known = new Map(rows.map((row) => [row.time, value(row)]));
  return times.map((time) => known.get(time));
}

interface Cells {
  readonly number: (row: number, words: readonly string[]) => number | null;
  /** The different texts of a column of states; null: it is one of numbers. */
  readonly words: readonly string[] | null;
}

/** Null: a column that no axis can show. */
function cellsOf(column: Table['columns'][number]): Cells | null {
  const known = (row: number): boolean => column.valid?.[row] !== 0;
  switch (column.type) {
    case 'number': {
      const { values } = column;
      const number = (row: number): number | null => {
        const value = values[row] ?? Number.NaN;
        return known(row) && Number.isFinite(value) ? value : null;
      };
      return { number, words: null };
    }
    case 'boolean': {
      const { values } = column;
      return { number: (row) => (known(row) ? (values[row] ?? 0) : null), words: ['false', 'true'] };
    }
    case 'string':
      return statesOf(column.values, known);
    case 'json':
      // Lists and records are no states, and have no place on an axis.
      return column.values.some((text, row) => known(row) && /^[[{]/.test(text))
        ? null
        : statesOf(column.values, known);
    case 'null':
      return null;
  }
}

function statesOf(values: readonly string[], known: (row: number) => boolean): Cells {
  const words = [...new Set(values.filter((_, row) => known(row)))];
  let places: { readonly of: readonly string[]; readonly at: ReadonlyMap<string, number> } | null = null;
  const number = (row: number, all: readonly string[]): number | null => {
    if (places?.of !== all) places = { of: all, at: new Map(all.map((word, at) => [word, at])) };
    return known(row) ? (places.at.get(values[row] ?? '') ?? null) : null;
  };
  return { number, words };
}

/** Of both versions, so that a place on the axis is the same word for both. */
function wordsOf(current: readonly string[], before: readonly string[]): string[] {
  return [...new Set([...current, ...before])];
}
