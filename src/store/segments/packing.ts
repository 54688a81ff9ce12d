import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { NewSegment } from '../../engine/ports/store.js';
import { SeamlessError } from '../../sdk/errors.js';
import { groupBy } from '../../sdk/lists.js';
import { FORMAT_VERSION } from '../duckdb/schema.js';
import { layoutSchema, type Layout, type PagePlace } from '../packs/layout.js';
import type { Gap, Pack, PackColumn, Places } from '../packs/pack-file.js';
import {
  encodeColumn,
  encodeExact,
  encodeFlags,
  encodeTimes,
  pageDigest,
  type Page,
  type PageType,
} from '../packs/pages.js';
import { groupByTimes, type Axis } from './axes.js';
import { schemaOf, schemaSchema } from './schemas.js';

const packedSchema = v.object({
  fingerprint: v.string(),
  own: v.string(),
  start: v.number(),
  end: v.number(),
  rows: v.number(),
  first: v.nullable(v.number()),
  last: v.nullable(v.number()),
  digest: v.string(),
  inputDigests: v.array(v.string()),
  schema: schemaSchema,
  layout: layoutSchema,
  /** Bytes of its pages and state, without its times. */
  bytes: v.number(),
});

/** What a pack says about each segment: enough to identify it if the catalog is lost. */
export type PackedSegment = Readonly<v.InferOutput<typeof packedSchema>>;

const metadataSchema = v.object({ format: v.literal(FORMAT_VERSION), segments: v.array(packedSchema) });

/** Key in a pack's metadata. */
const METADATA_KEY = 'seamless';

export function packMetadata(segments: readonly PackedSegment[]): Readonly<Record<string, string>> {
  return { [METADATA_KEY]: JSON.stringify({ format: FORMAT_VERSION, segments }) };
}

/** The segments of a pack; null if it names none, or in another format. */
export function segmentsOf(metadata: ReadonlyMap<string, string>): readonly PackedSegment[] | null {
  const parsed = v.safeParse(metadataSchema, JSON.parse(metadata.get(METADATA_KEY) ?? 'null'));
  return parsed.success ? parsed.output.segments : null;
}

/** Helper columns beside a node's own, by suffix. */
export const PRESENT = 'present';
const EXACT = 'utf16';

export const NO_PAGE: PagePlace = [0, 0, 0, 0, ''];

/** Name of a node's column in a pack. */
export function columnName(fingerprint: string, position: number): string {
  return `${fingerprint}.${position}`;
}

/** Pages of a segment; they may not have an offset yet. */
export interface SegmentPages {
  readonly columns: readonly (readonly Page[])[];
  readonly exact: ReadonlyMap<string, readonly Page[]>;
  readonly present: readonly Page[];
}

/** A pack to be written, and its segments by position in the commit. */
export interface PackPlan {
  readonly name: string;
  readonly pack: Pack;
  /** Known once the pack is written. */
  readonly segments: Map<number, PackedSegment>;
}

/** A unique name that sorts by time, for people. */
export function newPackName(): string {
  const time = new Date().toISOString().replace(/[-:]|\.\d+Z/g, '');
  return `${time}-${randomBytes(6).toString('hex')}.parquet`;
}

/** The packs for segments: one per sequence of times. Segments without rows go into the first. */
export function planPacks(segments: readonly NewSegment[], digests: readonly string[]): PackPlan[] {
  const axes = groupByTimes(segments.map(({ table }) => table.ts));
  const empty = [...segments.keys()].filter((index) => segments[index]?.table.ts.length === 0);
  if (axes.length === 0 && empty.some((index) => segments[index]?.state)) {
    axes.push({ ts: new Float64Array(0), fine: false, members: [] });
  }
  axes[0]?.members.push(...empty.map((index) => ({ index, from: 0 })));
  return axes.map((axis) => planPack(axis, segments, digests));
}

interface Member {
  readonly index: number;
  readonly from: number;
  readonly segment: NewSegment;
  readonly pages: SegmentPages;
  /** Position of its state in the blobs. */
  readonly state: number;
}

function planPack(
  { ts, members: found }: Axis,
  segments: readonly NewSegment[],
  digests: readonly string[],
): PackPlan {
  const times = encodeTimes(ts);
  const blobs: Uint8Array[] = [];
  const members = found.map(({ index, from }): Member => {
    const segment = segments[index] as NewSegment;
    if (segment.state) blobs.push(segment.state);
    return { index, from, segment, pages: pagesOf(segment), state: blobs.length - 1 };
  });
  const packed = new Map<number, PackedSegment>();
  const describe = (places: Places): Readonly<Record<string, string>> => {
    for (const member of members) {
      packed.set(member.index, packedSegment(member, times, digests[member.index] ?? '', places));
    }
    return packMetadata([...packed.values()]);
  };
  const placed = members.flatMap(({ from, segment, pages }) => placedPages(segment.fingerprint, from, pages));
  const pack: Pack = {
    rows: ts.length,
    columns: [timesColumn(ts.length > 0 ? [times] : []), ...columnsOf(placed, ts.length)],
    times: ts.length > 0 ? [ts[0] as number, ts.at(-1) as number] : null,
    blobs,
    describe,
  };
  return { name: newPackName(), pack, segments: packed };
}

export function timesColumn(pages: readonly Page[]): PackColumn {
  return { name: 'ts', type: pages[0]?.type ?? 'time', required: true, pages };
}

function pagesOf({ table }: NewSegment): SegmentPages {
  if (table.ts.length === 0) return { columns: table.columns.map(() => []), exact: new Map(), present: [] };
  const exact = table.columns.map((column, position): [string, readonly Page[]] => [
    String(position),
    encodeExact(column),
  ]);
  return {
    columns: table.columns.map(encodeColumn),
    exact: new Map(exact.filter(([, pages]) => pages.length > 0)),
    present: table.present?.includes(0) ? [encodeFlags(table.present)] : [],
  };
}

/** Pages of a column, from some row of a pack on. */
interface PlacedPages {
  readonly name: string;
  readonly type: PageType;
  readonly from: number;
  readonly pages: readonly Page[];
}

/** What a segment adds to a pack in which its rows begin at `from`. */
export function placedPages(fingerprint: string, from: number, pages: SegmentPages): PlacedPages[] {
  const placed = [
    ...pages.columns.map((list, position) => ({ name: columnName(fingerprint, position), pages: list })),
    ...[...pages.exact].map(([position, list]) => ({
      name: `${fingerprint}.${position}.${EXACT}`,
      pages: list,
    })),
    { name: `${fingerprint}.${PRESENT}`, pages: pages.present },
  ];
  return placed.flatMap(({ name, pages: list }) => {
    const [first] = list;
    return first ? [{ name, type: first.type, from, pages: list }] : [];
  });
}

/** Columns of `rows` rows, with gaps where there are no pages. @throws SeamlessError `internal` if pages overlap */
export function columnsOf(placed: readonly PlacedPages[], rows: number): PackColumn[] {
  return [...groupBy(placed, ({ name }) => name)].map(([name, list]): PackColumn => {
    const pages: (Page | Gap)[] = [];
    let at = 0;
    for (const part of list.sort((a, b) => a.from - b.from)) {
      if (part.from < at) {
        throw new SeamlessError('internal', `Rows of ${name} would be covered twice: nothing was stored.`);
      }
      if (part.from > at) pages.push({ gap: part.from - at });
      pages.push(...part.pages);
      at = part.from + part.pages.reduce((sum, page) => sum + page.rows, 0);
    }
    if (at < rows) pages.push({ gap: rows - at });
    return { name, type: list[0]?.type ?? 'double', pages };
  });
}

function packedSegment(
  { segment, pages, from, state }: Member,
  times: Page,
  digest: string,
  places: Places,
): PackedSegment {
  const { fingerprint, codeHash: own, range, table, inputDigests } = segment;
  const rows = table.ts.length;
  const layout: Layout = {
    ...layoutOf(pages, places),
    ts: rows > 0 ? placeOf(times, places) : [...NO_PAGE],
    ...(rows > 0 && times.type === 'double' && { fine: true }),
    from,
    state: segment.state ? [places.blobs[state] ?? 0, segment.state.length, pageDigest(segment.state)] : null,
  };
  return {
    fingerprint,
    own,
    start: range.start,
    end: range.end,
    rows,
    first: table.ts[0] ?? null,
    last: table.ts.at(-1) ?? null,
    digest,
    inputDigests: [...inputDigests],
    schema: schemaOf(table),
    layout,
    bytes: bytesIn(layout),
  };
}

/** Where pages were placed. */
export function layoutOf(
  { columns, exact, present }: SegmentPages,
  places: Places,
): Pick<Layout, 'columns' | 'exact' | 'present'> {
  const placed = (list: readonly Page[]): Layout['present'] => list.map((page) => placeOf(page, places));
  return {
    columns: columns.map(placed),
    exact: Object.fromEntries([...exact].map(([position, list]) => [position, placed(list)])),
    present: placed(present),
  };
}

export function placeOf(page: Page, { pages }: Places): Layout['ts'] {
  return [page.rows, pages.get(page) ?? 0, page.levels, page.values, page.digest];
}

function bytesIn({ columns, exact, present, state }: Layout): number {
  const pages = [...columns.flat(), ...Object.values(exact).flat(), ...present];
  return pages.reduce((sum, [, , levels, values]) => sum + levels + values, state?.[1] ?? 0);
}
