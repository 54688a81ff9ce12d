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

/** Room for rows before a long column, in which they are joined without a copy of it. */
const ROOM = 4096;
const WORTH_ROOM = 4 * ROOM;

/** Memory whose room nobody has taken yet. */
const roomy = new WeakSet<ArrayBufferLike>();

/** The same, if they are many with room before them; see `joinedInRoom`. */
export function floatsWithRoom(length: number): Float64Array {
  if (length < WORTH_ROOM) return floats(length);
  const all = floats(ROOM + length);
  roomy.add(all.buffer);
  return all.subarray(ROOM);
}

/** `before` and `after` as one array in the memory of `after`; null: there is no room, or it is taken. */
export function joinedInRoom(before: Float64Array, after: Float64Array): Float64Array | null {
  const from = ROOM - before.length;
  if (from < 0 || after.byteOffset !== ROOM * after.BYTES_PER_ELEMENT || !roomy.delete(after.buffer))
    return null;
  const all = new Float64Array(after.buffer, from * after.BYTES_PER_ELEMENT, before.length + after.length);
  all.set(before);
  return all;
}

export function bytes(length: number): Uint8Array {
  return length < WORTH_SHARING ? new Uint8Array(length) : new Uint8Array(new SharedArrayBuffer(length));
}

export function integers(length: number): Int32Array {
  const size = length * Int32Array.BYTES_PER_ELEMENT;
  return size < WORTH_SHARING ? new Int32Array(length) : new Int32Array(new SharedArrayBuffer(size));
}
