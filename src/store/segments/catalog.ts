import type { ReadsSince } from '../../engine/ports/store.js';
import { SeamlessError } from '../../sdk/errors.js';
import { addTo } from '../../sdk/lists.js';
import type { Range } from '../../sdk/time/time.js';
import type { Session } from '../duckdb/session.js';
import { jsonParameter, listParameter, textsTable, unnestNumbers, unnestTexts } from '../duckdb/sql.js';
import { TABLES, type Row, type RowOf } from '../duckdb/schema.js';
import { parseLayout, type Layout } from '../packs/layout.js';
import { HeldCovers, type Cover, type SegmentHead } from './held-covers.js';
import { parseSchema } from './schemas.js';

/** Rows of a node over a range, as the catalog has them. */
export interface Segment extends SegmentHead {
  /** The node they were computed for; other nodes may reuse them. */
  readonly fingerprint: string;
  /** Digest of its rows (`tableDigest`). */
  readonly digest: string;
  /** File name of its pack; null: it has neither rows nor state. */
  readonly pack: string | null;
  /** Rows of the whole pack. */
  readonly packRows: number;
  /** Where its rows are in the pack. */
  readonly layout: () => Layout;
}

/** A cover with the place of its segment's rows. */
export interface PlacedCover extends Cover {
  readonly segment: Segment;
}

/** As JSON; −∞ is null, since JSON cannot write it. */
export function packSince(since: ReadsSince | undefined): string | null {
  return since ? JSON.stringify(since) : null;
}

export function unpackSince(packed: string | null): ReadsSince | null {
  if (packed === null) return null;
  const since = JSON.parse(packed) as Readonly<Record<string, number | null>>;
  return Object.fromEntries(Object.entries(since).map(([stream, time]) => [stream, time ?? -Infinity]));
}

/** What the covers of these fingerprints were made from, as packed. */
export async function sincesOf(
  session: Session,
  fingerprints: Iterable<string>,
  { start, end }: Range = { start: -Infinity, end: Infinity },
): Promise<ReadonlyMap<string, readonly (Range & { readonly since: string | null })[]>> {
  const { fingerprint, start_ts, end_ts, since } = TABLES.coverage;
  const rows = await session.select(
    { fingerprint, start_ts, end_ts, since },
    `SELECT fingerprint, start_ts, end_ts, since FROM coverage JOIN (SELECT DISTINCT ${unnestTexts(1)} AS wanted)
       ON fingerprint = wanted WHERE start_ts < $2 AND end_ts > $3`,
    [jsonParameter(fingerprints), end, start],
  );
  const found = new Map<string, (Range & { readonly since: string | null })[]>();
  for (const row of rows)
    addTo(found, row.fingerprint, { start: row.start_ts, end: row.end_ts, since: row.since });
  return found;
}

const HEAD = {
  id: 'integer',
  node: 'text',
  head_start: 'number',
  head_end: 'number',
  row_count: 'number',
  first_ts: 'number?',
  last_ts: 'number?',
  digest: 'text',
  schema: 'text',
  bytes: 'number',
  pack: 'text?',
  pack_rows: 'number',
  layout: 'text',
} as const;

const HEAD_SQL = `g.id, g.fingerprint AS node, g.start_ts AS head_start, g.end_ts AS head_end, g.row_count, g.first_ts, g.last_ts,
  g.digest, g.schema, g.bytes, p.name AS pack, coalesce(p.row_count, 0) AS pack_rows, g.layout`;
const FROM_SEGMENTS = 'segments g LEFT JOIN packs p ON p.id = g.pack';

/** What a cover needs of its row in `segments`, and the position of its fingerprint and schema among those asked for. */
const COVER = {
  at: 'number',
  start_ts: 'number',
  end_ts: 'number',
  reused: 'flag',
  id: 'integer',
  head_start: 'number',
  head_end: 'number',
  row_count: 'number',
  first_ts: 'number?',
  last_ts: 'number?',
  bytes: 'number',
  schema: 'number',
} as const;

const NAME = {
  strategy: 'text',
  node: 'text',
  fingerprint: 'text',
  position: 'integer',
  listed: 'flag',
  own: 'text?',
} as const;

/** What a name points to now. */
export type CurrentName = RowOf<typeof NAME>;

/** The key of a strategy's node in `Catalog.names`. */
export function nameKey({ strategy, node }: Pick<CurrentName, 'strategy' | 'node'>): string {
  return `${strategy.length} ${strategy} ${node}`;
}

/**
 * Names, coverage, and segments that were read, cached as they are requested: no other process writes while this one has the file. The
 * caller must have the session.
 */
export class Catalog {
  readonly #session: Session;
  readonly #covers = new HeldCovers();
  readonly #segments = new Map<number, Segment>();
  #names: { readonly key: string; readonly names: ReadonlyMap<string, CurrentName> } | null = null;
  #next: { segments: number; packs: number; parts: number } | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Forgets everything: after a failed transaction, or after rows were deleted. */
  forget(): void {
    this.#covers.clear();
    this.#segments.clear();
    this.#names = null;
    this.#next = null;
  }

  /** The coverage of these fingerprints. */
  async covers(fingerprints: Iterable<string>): Promise<Pick<HeldCovers, 'of' | 'covered' | 'counted'>> {
    const missing = [...new Set(fingerprints)].filter((fingerprint) => !this.#covers.has(fingerprint));
    if (missing.length === 0) return this.#covers;
    // Few nodes have columns of their own: one text for each segment takes longer than all else.
    const schemas = await this.#session.select({ schema: 'text' }, 'SELECT DISTINCT schema FROM segments');
    const texts = schemas.map(({ schema }) => schema);
    const { count, columns } = await this.#session.columns(
      COVER,
      `SELECT w.at, c.start_ts, c.end_ts, g.fingerprint <> c.fingerprint AS reused, g.id, g.start_ts AS head_start,
         g.end_ts AS head_end, g.row_count, g.first_ts, g.last_ts, g.bytes, s.at AS schema
       FROM coverage c JOIN ${textsTable(1)} w ON c.fingerprint = w.wanted JOIN segments g ON g.id = c.segment
         JOIN ${textsTable(2)} s ON s.wanted = g.schema
       ORDER BY w.at, c.start_ts`,
      [jsonParameter(missing), jsonParameter(texts)],
    );
    this.#covers.add(missing, texts.map(parseSchema), count, columns);
    return this.#covers;
  }

  /** The same covers with the places of their rows. */
  async place(covers: readonly Cover[]): Promise<PlacedCover[]> {
    const segments = await this.segments(covers.map(({ segment }) => segment.id));
    return covers.map((cover) => ({ ...cover, segment: segments.get(cover.segment.id) as Segment }));
  }

  /** The coverage of these fingerprints, with the places of its rows. */
  async placedCovers(fingerprints: readonly string[]): Promise<ReadonlyMap<string, readonly PlacedCover[]>> {
    const covers = await this.covers(fingerprints);
    const lists = [...new Set(fingerprints)].map((each) => [each, covers.of(each)] as const);
    await this.segments(lists.flatMap(([, list]) => list.map(({ segment }) => segment.id)));
    const placed = new Map<string, readonly PlacedCover[]>();
    for (const [fingerprint, list] of lists) placed.set(fingerprint, await this.place(list));
    return placed;
  }

  /** Segments by id; unknown ids are left out. */
  async segments(ids: Iterable<number>): Promise<ReadonlyMap<number, Segment>> {
    const missing = [...new Set(ids)].filter((id) => !this.#segments.has(id));
    if (missing.length > 0) {
      const rows = await this.#session.select(
        HEAD,
        `SELECT ${HEAD_SQL} FROM ${FROM_SEGMENTS} JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON g.id = wanted`,
        [listParameter(missing)],
      );
      for (const row of rows) this.#remember(row);
    }
    return this.#segments;
  }

  /** All segments in packs of these names. */
  async segmentsIn(packs: Iterable<string>): Promise<readonly Segment[]> {
    const rows = await this.#session.select(
      HEAD,
      `SELECT ${HEAD_SQL} FROM ${FROM_SEGMENTS} JOIN (SELECT ${unnestTexts(1)} AS wanted) ON p.name = wanted`,
      [jsonParameter(packs)],
    );
    return rows.map((row) => this.#remember(row));
  }

  /** Segments whose rows have these digests. */
  async segmentsWith(digests: Iterable<string>): Promise<readonly Segment[]> {
    const rows = await this.#session.select(
      HEAD,
      `SELECT ${HEAD_SQL} FROM ${FROM_SEGMENTS} JOIN (SELECT DISTINCT ${unnestTexts(1)} AS wanted) ON g.digest = wanted`,
      [jsonParameter(digests)],
    );
    return rows.map((row) => this.#remember(row));
  }

  /** Adds what a transaction wrote. */
  learn(covers: ReadonlyMap<string, readonly Cover[]>): void {
    this.#covers.set(covers);
  }

  /** The current names of some strategies' nodes, by `nameKey`. */
  async names(strategies: Iterable<string>): Promise<ReadonlyMap<string, CurrentName>> {
    const key = jsonParameter(new Set(strategies));
    if (this.#names?.key !== key) {
      const rows = await this.#session.selectAtOnce(
        NAME,
        `SELECT n.strategy, n.node, n.fingerprint, n.position, n.listed, d.own
         FROM names n JOIN (SELECT ${unnestTexts(1)} AS wanted) ON n.strategy = wanted LEFT JOIN nodes d USING (fingerprint)
         WHERE n.replaced_at IS NULL`,
        [key],
      );
      this.#names = { key, names: new Map(rows.map((row) => [nameKey(row), row])) };
    }
    return this.#names.names;
  }

  /** Call it in a transaction that changes names. */
  forgetNames(): void {
    this.#names = null;
  }

  /** A fresh id. Call it inside a transaction. */
  async take(table: 'segments' | 'packs' | 'parts'): Promise<number> {
    this.#next ??= await this.#nextIds();
    return this.#next[table]++;
  }

  async #nextIds(): Promise<{ segments: number; packs: number; parts: number }> {
    const [row] = await this.#session.select(
      { segments: 'integer', packs: 'integer', parts: 'integer' },
      `SELECT (SELECT coalesce(max(id), 0) + 1 FROM segments) AS segments, (SELECT coalesce(max(id), 0) + 1 FROM packs) AS packs,
        (SELECT coalesce(max(id), 0) + 1 FROM parts) AS parts`,
    );
    if (!row) throw new SeamlessError('internal', 'The cache gives no ids.');
    return { ...row };
  }

  #remember(row: RowOf<typeof HEAD>): Segment {
    const known = this.#segments.get(row.id);
    if (known) return known;
    let layout: Layout | null = null;
    const segment: Segment = {
      id: row.id,
      fingerprint: row.node,
      start: row.head_start,
      end: row.head_end,
      rows: row.row_count,
      first: row.first_ts,
      last: row.last_ts,
      digest: row.digest,
      schema: parseSchema(row.schema),
      bytes: row.bytes,
      pack: row.pack,
      packRows: row.pack_rows,
      layout: () => (layout ??= parseLayout(row.layout)),
    };
    this.#segments.set(segment.id, segment);
    return segment;
  }
}

/** What every part of the store works on. */
export interface StoreContext {
  readonly session: Session;
  readonly catalog: Catalog;
  /** The packs folder. */
  readonly folder: string;
  /** Names of packs that no row refers to yet. */
  readonly writing: Set<string>;
  /** Whether views are out of date. */
  readonly views: { stale: boolean };
  /** DuckDB's memory limit if the user set one. */
  readonly memoryMb: number | undefined;
}

/** Key in `meta`: views must be made again. */
const VIEWS_STALE = 'views stale';

/** Records durably that names or coverage changed. Call it inside a transaction. */
export async function staleViews({ session, views }: StoreContext): Promise<void> {
  if (!views.stale) await session.append('meta', [{ key: VIEWS_STALE, value: '' }]);
  views.stale = true;
}

/** Call it in the transaction that makes views. */
export async function freshViews({ session, views }: StoreContext): Promise<void> {
  await session.run('DELETE FROM meta WHERE key = $1', [VIEWS_STALE]);
  views.stale = false;
}

/** Whether an earlier process left outdated views. */
export async function areViewsStale(session: Session): Promise<boolean> {
  const found = await session.select({ key: 'text' }, 'SELECT key FROM meta WHERE key = $1', [VIEWS_STALE]);
  return found.length > 0;
}

/** A transaction; if it fails, cached coverage is dropped. */
export async function transact<T>({ session, catalog }: StoreContext, work: () => Promise<T>): Promise<T> {
  return session.exclusive(() => atomically({ session, catalog }, work));
}

/** Like `transact`, for a caller that has the session already. */
export async function atomically<T>(
  { session, catalog }: Pick<StoreContext, 'session' | 'catalog'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await session.atomic(work);
  } catch (error) {
    catalog.forget();
    throw error;
  }
}

/** Converts a row of `segments` for the cache. */
export function headOf(row: Row<'segments'>): SegmentHead {
  return {
    id: row.id,
    start: row.start_ts,
    end: row.end_ts,
    rows: row.row_count,
    first: row.first_ts,
    last: row.last_ts,
    schema: parseSchema(row.schema),
    bytes: row.bytes,
  };
}
