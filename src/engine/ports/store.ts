import type { Grid } from '../../sdk/time/grid.js';
import type { Table } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { Awaitable, MemberDescription, Part, ScanState, Schema } from './host.js';
import type { SourceNote } from './source-note.js';

/** What the engine asks of a store: nodes by fingerprint, their coverage, and rows by segment. */

/** How a node compares with the one of that name when its strategy was last registered. */
export type NodeComparison = 'new' | 'same' | 'own-changed' | 'input-changed';

/** A node as the store remembers it. */
export interface NodeRecord extends Grid {
  readonly fingerprint: string;
  /** The fingerprint without that of the inputs: what reuse goes by. */
  readonly codeHash: string;
  readonly strategy: string;
  readonly node: string;
  readonly kind: 'stream' | 'node';
  /** Fingerprints of the inputs, in order. */
  readonly inputs: readonly string[];
  /** How many bars of each input a firing looks back at the most; null: at all there were. Absent: of each at all. */
  readonly lookbacks?: readonly (number | null)[];
  /** Of inputs that are ticks: the seconds that a firing looks back, which count in place of bars. Absent: of none. */
  readonly spans?: readonly (Seconds | null)[];
  readonly label: string;
  /** See `NodeDescription.member`. */
  readonly member?: MemberDescription | null;
  /** What `own` is made of, when asked. */
  readonly parts: () => Awaitable<readonly Part[]>;
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
  /** What was repaired or left out of it. Absent: nothing was. */
  readonly notes?: readonly SourceNote[];
}

/** Rows of a node over a range, complete in it. Never rewritten, only superseded. */
export interface NewSegment {
  readonly fingerprint: string;
  readonly codeHash: string;
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

/** A segment whose code matches, to be reused if its input digests do too. */
export interface Candidate {
  readonly segment: number;
  readonly codeHash: string;
  readonly range: Range;
  readonly inputDigests: readonly string[];
}

export interface Reuse {
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
  readonly reuses: readonly Reuse[];
  readonly sources: readonly { readonly fingerprint: string; readonly state: SourceState }[];
  /** Own hashes of code that turned out to be wrong: segments that it computed are reused no more. */
  readonly disowned?: readonly string[];
}

/** Rows of a node over a range are not believed any more: its coverage there ends. Segments stay, to be reused where they fit. */
export interface Invalidation {
  readonly fingerprint: string;
  readonly range: Range;
  /** Covered spans that are concerned in part end as a whole: a scan has its state at the end of a span alone. */
  readonly whole?: boolean;
  /** What is behind it: spans that read nothing of that stream before `until` are not concerned. Absent: all are. */
  readonly cause?: { readonly stream: string; readonly until: Seconds };
}

/** A node that depends on a stream, directly or not. */
export interface Dependent extends Grid {
  readonly fingerprint: string;
  readonly inputs: readonly {
    readonly fingerprint: string;
    /** Bars that a firing looks back at the most; null: at all there were, or it is not known. */
    readonly lookback: number | null;
    /** Of ticks: the seconds that a firing looks back. Absent: bars are counted. */
    readonly span?: Seconds;
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

/** A covered range, and the digest of its rows. */
export interface CoveredSpan extends Range {
  readonly segment: number;
  /** Digest of the segment's rows (`tableDigest`), over the whole segment. */
  readonly digest: string;
  /** Range of the segment the span is (a part of). */
  readonly segmentRange: Range;
  /** Whether the segment was computed under another fingerprint, and reused. */
  readonly reused: boolean;
}

/** Memory for numbers that are read. */
export type Allocate = (count: number) => Float64Array;

export interface ReadRequest {
  readonly fingerprint: string;
  readonly range: Range;
}

export interface NodeStore {
  /**
   * Remembers the nodes of a strategy, and that these are its current ones, by name. Names of nodes whose fingerprint is in
   * `left` keep the version that they had.
   */
  register(nodes: readonly NodeRecord[], left?: ReadonlySet<string>): Promise<readonly NodeComparison[]>;
  /**
   * Has the names of a strategy's nodes stand for these versions, as far as they are among `held`, which the store has rows of: a
   * change was taken back. Other names stay as they are. Writes nothing when nothing changed.
   */
  point(nodes: readonly NodeRecord[], held: ReadonlySet<string>): Promise<void>;
  /** How nodes compare with the current ones of their names. Remembers nothing. */
  compare(nodes: readonly NodeRecord[]): Promise<readonly NodeComparison[]>;
  /**
   * The version of each node's name that was current last before it had this fingerprint: what it changed from. Null: none.
   */
  earlier(nodes: readonly NodeRecord[]): Promise<readonly (EarlierNode | null)[]>;
  /** Fingerprints of a strategy's current nodes, by name. */
  current(strategy: string): Promise<ReadonlyMap<string, string>>;
  /** Covered ranges of each fingerprint, ascending, not overlapping. */
  coverage(fingerprints: readonly string[]): Promise<ReadonlyMap<string, readonly CoveredSpan[]>>;
  sources(fingerprints: readonly string[]): Promise<ReadonlyMap<string, SourceState>>;
  /**
   * Rows of each request that lie in covered ranges, ascending; in the order of the requests.
   * @param memory where numbers are to lie, such as memory that another thread has too
   */
  read(requests: readonly ReadRequest[], memory?: Allocate): Promise<readonly Table[]>;
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
  /** The earliest that covered ranges of a request were made from; null where that was not kept. In the order of the requests. */
  readsSince(requests: readonly ReadRequest[]): Promise<readonly (ReadsSince | null)[]>;
  /** Segments with one of these own hashes that lie within the range. */
  candidates(owns: readonly string[], range: Range): Promise<readonly Candidate[]>;
  commit(commit: Commit): Promise<void>;
}
