import type { Span, Table } from '../../src/panel/state.js';

/** A line of a chart. In `y`, null is a gap; undefined (only in merged lines) is bridged. */
export interface Line {
  readonly label: string;
  readonly y: readonly (number | null | undefined)[];
}

/**
 * A pane with one value axis: candles, numbers of one magnitude, or the states of one column (each one of `words`). `before`:
 * lines of the previous version.
 */
export interface Pane {
  readonly kind: 'candles' | 'lines' | 'states';
  readonly lines: readonly Line[];
  readonly before: readonly Line[];
  /** For states: the word for each number. */
  readonly words: readonly string[];
}

export interface ChartData {
  readonly x: number[];
  /** Panes from top to bottom; empty if no column can be drawn. */
  readonly panes: readonly Pane[];
}

/** A version's rows within its coverage. */
interface Stored {
  readonly table: Table;
  readonly coverage: readonly Span[];
}

const CANDLE = ['open', 'high', 'low', 'close'];

/** The most columns in one chart. */
const MOST_COLUMNS = 8;

/** A column with more distinct texts has no readable axis. */
const MOST_WORDS = 60;

/** Lines share an axis unless one would look flat: the axis may be at most this many times taller than its span. */
const FLAT = 20;

/**
 * Tables in a chart's form: prices as candles, each other kind of column on its own axis.
 * @param before the previous version, to compare with; its columns are drawn beside those of the same name
 * @param together names of columns that share an axis; null: by magnitude
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

/** Groups lines so that each is readable: a price and a weight do not share an axis. */
function groupsOf(lines: readonly Drawn[]): Drawn[][] {
  const groups: { members: Drawn[]; low: number; high: number; least: number }[] = [];
  for (const each of lines) {
    const values = [each.line, ...(each.before ? [each.before] : [])]
      .flatMap(({ y }) => y)
      .filter((value) => typeof value === 'number');
    const low = values.reduce((least, value) => Math.min(least, value), Infinity);
    const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
    // A constant line is visible on any axis; so is one without values.
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
  /** Null: an empty row. */
  readonly row: number | null;
}

/** Rows in order, with an empty row between two that are not in one covered range. */
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

/** Row values at the merged times of two versions: undefined where a version has no row. */
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
  /** The distinct texts of a column of states; null: a column of numbers. */
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
      // Lists and records have no place on an axis.
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

/** From both versions, so that a position on the axis means the same word in both. */
function wordsOf(current: readonly string[], before: readonly string[]): string[] {
  return [...new Set([...current, ...before])];
}
