import type { Member } from '../../graph/member.js';
import type { SourceNote } from '../../ports/source-note.js';
import type { SourceLocation } from '../../../sdk/errors.js';
import type { StreamService } from '../../../sdk/providers/fetched.js';

/** `[start, end)` as a pair, for messages and JSON. */
export type Span = readonly [start: number, end: number];

/**
 * - `hit`: everything requested was in the cache.
 * - `reused`: something upstream changed, but stored segments fit the current inputs; nothing was computed.
 * - `computed`: something was computed, and the range is complete.
 * - `partial`: incomplete although there are data: only part of the range was materialized.
 * - `failed`: its code threw. `blocked`: an input failed.
 * - `stale`: it changed, and a run for missing rows left it alone, since its previous version is complete. Its coverage is the
 * new version's, which may be none; by name, the previous version's rows are read.
 */
export type NodeState = 'hit' | 'reused' | 'computed' | 'partial' | 'failed' | 'blocked' | 'stale';

export interface NodeReport extends Member {
  readonly name: string;
  readonly kind: 'stream' | 'node';
  /** What made it: `csv`, `sma`, `node`. */
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
  /** Parts of the requested range before the sources begin, which no data can fill. */
  readonly unavailable: readonly Span[];
  /** Ranges after the last bar of the sources: data may still come. */
  readonly notYet: readonly Span[];
  /**
   * Slots of the range that did not fire after warm-up, and the missing inputs; null when all fired, for streams, and for an
   * incomplete range.
   */
  readonly unfired: Unfired | null;
  /** What was repaired or left out of a stream's source, how often, and the first example. Absent: nothing. */
  readonly notes?: readonly SourceNote[] | undefined;
  /** Why its last bar, which has data, is not there yet. Absent: there is none. */
  readonly waits?: string | undefined;
  /** Why its rows are computed in each run. Absent: they are not. */
  readonly uncached?: string | undefined;
  /** How its preset's service level was met. Absent: for nodes, and for streams without one. */
  readonly service?: StreamService | undefined;
  /** Why the node is in its state, as a sentence, followed by the messages of `notes`, `service`, `waits` and `unfired`. */
  readonly reason: string;
  readonly failure: FailureReport | null;
}

/** Slots of the requested range that did not fire after warm-up because an input was missing. */
export interface Unfired {
  readonly slots: number;
  /** Slots in which some input closed a bar, after warm-up. */
  readonly of: number;
  /** The missing inputs, most frequent first, with the number of slots. */
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
  /** Close of the failing bar, in epoch seconds. */
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

/** A run's progress. `done` and `total` count bars over all nodes; while a file (named by `node`) is hashed, its bytes. */
export interface RunProgress {
  readonly phase: 'loading' | 'waiting' | 'checking' | 'reading' | 'computing' | 'storing';
  /** The node being computed, or what the run waits for. */
  readonly node: string | null;
  readonly done: number;
  readonly total: number;
  /** What was just stored and so is covered now, by node name. */
  readonly covered?: readonly CoveredPart[] | undefined;
}

export interface CoveredPart {
  readonly node: string;
  readonly span: Span;
  readonly rows: number;
}
