import type { Seconds } from '../../time/time.js';

/**
 * Rows cut into blocks of slots, counted from the epoch: a row's block follows from its time alone, whatever other rows are
 * loaded. A window is the rest of the block it begins in, the whole blocks between, and the beginning of the block it ends in.
 */
export interface Blocks {
  /** The block of each row, counted from the first row's. Empty blocks do not count. */
  readonly of: Int32Array;
  /** The first row of each block, then the number of rows. */
  readonly starts: Int32Array;
  readonly count: number;
}

/** @param length slots per block, each as long as the rows' interval */
export function blocksOf(ts: Float64Array, interval: Seconds, length: number): Blocks {
  const rows = ts.length;
  const of = integers(0, rows);
  const starts = integers(1, rows + 1);
  const width = interval * length;
  let count = 0;
  let last = Number.NaN;
  for (let row = 0; row < rows; row++) {
    const block = Math.floor((ts[row] as number) / width);
    if (block !== last) {
      starts[count++] = row;
      last = block;
    }
    of[row] = count - 1;
  }
  starts[count] = rows;
  return { of, starts, count };
}

/** The window of each firing: the `length` rows before `end[i] − back`. */
export interface Windows {
  readonly end: Int32Array;
  readonly length: number;
  readonly back: number;
}

const pool: Float64Array[] = [];
const integerPool: Int32Array[] = [];

/**
 * Scratch memory number `place`, reused from call to call: allocating it each time costs more than a kernel's work. Kernels
 * neither wait nor call each other, so each counts from 0.
 */
export function scratch(place: number, length: number): Float64Array {
  const known = pool[place];
  return known && known.length >= length ? known : (pool[place] = new Float64Array(length));
}

function integers(place: number, length: number): Int32Array {
  const known = integerPool[place];
  return known && known.length >= length ? known : (integerPool[place] = new Int32Array(length));
}
