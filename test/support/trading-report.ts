import type { RunPrices, TradingReport } from '../../src/protocol/live-results.js';

const START = Date.UTC(2023, 2, 1) / 1000;
const at = (minute: number): number => START + minute * 60;

/** A run on paper of four minutes, with a trade that was closed and one that is open. */
export function aReport(more: Partial<TradingReport> = {}): TradingReport {
  return {
    run: 'paper-1',
    strategy: 'Momentum',
    world: 'paper',
    mode: 'paper',
    started: '2023-03-01T00:00:00.000Z',
    state: 'finished',
    problem: null,
    inactive: null,
    symbols: ['BTC'],
    outcome: {
      slots: 4,
      range: [at(1), at(4)],
      orders: 2,
      fills: 2,
      fees: 0.75,
      trades: [
        {
          ...{ symbol: 'BTC', side: 'long', quantity: 2, opened: at(1), closed: at(3) },
          ...{ entry: 10, exit: 12, fees: 0.5, profit: 3.5, bars: 2 },
        },
      ],
      open: [
        {
          ...{ symbol: 'BTC', side: 'short', quantity: 1, opened: at(3) },
          ...{ entry: 12, price: 11, fees: 0.25, profit: 0.75, bars: 1 },
        },
      ],
      capital: 100,
      cash: 115.25,
      equity: 104.25,
      positions: { BTC: -1 },
      metrics: {
        totalReturn: 0.0425,
        cagr: null,
        volatility: null,
        sharpe: null,
        sortino: null,
        calmar: null,
        maxDrawdown: 0.02,
        drawdownSeconds: 120,
        turnover: 0.44,
        exposure: 0.75,
        winRate: 1,
        profitFactor: null,
        periodsPerYear: 365,
      },
      days: [[START + 86_400, 104.25]],
      curve: [
        [at(1), 100, 0],
        [at(2), 98, 0.02],
        [at(3), 103, 0],
        [at(4), 104.25, 0],
      ],
    },
    years: [{ year: 2023, total: 0.0425, months: [null, null, 0.0425, ...Array<null>(9).fill(null)] }],
    positions: [
      {
        symbol: 'BTC',
        points: [
          [at(1), 2],
          [at(3), -1],
          [at(4), -1],
        ],
      },
    ],
    faults: [],
    ...more,
  };
}

/** Its prices: three candles and two fills. */
export function somePrices(): RunPrices {
  const column = (...values: number[]) => ({
    type: 'number' as const,
    values: Float64Array.from(values),
    valid: null,
  });
  return {
    interval: 60,
    whole: [at(1), at(4)],
    table: {
      shape: 'record',
      ts: Float64Array.of(at(1), at(2), at(3)),
      names: ['open', 'high', 'low', 'close'],
      columns: [column(10, 11, 12), column(11, 12, 13), column(9, 10, 10), column(11, 9.5, 11)],
      present: null,
    },
    fills: [
      { at: at(1), quantity: 2, price: 10 },
      { at: at(3), quantity: -3, price: 12 },
    ],
    filled: 2,
  };
}
