import { decimate } from '../../engine/history/decimate.js';
import type { CoveredSpan } from '../../engine/ports/store.js';
import { emptyTable, type Table } from '../../sdk/table.js';
import type { Range } from '../../sdk/time/time.js';
import type { Store } from '../../store/store.js';

/** Rows as a chart shows them. */
export interface ThinnedRows {
  /** How many there are in all. */
  readonly rows: number;
  readonly table: Table;
}

/** By fingerprint. */
type Coverage = ReadonlyMap<string, readonly CoveredSpan[]>;

/** A chart asks for a node's last two versions after each edit, and the older one was shown before. */
const MOST_KEPT = 32;

/** By the segments that the rows are in. */
const kept = new Map<string, ThinnedRows>();

/**
 * The rows of fingerprints in a range, thinned to what a chart of so many points can show. Segments do not change, so what was
 * made of them is made once.
 */
export async function thinnedRows(
  store: Store,
  fingerprints: readonly string[],
  range: Range,
  points: number,
): Promise<{ readonly thinned: readonly ThinnedRows[]; readonly coverage: Coverage }> {
  const keysOf = (coverage: Coverage): string[] =>
    fingerprints.map((each) => keyOf(each, coverage.get(each) ?? [], range, points));
  const before = keysOf(await store.coverage(fingerprints));
  const missing = fingerprints.filter((_, at) => !kept.has(before[at] as string));
  const read = await store.read(missing.map((fingerprint) => ({ fingerprint, range })));
  const made = new Map(missing.map((each, at) => [each, thin(read[at] ?? emptyTable(), range, points)]));
  const coverage = await store.coverage(fingerprints);
  const thinned = fingerprints.map(
    (each, at) => made.get(each) ?? (kept.get(before[at] as string) as ThinnedRows),
  );
  // Another process may have changed the cache while its rows were read.
  keysOf(coverage).forEach((key, at) => {
    if (key === before[at]) keep(key, thinned[at] as ThinnedRows);
  });
  return { thinned, coverage };
}

function thin(table: Table, range: Range, points: number): ThinnedRows {
  return { rows: table.ts.length, table: decimate(table, shownRange(table, range), points) };
}

/** The range from the first to the last row. */
function shownRange(table: Table, { start, end }: Range): Range {
  const [first = 0, last = 0] = [table.ts[0], table.ts.at(-1)];
  return { start: Number.isFinite(start) ? start : first, end: Number.isFinite(end) ? end : last + 1 };
}

function keyOf(
  fingerprint: string,
  covers: readonly CoveredSpan[],
  { start, end }: Range,
  points: number,
): string {
  const spans = covers.map((each) => `${each.segment} ${each.digest} ${each.start} ${each.end}`);
  return [fingerprint, `${start} ${end} ${points}`, ...spans].join('\n');
}

/** The least recently used is forgotten first. */
function keep(key: string, rows: ThinnedRows): void {
  kept.delete(key);
  kept.set(key, rows);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
}
