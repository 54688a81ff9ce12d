/**
 * Definition levels of optional columns: one bit per row, 1 for a value. In version 1 pages, their length precedes them as four
 * bytes.
 */

const LENGTH_BYTES = 4;

/** Levels of `rows` equal rows: one run. */
export function constantLevels(rows: number, level: 0 | 1): Uint8Array {
  return withLength([...varint(rows * 2), level]);
}

/** Levels for a mask of one byte per row: one bit-packed run. */
export function levelsOf(mask: Uint8Array): Uint8Array {
  return withLength([...varint(Math.ceil(mask.length / 8) * 2 + 1)], packBits(mask));
}

/** The reverse of `levelsOf`: the mask of `rows` rows. */
export function maskOf(levels: Uint8Array, rows: number): Uint8Array {
  let at = LENGTH_BYTES;
  while ((levels[at] ?? 0) >= 128) at++;
  return unpackBits(levels.subarray(at + 1), rows);
}

/** Packs bytes to bits, the first one lowest. */
export function packBits(bytes: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(bytes.length / 8));
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== 0) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
  }
  return bits;
}

export function unpackBits(bits: Uint8Array, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = ((bits[i >> 3] as number) >> (i & 7)) & 1;
  return bytes;
}

function withLength(head: readonly number[], rest?: Uint8Array): Uint8Array {
  const length = head.length + (rest?.length ?? 0);
  const levels = new Uint8Array(LENGTH_BYTES + length);
  new DataView(levels.buffer).setUint32(0, length, true);
  levels.set(head, LENGTH_BYTES);
  if (rest) levels.set(rest, LENGTH_BYTES + head.length);
  return levels;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}
