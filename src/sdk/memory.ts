/**
 * Memory for columns, which threads share: a table goes from one to another without a copy. Zeroed.
 */
export function floats(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
}

export function bytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

export function integers(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}
