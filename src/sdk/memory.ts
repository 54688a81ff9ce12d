/** Below so many bytes an array is not worth memory that threads share: it costs more to make than to copy, and V8 does not count it. */
const WORTH_SHARING = 2048;

/**
 * Memory for columns, which threads share: a table goes from one to another without a copy. Zeroed.
 */
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
