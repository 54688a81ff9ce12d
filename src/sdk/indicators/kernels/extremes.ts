import { floats } from '../../memory.js';
import { scratch } from './blocks.js';

/**
 * The greatest value of each window; with `sign` −1 the least. Rows are cut into blocks of `length`. A window spans at most two,
 * so its extreme is that of the end of one and the start of the next (van Herk 1992; Gil and Werman 1993). Extremes are exact in
 * any order, so these blocks may begin with any row. NaN if a value is NaN.
 */
export function extremes(values: Float64Array, end: Int32Array, length: number, sign: 1 | -1): Float64Array {
  const rows = values.length;
  const behind = scratch(0, rows);
  const ahead = scratch(1, rows);
  for (let start = 0; start < rows; start += length) {
    const stop = Math.min(start + length, rows);
    let kept = -Infinity;
    for (let row = start; row < stop; row++) {
      kept = Math.max(kept, sign * (values[row] as number));
      behind[row] = kept;
    }
    kept = -Infinity;
    for (let row = stop - 1; row >= start; row--) {
      kept = Math.max(kept, sign * (values[row] as number));
      ahead[row] = kept;
    }
  }
  const found = floats(end.length);
  for (let i = 0; i < end.length; i++) {
    const stop = end[i] as number;
    found[i] = sign * Math.max(ahead[stop - length] as number, behind[stop - 1] as number);
  }
  return found;
}
