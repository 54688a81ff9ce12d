import { lowerBound } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time.js';
import type { Schema } from '../../engine/ports/host.js';
import type {
  Candidate,
  CoveredSpan,
  ReadRequest,
  RowSummary,
  SourceState,
} from '../../engine/ports/store.js';
import { joinTimes, type Axis } from '../segments/axes.js';
import { soundAxes } from '../upkeep/damage.js';
import type { StoreContext } from '../segments/interned.js';
import type { Rows } from '../duckdb/session.js';
import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from '../duckdb/sql.js';

/** What is covered, and by what, with the rows of each segment and the columns that these show. */
const COVERAGE = `SELECT c.fp, c.start_ts, c.end_ts, g.id, g.digest, g.start_ts AS whole_start, g.end_ts AS whole_end,
    g.fp <> c.fp AS adopted, g.schema, g.row_count > 0 AS shows, g.row_count::DOUBLE AS row_count, g.axis
  FROM coverage c JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON c.fp = wanted JOIN segments g ON g.id = c.segment
  ORDER BY c.fp, c.start_ts`;

/** The same ids always in the same words, so that what was asked of them is known again. */
function ascending(ids: Iterable<number>): number[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** See `NodeStore.coverage`. */
export async function coverage(
  context: StoreContext,
  fingerprints: readonly string[],
): Promise<Map<string, CoveredSpan[]>> {
  const spans = new Map<string, CoveredSpan[]>(fingerprints.map((fingerprint) => [fingerprint, []]));
  const byFp = await byId(context, spans);
  if (byFp.size === 0) return spans;
  const rows = await context.session.recall(COVERAGE, [listParameter(ascending(byFp.keys()))]);
  const [starts, ends, ids] = [rows.numbers('start_ts'), rows.numbers('end_ts'), rows.numbers('id')];
  const [digests, wholeStarts] = [rows.texts('digest'), rows.numbers('whole_start')];
  const [wholeEnds, adopted] = [rows.numbers('whole_end'), rows.flags('adopted')];
  rows.numbers('fp').forEach((fp, row) => {
    byFp.get(fp)?.push({
      start: starts[row] as number,
      end: ends[row] as number,
      segment: ids[row] as number,
      digest: digests[row] as string,
      segmentRange: { start: wholeStarts[row] as number, end: wholeEnds[row] as number },
      adopted: adopted[row] as boolean,
    });
  });
  return spans;
}

/** The same values, by the ids of those fingerprints that have one. */
async function byId<T>(
  { interned }: StoreContext,
  byFingerprint: ReadonlyMap<string, T>,
): Promise<Map<number, T>> {
  const known = await interned.find(byFingerprint.keys());
  const byFp = new Map<number, T>();
  for (const [fingerprint, value] of byFingerprint) {
    const fp = known.get(fingerprint);
    if (fp !== undefined) byFp.set(fp, value);
  }
  return byFp;
}

/** See `NodeStore.sources`. */
export async function sources(
  context: StoreContext,
  fingerprints: readonly string[],
): Promise<Map<string, SourceState>> {
  const found = new Map<string, SourceState>();
  const byFp = await byId(context, new Map(fingerprints.map((fingerprint) => [fingerprint, fingerprint])));
  if (byFp.size === 0) return found;
  const rows = await context.session.recall(
    `SELECT fp, version, first_ts, last_ts FROM sources JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON fp = wanted`,
    [listParameter(byFp.keys())],
  );
  const [versions, firsts, lasts] = [
    rows.textsOrNull('version'),
    rows.numbersOrNull('first_ts'),
    rows.numbersOrNull('last_ts'),
  ];
  rows.numbers('fp').forEach((fp, row) => {
    found.set(byFp.get(fp) as string, {
      version: versions[row] as string | null,
      first: firsts[row] as number | null,
      last: lasts[row] as number | null,
    });
  });
  return found;
}

/** See `NodeStore.candidates`. */
export async function candidates(
  { session }: StoreContext,
  owns: readonly string[],
  range: Range,
): Promise<Candidate[]> {
  if (owns.length === 0) return [];
  const rows = await session.select(
    `SELECT id, own, start_ts, end_ts, input_digests
     FROM segments JOIN (SELECT DISTINCT ${unnestTexts(1)} AS wanted) ON own = wanted
     WHERE start_ts >= $2 AND end_ts <= $3 ORDER BY id`,
    [jsonParameter(owns), range.start, range.end],
  );
  const [found, starts, ends] = [rows.texts('own'), rows.numbers('start_ts'), rows.numbers('end_ts')];
  const digests = rows.texts('input_digests');
  return rows.numbers('id').map((segment, row) => ({
    segment,
    own: found[row] as string,
    range: { start: starts[row] as number, end: ends[row] as number },
    inputDigests: JSON.parse(digests[row] as string) as string[],
  }));
}

/** See `NodeStore.summarize`. */
export async function summarize(
  context: StoreContext,
  requests: readonly ReadRequest[],
): Promise<RowSummary[]> {
  const known = await context.interned.find(requests.map(({ fingerprint }) => fingerprint));
  const wanted = requests.flatMap(({ fingerprint, range }, request) => {
    const fp = known.get(fingerprint);
    return fp === undefined ? [] : [{ request, fp, ...range }];
  });
  const rows = requests.map(() => 0);
  if (wanted.length === 0) return requests.map(() => ({ rows: 0, schema: null }));
  await countRows(context, wanted, rows);
  const schemas = await nodeSchemas(
    context,
    wanted.map(({ fp }) => fp),
  );
  return requests.map(({ fingerprint }, request) => ({
    rows: rows[request] as number,
    schema: schemas.get(known.get(fingerprint) ?? 0) ?? null,
  }));
}

interface Wanted extends Range {
  readonly request: number;
  readonly fp: number;
}

/** What a request takes of a segment. */
interface Piece extends Range {
  readonly request: number;
  /** Of the whole segment. */
  readonly rows: number;
  readonly axis: number;
  readonly whole: boolean;
}

/** Adds up stored counts where whole segments are asked for; only those cut by an edge need their times. */
async function countRows(context: StoreContext, asked: readonly Wanted[], counts: number[]): Promise<void> {
  const wanted = asked.filter(({ start, end }) => start < end);
  if (wanted.length === 0) return;
  const covered = context.session.recalled(COVERAGE, [listParameter(ascending(asked.map(({ fp }) => fp)))]);
  // Coverage tells it as well, where that was asked for last; else DuckDB is to sum it up.
  const rows = covered ?? (await askPieces(context, wanted));
  const key = covered ? JSON.stringify(wanted) : '';
  let found = counted.get(rows);
  if (found?.key !== key) {
    const pieces = covered ? piecesOfCoverage(covered, wanted) : piecesOf(rows);
    found = { key, pieces, counts: await countPieces(context, pieces) };
    counted.set(rows, found);
  }
  for (const [index, { request }] of found.pieces.entries()) {
    counts[request] = (counts[request] as number) + (found.counts[index] as number);
  }
}

/** Rows in each piece, by the answer that tells the pieces and what was asked of it: what is recalled is not counted again. */
const counted = new WeakMap<
  Rows,
  { readonly key: string; readonly pieces: readonly Piece[]; readonly counts: readonly number[] }
>();

function askPieces({ session }: StoreContext, wanted: readonly Wanted[]): Promise<Rows> {
  return session.recall(
    `WITH w AS (SELECT ${unnestNumbers(1, 'INTEGER')} AS request, ${unnestNumbers(2, 'INTEGER')} AS fp,
         ${unnestNumbers(3, 'DOUBLE')} AS start_ts, ${unnestNumbers(4, 'DOUBLE')} AS end_ts),
       piece AS (SELECT w.request, greatest(c.start_ts, w.start_ts) AS start_ts, least(c.end_ts, w.end_ts) AS end_ts,
           g.row_count, g.axis, greatest(c.start_ts, w.start_ts) <= g.start_ts AND least(c.end_ts, w.end_ts) >= g.end_ts AS whole
         FROM w JOIN coverage c ON c.fp = w.fp AND c.start_ts < w.end_ts AND c.end_ts > w.start_ts
         JOIN segments g ON g.id = c.segment WHERE g.row_count > 0)
     SELECT request, 0::DOUBLE AS start_ts, 0::DOUBLE AS end_ts, sum(row_count)::DOUBLE AS row_count, 0 AS axis, true AS whole
     FROM piece WHERE whole GROUP BY request
     UNION ALL SELECT * FROM piece WHERE NOT whole`,
    [
      listParameter(wanted.map(({ request }) => request)),
      listParameter(wanted.map(({ fp }) => fp)),
      listParameter(wanted.map(({ start }) => start)),
      listParameter(wanted.map(({ end }) => end)),
    ],
  );
}

function piecesOf(rows: Rows): Piece[] {
  const [starts, ends] = [rows.numbers('start_ts'), rows.numbers('end_ts')];
  const [totals, axes, whole] = [rows.numbers('row_count'), rows.numbers('axis'), rows.flags('whole')];
  return rows.numbers('request').map((request, row) => ({
    request,
    start: starts[row] as number,
    end: ends[row] as number,
    rows: totals[row] as number,
    axis: axes[row] as number,
    whole: whole[row] as boolean,
  }));
}

/** What `askPieces` asks DuckDB for, from an answer to `COVERAGE`. */
function piecesOfCoverage(covered: Rows, wanted: readonly Wanted[]): Piece[] {
  const [starts, ends] = [covered.numbers('start_ts'), covered.numbers('end_ts')];
  const [wholeStarts, wholeEnds] = [covered.numbers('whole_start'), covered.numbers('whole_end')];
  const [totals, axes] = [covered.numbers('row_count'), covered.numbers('axis')];
  const spans = new Map<number, number[]>();
  for (const [row, fp] of covered.numbers('fp').entries()) {
    if (totals[row] === 0) continue;
    const known = spans.get(fp);
    if (known) known.push(row);
    else spans.set(fp, [row]);
  }
  return wanted.flatMap(({ request, fp, ...range }) =>
    (spans.get(fp) ?? []).flatMap((row): Piece[] => {
      const start = Math.max(starts[row] as number, range.start);
      const end = Math.min(ends[row] as number, range.end);
      if (start >= end) return [];
      const whole = start <= (wholeStarts[row] as number) && end >= (wholeEnds[row] as number);
      return [{ request, start, end, rows: totals[row] as number, axis: axes[row] as number, whole }];
    }),
  );
}

async function countPieces(context: StoreContext, pieces: readonly Piece[]): Promise<number[]> {
  const cut = pieces.filter(({ whole }) => !whole);
  const axes = await soundAxes(
    context,
    cut.map(({ axis }) => axis),
  );
  return pieces.map(({ whole, rows, axis, start, end }) => {
    if (whole) return rows;
    const { ts } = axes.get(axis) as Axis;
    return lowerBound(ts, end) - lowerBound(ts, start);
  });
}

/** Columns of each node as far as its covered rows have shown them. */
export async function nodeSchemas(
  context: StoreContext,
  fps: readonly number[],
): Promise<Map<number, Schema>> {
  const found = new Map<number, Schema>();
  if (fps.length === 0) return found;
  const parameters = [listParameter(ascending(fps))];
  // Coverage tells it as well, where that was asked for last; else DuckDB is to sum it up.
  const rows =
    context.session.recalled(COVERAGE, parameters) ??
    (await context.session.recall(
      `SELECT c.fp, g.schema, min(c.start_ts) AS start_ts, true AS shows
       FROM coverage c JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON c.fp = wanted
       JOIN segments g ON g.id = c.segment
       WHERE g.row_count > 0 GROUP BY c.fp, g.schema ORDER BY c.fp, start_ts`,
      parameters,
    ));
  const [ids, shows] = [rows.numbers('schema'), rows.flags('shows')];
  rows.numbers('fp').forEach((fp, row) => {
    if (!shows[row]) return;
    const schema = context.interned.schema(ids[row] as number);
    const known = found.get(fp);
    found.set(fp, known ? mergeSchemas(known, schema) : schema);
  });
  return found;
}

/** The columns of rows that were stored under several schemas: nulls alone fit any, as in `concatTables`. */
function mergeSchemas(known: Schema, next: Schema): Schema {
  if (isOpen(next)) return known;
  if (isOpen(known)) return next;
  const types = known.types.map((type, position) =>
    type === 'null' ? (next.types[position] ?? type) : type,
  );
  return { ...known, types };
}

function isOpen({ shape, types }: Schema): boolean {
  return shape === 'value' && types.every((type) => type === 'null');
}

/** See `NodeStore.lastTimes`. */
export async function lastTimes(
  context: StoreContext,
  fingerprint: string,
  before: Seconds,
  count: number,
): Promise<Float64Array> {
  const fp = (await context.interned.find([fingerprint])).get(fingerprint);
  if (fp === undefined || count <= 0) return new Float64Array(0);
  const rows = await context.session.select(
    `SELECT c.start_ts, least(c.end_ts, $2) AS end_ts, g.axis,
       g.row_count * (c.start_ts <= g.start_ts AND least(c.end_ts, $2) >= g.end_ts)::INTEGER AS sure
     FROM coverage c JOIN segments g ON g.id = c.segment
     WHERE c.fp = $1::INTEGER AND c.start_ts < $2 AND g.row_count > 0 ORDER BY c.start_ts DESC`,
    [fp, before],
  );
  const [starts, ends, axisIds, sure] = [
    rows.numbers('start_ts'),
    rows.numbers('end_ts'),
    rows.numbers('axis'),
    rows.numbers('sure'),
  ];
  // A segment that is cut may have no row left: only whole ones are counted on, so that one look is enough.
  let needed = 0;
  for (let sum = 0; needed < sure.length && sum < count; needed++) sum += sure[needed] as number;
  const axes = await soundAxes(context, axisIds.slice(0, needed));
  const parts: Float64Array[] = [];
  let left = count;
  for (let row = 0; row < needed && left > 0; row++) {
    const { ts } = axes.get(axisIds[row] as number) as Axis;
    const end = lowerBound(ts, ends[row] as number);
    const start = Math.max(lowerBound(ts, starts[row] as number), end - left);
    parts.unshift(ts.subarray(start, end));
    left -= end - start;
  }
  return joinTimes(parts);
}
