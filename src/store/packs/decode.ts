import { maskOf, unpackBits } from './levels.js';
import type { PagePlace } from './layout.js';

/** Values of some rows of a page, and a mask of the non-null ones; no mask: no nulls. */
export interface Decoded<T> {
  readonly values: T;
  readonly mask: Uint8Array | null;
}

/** The bytes of a page's values, and its mask. */
function split([rows, , levels]: PagePlace, bytes: Uint8Array): Decoded<Uint8Array> {
  return { values: bytes.subarray(levels), mask: levels > 0 ? maskOf(bytes, rows) : null };
}

/** Nulls become NaN. Other bits are exactly as written. */
export function decodeNumbers(place: PagePlace, bytes: Uint8Array): Decoded<Float64Array> {
  const [rows] = place;
  const { values, mask } = split(place, bytes);
  // Copied to aligned memory: pages begin anywhere.
  const packed = values.slice();
  if (!mask) return { values: new Float64Array(packed.buffer, 0, rows), mask };
  const all = new Float64Array(rows).fill(Number.NaN);
  const from = new Uint32Array(packed.buffer);
  const to = new Uint32Array(all.buffer);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    if (mask[row] === 0) continue;
    to[row * 2] = from[at++] as number;
    to[row * 2 + 1] = from[at++] as number;
  }
  return { values: all, mask };
}

/** Nulls become 0. */
export function decodeFlags(place: PagePlace, bytes: Uint8Array): Decoded<Uint8Array> {
  const [rows] = place;
  const { values, mask } = split(place, bytes);
  if (!mask) return { values: unpackBits(values, rows), mask };
  const packed = unpackBits(values, values.length * 8);
  let at = 0;
  return { values: mask.map((given) => (given === 0 ? 0 : (packed[at++] as number))), mask };
}

/** Nulls become ''. */
export function decodeTexts(place: PagePlace, bytes: Uint8Array): Decoded<string[]> {
  return decodeArrays(place, bytes, 'utf8');
}

/** The reverse of `encodeExact`. Rows that are null here have their text from `decodeTexts`. */
export function decodeExact(place: PagePlace, bytes: Uint8Array): Decoded<string[]> {
  return decodeArrays(place, bytes, 'utf16le');
}

function decodeArrays(place: PagePlace, bytes: Uint8Array, encoding: BufferEncoding): Decoded<string[]> {
  const [rows] = place;
  const { values, mask } = split(place, bytes);
  const buffer = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const texts: string[] = [];
  let at = 0;
  for (let row = 0; row < rows; row++) {
    if (mask?.[row] === 0) {
      texts.push('');
      continue;
    }
    const end = at + 4 + buffer.readUInt32LE(at);
    texts.push(buffer.toString(encoding, at + 4, end));
    at = end;
  }
  return { values: texts, mask };
}
