import type { Seconds } from '../../sdk/time.js';
import type { StoreContext } from '../segments/interned.js';

/** A node of that name as it was between two changes of its code, its inputs' or its strategy. */
export interface NodeVersion {
  readonly fingerprint: string;
  readonly interval: Seconds;
  /** When it became the strategy's node of that name, in epoch seconds. */
  readonly since: Seconds;
  /** When another took its place; null: it is the current one. */
  readonly until: Seconds | null;
}

/** See `Store.versions`. */
export async function versions(
  { session }: StoreContext,
  strategy: string,
  node: string,
): Promise<NodeVersion[]> {
  const rows = await session.select(
    `SELECT f.fingerprint, d.interval_s, epoch(n.registered_at)::DOUBLE AS since, epoch(n.replaced_at)::DOUBLE AS until
     FROM names n JOIN fingerprints f ON f.id = n.fp JOIN nodes d ON d.fp = n.fp
     WHERE n.strategy = $1 AND n.node = $2
     ORDER BY n.replaced_at IS NULL DESC, n.replaced_at DESC, n.registered_at DESC, n.rowid DESC`,
    [strategy, node],
  );
  const [intervals, since] = [rows.numbers('interval_s'), rows.numbers('since')];
  const until = rows.numbersOrNull('until');
  const seen = new Set<string>();
  return rows.texts('fingerprint').flatMap((fingerprint, row) => {
    // A change that was taken back brings a version of before to the front again.
    if (seen.has(fingerprint)) return [];
    seen.add(fingerprint);
    const interval = intervals[row] as number;
    return { fingerprint, interval, since: since[row] as number, until: until[row] ?? null };
  });
}
