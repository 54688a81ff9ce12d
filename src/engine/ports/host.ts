import type { SourceLocation } from '../../sdk/errors.js';
import type { HeldTo } from '../../sdk/providers/fetched.js';
import type { ColumnType, Table } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';

/** What the engine needs from a strategy host: the graph, and the rows of a node. The engine knows no language. */

/** A reference to an input: its position in `GraphDescription.nodes`, and its window. */
export interface EdgeDescription {
  readonly node: number;
  /** Default bars of a window; null: the strategy's default. */
  readonly period: number | null;
  /** For a window counted in time: its seconds, instead of a period. */
  readonly span?: Seconds;
  /**
   * The node looks at this input's bar in the slot itself, which may be missing: it fires if at least one such input has one.
   * Their bars are on the node's own grid.
   */
  readonly gather?: true;
  /** The window is at least as long as one of the node's own slots. */
  readonly slot?: true;
}

/** A node of a family: the family, and the node's symbol. */
export interface MemberDescription {
  readonly family: string;
  /** Null: not a member; it computes the values that all members take over. */
  readonly symbol: string | null;
}

/**
 * - `semantics`, `kind`, `interval`, `phase`, `calendar`, `window` (of an input), `source`, `option`: what the engine decides, or
 * a parameter.
 * - `function`, `class`, `value`, `node`, `built-in`: code that a node reaches, and what that captured.
 * - `bundle`: the strategy's whole code, if that of a function cannot be followed. `unhashable`: what cannot be hashed.
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

/** One part of a node's code hash, which an edit may change. */
export interface Part {
  readonly kind: PartKind;
  /** `mean`, `limits.low`, `this.n`; empty for the node's own function. */
  readonly name: string;
  /** The function that owns the variable; empty for the node's own function. */
  readonly owner: string;
  /** Its name for people; for a function, the function's name. */
  readonly title: string;
  /** The author's file of a function; null: unknown. */
  readonly file: string | null;
  readonly hash: string;
  /** A value's short form, or a function's text. */
  readonly text: string;
}

/** Now, or once it is known. */
export type Awaitable<T> = T | Promise<T>;

/** The part of a fingerprint that only the host knows: reachable code and captured values. */
export type OwnCode =
  | {
      readonly hash: string;
      readonly unhashable?: undefined;
      /** The parts of the hash. Expensive: for new or changed nodes. */
      readonly parts?: () => Awaitable<readonly Part[]>;
    }
  /** Why the node cannot be hashed, and so is computed each time (a clause). */
  | { readonly hash?: undefined; readonly unhashable: string };

export interface SourceDescription {
  /** `csv`, `parquet`, `sql`, `demo`, or `custom` when the host itself reads the bars. */
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** What was read is kept until a refresh. */
  readonly pinned?: boolean;
  /** How bars are fetched, which does not change them: not part of a fingerprint. */
  readonly transport?: Readonly<Record<string, unknown>>;
  /** Its preset's service level, which is not part of one either. */
  readonly held?: HeldTo | undefined;
}

export interface NodeDescription {
  readonly name: string;
  readonly kind: 'stream' | 'node';
  /** What made it, for people: `csv`, `sma`, `node`. */
  readonly label: string;
  /** Seconds; null if the author named none. */
  readonly interval: Seconds | null;
  /** The calendar as the author wrote it, in JSON. Absent or null: none. */
  readonly calendar?: string | null;
  /** The anchor of weeks or months as the author wrote it: `W-FRI`. Absent or null: the usual one. */
  readonly anchor?: string | null;
  /** The least history that a stream's consumers need; 1 for computed nodes. */
  readonly leastHistory: number;
  readonly inputs: readonly EdgeDescription[];
  readonly own: OwnCode;
  /** Whether each firing passes a state to the next. */
  readonly scan?: boolean;
  /** Streams only. */
  readonly source: SourceDescription | null;
  readonly location: SourceLocation | null;
  /** Absent or null: the author wrote this node itself. */
  readonly member?: MemberDescription | null;
}

/** A trade rule: positions of the deciding node and of the price stream. */
export interface TradeDescription {
  readonly decision: number;
  readonly price: number;
  /** Position of the cross-section that decides for all symbols at once. A symbol without a weight gets 0. */
  readonly section?: number;
}

export interface GraphDescription {
  /** Its name for people. */
  readonly strategy: string;
  /** Its name in the store, unique in a project; default: its name. */
  readonly storedAs?: string;
  readonly nodes: readonly NodeDescription[];
  /** The strategy's defaults. */
  readonly interval: Seconds | null;
  readonly period: number | null;
  /** For the Core Loop only. */
  readonly trades?: readonly TradeDescription[];
}

/** A scan's state between two firings, encoded by the host. Equal bytes are equal states; no bytes: nothing has fired yet. */
export type ScanState = Uint8Array;

export const NOT_STARTED: ScanState = new Uint8Array(0);

/** One input of a computation: rows, with warm-up, and how many of them each firing sees. */
export interface ComputeInput {
  readonly table: Table;
  /** Of the input's bars. */
  readonly interval: Seconds;
  /** Exclusive end of the window of each firing, as an index into `table`. */
  readonly end: Int32Array;
  readonly period: number;
  /** Rows before `end[i]` that firing `i` may look at; always that many, unless there is a span. */
  readonly lookback: number;
  /** For a window counted in time: firing `i` sees the bars with an open at `asOf[i] - span` or later, at least one. */
  readonly span?: Seconds;
  /** Firing `i` may look at its own slot's bar, which may be missing: then `end[i]` is an earlier one's, or 0. */
  readonly gather?: true;
}

export interface ComputeRequest {
  /** Position in `GraphDescription.nodes`. */
  readonly node: number;
  readonly interval: Seconds;
  /** Opens of the slots to fire, ascending: the stamps of rows. */
  readonly opens: Float64Array;
  /** Closes of these slots. */
  readonly asOf: Float64Array;
  readonly inputs: readonly ComputeInput[];
  /** Columns that the node has emitted so far, also in earlier runs; another type is refused. */
  readonly expected: Schema | null;
  /** Scans only: the state before the first firing. */
  readonly state?: ScanState;
  /** The node's next request may have the same input objects with other rows: what was derived from them may be kept. */
  readonly inputsStay?: true;
  /** Each firing sees only its own windows, in no particular order. Slow: for verification. */
  readonly alone?: boolean;
}

/** The columns of a node's rows. */
export interface Schema {
  readonly shape: Table['shape'];
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
}

/** Why a node stopped, for a person to act on. */
export interface NodeFailure {
  readonly code: string;
  readonly message: string;
  /** Close of the failing bar; null when the whole chunk is void. */
  readonly asOf: Seconds | null;
  readonly location: SourceLocation | null;
}

export interface ComputeResult {
  /** Rows of the firings before the failure, or of all. Firings that emitted nothing have no row. */
  readonly table: Table;
  readonly failure: NodeFailure | null;
  /** Scans only: the state after those firings. */
  readonly state?: ScanState;
}

/** Called occasionally during a computation, with the number of firings done. */
export type FiringProgress = (done: number) => void;

/** Callbacks for requests computed together, by their positions. */
export interface ComputeHooks {
  readonly computed: (at: number, result: ComputeResult) => void;
  readonly progress: (at: number, done: number) => void;
}

export interface StrategyHost {
  describe(): Promise<GraphDescription>;
  compute(request: ComputeRequest, progress: FiringProgress, signal: AbortSignal): Promise<ComputeResult>;
  /** Computes nodes that do not read each other. Absent: they are requested one by one. */
  computeAll?(requests: readonly ComputeRequest[], hooks: ComputeHooks, signal: AbortSignal): Promise<void>;
  /**
   * Called before rows are kept: whether they are valid. Null: yes; else the reason as a sentence, and everything computed since
   * the last call is discarded.
   */
  settle?(): Awaitable<string | null>;
  /** Resolves once requests made up to now are under way; a host that computes at once needs none. */
  sent?(): Promise<void>;
}
