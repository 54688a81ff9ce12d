import { SeamlessError } from '../../sdk/errors.js';
import type { SlotCalendar } from '../../sdk/time/grid.js';
import { formatInterval, isMonths, MONTH, type Range, type Seconds } from '../../sdk/time/time.js';
import type { Day, Hours, TradingDays } from './calendar.js';

const DAY = 86_400;
const WEEK = 7 * DAY;
/** Years on both sides of the first time that is asked for. */
const MARGIN = 6 * 366 * DAY;
/** Beyond so much a table is made anew around a time that is asked for. */
const LONGEST = 300 * 366 * DAY;

/** Slots one after the other, each as long as the interval but for the last, which ends with the stretch. */
interface Stretches {
  /** Every time in here is looked up in it. */
  readonly within: Range;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly count: Int32Array;
  /** Slots before each stretch. */
  readonly before: Float64Array;
}

/** The slots of an interval on a calendar. Looked up in a table of stretches, which grows with what is asked for. */
export class CalendarSlots implements SlotCalendar {
  readonly #days: TradingDays;
  readonly #interval: Seconds;
  readonly #phase: Seconds;
  #table: Stretches | null = null;
  /** The stretch that was found last: mostly the next time is in it too. */
  #at = 0;
  #longest: Seconds | null = null;

  /** @throws SeamlessError `interval` for one that no calendar has slots of */
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
    // Another session of the slot on the far side: the date is within it.
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

  /** The most that a slot lasts. */
  get longest(): Seconds {
    return (this.#longest ??= longestOf(this.#days, this.#interval));
  }

  #indexOf(open: Seconds): number {
    const { start, before } = this.#cover(open);
    return (before[this.#at] as number) + Math.round((open - (start[this.#at] as Seconds)) / this.#interval);
  }

  /** Has the table hold a time, and sets the first stretch that ends after it. */
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

  /** A number that dates of one slot have in common. */
  #groupOf(day: Day): number {
    const [interval, phase] = [this.#interval, this.#phase];
    if (interval <= DAY) return day;
    if (!isMonths(interval)) return Math.floor((day + 3 - phase / DAY) / 7);
    const date = new Date(day * DAY * 1000);
    return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth() - phase / MONTH) / (interval / MONTH));
  }
}

/** Stretches of a range and some more on both sides, so that a slot before and one after it can be told. */
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
      // Days that go on without a break are one stretch.
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

/** A session, or sessions that make one slot. */
interface Group {
  readonly start: Seconds;
  readonly end: Seconds;
  readonly day: Day;
}

/** Sessions of the days from one on and before another; of weeks and months, whole ones. */
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
  // The first and the last may lack days.
  return interval > DAY ? found.slice(1, -1) : found;
}

/**
 * The slots of a session by its local clock: they open at whole intervals after its own open. Where the clocks change, a slot is
 * as long as they make it.
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
    // The day opens a slot of its own, wherever its clock stands.
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

/** Clocks change at night: between these hours of the day no session is longer than its hours. */
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
