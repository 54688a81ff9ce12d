import type { Grid } from '../../sdk/time/grid.js';
import type { Table } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { Awaitable, MemberDescription, Part, ScanState, Schema } from './host.js';
import type { SourceNote } from './source-note.js';
import type { RangeSet } from '../plan/ranges.js';

/** What the engine needs from a store: nodes by fingerprint, coverage, and rows by segment. */

/** How a node compares with the one of that name at its strategy's last registration. */
export type NodeComparison = 'new' | 'same' | 'own-changed' | 'input-changed';

/** A node as the store remembers it. */
export interface NodeRecord extends Grid {
  readonly fingerprint: string;
  /** The code hash: the key for reuse. */
  readonly codeHash: string;
  readonly strategy: string;
  readonly node: string;
  readonly kind: 'stream' | 'node';
  /** Fingerprints of the inputs, in order. */
  readonly inputs: readonly string[];
  /** The most bars of each input that a firing looks back at; null: all. Absent: all of each. */
  readonly lookbacks?: readonly (number | null)[];
  /** For tick inputs: the seconds that a firing looks back, instead of bars. Absent: no tick inputs. */
  readonly spans?: readonly (Seconds | null)[];
  readonly label: string;
  /** See `NodeDescription.member`. */
  readonly member?: MemberDescription | null;
  /** The parts of `own`, on request. */
  readonly parts: () => Awaitable<readonly Part[]>;
}

/** An earlier version of a node. */
export interface EarlierNode {
  readonly fingerprint: string;
  readonly own: string;
  /** The parts of `own`; null if they were not kept. */
  readonly parts: readonly Part[] | null;
  /** Its inputs in order, by their names in the strategy. */
  readonly inputs: readonly { readonly fingerprint: string; readonly names: readonly string[] }[];
}

/** What is known about a stream's source since it was last read. */
export interface SourceState {
  readonly version: string | null;
  /** Opens of the first and last bar; null: unknown or none. */
  readonly first: Seconds | null;
  readonly last: Seconds | null;
  /** What was repaired or left out. Absent: nothing. */
  readonly notes?: readonly SourceNote[];
}

/** Rows of a node, complete over a range. Never rewritten, only superseded. */
export interface NewSegment {
  readonly fingerprint: string;
  readonly codeHash: string;
  readonly range: Range;
  readonly table: Table;
  /**
   * Digest of each input's rows that a recomputation of this range would read; for a scan, also that of the state before it.
   * Empty for streams.
   */
  readonly inputDigests: readonly string[];
  /** Scans only: the state after the range. */
  readonly state?: ScanState;
  /** Absent: it may have read anything. */
  readonly since?: ReadsSince;
}

/**
 * By stream fingerprint, the open of the first bar that a computation read, directly or through other nodes; −∞: it would have
 * read earlier bars too, had there been any.
 */
export type ReadsSince = Readonly<Record<string, Seconds>>;

/** A segment with matching code, reused if its input digests match too. */
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
 * Everything that becomes known at one moment; applied in one transaction, in this order: invalidations, segments, adoptions,
 * sources.
 */
export interface Commit {
  readonly invalidations: readonly Invalidation[];
  readonly segments: readonly NewSegment[];
  readonly reuses: readonly Reuse[];
  readonly sources: readonly { readonly fingerprint: string; readonly state: SourceState }[];
  /** Code hashes of wrong code: segments that it computed are no longer reused. */
  readonly disowned?: readonly string[];
}

/** Ends a node's coverage over a range. Segments stay, to be reused where they fit. */
export interface Invalidation {
  readonly fingerprint: string;
  readonly range: Range;
  /** Partly affected spans end as a whole: a scan has its state only at the end of a span. */
  readonly whole?: boolean;
  /** The cause: spans that read nothing of that stream before `until` are unaffected. Absent: all are affected. */
  readonly cause?: { readonly stream: string; readonly until: Seconds };
}

/** A node that depends on a stream, directly or not. */
export interface Dependent extends Grid {
  readonly fingerprint: string;
  readonly inputs: readonly {
    readonly fingerprint: string;
    /** The most bars that a firing looks back at; null: all, or unknown. */
    readonly lookback: number | null;
    /** For ticks: the seconds that a firing looks back. Absent: bars are counted. */
    readonly span?: Seconds;
  }[];
}

/** Requests the opens of the first `count` covered rows from a time on. */
export interface TimesRequest {
  readonly fingerprint: string;
  readonly from: Seconds;
  readonly count: number;
}

export interface RowSummary {
  readonly rows: number;
  readonly schema: Schema | null;
}

/** A covered range, and its rows' digest. */
export interface CoveredSpan extends Range {
  readonly segment: number;
  /** Digest of the whole segment's rows (`tableDigest`). */
  readonly digest: string;
  /** Range of the segment that contains the span. */
  readonly segmentRange: Range;
  /** Whether the segment was computed under another fingerprint, and reused. */
  readonly reused: boolean;
}

/** What is covered of a node, merged. */
export interface Covered {
  readonly ranges: RangeSet;
  /** Of these, what was computed under other fingerprints, and reused. */
  readonly reused: RangeSet;
}

/** Allocates memory for numbers. */
export type Allocate = (count: number) => Float64Array;

export interface ReadRequest {
  readonly fingerprint: string;
  readonly range: Range;
}

export interface NodeStore {
  /**
   * Registers a strategy's nodes as its current ones, by name. Names of nodes whose fingerprint is in `left` keep their version.
   */
  register(nodes: readonly NodeRecord[], left?: ReadonlySet<string>): Promise<readonly NodeComparison[]>;
  /**
   * Points a strategy's names to these versions, if they are in `held` (the store has their rows): a change was undone. Other
   * names stay. Writes nothing when nothing changed.
   */
  point(nodes: readonly NodeRecord[], held: ReadonlySet<string>): Promise<void>;
  /** Compares nodes with the current ones of their names. Stores nothing. */
  compare(nodes: readonly NodeRecord[]): Promise<readonly NodeComparison[]>;
  /** The version of each node's name that was current before it had this fingerprint. Null: none. */
  earlier(nodes: readonly NodeRecord[]): Promise<readonly (EarlierNode | null)[]>;
  /** Fingerprints of a strategy's current nodes, by name. */
  current(strategy: string): Promise<ReadonlyMap<string, string>>;
  /** What each fingerprint covers. */
  covered(fingerprints: readonly string[]): Promise<ReadonlyMap<string, Covered>>;
  /** The same with its segments, ascending, not overlapping: for few nodes. */
  coverage(fingerprints: readonly string[]): Promise<ReadonlyMap<string, readonly CoveredSpan[]>>;
  sources(fingerprints: readonly string[]): Promise<ReadonlyMap<string, SourceState>>;
  /**
   * Rows of each request in covered ranges, ascending; in the order of the requests.
   * @param memory allocates memory for numbers, such as shared memory
   */
  read(requests: readonly ReadRequest[], memory?: Allocate): Promise<readonly Table[]>;
  /** All rows of each segment. */
  readSegments(segments: readonly number[]): Promise<readonly Table[]>;
  /** The stored states of scan segments. */
  readStates(segments: readonly number[]): Promise<readonly ScanState[]>;
  /** How many rows of each request are stored, and its node's columns (null: no row yet). */
  summarize(requests: readonly ReadRequest[]): Promise<readonly RowSummary[]>;
  /** Opens of the last `count` covered rows before `before`, ascending; fewer if there are no more. */
  lastTimes(fingerprint: string, before: Seconds, count: number): Promise<Float64Array>;
  /** Opens of covered rows, ascending; fewer if there are no more. In the order of the requests. */
  timesFrom(requests: readonly TimesRequest[]): Promise<readonly Float64Array[]>;
  /** All nodes ever registered that depend on a stream, in any order. */
  dependents(stream: string): Promise<readonly Dependent[]>;
  /** The earliest bars that a request's covered ranges were made from; null if unknown. In the order of the requests. */
  readsSince(requests: readonly ReadRequest[]): Promise<readonly (ReadsSince | null)[]>;
  /** Segments with one of these code hashes within the range. */
  candidates(owns: readonly string[], range: Range): Promise<readonly Candidate[]>;
  commit(commit: Commit): Promise<void>;
}
