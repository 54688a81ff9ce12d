import { floats } from '../../memory.js';
import { scratch, type Blocks, type Windows } from './blocks.js';

/**
 * Σ (x − mean)² of each window. Each part is relative to one row where two blocks meet, so large prices with small movements lose
 * no precision, and equal values give exactly 0. Means and squares are updated row by row (Welford 1962); two parts are combined
 * as in T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for Computing the Sample Variance, 1983.
 */
export function sumsOfSquares(values: Float64Array, blocks: Blocks, windows: Windows): Float64Array {
  const { end, length, back } = windows;
  const { of, starts } = blocks;
  const rows = values.length;
  const ahead = { mean: scratch(0, rows), squares: scratch(1, rows) };
  const behind = { mean: scratch(2, rows), squares: scratch(3, rows) };
  for (let block = 0; block < blocks.count; block++) {
    const from = starts[block] as number;
    const to = starts[block + 1] as number;
    forward(values, from, to, behind);
    backward(values, from, to, ahead);
  }
  const sums = floats(end.length);
  for (let i = 0; i < end.length; i++) {
    const stop = (end[i] as number) - back;
    const from = stop - length;
    const first = of[from] as number;
    const last = of[stop - 1] as number;
    if (first === last) {
      if (starts[first] !== from) forward(values, from, stop, alone(rows));
      sums[i] = (starts[first] === from ? behind : alone(rows)).squares[stop - 1] as number;
      continue;
    }
    const next = starts[first + 1] as number;
    const origin = values[next - 1] as number;
    let count = next - from;
    let mean = ahead.mean[from] as number;
    let squares = ahead.squares[from] as number;
    for (let block = first + 1; block <= last; block++) {
      const begin = starts[block] as number;
      const close = block === last ? stop : (starts[block + 1] as number);
      const more = close - begin;
      const away = (values[begin] as number) - origin + ((behind.mean[close - 1] as number) - mean);
      const share = more / (count + more);
      squares += (behind.squares[close - 1] as number) + away * away * (count * share);
      mean += away * share;
      count += more;
    }
    sums[i] = squares;
  }
  return sums;
}

interface Moments {
  /** Relative to the first row of its part. */
  readonly mean: Float64Array;
  readonly squares: Float64Array;
}

/** Results for windows that begin and end within a block. */
function alone(rows: number): Moments {
  return { mean: scratch(4, rows), squares: scratch(5, rows) };
}

/** From `from` up to each row. */
function forward(values: Float64Array, from: number, to: number, into: Moments): void {
  const origin = values[from] as number;
  let mean = 0;
  let squares = 0;
  for (let row = from; row < to; row++) {
    const value = (values[row] as number) - origin;
    const away = value - mean;
    // This division does not depend on the previous step, unlike `away / count`.
    mean += away * (1 / (row - from + 1));
    squares += away * (value - mean);
    into.mean[row] = mean;
    into.squares[row] = squares;
  }
}

/** From each row up to the last, relative to the last. */
function backward(values: Float64Array, from: number, to: number, into: Moments): void {
  const origin = values[to - 1] as number;
  let mean = 0;
  let squares = 0;
  for (let row = to - 1; row >= from; row--) {
    const value = (values[row] as number) - origin;
    const away = value - mean;
    mean += away * (1 / (to - row));
    squares += away * (value - mean);
    into.mean[row] = mean;
    into.squares[row] = squares;
  }
}
