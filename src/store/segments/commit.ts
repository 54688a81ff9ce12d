import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { tableDigest } from '../../engine/fingerprint/digest.js';
import type { Commit, Invalidation, NewSegment, SourceState } from '../../engine/ports/store.js';
import { groupBy } from '../../sdk/lists.js';
import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from '../duckdb/sql.js';
import { now, type Row } from '../duckdb/schema.js';
import type { Session } from '../duckdb/session.js';
import { syncFolder, writePack } from '../packs/pack-file.js';
import type { Layout } from '../packs/layout.js';
import { atomically, headOf, packSince, sincesOf, staleViews, type StoreContext } from './catalog.js';
import { heldBy, withAdded, without, type CoverSince } from './covers.js';
import type { Cover, SegmentHead } from './held-covers.js';
import { NO_PAGE, planPacks, type PackedSegment, type PackPlan } from './packing.js';
import { schemaOf } from './schemas.js';

/** How many files are synced to disk together. */
const PACKS_AT_ONCE = 16;

/** A pack on disk, with its size. */
interface WrittenPack extends PackPlan {
  readonly bytes: number;
}

/** See `NodeStore.commit`. */
export async function commit(context: StoreContext, parts: Commit): Promise<void> {
  const { invalidations, segments, reuses, sources, disowned = [] } = parts;
  const lists = [invalidations, segments, reuses, sources, disowned];
  if (lists.every(({ length }) => length === 0)) return;
  await context.session.beside(async () => {
    const packs = await writePacks(context, segments);
    try {
      await context.session.exclusive(async () => {
        const covers = await atomically(context, () => enter(context, parts, packs));
        context.catalog.learn(covers);
      });
      for (const { name } of packs) context.writing.delete(name);
    } catch (error) {
      forgetPacks(context, packs);
      throw error;
    }
  });
}

/** Writes segments durably. Other store work continues meanwhile. */
async function writePacks(context: StoreContext, segments: readonly NewSegment[]): Promise<WrittenPack[]> {
  if (segments.length === 0) return [];
  const plans = planPacks(
    segments,
    segments.map(({ table }) => tableDigest(table)),
  );
  for (const { name } of plans) context.writing.add(name);
  const packs: WrittenPack[] = [];
  try {
    for (let from = 0; from < plans.length; from += PACKS_AT_ONCE) {
      const writing = plans.slice(from, from + PACKS_AT_ONCE).map(async (plan) => {
        packs.push({ ...plan, bytes: await writePack(join(context.folder, plan.name), plan.pack) });
      });
      const failed = (await Promise.allSettled(writing)).find((each) => each.status === 'rejected');
      if (failed) throw failed.reason;
    }
    if (packs.length > 0) await syncFolder(context.folder);
    return packs;
  } catch (error) {
    forgetPacks(context, plans);
    throw error;
  }
}

/** Deletes packs of a failed commit. */
function forgetPacks({ folder, writing }: StoreContext, packs: readonly PackPlan[]): void {
  for (const { name } of packs) {
    rmSync(join(folder, name), { force: true });
    writing.delete(name);
  }
}

/** Records a commit in the catalog. Returns the coverage of all its fingerprints. */
async function enter(
  context: StoreContext,
  { invalidations, segments, reuses, sources, disowned = [] }: Commit,
  packs: readonly WrittenPack[],
): Promise<ReadonlyMap<string, readonly Cover[]>> {
  const { session, catalog } = context;
  const named = [...invalidations, ...segments, ...reuses].map(({ fingerprint }) => fingerprint);
  const before = await catalog.covers(named);
  const covers = new Map(named.map((fingerprint) => [fingerprint, before.of(fingerprint)]));
  const held = await catalog.segments(reuses.map(({ segment }) => segment));
  await endCoverage(session, covers, invalidations);
  await disown(session, disowned);
  const reused = reuses.map((reuse): [string, CoverSince] => {
    const { fingerprint, range, since } = reuse;
    const segment = heldBy(held, reuse);
    const cover = { ...range, segment, reused: segment.fingerprint !== fingerprint };
    return [fingerprint, { ...cover, since: packSince(since) }];
  });
  const stored = await storeSegments(context, segments, packs);
  const added = segments.map(({ fingerprint, range, since }, index): [string, CoverSince] => [
    fingerprint,
    { ...range, since: packSince(since), segment: stored[index] as SegmentHead, reused: false },
  ]);
  const news = groupBy([...added, ...reused], ([fingerprint]) => fingerprint);
  for (const [fingerprint, list] of news) {
    covers.set(
      fingerprint,
      withAdded(
        covers.get(fingerprint) ?? [],
        list.map(([, cover]) => cover),
      ),
    );
  }
  await appendCovers(session, [...added, ...reused]);
  if (named.length > 0) await staleViews(context);
  await storeSources(session, new Map(sources.map(({ fingerprint, state }) => [fingerprint, state])));
  return covers;
}

async function appendCovers(
  session: Session,
  covers: readonly (readonly [string, CoverSince])[],
): Promise<void> {
  await session.append(
    'coverage',
    covers.map(([fingerprint, { start, end, segment, since }]) => ({
      fingerprint,
      start_ts: start,
      end_ts: end,
      segment: segment.id,
      since,
    })),
  );
}

/** Ends coverage, in `covers` and in the table. */
async function endCoverage(
  session: Session,
  covers: Map<string, readonly Cover[]>,
  invalidations: readonly Invalidation[],
): Promise<void> {
  if (invalidations.length === 0) return;
  const ended: [string, CoverSince][] = [];
  const left: [string, CoverSince][] = [];
  const byNode = groupBy(invalidations, (each) => each.fingerprint);
  const sinces = await sincesOf(session, byNode.keys());
  for (const [fingerprint, list] of byNode) {
    const before = (covers.get(fingerprint) ?? []).map((cover): CoverSince => ({
      ...cover,
      since: sinces.get(fingerprint)?.find(({ start }) => start === cover.start)?.since ?? null,
    }));
    const after = without(before, list);
    covers.set(fingerprint, after);
    ended.push(
      ...before
        .filter((cover) => !after.includes(cover))
        .map((cover): [string, CoverSince] => [fingerprint, cover]),
    );
    left.push(
      ...after
        .filter((cover) => !before.includes(cover))
        .map((cover): [string, CoverSince] => [fingerprint, cover]),
    );
  }
  if (ended.length === 0) return;
  await session.run(
    `DELETE FROM coverage USING (SELECT ${unnestTexts(1)} AS fingerprint, ${unnestNumbers(2, 'DOUBLE')} AS start_ts) w
     WHERE coverage.fingerprint = w.fingerprint AND coverage.start_ts = w.start_ts`,
    [
      jsonParameter(ended.map(([fingerprint]) => fingerprint)),
      listParameter(ended.map(([, { start }]) => start)),
    ],
  );
  await appendCovers(session, left);
}

/** A segment is found again by the hash of the code that computed it. */
async function disown(session: Session, owns: readonly string[]): Promise<void> {
  if (owns.length === 0) return;
  await session.run(
    `UPDATE segments SET own = 'disowned' FROM (SELECT DISTINCT ${unnestTexts(1)} AS wrong) w WHERE own = w.wrong`,
    [jsonParameter(owns)],
  );
}

async function storeSegments(
  { session, catalog }: StoreContext,
  segments: readonly NewSegment[],
  packs: readonly WrittenPack[],
): Promise<SegmentHead[]> {
  const places = new Map<number, { packed: PackedSegment; pack: WrittenPack; id: number }>();
  const packRows: Row<'packs'>[] = [];
  for (const pack of packs) {
    const id = await catalog.take('packs');
    packRows.push({ id, name: pack.name, row_count: pack.pack.rows, bytes: pack.bytes });
    for (const [index, packed] of pack.segments) places.set(index, { packed, pack, id });
  }
  await session.append('packs', packRows);
  const rows: Row<'segments'>[] = [];
  for (const [index, segment] of segments.entries()) {
    const place = places.get(index);
    const packed = place?.packed ?? emptySegment(segment);
    rows.push(segmentRow(packed, await catalog.take('segments'), place?.id ?? null));
  }
  await session.append('segments', rows);
  return rows.map(headOf);
}

/** A segment without rows, in a commit without any rows. */
function emptySegment({ fingerprint, codeHash: own, range, table, inputDigests }: NewSegment): PackedSegment {
  const layout: Layout = {
    ts: [...NO_PAGE],
    from: 0,
    columns: table.columns.map(() => []),
    exact: {},
    present: [],
    state: null,
  };
  return {
    fingerprint,
    own,
    ...range,
    rows: 0,
    first: null,
    last: null,
    digest: tableDigest(table),
    inputDigests: [...inputDigests],
    schema: schemaOf(table),
    layout,
    bytes: 0,
  };
}

export function segmentRow(packed: PackedSegment, id: number, pack: number | null): Row<'segments'> {
  return {
    id,
    fingerprint: packed.fingerprint,
    own: packed.own,
    start_ts: packed.start,
    end_ts: packed.end,
    row_count: packed.rows,
    first_ts: packed.first,
    last_ts: packed.last,
    digest: packed.digest,
    input_digests: JSON.stringify(packed.inputDigests),
    schema: JSON.stringify(packed.schema),
    pack,
    layout: JSON.stringify(packed.layout),
    bytes: packed.bytes,
    created_at: now(),
  };
}

async function storeSources(session: Session, states: ReadonlyMap<string, SourceState>): Promise<void> {
  if (states.size === 0) return;
  await session.run(
    `DELETE FROM sources USING (SELECT ${unnestTexts(1)} AS fingerprint) w WHERE sources.fingerprint = w.fingerprint`,
    [jsonParameter(states.keys())],
  );
  await session.append(
    'sources',
    [...states].map(([fingerprint, { version, first, last, notes }]) => ({
      fingerprint,
      version,
      first_ts: first,
      last_ts: last,
      notes: notes ? JSON.stringify(notes) : null,
    })),
  );
}
