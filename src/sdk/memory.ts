/** Below so many bytes an array is not worth memory that threads share: it costs more to make than to copy, and V8 does not count it. */
const WORTH_SHARING = 2048;

/**
 * Memory for columns, which threads share: a table goes from one to another without a copy. Zeroed.
 */
export function floats(length: number): Float64Array {
  return new Float64Array(memory(length * Float64Array.BYTES_PER_ELEMENT));
}

export function bytes(length: number): Uint8Array {
  return new Uint8Array(memory(length));
}

export function integers(length: number): Int32Array {
  return new Int32Array(memory(length * Int32Array.BYTES_PER_ELEMENT));
}

function memory(size: number): ArrayBufferLike {
  return size < WORTH_SHARING ? new ArrayBuffer(size) : new SharedArrayBuffer(size);
}
