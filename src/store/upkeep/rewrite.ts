import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SeamlessError } from '../../sdk/errors.js';
import { groupBy } from '../../sdk/lists.js';
import { faultOf } from '../duckdb/faults.js';
import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from '../duckdb/sql.js';
import type { Layout, PagePlace } from '../packs/layout.js';
import { syncFolder, writePack, type Pack } from '../packs/pack-file.js';
import type { Page, PageType } from '../packs/pages.js';
import { OpenPacks, PackDamage } from '../packs/read-pack.js';
import { atomically, staleViews, type Segment, type StoreContext } from '../segments/catalog.js';
import {
  columnsOf,
  layoutOf,
  newPackName,
  NO_PAGE,
  packMetadata,
  placedPages,
  placeOf,
  timesColumn,
  type PackedSegment,
  type SegmentPages,
} from '../segments/packing.js';
import { deletePacks } from './discard.js';
import { setPackAside } from './damage.js';

/** Packs with fewer rows are small; enough of them are merged, up to this many rows. */
const SMALL_ROWS = 32_768;
const MERGED_ROWS = 131_072;
const LEAST_MERGED = 8;

/** A pack is rewritten when more than this share of it belongs to no segment. */
export const SPARSE_SHARE = 0.5;

/** Rewrites packs whose unused share is too large. */
export async function rewriteSparse(
  context: StoreContext,
  share: number,
  mayGoOn = (): boolean => true,
): Promise<void> {
  const rows = await context.session.select(
    { name: 'text', share: 'number' },
    `SELECT p.name, 1 - (sum(g.bytes) + 8 * p.row_count) / p.bytes AS share
     FROM packs p JOIN segments g ON g.pack = p.id WHERE p.bytes > 65536 GROUP BY p.name, p.row_count, p.bytes`,
  );
  // A pack's own overhead: page headers, gaps and the footer.
  const sparse = rows.filter((row) => row.share > Math.max(share, 0.1));
  for (const { name } of sparse) {
    if (!mayGoOn()) return;
    await rewrite(context, [name]);
  }
}

/** Merges small packs with the same columns and adjacent times, as daily runs leave them. */
export async function mergeSmall(context: StoreContext, mayGoOn: () => boolean): Promise<void> {
  const rows = await context.session.select(
    { name: 'text', row_count: 'number', first_ts: 'number', last_ts: 'number', columns: 'text' },
    // If a segment has all rows of its pack, its times are the pack's.
    `SELECT p.name, p.row_count, min(g.first_ts) AS first_ts, max(g.last_ts) AS last_ts,
       string_agg(DISTINCT g.fingerprint || g.schema, chr(10) ORDER BY g.fingerprint || g.schema)
         || coalesce(any_value(g.layout->>'fine'), '') AS columns
     FROM packs p JOIN segments g ON g.pack = p.id
     WHERE p.row_count < ${SMALL_ROWS} AND g.row_count > 0 GROUP BY p.name, p.row_count
     HAVING max(g.row_count) = p.row_count ORDER BY first_ts`,
  );
  for (const alike of groupBy(rows, ({ columns }) => columns).values()) {
    let run: typeof alike = [];
    for (const next of [...alike, null]) {
      const last = run.at(-1);
      const total = run.reduce((sum, { row_count: count }) => sum + count, 0);
      if (next && (!last || next.first_ts > last.last_ts) && total + next.row_count <= MERGED_ROWS) {
        run.push(next);
        continue;
      }
      if (run.length >= LEAST_MERGED) {
        if (!mayGoOn()) return;
        await rewrite(
          context,
          run.map(({ name }) => name),
        );
      }
      run = next ? [next] : [];
    }
  }
}

/** Rows of one sequence of times, with their segments. */
interface Block {
  readonly pack: string;
  readonly ts: PagePlace;
  /** See `Layout.fine`. */
  readonly fine: boolean;
  readonly first: number;
  readonly last: number;
  readonly segments: readonly Segment[];
}

/** Replaces packs that follow each other in time by one pack. Their pages are copied. */
async function rewrite(context: StoreContext, packs: readonly string[]): Promise<void> {
  const segments = await context.catalog.segmentsIn(packs);
  const files = new OpenPacks(context.folder);
  const name = newPackName();
  context.writing.add(name);
  try {
    const moved = new Map<number, PackedSegment>();
    const own = await ownOf(context, segments);
    const pack = assemble(files, segments, own, moved);
    const bytes = await writePack(join(context.folder, name), pack);
    await syncFolder(context.folder);
    await atomically(context, () => replace(context, packs, { name, rows: pack.rows, bytes }, moved));
    context.catalog.forget();
    files.close();
    deletePacks(context, packs);
  } catch (error) {
    rmSync(join(context.folder, name), { force: true });
    if (error instanceof PackDamage) throw await setPackAside(context, error.pack);
    // Rewriting only saves space, and a full disk has none for it.
    if (faultOf(error) !== 'full') throw error;
  } finally {
    files.close();
    context.writing.delete(name);
  }
}

type Own = Pick<PackedSegment, 'own' | 'inputDigests'>;

async function ownOf(
  { session }: StoreContext,
  segments: readonly Segment[],
): Promise<ReadonlyMap<number, Own>> {
  const rows = await session.select(
    { id: 'integer', own: 'text', input_digests: 'text' },
    `SELECT id, own, input_digests FROM segments WHERE id IN (SELECT ${unnestNumbers(1, 'INTEGER')})`,
    [listParameter(segments.map(({ id }) => id))],
  );
  return new Map(
    rows.map(({ id, own, input_digests: digests }) => [
      id,
      { own, inputDigests: JSON.parse(digests) as string[] },
    ]),
  );
}

/** @param moved receives each segment's new layout once the pack is written */
function assemble(
  files: OpenPacks,
  segments: readonly Segment[],
  own: ReadonlyMap<number, Own>,
  moved: Map<number, PackedSegment>,
): Pack {
  const blocks = blocksOf(files, segments);
  const rowless = segments.filter(({ rows }) => rows === 0);
  if (blocks.some(({ fine }) => fine !== blocks[0]?.fine))
    throw new SeamlessError('internal', 'Packs whose times are written differently cannot be one.');
  const times = blocks.map(({ pack, ts }) =>
    copiedPage(files, pack, ts, blocks[0]?.fine ? 'double' : 'time'),
  );
  const pages = new Map<number, SegmentPages>();
  let rows = 0;
  const placed = blocks.flatMap(({ pack, ts, segments: list }) => {
    const start = rows;
    rows += ts[0];
    return list.flatMap((segment) => {
      const copied = copiedPages(files, pack, segment);
      pages.set(segment.id, copied);
      return placedPages(segment.fingerprint, start + segment.layout().from, copied);
    });
  });
  const stated = segments.filter(({ layout }) => layout().state);
  const [first, last] = [blocks[0], blocks.at(-1)];
  return {
    rows,
    columns: [timesColumn(times), ...columnsOf(placed, rows)],
    times: first && last ? [first.first, last.last] : null,
    blobs: stated.map((segment) => stateBytes(files, segment)),
    describe(places) {
      const stateOf = (segment: Segment): Layout['state'] => {
        const index = stated.indexOf(segment);
        const [, bytes, digest] = segment.layout().state ?? [0, 0, ''];
        return index < 0 ? null : [places.blobs[index] ?? 0, bytes, digest];
      };
      const enter = (segment: Segment, ts: Layout['ts']): void => {
        const copied = pages.get(segment.id);
        const layout = copied ? layoutOf(copied, places) : segment.layout();
        moved.set(
          segment.id,
          packed(segment, own.get(segment.id), {
            ...segment.layout(),
            ...layout,
            ts,
            state: stateOf(segment),
          }),
        );
      };
      blocks.forEach((block, index) => {
        for (const segment of block.segments) enter(segment, placeOf(times[index] as Page, places));
      });
      for (const segment of rowless) enter(segment, [...NO_PAGE]);
      return packMetadata([...moved.values()]);
    },
  };
}

/** The state that a segment of a scan ends with, as stored. */
function stateBytes(files: OpenPacks, { pack, layout }: Segment): Uint8Array {
  const [at, bytes, digest] = layout().state ?? [0, 0, ''];
  return files.bytes(pack ?? '', at, digest, new Uint8Array(bytes));
}

function packed(segment: Segment, own: Own | undefined, layout: Layout): PackedSegment {
  const { fingerprint, start, end, rows, first, last, digest, schema, bytes } = segment;
  const { own: code, inputDigests } = own ?? { own: '', inputDigests: [] };
  return {
    fingerprint,
    own: code,
    start,
    end,
    rows,
    first,
    last,
    digest,
    inputDigests,
    schema,
    layout,
    bytes,
  };
}

/**
 * Groups segments by their times: adjacent groups of one pack were packs of their own before.
 * @throws SeamlessError `internal` if they are not adjacent
 */
function blocksOf(files: OpenPacks, segments: readonly Segment[]): Block[] {
  const filled = segments.filter(({ rows }) => rows > 0);
  const groups = groupBy(filled, ({ pack, layout }) => `${pack} ${layout().ts[1]}`);
  const blocks = [...groups.values()].map((list): Block => {
    const [{ pack, layout }] = list as [Segment, ...Segment[]];
    const { ts, fine = false } = layout();
    const times = new DataView(files.page(pack ?? '', ts).buffer);
    const [first, last] = [0, ts[0] - 1].map((row) =>
      fine ? times.getFloat64(row * 8, true) : Number(times.getBigInt64(row * 8, true)),
    ) as [number, number];
    return { pack: pack ?? '', ts, fine, first, last, segments: list };
  });
  blocks.sort((a, b) => a.first - b.first);
  if (blocks.some(({ first }, index) => first <= (blocks[index - 1]?.last ?? -Infinity))) {
    throw new SeamlessError('internal', 'Packs whose times overlap cannot be one.');
  }
  return blocks;
}

function copiedPages(files: OpenPacks, pack: string, { layout, schema }: Segment): SegmentPages {
  const { columns, exact, present } = layout();
  const copy = (list: readonly PagePlace[], type: PageType): Page[] =>
    list.map((place) => copiedPage(files, pack, place, type));
  const types: Readonly<Record<string, PageType>> = { number: 'double', boolean: 'boolean' };
  return {
    columns: columns.map((list, position) => copy(list, types[schema.types[position] ?? ''] ?? 'text')),
    exact: new Map(Object.entries(exact).map(([position, list]) => [position, copy(list, 'bytes')])),
    present: copy(present, 'boolean'),
  };
}

/** Read when it is written, so that one page at a time is in memory. */
function copiedPage(files: OpenPacks, pack: string, place: PagePlace, type: PageType): Page {
  const [rows, , levels, values, digest] = place;
  return { rows, type, levels, values, digest, load: () => [files.page(pack, place)] };
}

async function replace(
  context: StoreContext,
  packs: readonly string[],
  { name, rows, bytes }: { readonly name: string; readonly rows: number; readonly bytes: number },
  moved: ReadonlyMap<number, PackedSegment>,
): Promise<void> {
  const { session, catalog } = context;
  const id = await catalog.take('packs');
  await session.append('packs', [{ id, name, row_count: rows, bytes }]);
  await session.run(
    `UPDATE segments SET pack = $3, layout = w.layout
     FROM (SELECT ${unnestNumbers(1, 'INTEGER')} AS id, ${unnestTexts(2)} AS layout) w WHERE segments.id = w.id`,
    [
      listParameter(moved.keys()),
      jsonParameter([...moved.values()].map(({ layout }) => JSON.stringify(layout))),
      id,
    ],
  );
  await session.run(`DELETE FROM packs WHERE name IN (SELECT ${unnestTexts(1)})`, [jsonParameter(packs)]);
  await staleViews(context);
}
