import { JournalReader } from '../../../live/journal/journal.js';
import { isRunning, readRun, runFolder, summaries } from '../../../live/journal/runs.js';
import { recordedPrices, shownPrices } from '../../../live/report/prices.js';
import { tradingReport } from '../../../live/report/trading-report.js';
import { worldsOf } from '../../../live/world/load.js';
import type { Payload } from '../../../protocol/payloads.js';
import type { Result } from '../../../protocol/results.js';
import { didYouMean, SeamlessError } from '../../../sdk/errors.js';
import { emptyTable } from '../../../sdk/table.js';
import type { Store } from '../../../store/store.js';
import { findWorld } from './find-world.js';
import { ALL_TIME } from '../../../sdk/time/time.js';
import { cacheOf, folderOf, rangeOf, type OpenedCache, type RequestHooks } from '../request.js';
import type { RunPrices, TradingReport } from '../../../protocol/live-results.js';

type Looking = 'runs' | 'worlds' | 'world' | 'report' | 'prices';

type UseStore = <T>(
  cache: OpenedCache,
  hooks: RequestHooks,
  work: (store: Store) => Promise<T>,
) => Promise<T>;

/** Requests about runs, which start none. */
export function runRequests(useStore: UseStore): {
  readonly [K in Looking]: (payload: Payload<K>, hooks: RequestHooks) => Promise<Result<K>>;
} {
  return {
    // Async, so that errors become answers.
    runs: async (payload) => Promise.resolve(summaries(folderOf(payload.projectRoot, payload))),
    worlds: async ({ projectRoot }) => Promise.resolve(worldsOf(projectRoot)),
    world: async ({ projectRoot, world: name }, { log }) => {
      const { world, follow } = await findWorld(projectRoot, name, (text) => log({ level: 'warn', text }));
      follow?.close();
      return { mode: world.mode };
    },
    report: async (payload) =>
      Promise.resolve(reportOfRun(folderOf(payload.projectRoot, payload), payload.run)),
    prices: (payload, hooks) => {
      const cache = cacheOf(payload.projectRoot, payload, `reading prices of run ${payload.run}`);
      return pricesOfRun(payload, cache.dir, (work) => useStore(cache, hooks, work));
    },
  };
}

/** @throws SeamlessError when there is no such run, or it cannot be read */
function reportOfRun(cacheDir: string, run: string): TradingReport {
  const record = readRun(cacheDir, run);
  // Checked before reading: a run that ends in between then counts as active, not as interrupted.
  const running = isRunning(cacheDir, record);
  return tradingReport(record, new JournalReader(runFolder(cacheDir, run)).all(), running);
}

/**
 * A symbol's bars from the feed; for a backtest, from the cache, in the version that it traded.
 * @param useStore opens the cache if it is needed
 * @throws SeamlessError `not-found`, suggesting similar names, for a symbol that the run does not trade
 */
async function pricesOfRun(
  payload: Payload<'prices'>,
  cacheDir: string,
  useStore: <T>(work: (store: Store) => Promise<T>) => Promise<T>,
): Promise<RunPrices> {
  const { run, symbol, points } = payload;
  const range = rangeOf(payload) ?? ALL_TIME;
  const { world, prints } = readRun(cacheDir, run);
  const print = prints[symbol];
  if (print === undefined) throw unknownSymbol(run, symbol, Object.keys(prints));
  const recorded = recordedPrices(new JournalReader(runFolder(cacheDir, run)).all(), symbol);
  if (world.mode !== 'backtest') return shownPrices(recorded, range, points);
  const whole = { start: world.start ?? ALL_TIME.start, end: world.end ?? ALL_TIME.end };
  const [table = emptyTable()] = await useStore((store) =>
    store.read([{ fingerprint: print, range: whole }]),
  );
  return shownPrices({ ...recorded, table }, range, points);
}

function unknownSymbol(run: string, symbol: string, names: readonly string[]): SeamlessError {
  const hint = didYouMean(symbol, names, `It has ${names.join(', ')}.`);
  return new SeamlessError('not-found', `Run ${run} trades no ${symbol}. ${hint}`);
}
