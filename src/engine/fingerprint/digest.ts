import { createHash, hash as hashOnce, type Hash } from 'node:crypto';
import type { Column, Table } from '../../sdk/table.js';

/** 128 bits of SHA-256 in hexadecimal: as good as unique, and short enough to store by the thousand. */
export type Digest = string;

const DIGEST_LENGTH = 32;

/** Digest of texts in order, each kept apart from the next. */
export function textDigest(parts: readonly string[]): Digest {
  return hashOnce('sha256', JSON.stringify(parts)).slice(0, DIGEST_LENGTH);
}

/** The same for texts in which JSON has nothing to escape: digests, numbers, words. There are tens of thousands of these. */
export function plainDigest(parts: readonly string[]): Digest {
  return hashOnce('sha256', `["${parts.join('","')}"]`).slice(0, DIGEST_LENGTH);
}

export function bytesDigest(bytes: Uint8Array): Digest {
  return finish(createHash('sha256').update(bytes));
}

/**
 * Digest of rows `[from, to)` of a table: their times, columns, types and values. Equal rows give equal digests
 * however they were cut out of a longer run: a mask without nulls counts as none, a column of nulls as typeless.
 */
export function tableDigest(table: Table, from = 0, to = table.ts.length): Digest {
  if (from > 0 || to < table.ts.length) return digestOf(table, from, to, beginning);
  const digest = known.get(table) ?? digestOf(table, from, to, beginning);
  known.set(table, digest);
  return digest;
}

/** Tables do not change: what a run compares inputs by is what their segments are stored with. */
const known = new WeakMap<Table, Digest>();

/** `tableDigest` of each table. Times that several have in common, as the nodes of a chunk do, are hashed once. */
export function tableDigests(tables: readonly Table[]): Digest[] {
  const begun = new Map<string, Begun>();
  const shared: Begin = (header, ts) => {
    const before = begun.get(header);
    if (before && (before.ts === ts || bytesOf(before.ts).equals(bytesOf(ts)))) return before.hash.copy();
    const hash = beginning(header, ts);
    begun.set(header, { ts, hash });
    return hash.copy();
  };
  return tables.map((table) => {
    const digest = known.get(table) ?? digestOf(table, 0, table.ts.length, shared);
    known.set(table, digest);
    return digest;
  });
}

/** Gives a hash that has taken in what a digest begins with. */
type Begin = (header: string, ts: Float64Array) => Hash;

interface Begun {
  readonly ts: Float64Array;
  readonly hash: Hash;
}

function beginning(header: string, ts: Float64Array): Hash {
  return createHash('sha256').update(header).update(bytesOf(ts));
}

function digestOf(table: Table, from: number, to: number, begin: Begin): Digest {
  if (from >= to) return finish(createHash('sha256').update('empty'));
  const masks = table.columns.map((column) => maskOf(column.valid, from, to));
  const present = maskOf(table.present, from, to);
  const types = table.columns.map((column, index) =>
    isAllNull(masks[index] ?? null) ? 'null' : column.type,
  );
  const allNull = types.every((type) => type === 'null') && (table.shape === 'value' || isAllNull(present));
  // Rows of nothing but nulls look the same before and after a node's first record fixes its columns.
  const header = JSON.stringify(allNull ? ['null', to - from] : [table.shape, table.names, types, to - from]);
  const hash = begin(header, table.ts.subarray(from, to));
  if (allNull) return finish(hash);
  table.columns.forEach((column, index) => {
    if (types[index] !== 'null') updateColumn(hash, column, masks[index] ?? null, from, to);
  });
  if (present) hash.update('present').update(present);
  return finish(hash);
}

function updateColumn(hash: Hash, column: Column, mask: Uint8Array | null, from: number, to: number): void {
  if (mask) hash.update('mask').update(mask);
  switch (column.type) {
    case 'number':
    case 'null':
      hash.update(bytesOf(column.values.subarray(from, to)));
      return;
    case 'boolean':
      hash.update(column.values.subarray(from, to));
      return;
    default:
      hash.update(JSON.stringify(column.values.slice(from, to)));
  }
}

function maskOf(valid: Uint8Array | null, from: number, to: number): Uint8Array | null {
  const part = valid?.subarray(from, to) ?? null;
  return part?.includes(0) ? part : null;
}

function isAllNull(mask: Uint8Array | null): boolean {
  return mask !== null && !mask.includes(1);
}

function bytesOf(array: Float64Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

function finish(hash: Hash): Digest {
  return hash.digest('hex').slice(0, DIGEST_LENGTH);
}
