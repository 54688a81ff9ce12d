import type { HistoryDifference } from '../engine/history/difference.js';
import type { OtherVersion } from '../engine/plan/judged.js';
import type { NodeStatus, StrategyStatus } from '../engine/plan/status.js';
import type { NodeFailure } from '../engine/ports/host.js';
import type { SourceNote } from '../engine/ports/source-note.js';
import type { SourceTaken } from '../engine/ports/source.js';
import type { RunReport, Span } from '../engine/run/reporting/report.js';
import type { RunSummary } from '../live/journal/runs.js';
import type { RunPrices } from '../live/report/prices.js';
import type { TradingReport } from '../live/report/trading-report.js';
import type { ParityReport } from '../live/run/recording.js';
import type { WorldSummary } from '../live/world/load.js';
import type { Mode, RunResult } from '../sdk/live/live.js';
import type { ServiceOutcome } from '../sdk/providers/fetched.js';
import type { Table } from '../sdk/table.js';
import type { Inspection } from '../sources/inspect/inspect.js';
import type { StoreContents } from '../store/names/contents.js';
import type { Places } from '../store/segments/places.js';
import type { CleanPlan, SqlResult } from '../store/store.js';
import type { HistoryPart, RequestKind } from './payloads.js';

/** A strategy's graph, loaded but not run. `nodes`: inputs before their dependents. */
export interface GraphSummary {
  readonly strategy: string;
  readonly nodes: readonly Pick<NodeStatus, 'name' | 'kind' | 'label' | 'interval' | 'inputs' | 'location'>[];
}

/** A strategy's stored state over the requested range; null: everything stored. */
export interface StatusReport extends StrategyStatus {
  /** Recent ranges, latest first. */
  readonly lastRanges: readonly Span[];
  /** The strategy's own files, absolute; without packages. */
  readonly files: readonly string[];
}

export interface VersionSummary {
  /** When this version became current, in epoch seconds. */
  readonly since: number;
  /** When it was replaced; null: it is the current one. */
  readonly until: number | null;
}

/** A node's history over a range, for a chart: the current version first, then the previous one, if any. */
export interface SeriesReport {
  readonly interval: number;
  readonly versions: readonly (VersionSummary & {
    readonly fingerprint: string;
    /** Rows within the range, before thinning. */
    readonly rows: number;
    readonly coverage: readonly Span[];
    readonly table: Table;
  })[];
}

/** Rows `[from, from + table.ts.length)` of `total`, of the version with this fingerprint. */
export interface RowsReport {
  readonly fingerprint: string;
  readonly total: number;
  readonly from: number;
  readonly table: Table;
}

/** A node's last two versions, compared where both are complete. */
export interface DiffReport {
  readonly strategy: string;
  readonly node: string;
  readonly after: VersionSummary;
  /** Null: there was no previous version. */
  readonly before: VersionSummary | null;
  /** The ranges compared. */
  readonly compared: readonly Span[];
  /** Null: there is nothing to compare. */
  readonly difference: HistoryDifference | null;
}

export interface ExportReport {
  readonly path: string;
  readonly rows: number;
  /** Nodes that have no rows for the current code. Empty if that was not requested. */
  readonly others: readonly { readonly node: string; readonly version: OtherVersion }[];
}

export interface VerifiedNode {
  readonly name: string;
  /**
   * - `verified`: the stored rows equal the recomputed ones, bit for bit. `differs`: they do not. `nondeterministic`: they do
   * not, and the code gives other values each time. `failed`: the code fails now.
   * - `skipped`: nothing is stored there, it is computed each time, or a source has changed since.
   */
  readonly state: 'verified' | 'differs' | 'nondeterministic' | 'failed' | 'skipped';
  /** Rows compared, and how many of them differ. */
  readonly rows: number;
  readonly differing: number;
  /** The first differing bar: `before` is stored, `after` recomputed; null: no such row. */
  readonly first: HistoryDifference['first'];
  /** Why, as a sentence. */
  readonly reason: string;
}

export interface VerifyReport {
  readonly strategy: string;
  /** The ranges that were recomputed. */
  readonly ranges: readonly Span[];
  readonly nodes: readonly VerifiedNode[];
}

/** Sizes are those after the action. */
export interface CacheReport extends Omit<StoreContents, 'file'> {
  /** The cache's file; null when there is none yet. */
  readonly file: string | null;
  /** Bytes freed by `clear` or `clean`; 0 for `show` and a dry run. */
  readonly freed: number;
  /** What `clean` with these limits would delete after the action. */
  readonly cleanable: CleanPlan;
}

export interface BarResult {
  readonly strategy: string;
  readonly node: string;
  /** Open of the bar. */
  readonly bar: number;
  /** Its close. */
  readonly asOf: number;
  /** What the function saw: the bars in each input's window. */
  readonly windows: readonly { readonly input: string; readonly bars: number }[];
  /** The emitted row; absent when it emitted none or failed. */
  readonly row: Table;
  readonly failure: NodeFailure | null;
}

/** The answers to requests. They come from a process of the same build, so they are typed, not checked. */
interface Results {
  describe: GraphSummary;
  /**
   * A run's report; if `parts` was requested, the rows of each node, and where they are unless that is long; if `fingerprints`
   * was, those by node name.
   */
  materialize: RunReport & {
    readonly parts?: readonly (readonly HistoryPart[])[];
    readonly places?: readonly Places[];
    readonly fingerprints?: Readonly<Record<string, string>>;
  };
  bars: {
    readonly preset: string;
    readonly range: Span;
    readonly table: Table;
    readonly coverage: readonly Span[];
    readonly unavailable: readonly Span[];
    readonly notYet: readonly Span[];
    readonly fingerprint: string;
    readonly asOf: number;
    readonly fetched: readonly Span[];
    readonly flags: readonly SourceNote[];
    readonly sla: ServiceOutcome | null;
  };
  status: StatusReport;
  source: { readonly taken: SourceTaken | null };
  /** The bounds of a strategy's sources: from the first bar to the end of the last; null: unknown. */
  bounds: { readonly range: Span | null };
  read: Table;
  places: Places;
  series: SeriesReport;
  rows: RowsReport;
  diff: DiffReport;
  export: ExportReport;
  verify: VerifyReport;
  sql: SqlResult;
  /** `streams`: those that the strategy's next run reads again. */
  refresh: { readonly strategy: string; readonly streams: readonly string[] };
  cache: CacheReport;
  run: RunResult;
  parity: ParityReport;
  runs: readonly RunSummary[];
  worlds: readonly WorldSummary[];
  world: { readonly mode: Mode };
  report: TradingReport;
  prices: RunPrices;
  inspect: Omit<Inspection, 'longest'> & { readonly longest: readonly Span[] };
  debug: BarResult;
}

export type Result<K extends RequestKind> = Results[K];
