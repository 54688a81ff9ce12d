/**
 * Smaller arrays are not shared between threads: shared memory costs more to make than they cost to copy, and V8 does not count
 * it.
 */
export const WORTH_SHARING = 2048;

/** Zeroed memory for columns that threads share: a table moves between threads without a copy. */
export function floats(length: number): Float64Array {
  const size = length * Float64Array.BYTES_PER_ELEMENT;
  // V8 keeps the shortest in its own heap, which a buffer of their own would keep it from.
  return size < WORTH_SHARING ? new Float64Array(length) : new Float64Array(new SharedArrayBuffer(size));
}

export function bytes(length: number): Uint8Array {
  return length < WORTH_SHARING ? new Uint8Array(length) : new Uint8Array(new SharedArrayBuffer(length));
}

export function integers(length: number): Int32Array {
  const size = length * Int32Array.BYTES_PER_ELEMENT;
  return size < WORTH_SHARING ? new Int32Array(length) : new Int32Array(new SharedArrayBuffer(size));
}
