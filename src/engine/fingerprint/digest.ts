import { createHash, hash as hashOnce } from 'node:crypto';
import type { Column, Table } from '../../sdk/table.js';

/** 128 bits of SHA-256 in hexadecimal: practically unique, and short enough to store by the thousand. */
export type Digest = string;

const DIGEST_LENGTH = 32;

/** Digest of texts in order, each delimited. */
export function textDigest(parts: readonly string[]): Digest {
  return hashOnce('sha256', JSON.stringify(parts)).slice(0, DIGEST_LENGTH);
}

/** Characters hashed at once: a column may hold more than fits into one string. */
const TEXTS_AT_ONCE = 2 ** 20;

/** The same as `textDigest` for a column's texts, without joining them. */
export function textsDigest(texts: readonly string[]): Digest {
  const sum = createHash('sha256').update('[');
  let from = 0;
  let length = 0;
  for (let row = 0; row < texts.length; row++) {
    length += texts[row]?.length ?? 0;
    if (length < TEXTS_AT_ONCE && row + 1 < texts.length) continue;
    const part = JSON.stringify(texts.slice(from, row + 1)).slice(1, -1);
    sum.update(from > 0 ? `,${part}` : part);
    [from, length] = [row + 1, 0];
  }
  return sum.update(']').digest('hex').slice(0, DIGEST_LENGTH);
}

/** The same for texts that need no JSON escapes: digests, numbers, words. There are tens of thousands of these. */
export function plainDigest(parts: readonly string[]): Digest {
  return hashOnce('sha256', `["${parts.join('","')}"]`).slice(0, DIGEST_LENGTH);
}

export function bytesDigest(bytes: Uint8Array): Digest {
  return hashOnce('sha256', bytes).slice(0, DIGEST_LENGTH);
}

/** Of a table without rows. */
export const EMPTY_DIGEST = textDigest(['empty']);

/**
 * Digest of rows `[from, to)` of a table: times, columns, types and values. Equal rows have equal digests, however they were cut
 * from a longer run: a mask without nulls counts as none, an all-null column as untyped.
 */
export function tableDigest(table: Table, from = 0, to = table.ts.length): Digest {
  if (from > 0 || to < table.ts.length) return digestOf(table, from, to);
  const digest = tables.get(table) ?? digestOf(table, from, to);
  tables.set(table, digest);
  return digest;
}

/** Caches a known digest of a table. */
export function noteTableDigest(table: Table, digest: Digest): void {
  tables.set(table, digest);
}

/** The digest of a whole table, if it was taken or noted before. */
export function knownDigest(table: Table): Digest | undefined {
  return tables.get(table);
}

/** 128 bits of the SHA-256 of numbers in memory. Cached per array. */
export function numbersDigest(values: Float64Array): Digest {
  const digest = numbers.get(values) ?? bytesDigest(bytesOf(values));
  numbers.set(values, digest);
  return digest;
}

// Tables do not change, so one digest serves comparing inputs, storing segments and storing pages.
const tables = new WeakMap<Table, Digest>();
const numbers = new WeakMap<Float64Array, Digest>();
const partsOfTimes = new WeakMap<Float64Array, Map<string, Digest>>();

function digestOf(table: Table, from: number, to: number): Digest {
  if (from >= to) return EMPTY_DIGEST;
  const masks = table.columns.map((column) => maskOf(column.valid, from, to));
  const present = maskOf(table.present, from, to);
  const types = table.columns.map((column, index) =>
    isAllNull(masks[index] ?? null) ? 'null' : column.type,
  );
  const allNull = types.every((type) => type === 'null') && (table.shape === 'value' || isAllNull(present));
  const times = timesDigest(table.ts, from, to);
  // All-null rows look the same before and after a node's first record fixes its columns.
  if (allNull) return textDigest(['null', String(to - from), times]);
  const columns = table.columns.map((column, index) =>
    types[index] === 'null' ? '' : columnDigest(column, masks[index] ?? null, from, to),
  );
  const nulls = present ? bytesDigest(present) : '';
  const what = JSON.stringify([table.shape, table.names, types, to - from]);
  return textDigest([what, times, ...columns, nulls]);
}

function columnDigest(column: Column, mask: Uint8Array | null, from: number, to: number): Digest {
  const values = valuesDigest(column, from, to);
  return mask ? textDigest([bytesDigest(mask), values]) : values;
}

function valuesDigest(column: Column, from: number, to: number): Digest {
  switch (column.type) {
    case 'number':
    case 'null':
      return partDigest(column.values, from, to);
    case 'boolean':
      return bytesDigest(column.values.subarray(from, to));
    default:
      return textsDigest(column.values.slice(from, to));
  }
}

/** Only a whole array is asked for again. */
function partDigest(values: Float64Array, from: number, to: number): Digest {
  if (from === 0 && to === values.length) return numbersDigest(values);
  const { BYTES_PER_ELEMENT: size } = values;
  return bytesDigest(Buffer.from(values.buffer, values.byteOffset + from * size, (to - from) * size));
}

/** Of times also a part is: nodes of one grid share them. */
function timesDigest(ts: Float64Array, from: number, to: number): Digest {
  if (from === 0 && to === ts.length) return numbersDigest(ts);
  const parts = partsOfTimes.get(ts) ?? new Map<string, Digest>();
  partsOfTimes.set(ts, parts);
  const key = `${from} ${to}`;
  const digest = parts.get(key) ?? partDigest(ts, from, to);
  parts.set(key, digest);
  return digest;
}

function maskOf(valid: Uint8Array | null, from: number, to: number): Uint8Array | null {
  const part = valid?.subarray(from, to) ?? null;
  return part?.includes(0) ? part : null;
}

function isAllNull(mask: Uint8Array | null): boolean {
  return mask !== null && !mask.includes(1);
}

export function bytesOf(array: Float64Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
