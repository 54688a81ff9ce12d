import type { Seconds } from '../time/time.js';

/** The service level of a source. Times in seconds. */
export interface ServiceLevel {
  /** How long a fetch may take. */
  readonly deadline?: Seconds | undefined;
  /** The least share of closed slots that must have a bar: 0 to 1. */
  readonly coverage?: number | undefined;
  /** How far the last bar may be behind now, or the end of the range. */
  readonly lag?: Seconds | undefined;
  /** `failFast`: an error; `partialFill`: use what is there and say what is missing; `hold`: wait until the deadline. */
  readonly miss: 'failFast' | 'partialFill' | 'hold';
}

/** The service level that a preset or a world sets for a stream. */
export interface HeldTo {
  /** Null: set by a world, for a stream without a preset. */
  readonly preset: string | null;
  /** Name of that stream. */
  readonly stream?: string;
  /** Name of the service level; null: none. */
  readonly name: string | null;
  readonly level: ServiceLevel;
  /** Closed bars that are not taken yet, since they may still change. */
  readonly unsettled: number;
}

export interface FetchOptions {
  /** The project: an absolute path. Default: found from the working folder. */
  readonly projectRoot?: string;
  /** Default: `.seamless` in the project root. */
  readonly cacheDir?: string;
  readonly signal?: {
    readonly aborted: boolean;
    addEventListener(type: 'abort', listener: () => void): void;
  };
}

/** How a fetch compares with its service level. */
export interface ServiceOutcome extends ServiceLevel {
  /** Whether everything was met. */
  readonly met: boolean;
  /** What was missed, as sentences. */
  readonly misses: readonly string[];
  /** The share of closed slots with a bar; 1 if no slot has closed. */
  readonly share: number;
  /** Seconds from the close of the last bar to now, or to the end of the range. */
  readonly behind: Seconds;
}

/** The same for a materialized stream. */
export interface StreamService extends ServiceOutcome {
  /** Null: set by a world, for a stream without a preset. */
  readonly preset: string | null;
  readonly name: string | null;
}

/** What was repaired or left out, how often, and the first example. */
export interface ConformanceFlag {
  readonly what: string;
  readonly count: number;
  readonly example: string | null;
}

/** Bars of a preset with their facts. Times in epoch seconds, ranges half-open. */
export interface Fetched {
  readonly preset: string;
  readonly range: readonly [start: Seconds, end: Seconds];
  readonly rowCount: number;
  /** Complete parts of the range. */
  readonly coverage: readonly (readonly [start: Seconds, end: Seconds])[];
  /** Before the source begins, and after its last settled bar. */
  readonly unavailable: readonly (readonly [start: Seconds, end: Seconds])[];
  readonly notYet: readonly (readonly [start: Seconds, end: Seconds])[];
  /** The fingerprint of the rows: equal to that of a stream over the same source. */
  readonly fingerprint: string;
  /** When it was fetched. */
  readonly asOf: Seconds;
  /** Parts of the range that were read from the source; the rest was cached. */
  readonly fetched: readonly (readonly [start: Seconds, end: Seconds])[];
  readonly flags: readonly ConformanceFlag[];
  /** Null: the preset names no service level. */
  readonly sla: ServiceOutcome | null;
  /** By column: `ts`, and the source's own. Numbers are a Float64Array. */
  columns(): { readonly ts: Float64Array; readonly [name: string]: unknown };
  rows(): readonly { readonly ts: Seconds; readonly value: unknown }[];
}
