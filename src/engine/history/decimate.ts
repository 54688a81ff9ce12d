import { columnIndex, lowerBound, pickRows, type Column, type Table } from '../../sdk/table.js';
import type { Range } from '../../sdk/time/time.js';

/** Columns that make a bar a candle; `volume` is summed if it exists. */
const CANDLE = ['open', 'high', 'low', 'close'];

/**
 * Thins a table to what a screen can show: the range is cut into equal parts, and of each part the rows with a column's minimum
 * or maximum remain, or with the first new text or flag. Candles are combined instead: first open, highest high, lowest low, last
 * close. Tables of at most `2 * parts` rows are unchanged. Rows keep their order and their `ts`; a candle has that of its first
 * bar. Jugel et al., "M4: a visualization-oriented time series data aggregation" (2014), shows that per-pixel extremes draw the
 * same line as all rows.
 */
export function decimate(table: Table, range: Range, points: number): Table {
  if (table.ts.length <= 2 * points) return table;
  const bounds = pointBounds(table.ts, range, points);
  const candle = table.shape === 'record' && table.present === null ? candleColumns(table) : null;
  if (candle) return candles(table, bounds, candle);
  const kept = new Set<number>();
  for (let at = 0; at + 1 < bounds.length; at++) {
    const [from = 0, to = 0] = [bounds[at], bounds[at + 1]];
    if (from === to) continue;
    kept.add(from).add(to - 1);
    for (const column of table.columns) keepExtremes(column, from, to, kept);
  }
  return pickRows(table, Int32Array.from(kept).sort());
}

/** Where in `ts` each part begins, plus the end. */
function pointBounds(ts: Float64Array, { start, end }: Range, points: number): Int32Array {
  const bounds = new Int32Array(points + 1);
  for (let point = 1; point < points; point++) {
    // Divided last: a bar that opens exactly where a part begins belongs to it.
    bounds[point] = lowerBound(ts, start + (point * (end - start)) / points);
  }
  bounds[points] = ts.length;
  return bounds;
}

/** Adds the most informative rows of a part for a column. */
function keepExtremes(column: Column, from: number, to: number, kept: Set<number>): void {
  if (column.type === 'number') {
    let [least, greatest] = [-1, -1];
    const { values, valid } = column;
    for (let row = from; row < to; row++) {
      const value = values[row] as number;
      if (valid?.[row] === 0 || Number.isNaN(value)) continue;
      if (least < 0 || value < (values[least] as number)) least = row;
      if (greatest < 0 || value > (values[greatest] as number)) greatest = row;
    }
    if (least >= 0) kept.add(least).add(greatest);
  } else if (column.type === 'boolean' || column.type === 'string') {
    // The first change is shown; the last row, which is kept, shows the final value.
    for (let row = from + 1; row < to; row++) {
      if (column.values[row] === column.values[row - 1]) continue;
      kept.add(row);
      break;
    }
  }
}

interface CandleColumn {
  readonly values: Float64Array;
  readonly fold: (values: Float64Array, from: number, to: number) => number;
}

/** How each column of candles is combined; null when it has none, or other columns as well. */
function candleColumns({ names, columns }: Table): CandleColumn[] | null {
  if (!CANDLE.every((name) => columnIndex(names, name) >= 0)) return null;
  const folded: CandleColumn[] = [];
  for (const [index, name] of names.entries()) {
    const column = columns[index];
    const fold = FOLDS[name.toLowerCase()];
    if (!fold || column?.type !== 'number' || column.valid !== null) return null;
    folded.push({ values: column.values, fold });
  }
  return folded;
}

const FOLDS: Readonly<Record<string, CandleColumn['fold']>> = {
  open: (values, from) => values[from] as number,
  high: (values, from, to) => extreme(values, from, to, Math.max),
  low: (values, from, to) => extreme(values, from, to, Math.min),
  close: (values, _from, to) => values[to - 1] as number,
  volume: (values, from, to) => values.subarray(from, to).reduce((sum, value) => sum + value, 0),
};

function extreme(
  values: Float64Array,
  from: number,
  to: number,
  pick: (a: number, b: number) => number,
): number {
  let found = values[from] as number;
  for (let row = from + 1; row < to; row++) found = pick(found, values[row] as number);
  return found;
}

function candles(table: Table, bounds: Int32Array, columns: readonly CandleColumn[]): Table {
  const filled: [from: number, to: number][] = [];
  for (let at = 0; at + 1 < bounds.length; at++) {
    const [from = 0, to = 0] = [bounds[at], bounds[at + 1]];
    if (from < to) filled.push([from, to]);
  }
  return {
    ...table,
    ts: Float64Array.from(filled, ([from]) => table.ts[from] as number),
    columns: columns.map(({ values, fold }) => ({
      type: 'number',
      values: Float64Array.from(filled, ([from, to]) => fold(values, from, to)),
      valid: null,
    })),
  };
}
