import * as v from 'valibot';

import type { RunSummary } from '../live/journal/runs.js';
import type { RowDifference } from '../live/run/recording.js';
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

/** A world in a list to choose from. */
export const worldSummary = v.object({
  name: v.string(),
  /** Null if its file is invalid, or the world is remote. */
  mode: v.nullable(mode),
  /** Why the file is invalid. */
  problem: v.nullable(v.string()),
  /** The address of a remote world. */
  url: v.nullable(v.string()),
});

/** Units held of a symbol, each until the next point. Thinned to what a screen can show. */
const position = v.object({ symbol: v.string(), points: list(span) });

/** Everything that is shown of a run, from its record and its journal. */
export const tradingReport = v.object({
  run: v.string(),
  strategy: v.string(),
  world: v.string(),
  mode,
  /** When, ISO-8601 in UTC. */
  started: v.string(),
  state,
  /** Why it failed; null where it did not. */
  problem: v.nullable(v.string()),
  /** Why no orders are made at its end; null: they are. */
  inactive: v.nullable(v.string()),
  symbols: list(v.string()),
  /** Null: it has no closed slot yet, or is a backtest that did not end, whose journal has no prices. */
  outcome: v.nullable(v.object(outcome)),
  years: list(v.object({ year: v.number(), total: v.number(), months: list(maybe) })),
  /** Ordered by traded money, the largest first. */
  positions: list(position),
  /** The first nodes that failed. */
  faults: list(v.object({ node: v.string(), asOf: seconds, message: v.string() })),
});
export type TradingReport = Readonly<v.InferOutput<typeof tradingReport>>;

/** Prices of a symbol over a range, with the fills in it, both thinned out for a screen. */
export const runPrices = v.object({
  /** Least time between two bars, in seconds; 0 where there is at most one. */
  interval: v.number(),
  /** From the first bar to past the last of the run. */
  whole: v.nullable(span),
  table,
  /** `at` is the open of the bar it was filled at; a quantity below 0: sold. */
  fills: list(v.object({ at: seconds, quantity: v.number(), price: v.number() })),
  /** Fills in the range, of which `fills` may be a part. */
  filled: count,
});
export type RunPrices = Readonly<v.InferOutput<typeof runPrices>>;

// A side of a difference has no row where it has no value.
const rowOrNone = v.custom<RowValue | undefined>(() => true);

const rowDifference: SchemaOf<RowDifference> = v.object({
  node: v.string(),
  ts: v.number(),
  live: rowOrNone,
  materialized: rowOrNone,
});

export const parityReport = v.object({
  run: v.string(),
  strategy: v.string(),
  range: span,
  nodes: count,
  rows: count,
  /** Rows of the run that materialization calls _not yet_: past the last bar of an input. */
  notYet: count,
  differing: count,
  /** The first in time. */
  first: v.nullable(rowDifference),
});
export type ParityReport = Readonly<v.InferOutput<typeof parityReport>>;
