import type { Schema } from '../../engine/ports/host.js';
import type { ReadsSince } from '../../engine/ports/store.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { Session } from '../duckdb/session.js';
import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from '../duckdb/sql.js';
import { TABLES, type Row, type RowOf } from '../duckdb/schema.js';
import { parseLayout, type Layout } from '../packs/layout.js';
import { parseSchema } from './schemas.js';

/** Rows of a node over a range, as the catalog has them. */
export interface Segment extends Range {
  readonly id: number;
  /** The node they were computed for; other nodes may reuse them. */
  readonly fingerprint: string;
  readonly rows: number;
  /** Times of the first and last row; null without rows. */
  readonly first: Seconds | null;
  readonly last: Seconds | null;
  /** Digest of its rows (`tableDigest`). */
  readonly digest: string;
  readonly schema: Schema;
  readonly bytes: number;
  /** File name of its pack; null: it has neither rows nor state. */
  readonly pack: string | null;
  /** Rows of the whole pack. */
  readonly packRows: number;
  /** Where its rows are in the pack. */
  readonly layout: () => Layout;
}

/** A covered range of a node, and the segment with its rows. */
export interface Cover extends Range {
  readonly segment: Segment;
  /** See `packSince`. */
  readonly since: string | null;
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

/**
 * Coverage and segment heads, cached as they are requested: no other process writes while this one has the file. The caller must
 * have the session.
 */
export class Catalog {
  readonly #session: Session;
  readonly #covers = new Map<string, readonly Cover[]>();
  readonly #segments = new Map<number, Segment>();
  #next: { segments: number; packs: number; parts: number } | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Forgets everything: after a failed transaction, or after rows were deleted. */
  forget(): void {
    this.#covers.clear();
    this.#segments.clear();
    this.#next = null;
  }

  /** The coverage of each fingerprint, ascending. */
  async covers(fingerprints: Iterable<string>): Promise<ReadonlyMap<string, readonly Cover[]>> {
    const wanted = [...new Set(fingerprints)];
    const missing = wanted.filter((fingerprint) => !this.#covers.has(fingerprint));
    if (missing.length > 0) {
      const found = new Map(missing.map((fingerprint): [string, Cover[]] => [fingerprint, []]));
      const rows = await this.#session.select(
        { ...TABLES.coverage, ...HEAD },
        `SELECT c.*, ${HEAD_SQL} FROM coverage c JOIN (SELECT ${unnestTexts(1)} AS wanted) ON c.fingerprint = wanted
           JOIN segments g ON g.id = c.segment LEFT JOIN packs p ON p.id = g.pack
         ORDER BY c.fingerprint, c.start_ts`,
        [jsonParameter(missing)],
      );
      for (const row of rows) {
        const { start_ts: start, end_ts: end, since } = row;
        found.get(row.fingerprint)?.push({ start, end, since, segment: this.#remember(row) });
      }
      for (const [fingerprint, covers] of found) this.#covers.set(fingerprint, covers);
    }
    return new Map(wanted.map((fingerprint) => [fingerprint, this.#covers.get(fingerprint) ?? []]));
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
    for (const [fingerprint, list] of covers) {
      this.#covers.set(fingerprint, list);
      for (const { segment } of list) this.#segments.set(segment.id, segment);
    }
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
export function segmentOf(
  row: Row<'segments'>,
  schema: Schema,
  pack: string | null,
  packRows: number,
  layout: Layout,
): Segment {
  return {
    id: row.id,
    fingerprint: row.fingerprint,
    start: row.start_ts,
    end: row.end_ts,
    rows: row.row_count,
    first: row.first_ts,
    last: row.last_ts,
    digest: row.digest,
    schema,
    bytes: row.bytes,
    pack,
    packRows,
    layout: () => layout,
  };
}
