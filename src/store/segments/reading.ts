import type { SourceNote } from '../../engine/ports/source-note.js';
import { earliest } from '../../engine/plan/since.js';
import type { ScanState, Schema } from '../../engine/ports/host.js';
import type {
  Allocate,
  Candidate,
  Covered,
  CoveredSpan,
  Dependent,
  ReadRequest,
  ReadsSince,
  RowSummary,
  SourceState,
  TimesRequest,
} from '../../engine/ports/store.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Table } from '../../sdk/table.js';
import { ALL_TIME, type Range, type Seconds } from '../../sdk/time/time.js';
import { jsonParameter, unnestTexts } from '../duckdb/sql.js';
import { TABLES } from '../duckdb/schema.js';
import { checkedPages } from '../packs/checked-pages.js';
import { OpenPacks, PackDamage } from '../packs/read-pack.js';
import { setPackAside } from '../upkeep/damage.js';
import { sincesOf, unpackSince, type PlacedCover, type Segment, type StoreContext } from './catalog.js';
import type { Cover } from './held-covers.js';
import { mergeSchemas } from './schemas.js';
import { TableReader, type Slice } from './table-reader.js';
import { GRID_COLUMNS, GRID_KINDS, gridIn, JOIN_CALENDARS } from '../names/grids.js';

const allocate: Allocate = (count) => new Float64Array(count);

/** Runs a read of packs. @throws DamageFound if a pack is not what was written */
export async function withPacks<T>(
  context: StoreContext,
  read: (reader: TableReader, packs: OpenPacks) => T,
  memory = allocate,
): Promise<T> {
  const packs = new OpenPacks(context.folder, checkedPages);
  try {
    return read(new TableReader(packs, memory), packs);
  } catch (error) {
    if (!(error instanceof PackDamage)) throw error;
    packs.close();
    throw await setPackAside(context, error.pack);
  } finally {
    packs.close();
  }
}

/** The covered part of a request, ascending. */
function within(covers: readonly Cover[], range: Range): Cover[] {
  const found: Cover[] = [];
  for (const cover of covers) {
    const start = Math.max(cover.start, range.start);
    const end = Math.min(cover.end, range.end);
    if (start >= end) continue;
    found.push(start === cover.start && end === cover.end ? cover : { ...cover, start, end });
  }
  return found;
}

function slicesOf(reader: TableReader, covers: readonly PlacedCover[]): Slice[] {
  return covers.map(({ segment, start, end }) => reader.slice(segment, start, end));
}

/** See `NodeStore.read`. */
export async function read(
  context: StoreContext,
  requests: readonly ReadRequest[],
  memory?: Allocate,
): Promise<Table[]> {
  const covers = await coversIn(context, requests);
  return withPacks(context, (reader) => covers.map((each) => reader.table(slicesOf(reader, each))), memory);
}

/** The currently covered part of a request, with its segments. */
export async function coversIn(
  { catalog }: StoreContext,
  requests: readonly ReadRequest[],
): Promise<PlacedCover[][]> {
  const covers = await catalog.covers(requests.map(({ fingerprint }) => fingerprint));
  return placed(
    { catalog },
    requests.map(({ fingerprint, range }) => within(covers.of(fingerprint), range)),
  );
}

/** The places of all lists are looked up at once. */
async function placed(
  { catalog }: Pick<StoreContext, 'catalog'>,
  lists: readonly (readonly Cover[])[],
): Promise<PlacedCover[][]> {
  const all = await catalog.place(lists.flat());
  let at = 0;
  return lists.map(({ length }) => all.slice(at, (at += length)));
}

/** See `NodeStore.readSegments`. */
export async function readSegments(context: StoreContext, ids: readonly number[]): Promise<Table[]> {
  const segments = await found(context, ids);
  return withPacks(context, (reader) =>
    segments.map((segment) => reader.table([{ segment, from: 0, to: segment.rows }])),
  );
}

async function found({ catalog }: StoreContext, ids: readonly number[]): Promise<Segment[]> {
  const segments = await catalog.segments(ids);
  return ids.map((id) => {
    const segment = segments.get(id);
    if (segment) return segment;
    throw new SeamlessError('internal', `The cache has no segment ${id}.`);
  });
}

/** See `NodeStore.readStates`. */
export async function readStates(context: StoreContext, ids: readonly number[]): Promise<ScanState[]> {
  const segments = await found(context, ids);
  return withPacks(context, (_, packs) =>
    segments.map(({ id, pack, layout }) => {
      const { state } = layout();
      if (pack === null || !state) throw new SeamlessError('internal', `Segment ${id} has no state.`);
      const [at, bytes, digest] = state;
      return packs.bytes(pack, at, digest, new Uint8Array(bytes));
    }),
  );
}

/** See `NodeStore.coverage`. */
export async function coverage(
  context: StoreContext,
  fingerprints: readonly string[],
): Promise<Map<string, CoveredSpan[]>> {
  const covers = await coversIn(
    context,
    fingerprints.map((fingerprint) => ({ fingerprint, range: ALL_TIME })),
  );
  return new Map(
    fingerprints.map((fingerprint, index) => {
      const spans = (covers[index] ?? []).map(({ start, end, segment, reused }): CoveredSpan => ({
        start,
        end,
        segment: segment.id,
        digest: segment.digest,
        segmentRange: { start: segment.start, end: segment.end },
        reused,
      }));
      return [fingerprint, spans];
    }),
  );
}

/** See `NodeStore.covered`. */
export async function covered(
  { catalog }: StoreContext,
  fingerprints: readonly string[],
): Promise<Map<string, Covered>> {
  const covers = await catalog.covers(fingerprints);
  return new Map(fingerprints.map((fingerprint) => [fingerprint, covers.covered(fingerprint)]));
}

/** See `NodeStore.summarize`. Rows are read only from segments that cross an end of the range. */
export async function summarize(
  context: StoreContext,
  requests: readonly ReadRequest[],
): Promise<RowSummary[]> {
  const covers = await context.catalog.covers(requests.map(({ fingerprint }) => fingerprint));
  const counted = requests.map(({ fingerprint, range }) => covers.counted(fingerprint, range));
  const placedCuts = await placed(
    context,
    counted.map(({ cut }) => cut),
  );
  return withPacks(context, (reader) =>
    counted.map(({ rows, schemas }, index) => {
      const slices = slicesOf(reader, placedCuts[index] ?? []);
      return {
        rows: slices.reduce((sum, { from, to }) => sum + to - from, rows),
        schema: merged(schemas),
      };
    }),
  );
}

/** The first row of the first cover, if that is known without reading. */
function firstOf([cover]: readonly Cover[]): Seconds | null {
  return cover && !isCut(cover) ? cover.segment.first : null;
}

/** The first covers that certainly have so many rows, or all that have any. */
function withRows(covers: readonly Cover[], count: number): Cover[] {
  const found: Cover[] = [];
  let rows = 0;
  for (const cover of covers) {
    if (rows >= count) break;
    if (cover.segment.rows === 0) continue;
    found.push(cover);
    // A cut segment may have no row in its cover.
    if (!isCut(cover)) rows += cover.segment.rows;
  }
  return found;
}

/** Whether some of a segment's rows may lie outside. */
function isCut({ start, end, segment }: Cover): boolean {
  return segment.first !== null && segment.last !== null && (start > segment.first || end <= segment.last);
}

/** The columns that covered rows have. */
export function shownBy(covers: readonly Cover[]): Schema | null {
  const shown = new Set(
    covers.filter(({ segment }) => segment.rows > 0).map(({ segment }) => segment.schema),
  );
  return merged([...shown]);
}

function merged(schemas: readonly Schema[]): Schema | null {
  return schemas.length === 0 ? null : schemas.reduce(mergeSchemas);
}

/** See `NodeStore.lastTimes`. */
export async function lastTimes(
  context: StoreContext,
  fingerprint: string,
  before: Seconds,
  count: number,
): Promise<Float64Array> {
  const all = (await context.catalog.covers([fingerprint])).of(fingerprint);
  const latest = withRows([...within(all, { start: -Infinity, end: before })].reverse(), count);
  const covers = await context.catalog.place(latest);
  return withPacks(context, (reader) => {
    const parts: Float64Array[] = [];
    let left = count;
    for (const { segment, start, end } of covers) {
      if (left <= 0) break;
      const { from, to } = reader.slice(segment, start, end);
      const part = reader.times(segment).subarray(Math.max(from, to - left), to);
      parts.unshift(part);
      left -= part.length;
    }
    return joined(parts);
  });
}

/** See `NodeStore.timesFrom`. */
export async function timesFrom(
  context: StoreContext,
  requests: readonly TimesRequest[],
): Promise<Float64Array[]> {
  const known = await context.catalog.covers(requests.map(({ fingerprint }) => fingerprint));
  const lists = requests.map(({ fingerprint, from, count }) =>
    withRows(within(known.of(fingerprint), { start: from, end: Infinity }), count),
  );
  const firsts = lists.map((list, index) => (requests[index]?.count === 1 ? firstOf(list) : null));
  const covers = await placed(
    context,
    lists.map((list, index) => (firsts[index] === null ? list : [])),
  );
  return withPacks(context, (reader) =>
    requests.map(({ count }, index) => {
      const first = firsts[index] ?? null;
      if (first !== null) return Float64Array.of(first);
      const parts: Float64Array[] = [];
      let left = count;
      for (const { segment, start, end } of covers[index] ?? []) {
        if (left <= 0) break;
        const { from, to } = reader.slice(segment, start, end);
        const part = reader.times(segment).subarray(from, Math.min(to, from + left));
        parts.push(part);
        left -= part.length;
      }
      return joined(parts);
    }),
  );
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** See `NodeStore.readsSince`. */
export async function readsSince(
  { session }: StoreContext,
  requests: readonly ReadRequest[],
): Promise<(ReadsSince | null)[]> {
  const sinces = await sincesOf(
    session,
    requests.map(({ fingerprint }) => fingerprint),
    {
      start: requests.reduce((least, { range }) => Math.min(least, range.start), Infinity),
      end: requests.reduce((most, { range }) => Math.max(most, range.end), -Infinity),
    },
  );
  return requests.map(({ fingerprint, range }) => {
    const read = (sinces.get(fingerprint) ?? []).filter(
      ({ start, end }) => start < range.end && end > range.start,
    );
    const texts = new Set(read.map(({ since }) => since));
    return earliest([...texts].map(unpackSince));
  });
}

/** See `NodeStore.sources`. */
export async function sources(
  { session }: StoreContext,
  fingerprints: readonly string[],
): Promise<Map<string, SourceState>> {
  if (fingerprints.length === 0) return new Map();
  const rows = await session.select(
    TABLES.sources,
    `SELECT * FROM sources JOIN (SELECT DISTINCT ${unnestTexts(1)} AS wanted) ON fingerprint = wanted`,
    [jsonParameter(fingerprints)],
  );
  return new Map(
    rows.map(({ fingerprint, version, first_ts: first, last_ts: last, notes }) => [
      fingerprint,
      { version, first, last, ...(notes !== null && { notes: JSON.parse(notes) as SourceNote[] }) },
    ]),
  );
}

/** See `NodeStore.candidates`. */
export async function candidates(
  { session }: StoreContext,
  owns: readonly string[],
  range: Range,
): Promise<Candidate[]> {
  if (owns.length === 0) return [];
  const { id, own, start_ts, end_ts, input_digests } = TABLES.segments;
  const rows = await session.select(
    { id, own, start_ts, end_ts, input_digests },
    `SELECT id, own, start_ts, end_ts, input_digests
     FROM segments JOIN (SELECT DISTINCT ${unnestTexts(1)} AS wanted) ON own = wanted
     WHERE start_ts >= $2 AND end_ts <= $3 ORDER BY id`,
    [jsonParameter(owns), range.start, range.end],
  );
  return rows.map((row) => ({
    segment: row.id,
    codeHash: row.own,
    range: { start: row.start_ts, end: row.end_ts },
    inputDigests: JSON.parse(row.input_digests) as string[],
  }));
}

/** See `NodeStore.dependents`. */
export async function dependents({ session }: StoreContext, stream: string): Promise<Dependent[]> {
  const rows = await session.select(
    { fingerprint: 'text', ...GRID_KINDS, input: 'text', lookback: 'number?', span_s: 'number?' },
    `WITH RECURSIVE found(fingerprint) AS (
       SELECT fingerprint FROM node_inputs WHERE input = $1
       UNION SELECT i.fingerprint FROM found f JOIN node_inputs i ON i.input = f.fingerprint)
     SELECT d.fingerprint, ${GRID_COLUMNS}, i.input, i.lookback, i.span_s
     FROM found JOIN nodes d USING (fingerprint) JOIN node_inputs i USING (fingerprint) ${JOIN_CALENDARS}
     ORDER BY d.fingerprint, i.position`,
    [stream],
  );
  const byNode = new Map<string, Dependent & { inputs: Dependent['inputs'][number][] }>();
  for (const { fingerprint, input, lookback, span_s: span, ...grid } of rows) {
    const known = byNode.get(fingerprint) ?? { fingerprint, ...gridIn(grid), inputs: [] };
    known.inputs.push({ fingerprint: input, lookback, ...(span !== null && { span }) });
    byNode.set(fingerprint, known);
  }
  return [...byNode.values()];
}
