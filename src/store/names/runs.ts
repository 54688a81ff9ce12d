import { DOUBLE, TIMESTAMP, VARCHAR } from '@duckdb/node-api';
import type { Span } from '../../engine/run/report.js';
import type { Range } from '../../sdk/time.js';
import { transact, type StoreContext } from '../segments/interned.js';
import { timestampNow } from './registry.js';

/** Ranges remembered of a strategy, to be offered again. */
const RUNS_KEPT = 10;

/** A use, or another run over the range of the last one, is noted again only this long after that was. */
const USE_GRAIN_MS = 3_600_000;

/**
 * See `Store.recordRun`. The same range again writes nothing: each small transaction in the log makes every opening of the cache
 * slower, by half a millisecond.
 */
export async function recordRun(
  context: StoreContext,
  strategy: string,
  { start, end }: Range,
): Promise<void> {
  const { session } = context;
  if (await session.exclusive(() => isLatest(context, strategy, { start, end }))) return;
  await transact(context, async () => {
    await noteUse(context, strategy);
    await session.run('DELETE FROM runs WHERE strategy = $1 AND start_ts = $2 AND end_ts = $3', [
      strategy,
      start,
      end,
    ]);
    await session.append(
      'runs',
      [VARCHAR, DOUBLE, DOUBLE, TIMESTAMP],
      [[strategy, start, end, timestampNow()]],
    );
    await session.run(
      `DELETE FROM runs WHERE strategy = $1
       AND ran_at < (SELECT min(ran_at) FROM (SELECT ran_at FROM runs WHERE strategy = $1 ORDER BY ran_at DESC LIMIT ${RUNS_KEPT}))`,
      [strategy],
    );
  });
}

async function isLatest({ session }: StoreContext, strategy: string, range: Range): Promise<boolean> {
  const last = await session.recall(
    `SELECT start_ts, end_ts, epoch_ms(ran_at)::DOUBLE AS ran_ms FROM runs WHERE strategy = $1 ORDER BY ran_at DESC, rowid DESC LIMIT 1`,
    [strategy],
  );
  if (last.length === 0) return false;
  const age = Date.now() - (last.numbers('ran_ms')[0] as number);
  const same = last.numbers('start_ts')[0] === range.start && last.numbers('end_ts')[0] === range.end;
  // A clock that was set back makes the last run one of the future.
  return same && age >= 0 && age < USE_GRAIN_MS;
}

/** See `Store.markUsed`. Reading often must not mean writing often. */
export async function markUsed(context: StoreContext, strategy: string): Promise<void> {
  const { session } = context;
  const recent = await session.exclusive(() =>
    session.select(
      'SELECT 1 AS found FROM uses WHERE strategy = $1 AND used_at > make_timestamp($2::BIGINT)',
      [strategy, (Date.now() - USE_GRAIN_MS) * 1000],
    ),
  );
  if (recent.length === 0) await transact(context, () => noteUse(context, strategy));
}

async function noteUse({ session }: StoreContext, strategy: string): Promise<void> {
  await session.run('DELETE FROM uses WHERE strategy = $1', [strategy]);
  await session.append('uses', [VARCHAR, TIMESTAMP], [[strategy, timestampNow()]]);
}

/** See `Store.lastRuns`. */
export async function lastRuns({ session }: StoreContext, strategy: string): Promise<Span[]> {
  const rows = await session.select(
    'SELECT start_ts, end_ts FROM runs WHERE strategy = $1 ORDER BY ran_at DESC, rowid DESC',
    [strategy],
  );
  const ends = rows.numbers('end_ts');
  return rows.numbers('start_ts').map((start, row) => [start, ends[row] as number]);
}
