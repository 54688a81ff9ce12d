export { Strategy } from './sdk/strategy.js';
export type { TradeRule } from './sdk/strategy.js';
export { DagNode } from './sdk/dag-node.js';
export { columns, Node, StreamInput } from './sdk/node.js';
export type {
  Bar,
  BarSlot,
  ColumnCompute,
  ColumnOutput,
  ComputeFn,
  NodeOptions,
  Period,
  WindowLength,
  StreamInputOptions,
} from './sdk/node.js';
export { resample } from './sdk/bars/resample.js';
export { barsOf } from './sdk/bars/bars-of.js';
export type { BarsByOptions, BarsOfOptions, TickBar } from './sdk/bars/bars-of.js';
export type { Aggregate } from './sdk/bars/aggregate.js';
export type { ResampledBar, ResampleOptions } from './sdk/bars/resample.js';
export { ScanNode } from './sdk/scan-node.js';
export type { ScanNodeOptions, ScanStep } from './sdk/scan-node.js';
export { Universe } from './sdk/universe/universe.js';
export type { UniverseOptions } from './sdk/universe/universe.js';
export { CrossNode } from './sdk/universe/cross-node.js';
export type { CrossNodeOptions, CrossOutput, CrossValueOptions } from './sdk/universe/cross-node.js';
export type { Section } from './sdk/universe/section.js';
export type { View, Window } from './sdk/view.js';
export type { InputSeries, Series } from './sdk/series.js';
export type { Column, ColumnType, FlatRecord, Json, RowValue, Table } from './sdk/table.js';
export type { Calendar, Session, ZoneCalendar } from './sdk/time/calendar.js';
export type { Anchor, Interval, Range, Seconds, TimeInput } from './sdk/time/time.js';

export { csvHistory, demoHistory, parquetHistory, sqlHistory } from './sdk/providers/providers.js';
export { definePreset, preset, SeamlessDataProvider } from './sdk/providers/presets.js';
export type { DataPresetSpec } from './sdk/providers/presets.js';
export type {
  ConformanceFlag,
  Fetched,
  FetchOptions,
  ServiceLevel,
  ServiceOutcome,
  StreamService,
} from './sdk/providers/fetched.js';
export type {
  BarOptions,
  Bounds,
  CsvOptions,
  DemoOptions,
  FetchRequest,
  HistoryProvider,
  HistoryRow,
  ParquetOptions,
  SqlOptions,
} from './sdk/providers/providers.js';
export { postgresHistory } from './sdk/wire/postgres-history.js';
export type { PostgresOptions } from './sdk/wire/postgres-history.js';
export { ccxtHistory } from './sdk/wire/ccxt-history.js';
export type { CcxtOptions } from './sdk/wire/ccxt-history.js';
export { httpHistory } from './sdk/wire/http-history.js';
export type { HttpOptions, Pace, WireOptions } from './sdk/wire/http-history.js';
import './client/start-runs.js';
export { Runner } from './sdk/live/runner.js';
export type { Broker, BrokerEnd, BrokerFill, BrokerOrder } from './sdk/live/broker.js';
export type {
  EquityPoint,
  Metrics,
  Mode,
  OpenPosition,
  Run,
  RunEvent,
  RunEventBody,
  RunHooks,
  RunResult,
  SubmitOptions,
  Submitted,
  Trade,
} from './sdk/live/live.js';

export {
  ema,
  rollingCorrelation,
  rollingMax,
  rollingMin,
  rollingStd,
  rsi,
  sma,
} from './sdk/indicators/index.js';
export type {
  EmaOptions,
  IndicatorOptions,
  RollingCorrelationOptions,
  RollingOptions,
  RollingStdOptions,
  RsiOptions,
} from './sdk/indicators/index.js';

export {
  demean,
  neutralize,
  quantiles,
  rank,
  topN,
  weights,
  winsorize,
  zscore,
} from './sdk/cross-sections/index.js';
export type {
  Group,
  RankOptions,
  TopOptions,
  WeightsOptions,
  WinsorizeOptions,
  ZscoreOptions,
} from './sdk/cross-sections/index.js';

export { ComputeOnlyViolation, LookAheadError, SeamlessError, UndeclaredInput } from './sdk/errors.js';
export type { ErrorCode, SourceLocation } from './sdk/errors.js';

export { MaterializeReport, MaterializeSeamlessJob, openCache } from './client/materialize-job.js';
export type {
  CacheOptions,
  CancelSignal,
  JobPrograms,
  MaterializedNode,
  MaterializeOptions,
  OpenCache,
} from './client/materialize-job.js';
export type { Panel } from './client/family-table.js';
export type { HistoryColumn, HistoryColumns, NodeRow } from './protocol/history.js';
export type {
  FailureReport,
  MissingInput,
  NodeReport,
  NodeState,
  RunProgress,
  RunReport,
  Span,
  Unfired,
} from './engine/run/reporting/report.js';
