import type { HeldTo } from './fetched.js';
import type { FlatRecord } from '../table.js';
import type { Interval, Range, Seconds, TimeInput } from '../time/time.js';

/** A row of history: its bar's open in epoch seconds, then any columns. */
export type HistoryRow = FlatRecord & { readonly ts: Seconds };

/** A request to a provider: the bars with an open in `[start, end)`. */
export interface FetchRequest extends Range {
  readonly interval: Seconds;
}

/**
 * Where a `StreamInput` gets its bars. Readers of files are built in (`csvHistory` and others only say what to read); a custom
 * provider implements `fetch`. A provider never stores a range.
 */
export interface HistoryProvider {
  /** `csv`, `parquet`, `sql`, `demo`, or the name of a custom provider. */
  readonly kind: string;
  /** Everything that decides the rows. Part of the node's fingerprint. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Bars with an open in the request's range, ascending. */
  fetch?(request: FetchRequest): Promise<readonly HistoryRow[]> | readonly HistoryRow[];
  /**
   * A text that changes when the result of `fetch` would. Without it, each run reads the known ranges again and compares, unless
   * the provider is `pinned`.
   */
  version?(): Promise<string> | string;
  /**
   * The opens of the first and last bar; null: there are none. Without it, any bar from 1970 to the last closed one may exist, so
   * a range without bars counts as a hole.
   */
  bounds?(): Promise<Bounds | null> | Bounds | null;
  /**
   * Keeps what was read, including its beginning and end, until it is refreshed (_Refresh Source Data_, or `seamless materialize
   * --refresh`); `version` is not asked. New ranges are read when needed. Default: false. Not part of the fingerprint, so it may
   * change freely.
   */
  readonly pinned?: boolean;
  /** How bars are fetched: pace, retries, names of secrets. Not part of the fingerprint, since it does not change the bars. */
  readonly transport?: Readonly<Record<string, unknown>>;
  /** The preset's service level. Not part of the fingerprint either. */
  readonly held?: HeldTo | undefined;
}

export interface Bounds {
  readonly first: Seconds;
  readonly last: Seconds;
}

/** How a file's rows are read as bars. Every option has a default that fits common files. */
export interface BarOptions {
  /** The time column. Default: the one whose name and content fit best. */
  readonly time?: string;
  /** Unit of a numeric time. Default: by its size. */
  readonly timeUnit?: 's' | 'ms' | 'us' | 'ns';
  /** The format of a time in text, as for strptime: '%d/%m/%Y %H:%M'. Default: found if unambiguous. */
  readonly timeFormat?: string;
  /** IANA zone of times without an offset. Default: UTC. */
  readonly timeZone?: string;
  /** Whether a row is stamped by its bar's open (default) or close. */
  readonly stamp?: 'open' | 'close';
  /** Where the interval's grid starts, in seconds after the epoch. Default: 0. */
  readonly phase?: number;
  /**
   * The source is complete up to this time: no bar comes between its last one and then. Without it, a file that has ended looks
   * like one that still grows, so a slower bar that is open at its last row waits for the next.
   */
  readonly completeUntil?: Seconds | string;
  /** Rounds times to multiples of this interval, for rows stamped a little off: '1s'. Default: no rounding. */
  readonly snap?: Interval;
  /**
   * `strict` (default) refuses a source with a row that cannot be a bar; `permissive` leaves such rows out, sorts, keeps the
   * first of two rows with one time, and counts what it did.
   */
  readonly conformance?: 'strict' | 'permissive';
}

export interface CsvOptions extends BarOptions {
  /** Names of the columns of a file without a header; or new names for some columns: `{ close: 'Adj Close' }`. */
  readonly columns?: readonly string[] | Readonly<Record<string, string>>;
  /** Default: detected. */
  readonly delimiter?: string;
  /** What a comment line starts with. Default: `#` if the file uses it. */
  readonly comment?: string;
  /** Lines before the header. Default: detected. */
  readonly skip?: number;
  /** Such as 'windows-1252' or 'cp949'. Default: UTF-8, or the byte order mark's. */
  readonly encoding?: string;
  /** The decimal and the thousands separator. Default: found if unambiguous. */
  readonly decimal?: '.' | ',';
  readonly thousands?: string;
  /** Texts for a missing value, besides null, NA, N/A, - and others. */
  readonly missing?: readonly string[];
  /** The symbol to read from a file with several. */
  readonly symbol?: string;
}

/** Bars of CSV files: a path, a pattern or a list. Relative paths start at the project root. */
export function csvHistory(path: string | readonly string[], options: CsvOptions = {}): HistoryProvider {
  return { kind: 'csv', options: { path, ...options } };
}

export interface ParquetOptions extends BarOptions {
  /** The symbol to read from a file with several. */
  readonly symbol?: string;
}

/** Bars of Parquet files: a path, a pattern or a list. Relative paths start at the project root. */
export function parquetHistory(
  path: string | readonly string[],
  options: ParquetOptions = {},
): HistoryProvider {
  return { kind: 'parquet', options: { path, ...options } };
}

export interface SqlOptions extends BarOptions {
  /** See `HistoryProvider.pinned`. Default: false, and each run reads again what was read before. */
  readonly pinned?: boolean;
}

/**
 * Bars from a DuckDB query. Relative paths in it start at the project root. Whether its result has changed cannot be known: each
 * run reads it again, unless it is `pinned`.
 */
export function sqlHistory(query: string, { pinned = false, ...options }: SqlOptions = {}): HistoryProvider {
  return { kind: 'sql', options: { query, ...options }, ...(pinned && { pinned }) };
}

export interface DemoOptions {
  /** Different seeds give unrelated walks. Default: 1. */
  readonly seed?: number;
  /** First bar, and the end of the last one. Default: 2015-01-01, without an end. */
  readonly start?: TimeInput;
  readonly end?: TimeInput;
  /** Price the walk moves around. Default: 100. */
  readonly price?: number;
  /** Standard deviation of a bar's return. Default: 0.001. */
  readonly volatility?: number;
  /** Share of missing bars, as in illiquid markets. Default: 0. */
  readonly holes?: number;
}

/** Random bars of a made-up market: open, high, low, close, volume. A bar is the same whatever range is asked for. */
export function demoHistory(options: DemoOptions = {}): HistoryProvider {
  return { kind: 'demo', options: { ...options } };
}
