import type { Span } from '../../engine/run/reporting/report.js';
import type { Range } from '../../sdk/time/time.js';
import { now } from '../duckdb/schema.js';
import type { Session } from '../duckdb/session.js';
import { transact, type StoreContext } from '../segments/catalog.js';

/** How many ranges are remembered per strategy. */
const RUNS_KEPT = 10;

/** A use, or another run over the same range, is written again only after this many seconds. */
const USE_GRAIN_S = 3600;

/** See `Store.recordRun`. The same range again writes nothing: a longer log makes every opening slower. */
export async function recordRun(
  context: StoreContext,
  strategy: string,
  { start, end }: Range,
): Promise<void> {
  const { session } = context;
  if (await session.exclusive(() => isLatest(session, strategy, { start, end }))) return;
  await transact(context, async () => {
    await noteUse(session, strategy);
    await session.run('DELETE FROM runs WHERE strategy = $1 AND start_ts = $2 AND end_ts = $3', [
      strategy,
      start,
      end,
    ]);
    await session.append('runs', [{ strategy, start_ts: start, end_ts: end, ran_at: now() }]);
    await session.run(
      `DELETE FROM runs WHERE strategy = $1
       AND ran_at < (SELECT min(ran_at) FROM (SELECT ran_at FROM runs WHERE strategy = $1 ORDER BY ran_at DESC LIMIT ${RUNS_KEPT}))`,
      [strategy],
    );
  });
}

async function isLatest(session: Session, strategy: string, range: Range): Promise<boolean> {
  const [last] = await session.select(
    { start_ts: 'number', end_ts: 'number', ran_at: 'number' },
    'SELECT start_ts, end_ts, ran_at FROM runs WHERE strategy = $1 ORDER BY ran_at DESC, rowid DESC LIMIT 1',
    [strategy],
  );
  if (!last) return false;
  const age = now() - last.ran_at;
  // If the clock was set back, the last run is in the future.
  return last.start_ts === range.start && last.end_ts === range.end && age >= 0 && age < USE_GRAIN_S;
}

/** See `Store.markUsed`. Frequent reads must not cause frequent writes. */
export async function markUsed(context: StoreContext, strategy: string): Promise<void> {
  const { session } = context;
  const recent = await session.exclusive(() =>
    session.select({ used_at: 'number' }, 'SELECT used_at FROM uses WHERE strategy = $1 AND used_at > $2', [
      strategy,
      now() - USE_GRAIN_S,
    ]),
  );
  if (recent.length === 0) await transact(context, () => noteUse(session, strategy));
}

async function noteUse(session: Session, strategy: string): Promise<void> {
  await session.run('DELETE FROM uses WHERE strategy = $1', [strategy]);
  await session.append('uses', [{ strategy, used_at: now() }]);
}

/** See `Store.lastRuns`. */
export async function lastRuns({ session }: StoreContext, strategy: string): Promise<Span[]> {
  const rows = await session.select(
    { start_ts: 'number', end_ts: 'number' },
    'SELECT start_ts, end_ts FROM runs WHERE strategy = $1 ORDER BY ran_at DESC, rowid DESC',
    [strategy],
  );
  return rows.map(({ start_ts, end_ts }) => [start_ts, end_ts]);
}
