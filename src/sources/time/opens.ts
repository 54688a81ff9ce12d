import type { OpenStream } from '../../engine/ports/source.js';
import { DAY, formatInterval, isMonths, type Seconds } from '../../sdk/time/time.js';
import { isTicks } from '../../sdk/time/grid.js';
import { refuseOtherClocks } from '../calendar/clocks.js';
import { sourceError } from '../faults.js';
import type { TimeOptions } from '../options.js';
import { toMicroseconds } from '../ticks.js';
import type { TimeReading } from './reading.js';
import { closingSql, isOfDays, isOfLastDays } from './slots.js';

const HOUR = 3_600;

/**
 * UTC hours at which midnight falls in zones with daylight saving, from New Zealand to the Pacific. 20 and 21 are left out:
 * American exchanges close then.
 */
const MIDNIGHTS: readonly (readonly [number, number])[] = [
  [4, 5],
  [5, 6],
  [6, 7],
  [7, 8],
  [11, 12],
  [13, 14],
  [21, 22],
  [22, 23],
  [23, 0],
];

/**
 * A reading adjusted to the first opens: with rounding if asked for, and with days that follow a local midnight.
 * @throws SeamlessError `source` for times on a calendar that do not fit as UTC, or fit both ways
 */
export function adjusted(
  stream: OpenStream,
  options: TimeOptions,
  reading: TimeReading,
  opens: readonly Seconds[],
): TimeReading {
  if (reading.naive) refuseOtherClocks(stream, opens);
  return toMicroseconds(stream, inSlots(stream, options, ofDays(stream, options, reading, opens)));
}

/** Rows of weeks and months stamped by their close, or by any time within, go to the slot that contains them. */
function inSlots(stream: OpenStream, options: TimeOptions, reading: TimeReading): TimeReading {
  if (options.stamp === 'open' || !isOfLastDays(stream)) return reading;
  return {
    ...reading,
    unit: 0,
    open: (raw, clock) => closingSql(stream, reading.open(raw, clock)),
    words: `${reading.words}, in their ${isMonths(stream.interval) ? 'month' : 'week'}`,
  };
}

function ofDays(
  stream: OpenStream,
  options: TimeOptions,
  reading: TimeReading,
  opens: readonly Seconds[],
): TimeReading {
  const { snap } = options;
  const near: TimeReading =
    snap === null
      ? reading
      : {
          ...reading,
          unit: 0,
          open: (raw, clock) => rounded(reading.open(raw, clock), snap),
          exact: (raw, clock) => {
            const exact = reading.open(raw, clock);
            return `CASE WHEN isfinite(${exact}) AND ${exact} <> ${rounded(exact, snap)} THEN ${exact} END`;
          },
          words: `${reading.words}, rounded to ${formatInterval(snap)}`,
        };
  if (!followsMidnight(stream, opens)) return near;
  return {
    ...near,
    unit: 0,
    open: (raw, clock) => `floor((${near.open(raw, clock)} + ${DAY / 2}) / ${DAY}) * ${DAY}`,
    words: `${near.words}; local midnights are dates`,
  };
}

function rounded(time: string, snap: Seconds): string {
  return `round((${time}) / ${snap}) * ${snap}`;
}

/** Whether daily rows are stamped by a midnight that moves by an hour in UTC. */
function followsMidnight(stream: OpenStream, opens: readonly Seconds[]): boolean {
  if (!isOfDays(stream)) return false;
  const times = new Set(opens.map((open) => ((open % DAY) + DAY) % DAY));
  if (times.size !== 2) return false;
  return MIDNIGHTS.some((hours) => hours.every((hour) => times.has(hour * HOUR)));
}

export const NEWEST_FIRST = 'files with the newest row first, put in order';

/** Whether rows come newest first. @param zoned times are local to a zone. For ticks time must fall more than once: times repeat, and a clock set back falls once. */
export function isNewestFirst(stream: OpenStream, opens: readonly Seconds[], zoned = false): boolean {
  const steps = opens.slice(1).map((open, i) => open - (opens[i] ?? 0));
  if (isTicks(stream)) return steps.every((step) => step <= 0) && steps.filter((step) => step < 0).length > 1;
  const rising = steps.filter((step) => step >= 0).length;
  // A clock set back repeats an hour of a zone once a year.
  return steps.length > 0 && (rising === 0 || (zoned && rising === 1 && steps.length >= LEAST_ROWS));
}

/** Rows from which a spacing is found. */
const LEAST_ROWS = 8;

/**
 * @throws SeamlessError `source` when rows are regularly further apart than the stream's interval: a bar would be visible before
 * it closed
 */
export function refuseWideSpacing(stream: OpenStream, opens: readonly Seconds[], source: string): void {
  if (stream.spacing === 'unknown' || isTicks(stream) || opens.length < LEAST_ROWS) return;
  // Most are told by their first two rows.
  if (opens.some((open, i) => i > 0 && Math.abs(open - (opens[i - 1] ?? 0)) < 2 * stream.interval)) return;
  const gaps = opens.slice(1).map((open, i) => Math.abs(open - (opens[i] ?? 0)));
  const least = gaps.reduce((a, b) => Math.min(a, b), Infinity);
  const spacing = monthsOf(opens) ?? regular(gaps, least);
  if (spacing === null) return;
  throw sourceError(
    stream,
    `the rows of ${source} are ${spacing.words} apart, but the stream's interval is ${formatInterval(stream.interval)}, so each bar would be visible before it has closed: ${spacing.advice}.`,
  );
}

interface Spacing {
  readonly words: string;
  readonly advice: string;
}

/** Weekends and holidays make long gaps, so the majority decides. */
function regular(gaps: readonly Seconds[], least: Seconds): Spacing | null {
  const multiples = gaps.filter((gap) => gap % least === 0).length;
  const singles = gaps.filter((gap) => gap === least).length;
  if (multiples < gaps.length || singles * 2 < gaps.length || !Number.isInteger(least)) return null;
  const name = formatInterval(least);
  return {
    words: formatInterval(least),
    advice: `give it interval: '${name}', or a source with bars of that length`,
  };
}

/** Whether rows are the first days of months or quarters. */
function monthsOf(opens: readonly Seconds[]): Spacing | null {
  const dates = opens.map((open) => new Date(open * 1000));
  const same = dates.every((date) => date.getUTCDate() === 1 && date.getUTCHours() === 0);
  if (!same) return null;
  return { words: 'a month or more', advice: "give it interval: '1M', or a source with bars of that length" };
}
