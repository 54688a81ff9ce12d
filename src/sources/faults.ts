import type { OpenStream } from '../engine/ports/source.js';
import { SeamlessError } from '../sdk/errors.js';
import { closeOf, floorToSlot, isOnGrid, isTicks } from '../sdk/time/grid.js';
import { calendarOf } from './calendar/stamps.js';
import { DAY, WEEK, formatInterval, formatTime, isMonths, type Seconds } from '../sdk/time/time.js';

/** Numbers from here on can only be milliseconds: as seconds this is 5138-11-16, as milliseconds 1973-03-03. */
export const LARGEST_SECONDS = 1e11;

/** The source as a whole is missing, or cannot be read as bars. */
export function sourceError(stream: OpenStream, sentence: string, cause?: unknown): SeamlessError {
  return new SeamlessError('source', `${stream.name}: ${sentence}`, { ...whereabouts(stream), cause });
}

/** One row of the source is to blame. */
export function rowError(stream: OpenStream, sentence: string, cause?: unknown): SeamlessError {
  return new SeamlessError('source-row', `${stream.name}: ${sentence}`, { ...whereabouts(stream), cause });
}

function whereabouts(stream: OpenStream) {
  return { node: stream.name, location: stream.location ?? undefined };
}

/** Why a row cannot be a bar. Times are as in the source: by the close, if it stamps so. */
export interface BarFault {
  readonly kind: 'not-a-time' | 'milliseconds' | 'duplicate' | 'unsorted' | 'off-grid';
  /** Position among all rows checked so far, from 0. */
  readonly row: number;
  /** Position among the rows of the last check. */
  readonly index: number;
  readonly time: Seconds;
  /** Time of the row before; NaN for the first. */
  readonly previous: Seconds;
  /** Whether the following rows are off the grid by the same whole seconds. */
  readonly shared: boolean;
  /** The known calendar that these rows all follow; null: none. */
  readonly calendar: string | null;
}

/** How many rows must be off the grid alike to blame the phase. */
const SHARED_ROWS = 1_000;

/**
 * Finds the first row whose time cannot be a bar's: opens must be finite, ascending, unique and on the grid. Ticks may share a
 * time.
 */
export class BarCheck {
  readonly #stream: OpenStream;
  readonly #stamp: 'open' | 'close';
  #previous: Seconds;
  #rows = 0;

  /** @param previous open of the row before the first one; NaN: none */
  constructor(stream: OpenStream, stamp: 'open' | 'close', previous = Number.NaN) {
    this.#stream = stream;
    this.#stamp = stamp;
    this.#previous = previous;
  }

  /** Checks the opens of the next rows; null: all are in order. */
  next(opens: Float64Array): BarFault | null {
    const { phase, spacing } = this.#stream;
    // Without a fixed spacing, only whole seconds can be checked.
    const interval = spacing === 'unknown' ? 1 : this.#stream.interval;
    const ticks = isTicks(this.#stream);
    const looks = ticks || isMonths(interval);
    let previous = this.#previous;
    for (let i = 0; i < opens.length; i++) {
      const open = opens[i] as number;
      const inOrder = open > previous || Number.isNaN(previous) || (ticks && open === previous);
      // NaN and infinities leave a non-zero remainder, so good rows need one comparison.
      const onGrid = looks ? isOnGrid(open, this.#stream) : (open - phase) % interval === 0;
      if (inOrder && onGrid && Math.abs(open) < LARGEST_SECONDS) previous = open;
      else return this.#fault(i, opens, previous);
    }
    this.#previous = previous;
    this.#rows += opens.length;
    return null;
  }

  /** Continues after a faulty row, once the rows before it were checked. */
  skip(): void {
    this.#rows++;
  }

  #fault(index: number, opens: Float64Array, previous: Seconds): BarFault {
    const open = opens[index] as number;
    const shared =
      index === 0 && !isTicks(this.#stream) && Number.isInteger(open) && this.#areAsFarOff(opens, open);
    const row = this.#rows + index;
    const first =
      index === 0 && this.#stamp === 'open' ? opens.subarray(0, SHARED_ROWS) : new Float64Array(0);
    const calendar = calendarOf(this.#stream.interval, first);
    const at = { row, index, time: this.#shown(open), previous: this.#shown(previous), shared, calendar };
    if (!Number.isFinite(open)) return { kind: 'not-a-time', ...at };
    if (Math.abs(open) >= LARGEST_SECONDS) return { kind: 'milliseconds', ...at };
    if (open === previous) return { kind: 'duplicate', ...at };
    if (open < previous) return { kind: 'unsorted', ...at };
    return { kind: 'off-grid', ...at };
  }

  #areAsFarOff(opens: Float64Array, open: Seconds): boolean {
    const { interval } = this.#stream;
    const first = opens.subarray(0, SHARED_ROWS);
    if (isMonths(interval)) return first.length > 1 && !first.some((each) => isOnGrid(each, this.#stream));
    return first.every((each) => (each - open) % interval === 0);
  }

  /** The time that the source itself shows for a bar. */
  #shown(open: Seconds): Seconds {
    return this.#stamp === 'close' ? closeOf(open, this.#stream) : open;
  }
}

/** The words for a source's rows. */
interface RowWords {
  /** `line 7 of data/btc.csv`, or `a row of data/btc.parquet`. */
  readonly row: string;
  /** The cell in its time column if it is no time; null: the cell is empty. */
  readonly cell?: string | null;
  /** What to do about a cell that is no time: a clause. */
  readonly write: string;
  /** What to do about the order of rows, and about times that are not in seconds: sentences. */
  readonly sort: string;
  readonly seconds: string;
}

/** How a file may write a time. */
export const WRITE_TIMES = 'write ISO-8601 such as 2023-03-01T09:30:00Z, or seconds after the epoch';

/** The sentence for a fault. */
export function barError(stream: OpenStream, fault: BarFault, words: RowWords): SeamlessError {
  return rowError(stream, barSentence(stream, fault, words));
}

function barSentence(stream: OpenStream, fault: BarFault, words: RowWords): string {
  const { row } = words;
  switch (fault.kind) {
    case 'not-a-time': {
      const what =
        words.cell == null ? 'has no time' : `has ${JSON.stringify(words.cell)} for a time, which is not one`;
      return `${row} ${what}: ${words.write}.`;
    }
    case 'milliseconds':
      return `${row} has the time ${fault.time}, which is too large for seconds: it can only be milliseconds or finer. ${words.seconds}`;
    case 'duplicate':
      return `${row} has the time ${formatTime(fault.time)}, like the row before it: each bar needs its own time. Remove one of them, or let conformance: 'permissive' take the first and count the others. If they are of several series, choose one with WHERE in a query of sqlHistory.`;
    case 'unsorted':
      return `${row} has the time ${formatTime(fault.time)}, but comes after ${formatTime(fault.previous)}: bars must be in ascending order of time. ${words.sort}`;
    case 'off-grid':
      return `${row} ${gridSentence(stream, fault)}`;
  }
}

function gridSentence(stream: OpenStream, { time, previous, shared, calendar }: BarFault): string {
  const { interval } = stream;
  if (isTicks(stream))
    return `has the time ${time}, which is no whole microsecond: round it, with Math.round(ts * 1e6) / 1e6.`;
  const name = formatInterval(interval);
  const nearest = nearestOpen(stream, time);
  const off = `has the time ${formatTime(time)}, which is not on the stream's grid of ${name}; the nearest time on it is ${formatTime(nearest)}.`;
  const gap = time - previous;
  if (gap < interval && gap * 2 < interval && Number.isInteger(gap)) {
    return `${off} Its rows seem to be ${formatInterval(gap)} apart: give the stream that interval, or a source with bars of ${name}.`;
  }
  if (calendar)
    return `${off} Its rows fit the calendar ${calendar}: say so with calendar: '${calendar}' in the stream.`;
  if (shared && isMonths(interval)) {
    return `${off} No row is on it: say stamp: 'close' if each row belongs to the slot that contains its time.`;
  }
  if (shared) {
    const phase = `phase: ${((time % interval) + interval) % interval}`;
    const file = stream.source.kind !== 'custom' && stream.source.options['stamp'] === undefined;
    const early = interval - ((((time - stream.phase) % interval) + interval) % interval);
    if (file && early <= 60 && interval >= 3600)
      return `${off} Its rows seem to be stamped by the last moment of their bars: say stamp: 'close' and snap: '1m'.`;
    if (file && interval % WEEK === 0)
      return `${off} Its rows are as late: say stamp: 'close' if they are stamped by the last days of their weeks, or ${phase} if by the first.`;
    if (file && interval === DAY)
      return `${off} The rows after it are as late: say so with ${phase}, and with stamp: 'close' as well if these are the times of closes.`;
    // A custom provider takes it among its options.
    const said = stream.source.kind === 'custom' ? `options: { ${phase} } of its provider` : phase;
    return `${off} The rows after it are as late: say so with ${said}.`;
  }
  const distance = Math.abs(time - nearest);
  const near = distance > 0 && distance * 4 <= interval;
  const unit = SNAPS.find((each) => distance * 2 < each.seconds && interval % each.seconds === 0);
  const snap = near && unit ? ` To read it as ${formatTime(nearest)}, say snap: '${unit.name}';` : '';
  return `${off}${snap} ${snap ? 'to' : 'To'} leave them out and count them, say conformance: 'permissive'.`;
}

function nearestOpen(stream: OpenStream, time: Seconds): Seconds {
  const { interval, phase } = stream;
  if (!isMonths(interval)) return Math.round((time - phase) / interval) * interval + phase;
  const before = floorToSlot(time, stream);
  const after = closeOf(before, stream);
  return time - before <= after - time ? before : after;
}

/** Units that times may be rounded to. */
const SNAPS = [
  { seconds: 1, name: '1s' },
  { seconds: 60, name: '1m' },
  { seconds: 3600, name: '1h' },
];
