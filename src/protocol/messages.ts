import type { NodeFailure } from '../engine/ports/host.js';
import type { HistoryDifference } from '../engine/history/difference.js';
import type { RunProgress, RunReport, Span } from '../engine/run/report.js';
import type { OtherVersion } from '../engine/plan/judged.js';
import type { NodeStatus, StaleCause, StrategyStatus } from '../engine/plan/status.js';
import type { CacheLimits, CleanPlan, SqlResult, SqlValue } from '../store/store.js';
import type { SourceLocation } from '../sdk/errors.js';
import type { RunResult } from '../sdk/live.js';
import type { Table } from '../sdk/table.js';
import type { ParityReport } from '../live/run/recording.js';
import type { BundledCode } from '../hosts/typescript/bundle/bundle.js';
import type { CacheRef, CacheUse, HistoryPart, ReadPayload } from './history.js';
import type { SerializedError } from './wire-error.js';

/*
 * What a parent process (terminal, editor, script) and the child that runs strategies say to each other. Messages cross
 * by Node's IPC with serialization 'advanced', so typed arrays arrive as such. Every request is answered exactly once,
 * with a result or an error. Times are epoch seconds, ranges half-open, paths absolute.
 */

/** Where a strategy is. */
export interface StrategyRef {
  /** The author's file, absolute. */
  readonly file: string;
  /** Name of the class or of its export; null: the only strategy in the file. */
  readonly className: string | null;
  readonly projectRoot: string;
}

export interface StrategyPayload {
  readonly strategy: StrategyRef;
}

/** Of a strategy that is only looked at. */
export interface LookPayload extends StrategyPayload {
  /**
   * Milliseconds of processor time that the author's code may take to be set up, and a provider of theirs to tell its version; the
   * child ends itself when it takes more. Default: no limit.
   */
  readonly limitMs?: number | undefined;
}

export interface MaterializePayload extends StrategyPayload, CacheUse {
  readonly start: number;
  readonly end: number;
  /**
   * `missing`: only nodes whose history over the range is absent or incomplete (never computed there, partial, failed, blocked,
   * or void since a source changed) are brought to completion, with all they depend on. Others that changed stay as they are.
   */
  readonly only?: 'missing' | undefined;
  /** Kept after the run, except by what it used. */
  readonly limits?: CacheLimits | undefined;
  /** Say which rows the run leaves, so that they can be read after a later one. */
  readonly parts?: true | undefined;
  /** The strategy's bundle, where the parent made it. Default: the child bundles. */
  readonly bundle?: BundledCode | undefined;
  /** Write down what a hit rests on, so that a terminal can tell the next one by itself. */
  readonly sidecar?: true | undefined;
}

/** What a run did; where `parts` was asked for, the rows of each node in it. */
export interface MaterializeResult extends RunReport {
  readonly parts?: readonly (readonly HistoryPart[])[] | undefined;
}

/** Forgets which versions of the strategy's sources were taken in: its next run reads them again, whatever they say. */
export interface RefreshPayload extends StrategyPayload, CacheUse {}

/** The streams that the next run of a strategy reads again. */
export interface RefreshReport {
  readonly strategy: string;
  readonly streams: readonly string[];
}

export interface StatusPayload extends LookPayload, CacheUse {
  /** Look at the range that was asked for last, when there is one. */
  readonly last?: true | undefined;
  /** Read sources that changed to their end, whatever they are, to say which of their bars did. */
  readonly thorough?: true | undefined;
  /** Default: all that is stored. Given both or neither. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

/** What a chart of a node shows. */
export interface SeriesPayload extends CacheRef {
  readonly strategy: string;
  readonly node: string;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  /** How many points of time the chart can tell apart, at least 1. */
  readonly points: number;
}

/** Some rows of a node's history, by their number. */
export interface RowsPayload extends CacheRef {
  readonly strategy: string;
  readonly node: string;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  /** The first row wanted, counted from 0 within the range. */
  readonly from: number;
  readonly count: number;
}

/** Rows `[from, from + table.ts.length)` of `total`. */
export interface RowsReport {
  /** The version they are of. */
  readonly fingerprint: string;
  readonly total: number;
  readonly from: number;
  readonly table: Table;
}

/** The last two versions of a node, to be compared. */
export interface DiffPayload extends CacheRef {
  readonly strategy: string;
  readonly node: string;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

export interface ExportPayload extends CacheRef {
  readonly strategy: string;
  /**
   * Where its code is: what is exported is the version that the code gives now, if the cache has it, also where a change was taken
   * back and nothing was run since. Absent, or where it cannot be loaded: the version that was run last.
   */
  readonly judge?: StrategyRef | undefined;
  /** Names of the nodes; none: all of the strategy. */
  readonly nodes: readonly string[];
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly format: ExportFormat;
  /** Of CSV: texts that a spreadsheet would run as a formula have a quote before them. */
  readonly spreadsheet?: boolean | undefined;
  /** The file to write, absolute. */
  readonly path: string;
}

/** To be asked of a process that has run nothing before. */
export interface VerifyPayload extends StrategyPayload, CacheUse {
  /** Names of the nodes to compare; none: all. */
  readonly nodes: readonly string[];
  /** Default: all that is stored. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  /** Ranges to recompute, chosen at random; null: everything. */
  readonly sample: number | null;
}

/**
 * - `verified`: what is stored is what its code gives, bit for bit. `differs`: it is not. `nondeterministic`: it is not, and the
 *   code gives other values each time. `failed`: the code failed now.
 * - `skipped`: nothing is stored of it there, it is computed each time, or a source changed since.
 */
export interface VerifiedNode {
  readonly name: string;
  readonly state: 'verified' | 'differs' | 'nondeterministic' | 'failed' | 'skipped';
  /** Rows compared, and those of them that differ. */
  readonly rows: number;
  readonly differing: number;
  /** The first bar that differs: `before` is what is stored, `after` what was recomputed; null: no such row. */
  readonly first: HistoryDifference['first'];
  /** Why, a sentence. */
  readonly reason: string;
}

export interface VerifyReport {
  readonly strategy: string;
  /** The ranges that were recomputed. */
  readonly ranges: readonly Span[];
  readonly nodes: readonly VerifiedNode[];
}

/** A query over the nodes of a cache, in SQL. Nothing can be changed by it. */
export interface SqlPayload extends CacheRef {
  readonly sql: string;
  /** Whose nodes go by their name alone; default: those of the only strategy. */
  readonly strategy?: string | undefined;
  /** Strategies that the query may name are loaded first, so that their nodes are those of the code as it is now. */
  readonly judge?: true | undefined;
  /** Rows wanted at most. */
  readonly most: number;
}

export type { SqlResult, SqlValue };

export type ExportFormat = 'parquet' | 'csv';

export interface CachePayload extends CacheRef {
  /** `clean`: rows that nobody needs go, and what `limits` say. `clear`: everything goes. `pin`: no clean-up takes it. */
  readonly action: 'show' | 'clear' | 'clean' | 'pin' | 'unpin';
  /** Only what belongs to the strategy of this name. For all but `clean`; `pin` and `unpin` need it. */
  readonly strategy?: string | undefined;
  /** For `pin` and `unpin`: one of its nodes; default: all. */
  readonly node?: string | undefined;
  /** For `show` and `clean`. None: rows of earlier versions, and of nodes that are no more, are what goes. */
  readonly limits?: CacheLimits | undefined;
  /** Whether `clean` is only to say what it would take. */
  readonly dryRun?: boolean | undefined;
}

/** A strategy's graph, loaded but not run. */
export interface GraphSummary {
  readonly strategy: string;
  /** In the order of the graph: inputs before what depends on them. */
  readonly nodes: readonly NodeSummary[];
}

export interface NodeSummary {
  readonly name: string;
  readonly kind: 'stream' | 'node';
  /** What it is made by: `csv`, `sma`, `node`. */
  readonly label: string;
  /** Interval in seconds. */
  readonly interval: number;
  /** Inputs by name, with the bars of each that a window holds. */
  readonly inputs: readonly { readonly name: string; readonly period: number }[];
  readonly location: SourceLocation | null;
}

export type { NodeStatus, StaleCause };

/** What a node's history is worth before anything is run. */
export type StoredState = NodeStatus['state'];

/** What is stored of a strategy's nodes over the range asked about: null, all that is stored. */
export interface StatusReport extends StrategyStatus {
  /** Ranges asked for lately, the last one first. */
  readonly lastRanges: readonly Span[];
  /** The files the strategy is made of, absolute; packages are left out. */
  readonly files: readonly string[];
}

/** What the sources of a strategy have. */
export interface BoundsReport {
  /** From the first bar to past the last one, over all sources; null when they cannot tell. */
  readonly range: Span | null;
}

export interface ExportReport {
  readonly path: string;
  readonly rows: number;
  /** Nodes whose rows are not those of the code as it is now, of which nothing is stored. Empty where that was not to be judged. */
  readonly others: readonly { readonly node: string; readonly version: OtherVersion }[];
}

export interface CacheReport {
  /** The cache's file; null when there is none yet. */
  readonly file: string | null;
  /** Bytes of the whole cache on disk, after the action. */
  readonly bytes: number;
  /** The files that rows lie in, and how many of their bytes are covered. */
  readonly packs: { readonly count: number; readonly bytes: number; readonly liveBytes: number };
  readonly strategies: readonly CachedStrategy[];
  /** Bytes that `clear` or `clean` freed; 0 for `show` and a dry run. */
  readonly freed: number;
  /** What `clean` with these limits would take after the action. */
  readonly cleanable: CleanPlan;
}

export type { CacheLimits, CleanPlan, OtherVersion };

export interface CachedStrategy {
  readonly strategy: string;
  readonly rows: number;
  /** Approximate: nodes of several strategies may share what is stored. */
  readonly bytes: number;
  readonly nodes: readonly {
    readonly name: string;
    readonly rows: number;
    readonly bytes: number;
    /** Whether a clean-up leaves it alone. */
    readonly pinned: boolean;
  }[];
}

export interface DebugPayload extends StrategyPayload, CacheUse {
  readonly node: string;
  /** Open of the bar. */
  readonly bar: number;
  /**
   * Whether a debugger is to attach before the strategy is loaded for the call. The child tells where, and waits for it.
   * Default: the function is simply called.
   */
  readonly inspect?: boolean | undefined;
}

/** Hands a strategy to a world. Ends when its feed does, or when it is cancelled: it is then answered all the same. */
export interface RunPayload extends StrategyPayload, CacheUse {
  readonly world: string;
  /** What the run is to be called; of one that goes on, what it is called. */
  readonly run: string;
  readonly resume?: true | undefined;
}

/** Compares a recorded run with its materialization. */
export interface ParityPayload extends CacheRef {
  readonly run: string;
}

/** One call of a node's `computeFn`. Nothing of it is stored. */
export interface BarResult {
  readonly strategy: string;
  readonly node: string;
  /** Open of the bar. */
  readonly bar: number;
  /** Its close. */
  readonly asOf: number;
  /** What the function saw: bars of each input in a window. */
  readonly windows: readonly { readonly input: string; readonly bars: number }[];
  /** The row it emitted; no row when it emitted none or failed. */
  readonly row: Table;
  readonly failure: NodeFailure | null;
}

/** A node's history over a range, as a chart draws it. */
export interface HistoryVersion {
  readonly fingerprint: string;
  /** When this version became the strategy's node of that name, in epoch seconds. */
  readonly since: number;
  /** When another took its place; null: it is the current one. */
  readonly until: number | null;
  /** Rows within the range, before they were thinned out. */
  readonly rows: number;
  readonly coverage: readonly Span[];
  readonly table: Table;
}

/** The current version first, then the one before it, if there was one. */
export interface SeriesReport {
  readonly interval: number;
  readonly versions: readonly HistoryVersion[];
}

export interface VersionSummary {
  readonly since: number;
  readonly until: number | null;
}

/** The last two versions of a node compared, where both are complete. */
export interface DiffReport {
  readonly strategy: string;
  readonly node: string;
  readonly after: VersionSummary;
  /** Null: there was no version before. */
  readonly before: VersionSummary | null;
  /** The ranges compared. */
  readonly compared: readonly Span[];
  /** Null where there is nothing to compare. */
  readonly difference: HistoryDifference | null;
}

/** Every request there is, with what it carries and what answers it. */
export interface Requests {
  readonly describe: { readonly payload: StrategyPayload; readonly result: GraphSummary };
  readonly materialize: { readonly payload: MaterializePayload; readonly result: MaterializeResult };
  readonly status: { readonly payload: StatusPayload; readonly result: StatusReport };
  readonly bounds: { readonly payload: LookPayload; readonly result: BoundsReport };
  readonly read: { readonly payload: ReadPayload; readonly result: Table };
  readonly series: { readonly payload: SeriesPayload; readonly result: SeriesReport };
  readonly rows: { readonly payload: RowsPayload; readonly result: RowsReport };
  readonly diff: { readonly payload: DiffPayload; readonly result: DiffReport };
  readonly export: { readonly payload: ExportPayload; readonly result: ExportReport };
  readonly verify: { readonly payload: VerifyPayload; readonly result: VerifyReport };
  readonly sql: { readonly payload: SqlPayload; readonly result: SqlResult };
  readonly refresh: { readonly payload: RefreshPayload; readonly result: RefreshReport };
  readonly cache: { readonly payload: CachePayload; readonly result: CacheReport };
  readonly run: { readonly payload: RunPayload; readonly result: RunResult };
  readonly parity: { readonly payload: ParityPayload; readonly result: ParityReport };
  readonly debug: { readonly payload: DebugPayload; readonly result: BarResult };
}

export type RequestKind = keyof Requests;
export type Payload<K extends RequestKind> = Requests[K]['payload'];
export type Result<K extends RequestKind> = Requests[K]['result'];

/** A request with its payload, told apart by `kind`. */
export type RequestMessage = {
  [K in RequestKind]: {
    readonly type: 'request';
    readonly id: number;
    readonly kind: K;
    readonly payload: Payload<K>;
  };
}[RequestKind];

/** Asks for the request of that id to end early. It is still answered: with an error of code `cancelled`. */
export interface CancelMessage {
  readonly type: 'cancel';
  readonly id: number;
}

export type ParentMessage = RequestMessage | CancelMessage;

/** One line for the log: what the author printed, or what Seamless has to say aside from its answers. */
export interface LogLine {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

export type ChildMessage =
  /** Sent once, before anything else: requests may come. */
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly id: number; readonly progress: RunProgress }
  /** The child waits until a debugger has attached to this WebSocket address. */
  | { readonly type: 'inspect'; readonly id: number; readonly url: string }
  /** More of a run's journal is on disk. */
  | { readonly type: 'written'; readonly id: number }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: SerializedError }
  | ({ readonly type: 'log' } & LogLine);
