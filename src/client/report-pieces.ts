import type { Payload } from '../protocol/payloads.js';
import type { Result } from '../protocol/results.js';
import type { RunPrices, TradingReport } from '../protocol/live-results.js';

type Asked = 'report' | 'prices';

/** The data for a run's HTML report. */
interface ReportPieces {
  readonly report: TradingReport;
  readonly prices: ReadonlyMap<string, RunPrices>;
}

/** Candles in a picture as wide as the page. */
const POINTS = 300;

/**
 * Requests a run, and the prices of its most traded symbols.
 * @param most how many symbols get prices
 */
export async function reportPieces(
  ask: <K extends Asked>(kind: K, payload: Payload<K>) => Promise<Result<K>>,
  place: Payload<'report'>,
  most: number,
): Promise<ReportPieces> {
  const report = await ask('report', place);
  const traded = report.positions.map(({ symbol }) => symbol);
  const symbols = (traded.length > 0 ? traded : report.symbols).slice(0, most);
  const prices = new Map<string, RunPrices>();
  if (report.outcome)
    for (const symbol of symbols)
      prices.set(symbol, await ask('prices', { ...place, symbol, points: POINTS }));
  return { report, prices };
}
