import type { SeamlessError, SourceLocation } from '../../sdk/errors.js';
import type { Grid, SlotCalendar } from '../../sdk/time/grid.js';
import type { Table } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { SourceDescription } from './host.js';
import type { SourceNote } from './source-note.js';

/** What the engine needs from a source: version, bounds and bars. */

/** The bars of one stream, on the node's grid and stamped by their open. */
export interface SourceReader {
  /** True if reading a part costs as much as reading everything (a CSV file): the engine then reads it all at once. */
  readonly whole: boolean;
  /** Absolute paths of its files, and the pattern that found them; absent if unknown. */
  readonly files?: readonly string[];
  /**
   * Changes whenever the result of `read` may have changed; null: unknown.
   * @param before the version when the source was last read, so that one pass can compare both
   */
  version(before?: string | null): Promise<string | null>;
  /** Bars that open before this are all as in an earlier version; −∞: unknown. Ask after `version`. */
  sameUntil?(before: string): Promise<Seconds>;
  /** True if its bounds cannot change while its version stays. */
  readonly boundsByVersion?: boolean;
  /**
   * True if, while its version stays, bars are only added at the end (a wire): its end is asked for only when more than the known
   * range is needed.
   */
  readonly grows?: boolean;
  /** Bars per commit, if reading takes so long that an interrupted run should keep them. */
  readonly blockBars?: number;
  /**
   * Opens of the first and last bar; null: none. Read after `version`, so that no change is missed.
   * @param known the bounds under the same version, for a growing source
   */
  bounds(known?: KnownBounds): Promise<{ readonly first: Seconds; readonly last: Seconds } | null>;
  /**
   * Bars with an open in `[start, end)`, ascending, in tables of any length.
   * @param skip receives faulty rows, if their times are known; only for readers that read everything
   * @throws SeamlessError `source-row` for a malformed row, one off the grid, a duplicate or an unsorted time
   */
  read(range: Range, skip?: (row: SkippedRow) => void): AsyncIterable<Table>;
  /** What was repaired or left out so far, for the report. Absent: never anything. */
  notes?(): readonly SourceNote[];
  /** Row-by-row repairs in ranges, counted without storing them. Absent: unknown. */
  notesIn?(ranges: readonly Range[]): Promise<readonly SourceNote[]>;
  /** The assumptions about its file. Absent: it has none. */
  taken?(): Promise<SourceTaken>;
}

/** Opens of the first and the last bar, as far as known. */
export interface KnownBounds {
  readonly first: Seconds | null;
  readonly last: Seconds | null;
}

/** The assumptions about a file, for people. */
export interface SourceTaken {
  /** The time column, or two of them. */
  readonly time: string;
  /** How times are read: `ISO-8601, UTC`. */
  readonly timeWords: string;
  /** Other columns that may be a time. */
  readonly otherTimes: readonly string[];
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Compression, encoding, separators, skipped lines. */
  readonly details: readonly string[];
}

/** A row that cannot be a bar. */
export interface SkippedRow {
  /** Where its bar would have been: nothing is known there. */
  readonly range: Range;
  readonly error: SeamlessError;
}

export interface SourceLibrary {
  /** @throws SeamlessError `source` when the source is missing or refused */
  open(stream: OpenStream): Promise<SourceReader>;
}

export interface OpenStream extends Grid {
  /** Position in `GraphDescription.nodes`. */
  readonly node: number;
  readonly name: string;
  /** `unknown`: the interval is not that of the rows, which may be any time apart. */
  readonly spacing?: 'unknown';
  /** The calendar's slots, if rows are read without a grid first. */
  readonly slots?: {
    readonly calendar: SlotCalendar;
    readonly interval: Seconds;
    readonly stamp: 'open' | 'close';
  };
  readonly source: SourceDescription;
  readonly location: SourceLocation | null;
  /** Cancels requests over a network, for this stream only. */
  readonly signal?: AbortSignal;
}
