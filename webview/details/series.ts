import type { Span, Table } from '../../src/panel/messages.js';

export type ChartKind = 'candles' | 'lines' | 'steps' | 'none';

/** One line of a chart. In `y` null is a gap; undefined, which only lines put together have, is bridged. */
export interface Line {
  readonly label: string;
  readonly y: (number | null | undefined)[];
  readonly step: boolean;
  /** Of texts: what each number stands for. */
  readonly words: readonly string[] | null;
}

export interface ChartData {
  readonly kind: ChartKind;
  readonly x: number[];
  readonly lines: readonly Line[];
}

const CANDLE = ['open', 'high', 'low', 'close'];

/** Lines that one chart can show and still be read. */
const MOST_LINES = 8;

/** A table as a chart takes it: candles where its columns are open, high, low and close, else a line or a step per column. */
export function chartData(table: Table, coverage: readonly Span[]): ChartData {
  const rows = withBreaks(table.ts, coverage);
  const x = rows.map(({ time }) => time);
  const lines = table.columns.slice(0, MOST_LINES).flatMap((column, at): Line[] => {
    const label = table.names[at] ?? 'value';
    const cell = cellOf(column);
    if (!cell) return [];
    const y = rows.map(({ row }) => (row === null || table.present?.[row] === 0 ? null : cell.number(row)));
    return [{ label, y, step: cell.step, words: cell.words }];
  });
  const candles = CANDLE.map((name) => lines.find(({ label }) => label.toLowerCase() === name));
  if (candles.every((line): line is Line => line?.step === false))
    return { kind: 'candles', x, lines: candles };
  if (lines.length === 0) return { kind: 'none', x: [], lines: [] };
  return { kind: lines.every(({ step }) => step) ? 'steps' : 'lines', x, lines };
}

/** Rows in order, and a row of nothing between two that do not lie in one stretch of coverage. */
function withBreaks(
  ts: Float64Array,
  coverage: readonly Span[],
): { readonly time: number; readonly row: number | null }[] {
  const rows: { time: number; row: number | null }[] = [];
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

interface Cell {
  readonly number: (row: number) => number | null;
  readonly step: boolean;
  readonly words: readonly string[] | null;
}

function cellOf(column: Table['columns'][number]): Cell | null {
  const known = (row: number): boolean => column.valid?.[row] !== 0;
  switch (column.type) {
    case 'number': {
      const { values } = column;
      const number = (row: number): number | null => {
        const value = values[row] ?? Number.NaN;
        return known(row) && Number.isFinite(value) ? value : null;
      };
      return { number, step: false, words: null };
    }
    case 'boolean': {
      const { values } = column;
      return {
        number: (row) => (known(row) ? (values[row] ?? 0) : null),
        step: true,
        words: ['false', 'true'],
      };
    }
    case 'string': {
      const { values } = column;
      const words = [...new Set(values.filter((_, row) => known(row)))].slice(0, 200);
      const places = new Map(words.map((word, at) => [word, at]));
      const number = (row: number): number | null =>
        known(row) ? (places.get(values[row] ?? '') ?? null) : null;
      return { number, step: true, words };
    }
    default:
      return null;
  }
}

/** Puts two versions on one axis of time: their times together, each line with null where its version has no row. */
export function together(
  after: ChartData,
  before: ChartData,
): { readonly x: number[]; readonly after: Line[]; readonly before: Line[] } {
  const x = [...new Set([...after.x, ...before.x])].sort((a, b) => a - b);
  const place = new Map(x.map((time, at) => [time, at]));
  const spread = ({ x: times, lines }: ChartData): Line[] =>
    lines.map((line) => {
      const y = Array.from<number | null | undefined>({ length: x.length });
      times.forEach((time, at) => (y[place.get(time) ?? 0] = line.y[at] ?? null));
      return { ...line, y };
    });
  return { x, after: spread(after), before: spread(before) };
}
