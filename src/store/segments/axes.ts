import { BLOB, INTEGER, VARCHAR, type DuckDBValue } from '@duckdb/node-api';
import { createHash } from 'node:crypto';
import { decodeNumbers, encodeNumbers } from './codec.js';
import type { StoreContext } from './interned.js';
import { NO_AXIS } from '../duckdb/schema.js';
import { blob } from '../duckdb/session.js';
import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from '../duckdb/sql.js';

export interface StoredAxis {
  readonly id: number;
  /** Of its times. */
  readonly digest: string;
}

export interface Axis extends StoredAxis {
  readonly ts: Float64Array;
}

const EMPTY: Axis = { id: NO_AXIS, digest: '', ts: new Float64Array(0) };

/** Stores the times of segments, each sequence once, whether it is new or known from before. Given in order. */
export async function storeAxes(
  context: StoreContext,
  sequences: readonly Float64Array[],
): Promise<StoredAxis[]> {
  const distinct: Float64Array[] = [];
  const buckets = new Map<string, number[]>();
  const indexes = sequences.map((ts) => {
    if (ts.length === 0) return null;
    const key = `${ts.length} ${ts[0]} ${ts[ts.length - 1]}`;
    const bucket = buckets.get(key) ?? [];
    buckets.set(key, bucket);
    const same = bucket.find((index) => sameTimes(distinct[index] as Float64Array, ts));
    if (same !== undefined) return same;
    bucket.push(distinct.length);
    return distinct.push(ts) - 1;
  });
  const axes = await storeDistinct(context, distinct);
  return indexes.map((index) => (index === null ? EMPTY : (axes[index] as StoredAxis)));
}

/** Segments of one chunk mostly share the array itself; comparing bytes is cheap beside hashing them. */
function sameTimes(a: Float64Array, b: Float64Array): boolean {
  return a === b || Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf(array: Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

async function storeDistinct(
  { session, interned }: StoreContext,
  axes: readonly Float64Array[],
): Promise<StoredAxis[]> {
  if (axes.length === 0) return [];
  const digests = axes.map(digestOf);
  const known = new Map<string, number>();
  const rows = await session.select(
    `SELECT id, digest FROM axes JOIN (SELECT ${unnestTexts(1)} AS wanted) ON digest = wanted`,
    [jsonParameter(digests)],
  );
  const ids = rows.numbers('id');
  rows.texts('digest').forEach((digest, row) => known.set(digest, ids[row] as number));
  const added: DuckDBValue[][] = [];
  const cells: DuckDBValue[][] = [];
  const found = axes.map((ts, index) => {
    const digest = digests[index] as string;
    const id = known.get(digest) ?? interned.take('axes');
    if (!known.has(digest)) {
      added.push([id, digest, ts.length]);
      encodeNumbers(ts).forEach((bytes, block) => cells.push([id, block, blob(bytes)]));
    }
    return { id, digest };
  });
  await session.append('axes', [INTEGER, VARCHAR, INTEGER], added);
  await session.append('axis_cells', [INTEGER, INTEGER, BLOB], cells);
  return found;
}

/** Axes by id. One that is not there, or not as it was stored, is left out. */
export async function loadAxes(
  { session }: StoreContext,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, Axis>> {
  const wanted = new Set(ids);
  wanted.delete(NO_AXIS);
  const axes = new Map([[NO_AXIS, EMPTY]]);
  if (wanted.size === 0) return axes;
  const found = new Map<number, { rows: number; digest: string; readonly blocks: [number, Uint8Array][] }>();
  await session.selectBlobs(
    `SELECT a.id, c.block, a.row_count, c.ts, encode(a.digest)
     FROM axes a JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON a.id = wanted JOIN axis_cells c ON c.axis = a.id`,
    [listParameter(wanted)],
    ([id, block, rows], ts, digest) => {
      const axis = found.get(id) ?? { rows, digest: Buffer.from(digest ?? []).toString(), blocks: [] };
      if (ts) axis.blocks.push([block, ts]);
      found.set(id, axis);
    },
  );
  for (const [id, { rows, digest, blocks }] of found) {
    const bytes = blocks.sort(([a], [b]) => a - b).map(([, ts]) => ts);
    if (bytes.reduce((sum, block) => sum + block.byteLength, 0) !== rows * 8) continue;
    const ts = decodeNumbers(bytes, rows);
    if (digestOf(ts) === digest) axes.set(id, { id, digest, ts });
  }
  return axes;
}

function digestOf(ts: Float64Array): string {
  return createHash('sha256').update(bytesOf(ts)).digest('hex');
}

/** Times of several axes, one after the other. */
export function joinTimes(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
