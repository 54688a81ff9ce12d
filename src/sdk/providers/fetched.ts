import type { Seconds } from '../time/time.js';

/** What a source is held to. Times in seconds. */
export interface ServiceLevel {
  /** How long a fetch may take. */
  readonly deadline?: Seconds | undefined;
  /** The least share of the slots that have closed which must have a bar: 0 to 1. */
  readonly coverage?: number | undefined;
  /** How far the last bar may be behind now, or the end of the range. */
  readonly lag?: Seconds | undefined;
  /** `failFast`: an error; `partialFill`: what there is, and what is missing is said; `hold`: wait for it until the deadline. */
  readonly miss: 'failFast' | 'partialFill' | 'hold';
}

/** What the preset of a stream, or a world, holds its source to. */
export interface HeldTo {
  /** Null: a world holds a stream to it that reads no preset. */
  readonly preset: string | null;
  /** Name of that stream. */
  readonly stream?: string;
  /** Name of the service level; null: it has none. */
  readonly name: string | null;
  readonly level: ServiceLevel;
  /** Bars that are closed, but not taken yet since they may still change. */
  readonly unsettled: number;
}

export interface FetchOptions {
  /** Where the project is: an absolute path. Default: found from the working folder. */
  readonly projectRoot?: string;
  /** Default: `.seamless` in the project root. */
  readonly cacheDir?: string;
  readonly signal?: {
    readonly aborted: boolean;
    addEventListener(type: 'abort', listener: () => void): void;
  };
}

/** How a fetch compares with what its source is held to. */
export interface ServiceOutcome extends ServiceLevel {
  /** Whether all of it was met. */
  readonly met: boolean;
  /** What was not, sentences. */
  readonly misses: readonly string[];
  /** The share of the slots that have closed which have a bar; 1 where none has. */
  readonly share: number;
  /** Seconds from the close of the last bar to now, or to the end of the range. */
  readonly behind: Seconds;
}

/** The same of a stream that was materialized. */
export interface StreamService extends ServiceOutcome {
  /** Null: a world holds a stream to it that reads no preset. */
  readonly preset: string | null;
  readonly name: string | null;
}

/** What was repaired or left out, how often, and the first example. */
export interface ConformanceFlag {
  readonly what: string;
  readonly count: number;
  readonly example: string | null;
}

/** Bars of a preset, with what is known of them. Times in epoch seconds, ranges half-open. */
export interface Fetched {
  readonly preset: string;
  readonly range: readonly [start: Seconds, end: Seconds];
  readonly rowCount: number;
  /** Complete parts of the range. */
  readonly coverage: readonly (readonly [start: Seconds, end: Seconds])[];
  /** Before the source begins, and past its last settled bar. */
  readonly unavailable: readonly (readonly [start: Seconds, end: Seconds])[];
  readonly notYet: readonly (readonly [start: Seconds, end: Seconds])[];
  /** What the rows are known by: the same as that of a stream of the same source. */
  readonly fingerprint: string;
  /** The moment at which it was fetched. */
  readonly asOf: Seconds;
  /** Parts of the range that were read from the source; the rest was in the cache. */
  readonly fetched: readonly (readonly [start: Seconds, end: Seconds])[];
  readonly flags: readonly ConformanceFlag[];
  /** Null: the preset names no service level. */
  readonly sla: ServiceOutcome | null;
  /** By column: `ts`, and those of the source. Numbers are a Float64Array. */
  columns(): { readonly ts: Float64Array; readonly [name: string]: unknown };
  rows(): readonly { readonly ts: Seconds; readonly value: unknown }[];
}
