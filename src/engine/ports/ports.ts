import type { SourceLocation } from '../../sdk/errors.js';
import type { ColumnType, Table } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time.js';

/**
 * What the engine asks of the world. A strategy host runs code in some language, a store keeps segments, a source
 * reads bars. The engine knows none of them by name.
 */

// ---------------------------------------------------------------- strategy host

/** A reference to an input: its position in `GraphDescription.nodes`, and how many of its bars a window holds. */
export interface EdgeDescription {
  readonly node: number;
  /** Bars of a window by default; null: the strategy's default. */
  readonly period: number | null;
}

/**
 * - `semantics`, `kind`, `interval`, `phase`, `window` (of an input), `source`, `option`: what the engine decides, or a parameter.
 * - `function`, `class`, `value`, `node`, `built-in`: code that a node reaches, and what that captured.
 * - `bundle`: all code of the strategy, where that of a function cannot be followed. `unhashable`: what nothing vouches for.
 */
export type PartKind =
  | 'semantics'
  | 'kind'
  | 'interval'
  | 'phase'
  | 'window'
  | 'source'
  | 'option'
  | 'function'
  | 'class'
  | 'value'
  | 'node'
  | 'built-in'
  | 'unhashable';

/** One thing that a node's own hash is made of: what an edit is told by. */
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

/** The part of a fingerprint only the host can tell: the code a node can reach and the values it captured. */
export type OwnCode =
  | {
      readonly hash: string;
      readonly unhashable?: undefined;
      /** What the hash is made of. Costs time: for nodes that are new or have changed. */
      readonly parts?: () => readonly Part[];
    }
  /** Nothing can vouch for this node: it is computed each time, for this reason (a clause in words). */
  | { readonly hash?: undefined; readonly unhashable: string };

export interface SourceDescription {
  /** `csv`, `parquet`, `sql`, `demo`, or `custom` when the host itself reads the bars. */
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** What was read of it stays as it is until it is asked for anew. */
  readonly pinned?: boolean;
}

export interface NodeDescription {
  readonly name: string;
  readonly kind: 'stream' | 'node';
  /** What it is made by, for people: `csv`, `sma`, `node`. */
  readonly label: string;
  /** Seconds; null where the author named none. */
  readonly interval: Seconds | null;
  /** The least history that consumers of a stream get; 1 for computed nodes. */
  readonly leastHistory: number;
  readonly inputs: readonly EdgeDescription[];
  readonly own: OwnCode;
  /** Whether each firing hands a state on to the next. */
  readonly scan?: boolean;
  /** Streams only. */
  readonly source: SourceDescription | null;
  readonly location: SourceLocation | null;
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
  /** Exclusive end of the window of each firing, as an index into `table`. */
  readonly end: Int32Array;
  readonly period: number;
  /** Rows before `end[i]` that firing `i` may look at; there are always as many. */
  readonly lookback: number;
}

export interface ComputeRequest {
  /** Position in `GraphDescription.nodes`. */
  readonly node: number;
  readonly interval: Seconds;
  /** Closes of the slots to fire, ascending. The row of a firing is stamped `asOf - interval`. */
  readonly asOf: Float64Array;
  readonly inputs: readonly ComputeInput[];
  /** Columns the node has emitted so far, in this run or an earlier one; another type is refused. */
  readonly expected: Schema | null;
  /** Scans only: the state before the first firing. */
  readonly state?: ScanState;
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

export interface StrategyHost {
  describe(): Promise<GraphDescription>;
  compute(request: ComputeRequest, progress: FiringProgress, signal: AbortSignal): Promise<ComputeResult>;
}

// ---------------------------------------------------------------- sources

/** The bars of one stream, already on the node's grid and stamped by their open. */
export interface SourceReader {
  /**
   * True when reading a part costs as much as reading all (a CSV file): the engine then takes in the whole at once.
   */
  readonly whole: boolean;
  /** Changes whenever what `read` returns may have changed; null when the source cannot tell. */
  version(): Promise<string | null>;
  /** Opens of the first and last bar; null when there are none. Read after `version`, so as not to miss a change. */
  bounds(): Promise<{ readonly first: Seconds; readonly last: Seconds } | null>;
  /**
   * Bars whose open lies in `[start, end)`, ascending, in tables of any length.
   * @throws SeamlessError `source-row` for a malformed row, one off the grid, a duplicate or unsorted time.
   */
  read(range: Range): AsyncIterable<Table>;
}

export interface SourceLibrary {
  /** @throws SeamlessError `source` when the source is missing or refused. */
  open(stream: OpenStream): Promise<SourceReader>;
}

export interface OpenStream {
  /** Position in `GraphDescription.nodes`. */
  readonly node: number;
  readonly name: string;
  readonly interval: Seconds;
  readonly phase: Seconds;
  readonly source: SourceDescription;
  readonly location: SourceLocation | null;
}

// ---------------------------------------------------------------- store

/** How a node compares with the one of that name when its strategy was last registered. */
export type NodeHistory = 'new' | 'same' | 'own-changed' | 'input-changed';

/** A node as the store remembers it. */
export interface NodeRecord {
  readonly fingerprint: string;
  /** The fingerprint without that of the inputs: what adoption goes by. */
  readonly own: string;
  readonly strategy: string;
  readonly node: string;
  readonly kind: 'stream' | 'node';
  readonly interval: Seconds;
  readonly phase: Seconds;
  /** Fingerprints of the inputs, in order. */
  readonly inputs: readonly string[];
  /** How many bars of each input a firing looks back at the most; null: at all there were. Absent: of each at all. */
  readonly lookbacks?: readonly (number | null)[];
  readonly label: string;
  /** What `own` is made of, when asked. */
  readonly parts: () => readonly Part[];
}

/** A node as it was before. */
export interface EarlierNode {
  readonly fingerprint: string;
  readonly own: string;
  /** What `own` is made of; null where that was not kept. */
  readonly parts: readonly Part[] | null;
  /** Its inputs in order, by the names they had in the strategy. */
  readonly inputs: readonly { readonly fingerprint: string; readonly names: readonly string[] }[];
}

/** What is known of a stream's source after it was last taken in. */
export interface SourceState {
  readonly version: string | null;
  /** Opens of the first and last bar; null when unknown or none. */
  readonly first: Seconds | null;
  readonly last: Seconds | null;
}

/** Rows of a node over a range, complete in it. Never rewritten, only superseded. */
export interface NewSegment {
  readonly fingerprint: string;
  readonly own: string;
  readonly range: Range;
  readonly table: Table;
  /**
   * Digest of the rows of each input that a recomputation of this range would read; of a scan, then that of the state before
   * it. Empty for streams.
   */
  readonly inputDigests: readonly string[];
  /** Scans only: the state after the range. */
  readonly state?: ScanState;
  /** Absent: it may have read anything. */
  readonly since?: ReadsSince;
}

/**
 * From which bar's open on a computation read each stream, by fingerprint, itself or through nodes it depends on; −∞ where it
 * would have read earlier bars too, had there been any.
 */
export type ReadsSince = Readonly<Record<string, Seconds>>;

/** A segment whose code matches, to be adopted if its input digests do too. */
export interface Candidate {
  readonly segment: number;
  readonly own: string;
  readonly range: Range;
  readonly inputDigests: readonly string[];
}

export interface Adoption {
  readonly fingerprint: string;
  readonly segment: number;
  readonly range: Range;
  readonly since?: ReadsSince;
}

/**
 * Everything that became known at one moment; lands in one transaction, in this order:
 * invalidations, segments, adoptions, sources.
 */
export interface Commit {
  readonly invalidations: readonly Invalidation[];
  readonly segments: readonly NewSegment[];
  readonly adoptions: readonly Adoption[];
  readonly sources: readonly { readonly fingerprint: string; readonly state: SourceState }[];
}

/** Rows of a node over a range are not believed any more: its coverage there ends. Segments stay, to be adopted where they fit. */
export interface Invalidation {
  readonly fingerprint: string;
  readonly range: Range;
  /** Covered spans that are concerned in part end as a whole: a scan has its state at the end of a span alone. */
  readonly whole?: boolean;
  /** What is behind it: spans that read nothing of that stream before `until` are not concerned. Absent: all are. */
  readonly cause?: { readonly stream: string; readonly until: Seconds };
}

/** A node that depends on a stream, directly or not. */
export interface Dependent {
  readonly fingerprint: string;
  readonly interval: Seconds;
  readonly phase: Seconds;
  readonly inputs: readonly {
    readonly fingerprint: string;
    /** Bars that a firing looks back at the most; null: at all there were, or it is not known. */
    readonly lookback: number | null;
  }[];
}

/** Asks for the opens of the first `count` covered rows from a time on. */
export interface TimesRequest {
  readonly fingerprint: string;
  readonly from: Seconds;
  readonly count: number;
}

export interface RowSummary {
  readonly rows: number;
  readonly schema: Schema | null;
}

/** A covered stretch, and the digest of its rows. */
export interface CoveredSpan extends Range {
  readonly segment: number;
  /** Digest of the segment's rows (`tableDigest`), over the whole segment. */
  readonly digest: string;
  /** Range of the segment the span is (a part of). */
  readonly segmentRange: Range;
  /** Whether the segment was computed under another fingerprint, and taken over. */
  readonly adopted: boolean;
}

export interface ReadRequest {
  readonly fingerprint: string;
  readonly range: Range;
}

export interface NodeStore {
  /**
   * Remembers the nodes of a strategy, and that these are its current ones, by name. Names of nodes whose fingerprint is in
   * `left` keep the version that they had.
   */
  register(nodes: readonly NodeRecord[], left?: ReadonlySet<string>): Promise<readonly NodeHistory[]>;
  /** How nodes compare with the current ones of their names. Remembers nothing. */
  compare(nodes: readonly NodeRecord[]): Promise<readonly NodeHistory[]>;
  /**
   * The version of each node's name that was current last before it had this fingerprint: what it changed from. Null: none.
   */
  earlier(nodes: readonly NodeRecord[]): Promise<readonly (EarlierNode | null)[]>;
  /** Fingerprints of a strategy's current nodes, by name. */
  current(strategy: string): Promise<ReadonlyMap<string, string>>;
  /** Covered stretches of each fingerprint, ascending, not overlapping. */
  coverage(fingerprints: readonly string[]): Promise<ReadonlyMap<string, readonly CoveredSpan[]>>;
  sources(fingerprints: readonly string[]): Promise<ReadonlyMap<string, SourceState>>;
  /** Rows of each request that lie in covered stretches, ascending; in the order of the requests. */
  read(requests: readonly ReadRequest[]): Promise<readonly Table[]>;
  /** All rows of each segment. */
  readSegments(segments: readonly number[]): Promise<readonly Table[]>;
  /** The states that segments of scans were stored with. */
  readStates(segments: readonly number[]): Promise<readonly ScanState[]>;
  /** How many rows of each request are stored, and the columns of its node (null when it has no row yet). */
  summarize(requests: readonly ReadRequest[]): Promise<readonly RowSummary[]>;
  /** Opens of the last `count` covered rows before `before`, ascending; fewer when there are no more. */
  lastTimes(fingerprint: string, before: Seconds, count: number): Promise<Float64Array>;
  /** Opens of covered rows, ascending; fewer than asked for when there are no more. In the order of the requests. */
  timesFrom(requests: readonly TimesRequest[]): Promise<readonly Float64Array[]>;
  /** All nodes that were ever registered and depend on a stream, in any order. */
  dependents(stream: string): Promise<readonly Dependent[]>;
  /** The earliest that covered stretches of a request were made from; null where that was not kept. In the order of the requests. */
  readsSince(requests: readonly ReadRequest[]): Promise<readonly (ReadsSince | null)[]>;
  /** Segments with one of these own hashes that lie within the range. */
  candidates(owns: readonly string[], range: Range): Promise<readonly Candidate[]>;
  commit(commit: Commit): Promise<void>;
}
