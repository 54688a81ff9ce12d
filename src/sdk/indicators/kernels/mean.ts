import { floats } from '../../memory.js';
import { scratch, type Blocks, type Windows } from './blocks.js';

/**
 * The mean of each window. Sums keep their rounding errors (Knuth's two-sum), so a mean is right to the last bits however much
 * its values cancel. Infinite values behave as in addition: ±Infinity, or NaN for both.
 */
export function windowMeans(values: Float64Array, blocks: Blocks, windows: Windows): Float64Array {
  const { end, length, back } = windows;
  const { of, starts } = blocks;
  const rows = values.length;
  const ahead = { sum: scratch(0, rows), rest: scratch(1, rows) };
  const behind = { sum: scratch(2, rows), rest: scratch(3, rows) };
  for (let block = 0; block < blocks.count; block++) {
    forward(values, starts[block] as number, starts[block + 1] as number, behind);
    backward(values, starts[block] as number, starts[block + 1] as number, ahead);
  }
  const means = floats(end.length);
  for (let i = 0; i < end.length; i++) {
    const stop = (end[i] as number) - back;
    const from = stop - length;
    const first = of[from] as number;
    const last = of[stop - 1] as number;
    if (first === last) {
      means[i] = withinBlock(values, from, stop, starts[first] === from ? behind : null) / length;
      continue;
    }
    let sum = ahead.sum[from] as number;
    let rest = ahead.rest[from] as number;
    for (let block = first + 1; block <= last; block++) {
      const row = (block === last ? stop : (starts[block + 1] as number)) - 1;
      const more = behind.sum[row] as number;
      const total = sum + more;
      const part = total - sum;
      rest += sum - (total - part) + (more - part) + (behind.rest[row] as number);
      sum = total;
    }
    means[i] = settled(sum, rest) / length;
  }
  return means;
}

interface Sums {
  readonly sum: Float64Array;
  readonly rest: Float64Array;
}

/** Running sums from `from` up to each row. */
function forward(values: Float64Array, from: number, to: number, { sum, rest }: Sums): void {
  let total = 0;
  let lost = 0;
  for (let row = from; row < to; row++) {
    const value = values[row] as number;
    const next = total + value;
    const part = next - total;
    lost += total - (next - part) + (value - part);
    total = next;
    sum[row] = total;
    rest[row] = lost;
  }
}

/** Running sums from each row up to the last. */
function backward(values: Float64Array, from: number, to: number, { sum, rest }: Sums): void {
  let total = 0;
  let lost = 0;
  for (let row = to - 1; row >= from; row--) {
    const value = values[row] as number;
    const next = total + value;
    const part = next - total;
    lost += total - (next - part) + (value - part);
    total = next;
    sum[row] = total;
    rest[row] = lost;
  }
}

/** A window within one block. @param known sums from its first row on, if any */
function withinBlock(values: Float64Array, from: number, to: number, known: Sums | null): number {
  if (known) return settled(known.sum[to - 1] as number, known.rest[to - 1] as number);
  let total = 0;
  let lost = 0;
  for (let row = from; row < to; row++) {
    const value = values[row] as number;
    const next = total + value;
    const part = next - total;
    lost += total - (next - part) + (value - part);
    total = next;
  }
  return settled(total, lost);
}

/** The rounding error is NaN when the sum is infinite. */
function settled(sum: number, rest: number): number {
  const whole = sum + rest;
  return Number.isNaN(whole) ? sum : whole;
}
