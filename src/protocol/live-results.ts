import * as v from 'valibot';

import type { ParityReport, RowDifference } from '../live/run/recording.js';
import type { Metrics, RunResult, Trade } from '../sdk/live.js';
import type { RowValue } from '../sdk/table.js';
import { count, span, type SchemaOf } from './shapes.js';

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
  profit: v.number(),
});

export const runResult: SchemaOf<RunResult> = v.object({
  run: v.string(),
  strategy: v.string(),
  world: v.string(),
  mode: v.picklist(['backtest', 'paper', 'live', 'shadow']),
  reason: v.picklist(['completed', 'stopped']),
  slots: count,
  range: v.nullable(span),
  computedNodes: v.nullable(count),
  orders: count,
  fills: count,
  fees: v.number(),
  trades: v.array(trade),
  capital: v.number(),
  cash: v.number(),
  equity: v.number(),
  positions: v.record(v.string(), v.number()),
  metrics,
  days: v.array(span),
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
