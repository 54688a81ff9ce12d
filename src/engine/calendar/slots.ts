import { SeamlessError } from '../../sdk/errors.js';
import type { SlotCalendar } from '../../sdk/time/grid.js';
import { DAY, formatInterval, isMonths, MONTH, type Range, type Seconds, WEEK } from '../../sdk/time/time.js';
import type { Day, Hours, TradingDays } from './calendar.js';

/** Years on both sides of the first requested time. */
const MARGIN = 6 * 366 * DAY;
/** A table beyond this size is rebuilt around the requested time. */
const LONGEST = 300 * 366 * DAY;

/** Consecutive slots, each as long as the interval except the last, which ends with the run. */
interface Stretches {
  /** Every time in this range can be looked up. */
  readonly within: Range;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly count: Int32Array;
  /** Slots before each run. */
  readonly before: Float64Array;
}

/** The slots of an interval on a calendar, looked up in a table of runs that grows on demand. */
export class CalendarSlots implements SlotCalendar {
  readonly #days: TradingDays;
  readonly #interval: Seconds;
  readonly #phase: Seconds;
  #table: Stretches | null = null;
  /** The last run found: usually the next time is in it, too. */
  #at = 0;
  #longest: Seconds | null = null;

  /** @throws SeamlessError `interval` for an interval that no calendar has slots of */
  constructor(
    days: TradingDays,
    readonly name: string,
    readonly key: string,
    interval: Seconds,
    phase: Seconds,
  ) {
    if (interval > DAY && interval !== WEEK && !isMonths(interval)) {
      throw new SeamlessError(
        'interval',
        `Bars of ${formatInterval(interval)} do not follow a calendar: write '1d', '1w', '1M', or hours and minutes within a day; or leave the calendar out.`,
      );
    }
    this.#days = days;
    this.#interval = interval;
    this.#phase = phase;
  }

  holding(time: Seconds): Seconds {
    if (!Number.isFinite(time)) return time;
    const { start, count } = this.#cover(time);
    const from = start[this.#at] as Seconds;
    if (time <= from) return from;
    const last = (count[this.#at] as number) - 1;
    return from + Math.min(last, Math.floor((time - from) / this.#interval)) * this.#interval;
  }

  next(open: Seconds): Seconds {
    if (!Number.isFinite(open)) return open;
    const { start, count } = this.#cover(open);
    const from = start[this.#at] as Seconds;
    if (open < from) return from;
    const slot = Math.floor((open - from) / this.#interval) + 1;
    return slot < (count[this.#at] as number)
      ? from + slot * this.#interval
      : (start[this.#at + 1] as Seconds);
  }

  previous(open: Seconds): Seconds {
    if (!Number.isFinite(open)) return open;
    const { start, count } = this.#cover(open);
    const from = start[this.#at] as Seconds;
    if (open > from) return this.holding(open) - this.#interval;
    const before = this.#at - 1;
    return (start[before] as Seconds) + ((count[before] as number) - 1) * this.#interval;
  }

  close(open: Seconds): Seconds {
    if (!Number.isFinite(open)) return open;
    const { start, end, count } = this.#cover(open);
    const slot = Math.floor((open - (start[this.#at] as Seconds)) / this.#interval);
    const last = (count[this.#at] as number) - 1;
    return slot < last
      ? (start[this.#at] as Seconds) + (slot + 1) * this.#interval
      : (end[this.#at] as Seconds);
  }

  /** How many slots open in a range whose ends are on the grid. */
  count({ start, end }: Range): number {
    this.#hold({ start, end });
    return this.#indexOf(end) - this.#indexOf(start);
  }

  dated(date: Day, by: 'open' | 'close'): Seconds | null {
    const step = by === 'open' ? 1 : -1;
    const of = this.#groupOf(date);
    // The date belongs to the slot if a session of the slot is on its far side.
    for (let day = date - step; this.#groupOf(day) === of; day -= step)
      if (this.#days.sessionOf(day)) return null;
    for (let day = date; this.#groupOf(day) === of; day += step) {
      const session = this.#days.sessionOf(day);
      if (session) return this.holding(session.open);
    }
    return null;
  }

  get zone(): string {
    return this.#days.zone.name;
  }

  timeOf(local: Seconds): Seconds {
    return this.#days.zone.timeOf(local);
  }

  offsetAt(time: Seconds): Seconds {
    return this.#days.zone.offsetAt(time);
  }

  /** The longest slot. */
  get longest(): Seconds {
    return (this.#longest ??= longestOf(this.#days, this.#interval));
  }

  #indexOf(open: Seconds): number {
    const { start, before } = this.#cover(open);
    return (before[this.#at] as number) + Math.round((open - (start[this.#at] as Seconds)) / this.#interval);
  }

  /** Extends the table to a time, and moves to the first run that ends after it. */
  #cover(time: Seconds): Stretches {
    const table = this.#hold({ start: time, end: time });
    const { end } = table;
    let at = this.#at;
    if (time >= (end[at] as Seconds) && time < (end[at + 1] as Seconds)) at += 1;
    else if (time >= (end[at] as Seconds) || (at > 0 && time < (end[at - 1] as Seconds)))
      at = firstAbove(end, time);
    this.#at = at;
    return table;
  }

  #hold({ start, end }: Range): Stretches {
    const known = this.#table;
    if (known && start >= known.within.start && end <= known.within.end) return known;
    let within = { start: start - MARGIN, end: end + MARGIN };
    if (known) {
      const both = {
        start: Math.min(within.start, known.within.start),
        end: Math.max(within.end, known.within.end),
      };
      if (both.end - both.start <= LONGEST) within = both;
    }
    this.#at = 0;
    return (this.#table = tableOf(this.#days, this.#interval, (day) => this.#groupOf(day), within));
  }

  /** A number that is equal for all dates of one slot. */
  #groupOf(day: Day): number {
    const [interval, phase] = [this.#interval, this.#phase];
    if (interval <= DAY) return day;
    if (!isMonths(interval)) return Math.floor((day + 3 - phase / DAY) / 7);
    const date = new Date(day * DAY * 1000);
    return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth() - phase / MONTH) / (interval / MONTH));
  }
}

/** The runs of a range and a margin on both sides, so that neighbouring slots are known. */
function tableOf(
  days: TradingDays,
  interval: Seconds,
  groupOf: (day: Day) => number,
  within: Range,
): Stretches {
  const more = 400 + (isMonths(interval) ? (2 * interval) / DAY : 0);
  const groups = groupsOf(
    days,
    interval,
    groupOf,
    Math.floor(within.start / DAY - more),
    Math.ceil(within.end / DAY + more),
  );
  const found: { start: Seconds; end: Seconds; count: number }[] = [];
  for (const each of groups) {
    for (const part of interval < DAY ? partsOf(days, interval, each) : [{ ...each, count: 1 }]) {
      const last = found.at(-1);
      // Days without a break form one run.
      if (
        last &&
        last.end === part.start &&
        last.start + last.count * interval === part.start &&
        interval < DAY
      ) {
        last.end = part.end;
        last.count += part.count;
      } else found.push({ start: part.start, end: part.end, count: part.count });
    }
  }
  let slots = 0;
  return {
    within,
    start: Float64Array.from(found, ({ start }) => start),
    end: Float64Array.from(found, ({ end }) => end),
    count: Int32Array.from(found, ({ count }) => count),
    before: Float64Array.from(found, ({ count }) => (slots += count) - count),
  };
}

/** One or more sessions that form a slot. */
interface Group {
  readonly start: Seconds;
  readonly end: Seconds;
  readonly day: Day;
}

/** Sessions from one day on and before another; whole ones of weeks and months. */
function groupsOf(
  days: TradingDays,
  interval: Seconds,
  groupOf: (day: Day) => number,
  from: Day,
  to: Day,
): Group[] {
  const found: (Group & { readonly of: number })[] = [];
  for (let day = from; day < to; day++) {
    const session = days.sessionOf(day);
    if (!session) continue;
    const of = groupOf(day);
    const last = found.at(-1);
    if (last?.of === of) found[found.length - 1] = { ...last, end: session.close };
    else found.push({ start: session.open, end: session.close, day, of });
  }
  // The first and the last may be incomplete.
  return interval > DAY ? found.slice(1, -1) : found;
}

/**
 * The slots of a session in local time: they open at whole intervals after the session's open. When clocks change, a slot is
 * shorter or longer.
 */
function partsOf(
  days: TradingDays,
  interval: Seconds,
  { start, end, day }: Group,
): { start: Seconds; end: Seconds; count: number }[] {
  const { zone } = days;
  const first = day * DAY + (days.hoursOf(day) as Hours).open;
  const borders = [start, ...zone.changes(start + 1, end).map(({ at }) => at), end];
  const found: { start: Seconds; end: Seconds; count: number }[] = [];
  for (let i = 0; i + 1 < borders.length; i++) {
    const [from, to] = [borders[i] as Seconds, borders[i + 1] as Seconds];
    const local = from + zone.offsetAt(from) - first;
    // The start of the day opens a slot, whatever its local time.
    const open = i === 0 ? from : from + (Math.ceil(local / interval) * interval - local);
    const last = found.at(-1);
    if (last) last.end = Math.min(open, to);
    if (open >= to) continue;
    const lag = i === 0 ? ((local % interval) + interval) % interval : 0;
    if (lag > 0 && open + interval - lag < to) {
      found.push({ start: open, end: open + interval - lag, count: 1 });
      const rest = open + interval - lag;
      found.push({ start: rest, end: to, count: Math.ceil((to - rest) / interval) });
    } else found.push({ start: open, end: to, count: Math.ceil((to - open) / interval) });
  }
  return found;
}

/** Clocks change at night: a session between these hours always has its usual length. */
const [MORNING, EVENING] = [3 * 3600, 22 * 3600];

function longestOf({ rules, zone }: TradingDays, interval: Seconds): Seconds {
  const hours = [...rules.regimes, ...rules.special.map(([, open, close]) => ({ open, close }))];
  const atNight = hours.some(({ open, close }) => open < MORNING || close > EVENING);
  const jumps = atNight || interval > DAY ? zone.changes(0, 70 * 366 * DAY) : [];
  let [slack, offset] = [0, zone.offsetAt(0)];
  for (const change of jumps) {
    slack = Math.max(slack, offset - change.offset);
    offset = change.offset;
  }
  if (interval < DAY) return interval + slack;
  if (interval === DAY) return Math.max(...hours.map(({ open, close }) => close - open)) + slack;
  return (isMonths(interval) ? (interval / MONTH) * 31 * DAY : WEEK) + slack;
}

/** Position of the first of ascending numbers that is above a value. */
function firstAbove(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
