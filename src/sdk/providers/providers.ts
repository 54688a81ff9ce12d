import type { HeldTo } from './fetched.js';
import type { FlatRecord } from '../table.js';
import type { Interval, Range, Seconds, TimeInput } from '../time/time.js';

/** A row of history: its bar's open in epoch seconds, then any columns. */
export type HistoryRow = FlatRecord & { readonly ts: Seconds };

/** What a provider is asked for: the bars whose open lies in `[start, end)`. */
export interface FetchRequest extends Range {
  readonly interval: Seconds;
}

/**
 * Where a `StreamInput` gets its bars. The readers of files are built in (`csvHistory` and its like only say
 * what to read); a provider of one's own implements `fetch`. A provider never stores a range.
 */
export interface HistoryProvider {
  /** `csv`, `parquet`, `sql`, `demo`, or the name of a provider of one's own. */
  readonly kind: string;
  /** Everything that decides which rows come back. Part of the node's fingerprint. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Bars whose open lies in the request's range, in ascending order. */
  fetch?(request: FetchRequest): Promise<readonly HistoryRow[]> | readonly HistoryRow[];
  /**
   * A text that changes when what `fetch` would return changes. Without it nothing tells whether that has changed: each run
   * reads again what was read before and compares, unless the provider is `pinned`.
   */
  version?(): Promise<string> | string;
  /**
   * The opens of the first and the last bar there is; null when there is none. Without it the provider is taken to have
   * any bar from 1970 to the last one closed by now, so that a range without bars counts as a hole.
   */
  bounds?(): Promise<Bounds | null> | Bounds | null;
  /**
   * Keeps what was read of it, beginning and end included, until its data are refreshed (_Refresh Source Data_, or
   * `seamless materialize --refresh`); `version` is not asked. A range that was never read is read when first needed. Default:
   * false. Not part of the fingerprint, so it may come and go.
   */
  readonly pinned?: boolean;
  /** How bars are fetched: pace, patience, names of secrets. Not part of the fingerprint, since it has no say in what they are. */
  readonly transport?: Readonly<Record<string, unknown>>;
  /** What a preset holds it to. Not part of the fingerprint either. */
  readonly held?: HeldTo | undefined;
}

export interface Bounds {
  readonly first: Seconds;
  readonly last: Seconds;
}

/** How the rows of a file are to be read as bars. Everything has a default that fits common files. */
export interface BarOptions {
  /** The column with the time. Default: the one whose name and content fit best. */
  readonly time?: string;
  /** Unit of a numeric time. Default: by its size. */
  readonly timeUnit?: 's' | 'ms' | 'us' | 'ns';
  /** How a time in text is written, in strptime's letters: '%d/%m/%Y %H:%M'. Default: found where it is unambiguous. */
  readonly timeFormat?: string;
  /** Zone of times written without an offset, an IANA name. Default: UTC. */
  readonly timeZone?: string;
  /** Whether a row is stamped by its bar's open (default) or close. */
  readonly stamp?: 'open' | 'close';
  /** Where the interval's grid starts, in seconds after the epoch. Default: 0. */
  readonly phase?: number;
  /**
   * The source is complete until then: no bar comes between its last one and this time. Without it nothing tells a file that ends
   * from one that is still written, so a slower bar that is open at its last row waits for the next.
   */
  readonly completeUntil?: Seconds | string;
  /** Rounds times to multiples of this interval, for rows that are stamped a little off: '1s'. Default: they are taken as they are. */
  readonly snap?: Interval;
  /**
   * `strict` (default) refuses a source with a row that cannot be a bar; `permissive` leaves such rows out, sorts, takes the first of
   * two rows of one time, and counts what it did.
   */
  readonly conformance?: 'strict' | 'permissive';
}

export interface CsvOptions extends BarOptions {
  /** Names of the columns of a file without a header line; or new names for some columns: `{ close: 'Adj Close' }`. */
  readonly columns?: readonly string[] | Readonly<Record<string, string>>;
  /** Default: found by the reader. */
  readonly delimiter?: string;
  /** What starts a line that is no row. Default: `#` where the file uses it. */
  readonly comment?: string;
  /** Lines before the header. Default: found by the reader. */
  readonly skip?: number;
  /** Such as 'windows-1252' or 'cp949'. Default: UTF-8, or what the file's mark says. */
  readonly encoding?: string;
  /** The mark before decimals, and the one between thousands. Default: found where they are unambiguous. */
  readonly decimal?: '.' | ',';
  readonly thousands?: string;
  /** Texts that mean a missing value, besides null, NA, N/A, - and the like. */
  readonly missing?: readonly string[];
  /** The symbol whose rows are read, where a file has those of several. */
  readonly symbol?: string;
}

/** Bars of one CSV file, or of several by a pattern or a list. A relative path starts at the project root. */
export function csvHistory(path: string | readonly string[], options: CsvOptions = {}): HistoryProvider {
  return { kind: 'csv', options: { path, ...options } };
}

export interface ParquetOptions extends BarOptions {
  /** The symbol whose rows are read, where a file has those of several. */
  readonly symbol?: string;
}

/** Bars of one Parquet file, or of several by a pattern or a list. A relative path starts at the project root. */
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
 * Bars that a DuckDB query returns. Relative paths in it start at the project root. A query cannot tell whether its result has
 * changed: each run reads it again, unless it is `pinned`.
 */
export function sqlHistory(query: string, { pinned = false, ...options }: SqlOptions = {}): HistoryProvider {
  return { kind: 'sql', options: { query, ...options }, ...(pinned && { pinned }) };
}

export interface DemoOptions {
  /** Two seeds give two unrelated walks. Default: 1. */
  readonly seed?: number;
  /** First bar, and the end of the last one. Default: 2015-01-01, and without end. */
  readonly start?: TimeInput;
  readonly end?: TimeInput;
  /** Price the walk moves around. Default: 100. */
  readonly price?: number;
  /** Standard deviation of a bar's return. Default: 0.001. */
  readonly volatility?: number;
  /** Share of bars that are missing, as in illiquid markets. Default: 0. */
  readonly holes?: number;
}

/** Seeded bars of a made-up market: open, high, low, close, volume. The same for any range they are asked over. */
export function demoHistory(options: DemoOptions = {}): HistoryProvider {
  return { kind: 'demo', options: { ...options } };
}
