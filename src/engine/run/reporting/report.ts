import type { Member } from '../../graph/member.js';
import type { SourceNote } from '../../ports/source-note.js';
import type { SourceLocation } from '../../../sdk/errors.js';
import type { StreamService } from '../../../sdk/providers/fetched.js';

/** `[start, end)` as a pair, the form reports carry across processes and into JSON. */
export type Span = readonly [start: number, end: number];

/**
 * - `hit`: everything asked for was in the cache.
 * - `reused`: something upstream changed, but stored segments fit what the inputs are now; nothing was computed.
 * - `computed`: something was computed, and the range is complete.
 * - `partial`: not complete although the data would allow it: only part of the range has been materialized.
 * - `failed`: its code threw. `blocked`: an input failed.
 * - `stale`: it changed, and a run for what is missing left it as it was: complete in its version before. Its coverage is that
 *   of the new version, which may be none; by its name the rows of the version before are read.
 */
export type NodeState = 'hit' | 'reused' | 'computed' | 'partial' | 'failed' | 'blocked' | 'stale';

export interface NodeReport extends Member {
  readonly name: string;
  readonly kind: 'stream' | 'node';
  /** What it is made by: `csv`, `sma`, `node`. */
  readonly label: string;
  readonly state: NodeState;
  /** Interval in seconds. */
  readonly interval: number;
  /** Rows within the requested range. */
  readonly rows: number;
  readonly columns: readonly string[];
  /** Complete parts of the requested range. */
  readonly coverage: readonly Span[];
  /** What this run computed (for streams: read from the source). */
  readonly computedRanges: readonly Span[];
  readonly reusedRanges: readonly Span[];
  /** Parts of the requested range that no data can fill: before the beginning of the sources. */
  readonly unavailable: readonly Span[];
  /** Ranges past the last bar of the sources: they may come to be filled. */
  readonly notYet: readonly Span[];
  /**
   * Slots of the range that did not fire after the node's warm-up, and the inputs that were missing; null when all did, of
   * streams, and where the range is not complete.
   */
  readonly unfired: Unfired | null;
  /** What was repaired or left out of a stream's source, with how often and the first example. Absent: nothing. */
  readonly notes?: readonly SourceNote[] | undefined;
  /** Why its last bar, which the data have begun, is not there yet. Absent: there is none. */
  readonly waits?: string | undefined;
  /** Why its rows are computed anew in each run. Absent: they are not. */
  readonly uncached?: string | undefined;
  /** How its preset's service level was met. Absent: of nodes, and of streams that are held to nothing. */
  readonly service?: StreamService | undefined;
  /** Why the node is in its state, a sentence; then what `notes`, `service`, `waits` and `unfired` say. */
  readonly reason: string;
  readonly failure: FailureReport | null;
}

/** Slots of the requested range that did not fire though the node was warm: an input was missing in them. */
export interface Unfired {
  readonly slots: number;
  /** Slots in which some input closed a bar, from the end of the warm-up on. */
  readonly of: number;
  /** The inputs that were missing, the most often first, and in how many slots each. */
  readonly missing: readonly MissingInput[];
  /** The same in one line. */
  readonly text: string;
}

export interface MissingInput {
  readonly input: string;
  readonly slots: number;
}

export interface FailureReport {
  readonly code: string;
  readonly message: string;
  /** Close of the bar that failed, in epoch seconds. */
  readonly asOf: number | null;
  readonly location: SourceLocation | null;
}

export interface RunReport {
  readonly strategy: string;
  readonly range: Span;
  /** The longest contiguous part of the range in which every node is complete. */
  readonly coverageBounds: Span | null;
  readonly nodeCount: number;
  readonly hits: number;
  readonly reused: number;
  readonly computed: number;
  readonly partial: number;
  readonly failed: number;
  readonly blocked: number;
  readonly stale: number;
  readonly elapsedMs: number;
  readonly nodes: readonly NodeReport[];
}

/**
 * Where a run is. `done` and `total` count bars over all nodes; while a file is being checked for changes, which `node` then names,
 * its bytes.
 */
export interface RunProgress {
  readonly phase: 'loading' | 'waiting' | 'checking' | 'reading' | 'computing' | 'storing';
  /** The node in work, or for whom the run waits. */
  readonly node: string | null;
  readonly done: number;
  readonly total: number;
  /** What has just been stored, and so is covered from now on, by name of the node. */
  readonly covered?: readonly CoveredPart[] | undefined;
}

export interface CoveredPart {
  readonly node: string;
  readonly span: Span;
  readonly rows: number;
}
