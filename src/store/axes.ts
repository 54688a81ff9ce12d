import { BLOB, INTEGER, VARCHAR, type DuckDBValue } from '@duckdb/node-api';
import { createHash } from 'node:crypto';
import { decodeNumbers, encodeNumbers } from './codec.js';
import type { StoreContext } from './interned.js';
import { NO_AXIS } from './schema.js';
import { blob } from './session.js';
import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from './sql.js';

/** Stores the times of segments, each sequence once, whether it is new or known from before. Ids in order. */
export async function storeAxes(
  context: StoreContext,
  sequences: readonly Float64Array[],
): Promise<number[]> {
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
  const ids = await storeDistinct(context, distinct);
  return indexes.map((index) => (index === null ? NO_AXIS : (ids[index] as number)));
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
): Promise<number[]> {
  if (axes.length === 0) return [];
  const digests = axes.map((ts) => createHash('sha256').update(bytesOf(ts)).digest('hex'));
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
    return id;
  });
  await session.append('axes', [INTEGER, VARCHAR, INTEGER], added);
  await session.append('axis_cells', [INTEGER, INTEGER, BLOB], cells);
  return found;
}

/** Times by axis. */
export async function loadAxes(
  { session }: StoreContext,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, Float64Array>> {
  const wanted = new Set(ids);
  wanted.delete(NO_AXIS);
  const axes = new Map<number, Float64Array>([[NO_AXIS, new Float64Array(0)]]);
  if (wanted.size === 0) return axes;
  const blocks = new Map<number, { rows: number; readonly bytes: Uint8Array[] }>();
  await session.selectBlobs(
    `SELECT a.id, c.block, a.row_count, c.ts, NULL::BLOB
     FROM axes a JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON a.id = wanted JOIN axis_cells c ON c.axis = a.id`,
    [listParameter(wanted)],
    ([id, block, rows], ts) => {
      const axis = blocks.get(id) ?? { rows, bytes: [] };
      if (ts) axis.bytes[block] = ts;
      blocks.set(id, axis);
    },
  );
  for (const [id, { rows, bytes }] of blocks) axes.set(id, decodeNumbers(bytes, rows));
  return axes;
}
