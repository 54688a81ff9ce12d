import { BLOB, DOUBLE, INTEGER, TIMESTAMP, VARCHAR, type DuckDBValue } from '@duckdb/node-api';
import { tableDigests } from '../../engine/fingerprint/digest.js';
import type { Schema } from '../../engine/ports/host.js';
import type { Adoption, Commit, NewSegment, SourceState } from '../../engine/ports/store.js';
import { SeamlessError } from '../../sdk/errors.js';
import { formatRange, type Range } from '../../sdk/time.js';
import { storeAxes, type StoredAxis } from './axes.js';
import { encodeBytes, encodeColumn } from './codec.js';
import { appendCoverage, endCoverage, packSince, type Cover } from './coverage.js';
import { transact, type StoreContext } from './interned.js';
import { timestampNow } from '../names/registry.js';
import { PRESENT_POSITION } from '../duckdb/schema.js';
import { sealOf, type PlacedCell } from './seal.js';
import { blob } from '../duckdb/session.js';
import { stateCells } from './states.js';
import { listParameter, unnestNumbers } from '../duckdb/sql.js';

/** See `NodeStore.commit`. */
export async function commit(context: StoreContext, parts: Commit): Promise<void> {
  const { invalidations, segments, adoptions, sources } = parts;
  if (invalidations.length + segments.length + adoptions.length + sources.length === 0) return;
  const digests = tableDigests(segments.map(({ table }) => table));
  await transact(context, async () => {
    const ids = await context.interned.intern([
      ...[...invalidations, ...segments, ...adoptions, ...sources].map(({ fingerprint }) => fingerprint),
    ]);
    const fpOf = (fingerprint: string): number => ids.get(fingerprint) as number;
    await endCoverage(context, invalidations, fpOf);
    const added = segments.map(({ fingerprint, range, since }): Cover => ({
      fp: fpOf(fingerprint),
      segment: context.interned.take('segments'),
      since: packSince(since),
      ...range,
    }));
    const adopted = adoptions.map(({ fingerprint, range, segment, since }): Cover => ({
      fp: fpOf(fingerprint),
      segment,
      since: packSince(since),
      ...range,
    }));
    await requireSegments(context, adoptions);
    await requireFree(context, [...added, ...adopted]);
    await storeSegments(context, segments, added, digests);
    await appendCoverage(context, [...added, ...adopted]);
    await storeSources(context, new Map(sources.map(({ fingerprint, state }) => [fpOf(fingerprint), state])));
  });
}

async function requireSegments({ session }: StoreContext, adoptions: readonly Adoption[]): Promise<void> {
  if (adoptions.length === 0) return;
  const rows = await session.select(
    `SELECT w.segment FROM (SELECT ${unnestNumbers(1, 'INTEGER')} AS segment, ${unnestNumbers(2, 'DOUBLE')} AS start_ts,
       ${unnestNumbers(3, 'DOUBLE')} AS end_ts) w
     ANTI JOIN segments g ON g.id = w.segment AND g.start_ts <= w.start_ts AND g.end_ts >= w.end_ts`,
    [
      listParameter(adoptions.map(({ segment }) => segment)),
      listParameter(adoptions.map(({ range }) => range.start)),
      listParameter(adoptions.map(({ range }) => range.end)),
    ],
  );
  if (rows.length === 0) return;
  throw new SeamlessError(
    'internal',
    `Segment ${rows.numbers('segment')[0]} cannot be adopted: it does not hold that range.`,
  );
}

/** Coverage that overlapped would give rows twice. */
async function requireFree({ session }: StoreContext, covers: readonly Cover[]): Promise<void> {
  if (covers.length === 0) return;
  const sorted = [...covers].sort((a, b) => a.fp - b.fp || a.start - b.start);
  sorted.forEach((cover, index) => {
    if (!(cover.start < cover.end && Number.isFinite(cover.start) && Number.isFinite(cover.end))) {
      throw new SeamlessError('internal', `A segment over ${cover.start} → ${cover.end} covers nothing.`);
    }
    const before = sorted[index - 1];
    if (before && before.fp === cover.fp && before.end > cover.start) throw overlap(cover);
  });
  const rows = await session.select(
    `SELECT c.fp, c.start_ts, c.end_ts FROM coverage c JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS fp,
       ${unnestNumbers(2, 'DOUBLE')} AS start_ts, ${unnestNumbers(3, 'DOUBLE')} AS end_ts) w
     ON c.fp = w.fp AND c.start_ts < w.end_ts AND c.end_ts > w.start_ts LIMIT 1`,
    [
      listParameter(covers.map(({ fp }) => fp)),
      listParameter(covers.map(({ start }) => start)),
      listParameter(covers.map(({ end }) => end)),
    ],
  );
  if (rows.length === 0) return;
  throw overlap({ start: rows.numbers('start_ts')[0] as number, end: rows.numbers('end_ts')[0] as number });
}

function overlap(range: Range): SeamlessError {
  return new SeamlessError(
    'internal',
    `Rows over ${formatRange(range)} would be covered twice: nothing was stored.`,
  );
}

async function storeSegments(
  context: StoreContext,
  segments: readonly NewSegment[],
  covers: readonly Cover[],
  digests: readonly string[],
): Promise<void> {
  if (segments.length === 0) return;
  const now = timestampNow();
  const axes = await storeAxes(
    context,
    segments.map(({ table }) => table.ts),
  );
  const shownSchemas = segments.map(({ table }) => ({
    shape: table.shape,
    names: table.names,
    types: table.columns.map(({ type }) => type),
  }));
  const schemas = await context.interned.internSchemas(shownSchemas);
  const cells: DuckDBValue[][] = [];
  const rows = segments.map((segment, index): DuckDBValue[] => {
    const { fp, start, end, segment: id } = covers[index] as Cover;
    let bytes = 0;
    const packed = cellsOf(segment);
    const state = segment.state ? stateCells(id, segment.state) : [];
    for (const { position, block, data, valid } of [...packed, ...state]) {
      cells.push([fp, id, position, block, blob(data), blob(valid)]);
      bytes += data.byteLength + (valid?.byteLength ?? 0);
    }
    const { own, table } = segment;
    const inputDigests = JSON.stringify(segment.inputDigests);
    const [digest, axis] = [digests[index] as string, axes[index] as StoredAxis];
    const rows = table.ts.length;
    const facts = { id, fp, own, start, end, rows, digest, inputDigests };
    const seal = sealOf(facts, shownSchemas[index] as Schema, axis.digest, packed);
    const schema = schemas[index] as number;
    return [id, fp, own, start, end, rows, digest, inputDigests, axis.id, schema, bytes, now, seal];
  });
  await context.session.append(
    'segments',
    [
      INTEGER,
      INTEGER,
      VARCHAR,
      DOUBLE,
      DOUBLE,
      INTEGER,
      VARCHAR,
      VARCHAR,
      INTEGER,
      INTEGER,
      DOUBLE,
      TIMESTAMP,
      VARCHAR,
    ],
    rows,
  );
  await context.session.append('cells', [INTEGER, INTEGER, INTEGER, INTEGER, BLOB, BLOB], cells);
}

function cellsOf({ table }: NewSegment): PlacedCell[] {
  const cells = table.columns.flatMap((column, position) =>
    encodeColumn(column).map((cell, block) => ({ position, block, ...cell })),
  );
  const present = table.present ? encodeBytes(table.present) : [];
  return [
    ...present.map((data, block) => ({ position: PRESENT_POSITION, block, data, valid: null })),
    ...cells,
  ];
}

async function storeSources(
  { session }: StoreContext,
  states: ReadonlyMap<number, SourceState>,
): Promise<void> {
  if (states.size === 0) return;
  await session.run(
    `DELETE FROM sources USING (SELECT ${unnestNumbers(1, 'INTEGER')} AS fp) w WHERE sources.fp = w.fp`,
    [listParameter(states.keys())],
  );
  await session.append(
    'sources',
    [INTEGER, VARCHAR, DOUBLE, DOUBLE],
    [...states].map(([fp, { version, first, last }]) => [fp, version, first, last]),
  );
}
