import type { JournalLine } from '../../../src/live/journal/codec.js';
import { JOURNAL_VERSION, type RunRecord } from '../../../src/live/journal/runs.js';
import { Desk } from '../../../src/live/money/desk.js';
import { recordedPrices, shownPrices } from '../../../src/live/report/prices.js';
import { tradingReport } from '../../../src/live/report/trading-report.js';
import { parseWorld } from '../../../src/live/world/load.js';
import type { World } from '../../../src/live/world/schema.js';
import type { ResultsState } from '../../../src/panel/results/messages.js';
import type { Mode, RunEventBody } from '../../../src/sdk/live/live.js';
import type { RunPrices, TradingReport } from '../../../src/protocol/live-results.js';

const DAY = 86_400;
const START = Date.UTC(2021, 0, 4) / 1000;
const DAYS = 900;
const SYMBOLS = ['BTC', 'ETH'];

interface Made {
  readonly report: TradingReport;
  readonly prices: (payload: {
    symbol: string;
    range: readonly [number, number] | null;
    maxPoints: number;
  }) => RunPrices;
}

/** A made-up price that rises in waves. */
function level(at: number, symbol: number): number {
  return (
    100 * (1 + symbol) + at / 9 + 25 * Math.sin(at / (31 + 9 * symbol)) + 4 * Math.cos(at * 1.7 + symbol)
  );
}

/** A run over some years of days, traded by the Core Loop's own functions. @param lag days that its decisions come late */
export function madeRun(run: string, mode: Mode, lag: number, ended = true): Made {
  const text = JSON.stringify({
    mode: 'paper',
    feed: { kind: 'replay' },
    fills: { feeBps: 10, slippageBps: 5 },
  });
  const world: World = { name: `${mode}-world`, ...parseWorld(text, 'w.yaml'), mode };
  const desk = new Desk({ ...world, mode: mode === 'backtest' ? 'paper' : mode }, SYMBOLS);
  const ready = { run, strategy: 'Momentum', world: world.name, mode, nodes: SYMBOLS, symbols: SYMBOLS };
  const lines: JournalLine[] = [
    { seq: 1, asOf: START, events: [{ type: 'ready', ...ready, history: null }] },
  ];
  for (let day = 0; day < DAYS; day++) {
    const ts = START + day * DAY;
    const bars = SYMBOLS.map((_, i) => {
      const [open, close] = [level(day - 0.5, i), level(day, i)];
      return { open, close, high: Math.max(open, close) + 2, low: Math.min(open, close) - 2 };
    });
    const decisions = SYMBOLS.map((_, i) =>
      level(day - lag, i) > level(day - lag - 20, i) ? 0.5 : i * -0.25,
    );
    const told = bars.map((row, i): RunEventBody => ({ type: 'bar', stream: SYMBOLS[i] ?? '', ts, row }));
    const traded = desk.slot(
      ts + DAY,
      bars.map(({ open, close }) => ({ ts, open, close })),
      decisions,
    );
    lines.push({ seq: 1, asOf: ts + DAY, events: [...told, ...traded] });
  }
  const finished: RunEventBody = {
    ...{ type: 'finished', run, strategy: 'Momentum', world: world.name, mode, reason: 'completed' },
    computedNodes: null,
    ...desk.summary,
  };
  if (ended) lines.push({ seq: 1, asOf: START + DAYS * DAY, events: [finished] });
  const record: RunRecord = {
    ...{ version: JOURNAL_VERSION, run, file: '/p/momentum.ts', className: 'Momentum', world },
    ...{ prints: {}, started: '2026-11-29T12:00:00.000Z' },
  };
  return {
    report: tradingReport(record, lines, !ended),
    prices: ({ symbol, range, maxPoints }) => {
      const [start, end] = range ?? [-Infinity, Infinity];
      return shownPrices(recordedPrices(lines, symbol), { start, end }, maxPoints);
    },
  };
}

export const backtest = madeRun('backtest-20261129120000000', 'backtest', 0);
export const paper = madeRun('paper-20261129130000000', 'paper', 5);

function listed({ run, strategy, world, mode, state, outcome }: TradingReport) {
  return { run, strategy, world, mode, state, totalReturn: outcome?.metrics.totalReturn ?? null };
}

/** The panel with a run that is shown, among others. */
export function resultsOf(report: TradingReport | null, rest: Partial<ResultsState> = {}): ResultsState {
  return {
    projectRoot: '/p',
    runs: [backtest.report, paper.report].map(listed),
    run: report?.run ?? backtest.report.run,
    other: null,
    report,
    compared: null,
    problem: null,
    stoppable: false,
    trusted: true,
    texts: null,
    ...rest,
  };
}
