import { SeamlessError } from '../errors.js';

/** Epoch seconds. */
export type Seconds = number;

/** A half-open range, `[start, end)`, in epoch seconds. */
export interface Range {
  readonly start: Seconds;
  readonly end: Seconds;
}

export const ALL_TIME: Range = { start: -Infinity, end: Infinity };

/**
 * `'30s'`, `'1m'`, `'4h'`, `'1d'`, `'1w'`, `'1M'`, `'1q'`, `'1y'` (calendar months, quarters and years), or a whole number of
 * seconds. For a `StreamInput` also `'tick'`.
 */
export type Interval = string | number;

/**
 * Where slots of weeks, quarters and years end, as in pandas: `'W-FRI'` (Saturday to Friday), `'Q-JAN'` (quarters that end with
 * January), `'Y-MAR'` (years that end with March), or begin: `'QS-FEB'`, `'YS-APR'`. Bars are still stamped by their opens.
 */
export type Anchor = string;

/** Epoch seconds, a `Date`, or an ISO-8601 date or time (UTC unless it carries an offset). */
export type TimeInput = number | Date | string;

export const DAY = 86_400;
export const WEEK = 7 * DAY;
/** The mean Gregorian month, which stands for a calendar month: not a whole number of minutes. */
export const MONTH = 2_629_746;
/** Longer intervals are taken as plain seconds. */
const MOST_MONTHS = 1200;
const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: DAY,
  w: WEEK,
  M: MONTH,
  q: 3 * MONTH,
  y: 12 * MONTH,
};

/**
 * The interval of a tick stream, `'tick'`: rows at any microsecond, any number at one. Work estimates use it as the distance of
 * ticks; it is shorter than any bar's interval.
 */
export const TICK = 0.125;

/** Whether an interval counts calendar months. */
export function isMonths(interval: Seconds): boolean {
  return interval % MONTH === 0 && interval <= MOST_MONTHS * MONTH;
}

/** The first Monday after the epoch, which was a Thursday. */
const FIRST_MONDAY = 4 * DAY;

/** Where a grid starts by default: weeks on a Monday, others at the epoch. */
export function defaultPhase(interval: Seconds): Seconds {
  return interval % WEEK === 0 ? FIRST_MONDAY : 0;
}

/** 5138-11-16 in seconds, 1973-03-03 in milliseconds: no plausible time is on the wrong side. */
const LARGEST_SECONDS = 1e11;

/** Seconds of an interval. @throws SeamlessError `interval` when it is not one. */
export function parseInterval(interval: Interval, what = 'The interval'): Seconds {
  const seconds =
    typeof interval === 'number' ? interval : secondsOfText(/^(\d+)\s*([smhdwMqy])$/.exec(interval.trim()));
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  if (interval === 'tick') {
    throw new SeamlessError(
      'interval',
      `${what} is 'tick', which only a StreamInput can have: make bars of its ticks with barsOf({ name: 'bars', input: ticks, interval: '1m' }), and use those.`,
    );
  }
  throw new SeamlessError(
    'interval',
    `${what} ${JSON.stringify(interval)} is not an interval: write a whole number of seconds, or a text such as '30s', '1m', '4h', '1d', '1w' or '1M'.`,
  );
}

function secondsOfText(match: RegExpExecArray | null): number {
  if (!match) return Number.NaN;
  const seconds = Number(match[1]) * (UNIT_SECONDS[match[2] ?? ''] ?? Number.NaN);
  return /[Mqy]/.test(match[2] ?? '') && seconds > MOST_MONTHS * MONTH ? Number.NaN : seconds;
}

/** `60` → `'1m'`, `90` → `'90s'`, `604800` → `'1w'`: the largest unit that divides it. */
export function formatInterval(seconds: Seconds): string {
  if (seconds === TICK) return 'tick';
  if (isMonths(seconds)) {
    const unit = (['y', 'q', 'M'] as const).find((each) => seconds % (UNIT_SECONDS[each] ?? 1) === 0) ?? 'M';
    return `${seconds / (UNIT_SECONDS[unit] ?? 1)}${unit}`;
  }
  for (const unit of ['w', 'd', 'h', 'm'] as const) {
    const size = UNIT_SECONDS[unit] ?? 1;
    if (seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const HAS_OFFSET = /(?:Z|[+-]\d{2}:?\d{2})$/;

/** Epoch seconds of a time. @throws SeamlessError `time`, naming `what`. */
export function parseTime(input: TimeInput, what = 'The time'): Seconds {
  if (input instanceof Date) return finite(input.getTime() / 1000, input, what);
  if (typeof input === 'number') return secondsOfNumber(input, what);
  // In JavaScript it may be missing.
  if (typeof input !== 'string') return finite(Number.NaN, input, what);
  const text = input.trim();
  if (/^[+-]?\d+(?:\.\d+)?$/.test(text)) return secondsOfNumber(Number(text), what);
  if (!ISO_TIME.test(text)) return finite(Number.NaN, input, what);
  const iso = text.replace(' ', 'T');
  const zoned = iso.length > 10 && !HAS_OFFSET.test(iso.slice(10)) ? `${iso}Z` : iso;
  const seconds = secondsOfIso(zoned);
  // Date.parse rolls 2023-02-30 over into March; refuse such dates instead.
  if (Number.isFinite(seconds) && !dateExists(text.slice(0, 10))) return finite(Number.NaN, input, what);
  return finite(seconds, input, what);
}

/** `Date` has only milliseconds. */
function secondsOfIso(iso: string): Seconds {
  const [, micros] = /\.\d{3}(\d{1,3})/.exec(iso) ?? [];
  const milliseconds = Date.parse(iso);
  return micros === undefined
    ? milliseconds / 1000
    : (milliseconds * 1000 + Number(micros.padEnd(3, '0'))) / 1e6;
}

function dateExists(date: string): boolean {
  const parsed = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date);
}

function secondsOfNumber(value: number, what: string): Seconds {
  if (Math.abs(value) >= LARGEST_SECONDS) {
    throw new SeamlessError(
      'time',
      `${what} ${value} can only be milliseconds; Seamless counts in seconds: write ${Math.floor(value / 1000)}.`,
    );
  }
  return finite(value, value, what);
}

function finite(seconds: number, input: TimeInput, what: string): Seconds {
  if (Number.isFinite(seconds)) return seconds;
  const shown = input instanceof Date ? 'an invalid Date' : JSON.stringify(input);
  throw new SeamlessError(
    'time',
    `${what} ${shown} is not a time: write epoch seconds, or ISO-8601 such as 2023-03-01 or 2023-03-01T09:30:00Z.`,
  );
}

/** Epoch seconds as ISO-8601 in UTC: the date alone at midnight, no fraction if it is zero, microseconds if needed. */
export function formatTime(seconds: Seconds): string {
  if (!Number.isFinite(seconds)) return seconds < 0 ? 'the beginning' : 'the end';
  const micros = Math.round((seconds % 1) * 1e6);
  if (micros % 1000 !== 0) {
    const whole = Math.floor(seconds);
    const fraction = String((micros + 1_000_000) % 1_000_000).padStart(6, '0');
    return `${new Date(whole * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
  }
  const iso = new Date(Math.round(seconds * 1000)).toISOString();
  if (iso.endsWith('T00:00:00.000Z')) return iso.slice(0, 10);
  return iso.endsWith('.000Z') ? `${iso.slice(0, -5)}Z` : iso;
}

/** `2023-03-01 → 2023-03-22`, with an exclusive end. */
export function formatRange(range: Range): string {
  return `${formatTime(range.start)} → ${formatTime(range.end)}`;
}

/** A request's range. @throws SeamlessError `time` or `range` when it is malformed, reversed or empty */
export function parseRange(start: TimeInput, end: TimeInput): Range {
  const range = { start: parseTime(start, 'The start'), end: parseTime(end, 'The end') };
  if (range.start < range.end) return range;
  const problem = range.start === range.end ? 'is empty' : 'ends before it starts';
  throw new SeamlessError(
    'range',
    `The range ${formatRange(range)} ${problem}: the start must come before the end, which is exclusive.`,
  );
}

/** The first point of the grid `phase + k·interval` at or after `time`. */
export function ceilToGrid(time: Seconds, interval: Seconds, phase: Seconds): Seconds {
  return Math.ceil((time - phase) / interval) * interval + phase;
}

/** The last point of the grid `phase + k·interval` at or before `time`. */
export function floorToGrid(time: Seconds, interval: Seconds, phase: Seconds): Seconds {
  return Math.floor((time - phase) / interval) * interval + phase;
}
