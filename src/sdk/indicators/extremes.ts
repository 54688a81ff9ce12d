import type { Node } from '../node.js';
import { defaultColumn, indicatorNode, type RollingOptions } from './indicator.js';

/** The least value of the window, in the units of its input. NaN when a value of the window is NaN or null. */
export function rollingMin(options: RollingOptions): Node<number> {
  return extreme('rollingMin', options, Math.min);
}

/** The greatest value of the window, in the units of its input. NaN when a value of the window is NaN or null. */
export function rollingMax(options: RollingOptions): Node<number> {
  return extreme('rollingMax', options, Math.max);
}

/** Associative, so that parts of a window may be taken together in any grouping: the result is exact. */
type Pick = (a: number, b: number) => number;

function extreme(kind: string, options: RollingOptions, pick: Pick): Node<number> {
  const { input, period, column = defaultColumn(input) } = options;
  return indicatorNode({ kind, params: { column, period } }, options, (series) => {
    const source = series.of(input);
    return extremes(source.column(column), source.end, period, pick);
  });
}

/**
 * Cuts the rows into blocks of `period`. A window lies in at most two, so that its extreme is that of the end of the one
 * and the start of the other: three comparisons a bar, whatever the period (van Herk 1992; Gil and Werman 1993).
 */
function extremes(values: Float64Array, end: Int32Array, period: number, pick: Pick): Float64Array {
  const rows = values.length;
  /** Of the rows from the start of the block up to this one, and from this one up to the block's last. */
  const upTo = new Float64Array(rows);
  const from = new Float64Array(rows);
  for (let start = 0; start < rows; start += period) {
    const stop = Math.min(start + period, rows);
    let kept = values[start] as number;
    for (let row = start; row < stop; row++) upTo[row] = kept = pick(kept, values[row] as number);
    kept = values[stop - 1] as number;
    for (let row = stop - 1; row >= start; row--) from[row] = kept = pick(kept, values[row] as number);
  }
  const picked = new Float64Array(end.length);
  for (let i = 0; i < end.length; i++) {
    const stop = end[i] as number;
    picked[i] = pick(from[stop - period] as number, upTo[stop - 1] as number);
  }
  return picked;
}
