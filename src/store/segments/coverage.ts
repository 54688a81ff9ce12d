import { DOUBLE, INTEGER, VARCHAR } from '@duckdb/node-api';
import type { Invalidation, ReadsSince } from '../../engine/ports/store.js';
import { difference, union } from '../../engine/plan/ranges.js';
import type { Range } from '../../sdk/time.js';
import type { StoreContext } from './interned.js';
import { listParameter, unnestNumbers } from '../duckdb/sql.js';

/** A row of `coverage`. */
export interface Cover extends Range {
  readonly fp: number;
  readonly segment: number;
  /** See `packSince`. */
  readonly since: string | null;
}

/** As JSON, −∞ as null, which JSON has for it. */
export function packSince(since: ReadsSince | undefined): string | null {
  return since ? JSON.stringify(since) : null;
}

export function unpackSince(packed: string | null): ReadsSince | null {
  if (packed === null) return null;
  const since = JSON.parse(packed) as Readonly<Record<string, number | null>>;
  return Object.fromEntries(Object.entries(since).map(([stream, time]) => [stream, time ?? -Infinity]));
}

export async function appendCoverage({ session }: StoreContext, covers: readonly Cover[]): Promise<void> {
  await session.append(
    'coverage',
    [INTEGER, DOUBLE, DOUBLE, INTEGER, VARCHAR],
    covers.map(({ fp, start, end, segment, since }) => [fp, start, end, segment, since]),
  );
}

/** A span, and what of it is not believed any more. */
interface Touched {
  readonly span: Cover;
  readonly lost: Range[];
}

/** Ends coverage where it is not believed any more: what is left of a span stays, with the rows that it has there. */
export async function endCoverage(
  context: StoreContext,
  invalidations: readonly Invalidation[],
  fpOf: (fingerprint: string) => number,
): Promise<void> {
  if (invalidations.length === 0) return;
  const touched = await touchedBy(context, invalidations, fpOf);
  if (touched.length === 0) return;
  await context.session.run(
    `DELETE FROM coverage USING (SELECT ${unnestNumbers(1, 'INTEGER')} AS fp, ${unnestNumbers(2, 'DOUBLE')} AS start_ts) w
     WHERE coverage.fp = w.fp AND coverage.start_ts = w.start_ts`,
    [listParameter(touched.map(({ span }) => span.fp)), listParameter(touched.map(({ span }) => span.start))],
  );
  const left = touched.flatMap(({ span, lost }) =>
    difference([span], union(lost)).map((range): Cover => ({ ...span, ...range })),
  );
  await appendCoverage(context, left);
}

async function touchedBy(
  { session }: StoreContext,
  invalidations: readonly Invalidation[],
  fpOf: (fingerprint: string) => number,
): Promise<readonly Touched[]> {
  const rows = await session.select(
    `SELECT w.position, c.fp, c.start_ts, c.end_ts, c.segment, c.since
     FROM (SELECT ${unnestNumbers(1, 'INTEGER')} AS position, ${unnestNumbers(2, 'INTEGER')} AS fp,
       ${unnestNumbers(3, 'DOUBLE')} AS since, ${unnestNumbers(4, 'DOUBLE')} AS until) w
     JOIN coverage c ON c.fp = w.fp AND c.start_ts < w.until AND c.end_ts > w.since`,
    [
      listParameter(invalidations.keys()),
      listParameter(invalidations.map(({ fingerprint }) => fpOf(fingerprint))),
      listParameter(invalidations.map(({ range }) => range.start)),
      listParameter(invalidations.map(({ range }) => range.end)),
    ],
  );
  const [fps, starts, ends] = [rows.numbers('fp'), rows.numbers('start_ts'), rows.numbers('end_ts')];
  const [segments, sinces] = [rows.numbers('segment'), rows.textsOrNull('since')];
  const touched = new Map<string, Touched>();
  rows.numbers('position').forEach((position, row) => {
    const invalidation = invalidations[position] as Invalidation;
    const since = sinces[row] as string | null;
    if (!concerns(invalidation, unpackSince(since))) return;
    const [fp, start, end] = [fps[row] as number, starts[row] as number, ends[row] as number];
    const span = { fp, start, end, segment: segments[row] as number, since };
    const known = touched.get(`${fp} ${start}`) ?? { span, lost: [] };
    known.lost.push(invalidation.whole ? span : invalidation.range);
    touched.set(`${fp} ${start}`, known);
  });
  return [...touched.values()];
}

/** Whether a span that was made from streams since then may have read what is behind an invalidation. */
function concerns({ cause }: Invalidation, since: ReadsSince | null): boolean {
  return !cause || (since?.[cause.stream] ?? -Infinity) < cause.until;
}

/** Ends the coverage of what depends on streams, from a time on. Spans that reach it end as a whole. */
export async function endDependents(
  { session }: StoreContext,
  since: ReadonlyMap<number, number>,
): Promise<void> {
  if (since.size === 0) return;
  await session.run(
    `WITH RECURSIVE affected(fp, since) AS (
       SELECT i.fp, w.since
       FROM (SELECT ${unnestNumbers(1, 'INTEGER')} AS stream, ${unnestNumbers(2, 'DOUBLE')} AS since) w
       JOIN node_inputs i ON i.input = w.stream
       UNION
       SELECT i.fp, a.since FROM affected a JOIN node_inputs i ON i.input = a.fp)
     DELETE FROM coverage USING (SELECT fp, min(since) AS since FROM affected GROUP BY fp) a
     WHERE coverage.fp = a.fp AND coverage.end_ts >= a.since`,
    [listParameter(since.keys()), listParameter(since.values())],
  );
}
