import type { SourceLocation } from '../../sdk/errors.js';
import type { HeldTo } from '../../sdk/providers/fetched.js';
import type { ColumnType, Table } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';

/** What the engine asks of a strategy host: the graph, and the rows of a node. The engine knows no language by name. */

/** A reference to an input: its position in `GraphDescription.nodes`, and how many of its bars a window holds. */
export interface EdgeDescription {
  readonly node: number;
  /** Bars of a window by default; null: the strategy's default. */
  readonly period: number | null;
  /** Of a window that is counted in time: its seconds, in place of a period. */
  readonly span?: Seconds;
  /**
   * The node looks at this input's bar in the slot itself, which may be missing: it fires where at least one such input has one.
   * Their bars are on the node's own grid.
   */
  readonly gather?: true;
  /** The window is at least as long as a slot of the node's own, however long that is. */
  readonly slot?: true;
}

/** What a node is a part of, where an author's definition stands for many: a family, and whose node it is. */
export interface MemberDescription {
  readonly family: string;
  /** Null: it is none of the members, and computes what all of them are taken from. */
  readonly symbol: string | null;
}

/**
 * - `semantics`, `kind`, `interval`, `phase`, `calendar`, `window` (of an input), `source`, `option`: what the engine decides, or a parameter.
 * - `function`, `class`, `value`, `node`, `built-in`: code that a node reaches, and what that captured.
 * - `bundle`: all code of the strategy, where that of a function cannot be followed. `unhashable`: what nothing vouches for.
 */
export type PartKind =
  | 'semantics'
  | 'kind'
  | 'interval'
  | 'phase'
  | 'calendar'
  | 'window'
  | 'source'
  | 'option'
  | 'function'
  | 'class'
  | 'value'
  | 'node'
  | 'built-in'
  | 'unhashable';

/** One thing that a node's own hash is made of: what an edit changes. */
export interface Part {
  readonly kind: PartKind;
  /** `mean`, `limits.low`, `this.n`; empty for the node's own function. */
  readonly name: string;
  /** The function whose variable it is; empty for the node's own function. */
  readonly owner: string;
  /** What to call it: of a function, its name. */
  readonly title: string;
  /** The author's file that a function is written in; null where that is not known. */
  readonly file: string | null;
  readonly hash: string;
  /** A value in short, or a function's text. */
  readonly text: string;
}

/** Now, or once it is known. */
export type Awaitable<T> = T | Promise<T>;

/** The part of a fingerprint only the host can tell: the code a node can reach and the values it captured. */
export type OwnCode =
  | {
      readonly hash: string;
      readonly unhashable?: undefined;
      /** What the hash is made of. Costs time: for nodes that are new or have changed. */
      readonly parts?: () => Awaitable<readonly Part[]>;
    }
  /** Nothing can vouch for this node: it is computed each time, for this reason (a clause in words). */
  | { readonly hash?: undefined; readonly unhashable: string };

export interface SourceDescription {
  /** `csv`, `parquet`, `sql`, `demo`, or `custom` when the host itself reads the bars. */
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** What was read of it stays as it is until it is asked for anew. */
  readonly pinned?: boolean;
  /** How bars are fetched, which has no say in what they are: not part of a fingerprint. */
  readonly transport?: Readonly<Record<string, unknown>>;
  /** What its preset holds it to, which has no say either. */
  readonly held?: HeldTo | undefined;
}

export interface NodeDescription {
  readonly name: string;
  readonly kind: 'stream' | 'node';
  /** What it is made by, for people: `csv`, `sma`, `node`. */
  readonly label: string;
  /** Seconds; null where the author named none. */
  readonly interval: Seconds | null;
  /** Whose days its bars follow, as its author wrote it, in JSON. Absent or null: nothing is said. */
  readonly calendar?: string | null;
  /** Where its slots of weeks or months end, as its author wrote it: `W-FRI`. Absent or null: as usual. */
  readonly anchor?: string | null;
  /** The least history that consumers of a stream get; 1 for computed nodes. */
  readonly leastHistory: number;
  readonly inputs: readonly EdgeDescription[];
  readonly own: OwnCode;
  /** Whether each firing hands a state on to the next. */
  readonly scan?: boolean;
  /** Streams only. */
  readonly source: SourceDescription | null;
  readonly location: SourceLocation | null;
  /** Absent or null: the author wrote it as it is. */
  readonly member?: MemberDescription | null;
}

/** What a strategy trades by: positions of the node that decides, and of the stream of what is traded. */
export interface TradeDescription {
  readonly decision: number;
  readonly price: number;
  /** Position of the cross-section that decides for all symbols at once. A symbol without a weight gets 0. */
  readonly section?: number;
}

export interface GraphDescription {
  /** Its name for people. */
  readonly strategy: string;
  /** What the store knows it by, which no other strategy of a project has; default: its name. */
  readonly storedAs?: string;
  readonly nodes: readonly NodeDescription[];
  /** The strategy's defaults. */
  readonly interval: Seconds | null;
  readonly period: number | null;
  /** For the Core Loop alone. */
  readonly trades?: readonly TradeDescription[];
}

/**
 * The state of a scan between two firings, in whatever form the host gives it. Equal bytes are equal states; no bytes: nothing
 * has fired yet.
 */
export type ScanState = Uint8Array;

export const NOT_STARTED: ScanState = new Uint8Array(0);

/** One input of a computation: rows, warm-up first, and how many of them each firing sees. */
export interface ComputeInput {
  readonly table: Table;
  /** Of the input's bars. */
  readonly interval: Seconds;
  /** Exclusive end of the window of each firing, as an index into `table`. */
  readonly end: Int32Array;
  readonly period: number;
  /** Rows before `end[i]` that firing `i` may look at; there are always as many, unless there is a span. */
  readonly lookback: number;
  /** Of a window that is counted in time: firing `i` sees the bars that open at `asOf[i] - span` or later, at least one. */
  readonly span?: Seconds;
  /** Firing `i` may look at the bar of its own slot, and there may be none: then `end[i]` is that of an earlier one, or 0. */
  readonly gather?: true;
}

export interface ComputeRequest {
  /** Position in `GraphDescription.nodes`. */
  readonly node: number;
  readonly interval: Seconds;
  /** Opens of the slots to fire, ascending: what rows are stamped by. */
  readonly opens: Float64Array;
  /** Closes of these slots. */
  readonly asOf: Float64Array;
  readonly inputs: readonly ComputeInput[];
  /** Columns the node has emitted so far, in this run or an earlier one; another type is refused. */
  readonly expected: Schema | null;
  /** Scans only: the state before the first firing. */
  readonly state?: ScanState;
  /** The next request of the node may have the very same inputs, with other rows in them: what was worked out for them may be kept. */
  readonly inputsStay?: true;
  /** Each firing is to see its own windows and nothing else, and none is to follow another. Slow: for verification. */
  readonly alone?: boolean;
}

/** The columns of a node's rows. */
export interface Schema {
  readonly shape: Table['shape'];
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
}

/** Why a node stopped, in words a person can act on. */
export interface NodeFailure {
  readonly code: string;
  readonly message: string;
  /** Close of the bar that failed; null when the whole chunk is void. */
  readonly asOf: Seconds | null;
  readonly location: SourceLocation | null;
}

export interface ComputeResult {
  /** Rows of the firings before the failure, or of all. Firings that emitted nothing have no row. */
  readonly table: Table;
  readonly failure: NodeFailure | null;
  /** Scans only: the state after the firings before the failure, or after all. */
  readonly state?: ScanState;
}

/** Called now and then while a node computes, with the firings done so far in this request. */
export type FiringProgress = (done: number) => void;

/** What is told of requests that are computed together, by their positions. */
export interface ComputeHooks {
  readonly computed: (at: number, result: ComputeResult) => void;
  readonly progress: (at: number, done: number) => void;
}

export interface StrategyHost {
  describe(): Promise<GraphDescription>;
  compute(request: ComputeRequest, progress: FiringProgress, signal: AbortSignal): Promise<ComputeResult>;
  /** Computes nodes none of which reads another's rows. Absent: they are asked for one by one. */
  computeAll?(requests: readonly ComputeRequest[], hooks: ComputeHooks, signal: AbortSignal): Promise<void>;
  /**
   * Asked before rows are kept: whether they can be. Null: yes; else why not, a sentence, and nothing that was computed since it was
   * last asked counts.
   */
  settle?(): Awaitable<string | null>;
}
