import type { SeamlessError, SourceLocation } from '../../sdk/errors.js';
import type { Grid, SlotCalendar } from '../../sdk/time/grid.js';
import type { Table } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { SourceDescription } from './host.js';
import type { SourceNote } from './source-note.js';

/** What the engine asks of a source: its version, its bounds and its bars. */

/** The bars of one stream, already on the node's grid and stamped by their open. */
export interface SourceReader {
  /**
   * True when reading a part costs as much as reading all (a CSV file): the engine then takes in the whole at once.
   */
  readonly whole: boolean;
  /** Absolute paths of the files it reads, and the pattern they were found by; absent where it cannot tell. */
  readonly files?: readonly string[];
  /**
   * Changes whenever what `read` returns may have changed; null when the source cannot tell.
   * @param before what it was when the source was taken in, so that one reading can compare both
   */
  version(before?: string | null): Promise<string | null>;
  /**
   * Bars that open before this are those that there were under an earlier version, all of them; −∞: it cannot tell. Asked after
   * `version`.
   */
  sameUntil?(before: string): Promise<Seconds>;
  /** True where as long as its version stays, its bounds do. */
  readonly boundsByVersion?: boolean;
  /**
   * True where as long as its version stays, bars come at its end alone (a wire): its end is asked for only where more is wanted than
   * was known.
   */
  readonly grows?: boolean;
  /** Bars that are stored together, where reading them takes so long that a run that is cut short is to keep them. */
  readonly blockBars?: number;
  /**
   * Opens of the first and last bar; null when there are none. Read after `version`, so as not to miss a change.
   * @param known what they were under the same version, for a source that grows
   */
  bounds(known?: KnownBounds): Promise<{ readonly first: Seconds; readonly last: Seconds } | null>;
  /**
   * Bars whose open lies in `[start, end)`, ascending, in tables of any length.
   * @param skip takes the rows that cannot be bars, where their times are known; only readers of the whole have them.
   * @throws SeamlessError `source-row` for a malformed row, one off the grid, a duplicate or unsorted time.
   */
  read(range: Range, skip?: (row: SkippedRow) => void): AsyncIterable<Table>;
  /** What was repaired or left out so far, for the report. Absent: nothing ever is. */
  notes?(): readonly SourceNote[];
  /** What a reading of ranges repairs row by row, counted without taking them in. Absent: it cannot tell. */
  notesIn?(ranges: readonly Range[]): Promise<readonly SourceNote[]>;
  /** What its file was taken for. Absent: it has none. */
  taken?(): Promise<SourceTaken>;
}

/** Opens of the first and the last bar, as far as they are known. */
export interface KnownBounds {
  readonly first: Seconds | null;
  readonly last: Seconds | null;
}

/** What a file was taken for, for people. */
export interface SourceTaken {
  /** The column with the time, or two of them. */
  readonly time: string;
  /** How times are read: `ISO-8601, UTC`. */
  readonly timeWords: string;
  /** Other columns that look like a time. */
  readonly otherTimes: readonly string[];
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Packing, encoding, marks, lines passed over. */
  readonly details: readonly string[];
}

/** A row that cannot be a bar. */
export interface SkippedRow {
  /** Where its bar would have been: nothing is known there. */
  readonly range: Range;
  readonly error: SeamlessError;
}

export interface SourceLibrary {
  /** @throws SeamlessError `source` when the source is missing or refused. */
  open(stream: OpenStream): Promise<SourceReader>;
}

export interface OpenStream extends Grid {
  /** Position in `GraphDescription.nodes`. */
  readonly node: number;
  readonly name: string;
  /** `unknown`: the interval is not that of the rows, which may be any time apart. */
  readonly spacing?: 'unknown';
  /** Those that its rows are of, where they are read without a grid first. */
  readonly slots?: {
    readonly calendar: SlotCalendar;
    readonly interval: Seconds;
    readonly stamp: 'open' | 'close';
  };
  readonly source: SourceDescription;
  readonly location: SourceLocation | null;
  /** Ends what waits for a wire, of this stream alone. */
  readonly signal?: AbortSignal;
}
