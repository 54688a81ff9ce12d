import * as v from 'valibot';

import type { RunSummary } from '../live/journal/runs.js';
import type { RunPrices } from '../live/report/prices.js';
import type { TradingReport } from '../live/report/trading-report.js';
import type { WorldSummary } from '../live/world/load.js';
import type { ParityReport, RowDifference } from '../live/run/recording.js';
import type { EquityPoint, Metrics, OpenPosition, RunResult, Trade } from '../sdk/live/live.js';
import type { RowValue } from '../sdk/table.js';
import { count, list, seconds, span, table, type SchemaOf } from './shapes.js';

const maybe = v.nullable(v.number());

const metrics: SchemaOf<Metrics> = v.object({
  totalReturn: v.number(),
  cagr: maybe,
  volatility: maybe,
  sharpe: maybe,
  sortino: maybe,
  calmar: maybe,
  maxDrawdown: v.number(),
  drawdownSeconds: v.number(),
  turnover: v.number(),
  exposure: v.number(),
  winRate: maybe,
  profitFactor: maybe,
  periodsPerYear: v.number(),
});

const trade: SchemaOf<Trade> = v.object({
  symbol: v.string(),
  side: v.picklist(['long', 'short']),
  quantity: v.number(),
  opened: v.number(),
  closed: v.number(),
  entry: v.number(),
  exit: v.number(),
  fees: v.number(),
  profit: v.number(),
  bars: count,
});

const openPosition: SchemaOf<OpenPosition> = v.object({
  symbol: v.string(),
  side: v.picklist(['long', 'short']),
  quantity: v.number(),
  opened: v.number(),
  entry: v.number(),
  price: v.number(),
  fees: v.number(),
  profit: v.number(),
  bars: count,
});

const equityPoint: SchemaOf<EquityPoint> = v.tuple([v.number(), v.number(), v.number()]);

/** A world's settings, without its name. */
export const mode = v.picklist(['backtest', 'paper', 'live', 'shadow']);

const outcome = {
  slots: count,
  range: v.nullable(span),
  orders: count,
  fills: count,
  fees: v.number(),
  trades: list(trade),
  open: list(openPosition),
  capital: v.number(),
  cash: v.number(),
  equity: v.number(),
  positions: v.record(v.string(), v.number()),
  metrics,
  days: list(span),
  curve: list(equityPoint),
};

export const runResult: SchemaOf<RunResult> = v.object({
  run: v.string(),
  strategy: v.string(),
  world: v.string(),
  mode,
  reason: v.picklist(['completed', 'stopped']),
  computedNodes: v.nullable(count),
  ...outcome,
});

const state = v.picklist(['running', 'finished', 'failed', 'cut off', 'unreadable']);

export const runSummary: SchemaOf<RunSummary> = v.object({
  run: v.string(),
  strategy: v.string(),
  world: v.string(),
  mode: v.nullable(mode),
  started: v.string(),
  state,
  problem: v.nullable(v.string()),
  result: v.nullable(runResult),
});

export const worldSummary: SchemaOf<WorldSummary> = v.object({
  name: v.string(),
  mode: v.nullable(mode),
  problem: v.nullable(v.string()),
  url: v.nullable(v.string()),
});

/** How the held units of a symbol changed. */
const position = v.object({ symbol: v.string(), points: list(span) });

export const tradingReport: SchemaOf<TradingReport> = v.object({
  run: v.string(),
  strategy: v.string(),
  world: v.string(),
  mode,
  started: v.string(),
  state,
  problem: v.nullable(v.string()),
  inactive: v.nullable(v.string()),
  symbols: list(v.string()),
  outcome: v.nullable(v.object(outcome)),
  years: list(v.object({ year: v.number(), total: v.number(), months: list(maybe) })),
  positions: list(position),
  faults: list(v.object({ node: v.string(), asOf: seconds, message: v.string() })),
});

export const runPrices: SchemaOf<RunPrices> = v.object({
  interval: v.number(),
  whole: v.nullable(span),
  table,
  fills: list(v.object({ at: seconds, quantity: v.number(), price: v.number() })),
  filled: count,
});

// A side of a difference has no row where it has no value.
const rowOrNone = v.custom<RowValue | undefined>(() => true);

const rowDifference: SchemaOf<RowDifference> = v.object({
  node: v.string(),
  ts: v.number(),
  live: rowOrNone,
  materialized: rowOrNone,
});

export const parityReport: SchemaOf<ParityReport> = v.object({
  run: v.string(),
  strategy: v.string(),
  range: span,
  nodes: count,
  rows: count,
  notYet: count,
  differing: count,
  first: v.nullable(rowDifference),
});
