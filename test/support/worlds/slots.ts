import type { Calendar } from '../../../src/sdk/time/calendar.js';
import { lowerBound } from '../../../src/sdk/table.js';
import { MONTH, TICK } from '../../../src/sdk/time/time.js';

/** Slots by the definition: months with the dates of JavaScript, calendars by looking at a clock, everything else by adding up. */
export interface Slots {
  readonly interval: number;
  /** Of months in mean ones, and on a calendar: how much later than usual slots open, as an anchor says. */
  readonly phase: number;
  /** Null: arithmetic, and months of UTC. */
  readonly calendar: keyof typeof CALENDARS | null;
}

/** Days with a session, a holiday and a half day; and days without a break that begin in the evening. */
export const CALENDARS = {
  session: {
    zone: 'America/New_York',
    session: { open: '09:30', close: '16:00' },
    holidays: ['2023-11-23', '2023-12-25', '2024-01-01', '2024-01-15', '2024-02-19'],
    halfDays: { '2023-11-24': '13:00', '2024-03-08': '11:15' },
  },
  evening: { zone: 'America/New_York', dayStart: '17:00' },
} as const satisfies Readonly<Record<string, Calendar>>;

const QUARTER = 900;
const DAY = 86_400;
/** Around all that a world has: a change of clocks is in its middle. */
const [FROM, TO] = [Date.UTC(2022, 10, 1) / 1000, Date.UTC(2025, 1, 1) / 1000];

interface Instant {
  readonly at: number;
  /** Minutes of the local clock since midnight of the date that the day is named by. */
  readonly minutes: number;
  /** That date, in days since the epoch. */
  readonly date: number;
}

/** Every quarter of an hour that is in a day of a calendar, by a clock in New York. */
function instantsOf(calendar: keyof typeof CALENDARS): Instant[] {
  const clock = new Intl.DateTimeFormat('sv', {
    timeZone: 'America/New_York',
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const found: Instant[] = [];
  for (let at = FROM; at < TO; at += QUARTER) {
    const [day = '', time = ''] = clock.format(at * 1000).split(' ');
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    const local = hours * 60 + minutes;
    const date = Date.parse(day) / 1000 / DAY;
    if (calendar === 'evening') {
      const evening = local >= 17 * 60;
      found.push({ at, minutes: evening ? local - 1440 : local, date: evening ? date + 1 : date });
      continue;
    }
    const { holidays, halfDays } = CALENDARS.session;
    const half = (halfDays as Readonly<Record<string, string>>)[day];
    const [closeHour = 16, closeMinute = 0] = half?.split(':').map(Number) ?? [];
    const weekday = new Date(day).getUTCDay();
    if (weekday === 0 || weekday === 6 || (holidays as readonly string[]).includes(day)) continue;
    if (local >= 9 * 60 + 30 && local < closeHour * 60 + closeMinute)
      found.push({ at, minutes: local, date });
  }
  return found;
}

interface Listed {
  readonly opens: Float64Array;
  readonly closes: Float64Array;
  /** Positions by open and by close. */
  readonly byOpen: ReadonlyMap<number, number>;
  readonly byClose: ReadonlyMap<number, number>;
}

const instants = new Map<string, Instant[]>();
const lists = new Map<string, Listed>();

function listed({ interval, phase, calendar }: Slots): Listed {
  const name = calendar as keyof typeof CALENDARS;
  const key = `${name} ${interval} ${phase}`;
  const known = lists.get(key);
  if (known) return known;
  const all = instants.get(name) ?? instantsOf(name);
  instants.set(name, all);
  const start = name === 'session' ? 9 * 60 + 30 : -7 * 60;
  const slotOf = ({ date, minutes }: Instant): string => {
    if (interval === 7 * DAY) return `${Math.floor((date + 3 - phase / DAY) / 7)}`;
    if (interval >= MONTH) {
      const day = new Date(date * DAY * 1000);
      const month = day.getUTCFullYear() * 12 + day.getUTCMonth() - phase / MONTH;
      return `${Math.floor(month / (interval / MONTH))}`;
    }
    return interval === DAY ? `${date}` : `${date} ${Math.floor((minutes - start) / (interval / 60))}`;
  };
  const opens: number[] = [];
  const closes: number[] = [];
  let slot = '';
  for (const [index, instant] of all.entries()) {
    const own = slotOf(instant);
    // Where a clock is set back it comes by the open of a slot once more.
    const again =
      interval < DAY &&
      instant.minutes < (all[index - 1]?.minutes ?? 0) &&
      (instant.minutes - start) % (interval / 60) === 0;
    if (own !== slot || again) {
      opens.push(instant.at);
      closes.push(0);
    }
    closes[closes.length - 1] = instant.at + QUARTER;
    slot = own;
  }
  const places = (times: readonly number[]) => new Map(times.map((time, index) => [time, index]));
  const found = {
    opens: Float64Array.from(opens),
    closes: Float64Array.from(closes),
    byOpen: places(opens),
    byClose: places(closes),
  };
  lists.set(key, found);
  return found;
}

/** Weeks of UTC begin on Mondays: the epoch was a Thursday. */
function usualPhase(interval: number): number {
  return interval === 7 * DAY ? 4 * DAY : 0;
}

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const QUARTERS = ['QS-JAN', 'Q-JAN', 'QE-MAY'];

/** Slots that open so many days or months later than usual, and the anchor that says so; where there is none, as usual. */
export function anchored(
  { interval, calendar }: Pick<Slots, 'interval' | 'calendar'>,
  later: number,
): { readonly phase: number; readonly anchor: string | null } {
  const usual = calendar ? 0 : usualPhase(interval);
  if (interval === 7 * DAY)
    return { phase: (usual + (later % 7) * DAY) % interval, anchor: `W-${WEEKDAYS[later % 7]}` };
  if (interval === 3 * MONTH) return { phase: (later % 3) * MONTH, anchor: QUARTERS[later % 3] as string };
  return { phase: usual, anchor: null };
}

/** The first of ascending times that is not before one. */
function firstFrom(times: Float64Array, time: number): number {
  return times[lowerBound(times, time)] as number;
}

function monthsOf(interval: number): number | null {
  return interval % MONTH === 0 ? interval / MONTH : null;
}

function monthLater(open: number, months: number): number {
  const date = new Date(open * 1000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1) / 1000;
}

/** A window in time that holds a bar of each of so many slots. */
export function spanOf(slots: number, { interval, calendar }: Slots): number {
  if (interval === TICK) return slots * 1.25;
  const months = monthsOf(interval);
  const longest = months === null ? interval : months * 31 * DAY;
  return slots * longest + (calendar ? 3600 : 0);
}

export function closeOf(open: number, slots: Slots): number {
  if (!Number.isFinite(open)) return open;
  if (slots.calendar) {
    const { closes, byOpen } = listed(slots);
    return closes[byOpen.get(open) ?? -1] as number;
  }
  if (slots.interval === TICK) return Math.round(open * 1e6 + 1) / 1e6;
  const months = monthsOf(slots.interval);
  return months === null ? open + slots.interval : monthLater(open, months);
}

export function openOf(close: number, slots: Slots): number {
  if (!Number.isFinite(close)) return close;
  if (slots.calendar) {
    const { opens, byClose } = listed(slots);
    return opens[byClose.get(close) ?? -1] as number;
  }
  if (slots.interval === TICK) return Math.round(close * 1e6 - 1) / 1e6;
  const months = monthsOf(slots.interval);
  return months === null ? close - slots.interval : monthLater(close, -months);
}

/** The open of the next slot, or of the one before. */
export function nextOpen(open: number, slots: Slots, by: 1 | -1 = 1): number {
  if (!Number.isFinite(open)) return open;
  if (!slots.calendar) return by === 1 ? closeOf(open, slots) : openOf(open, slots);
  const { opens, byOpen } = listed(slots);
  return opens[(byOpen.get(open) ?? Number.NaN) + by] as number;
}

/** The close of the first slot that closes at a time or later. */
export function closeSeeing(time: number, slots: Slots): number {
  if (!slots.calendar || !Number.isFinite(time)) return ceilTo(time, slots);
  return firstFrom(listed(slots).closes, time);
}

/** The open of the slot that holds a time, or of the next. */
export function floorTo(time: number, slots: Slots): number {
  const { interval, phase } = slots;
  if (slots.calendar) {
    const { opens, closes, byClose } = listed(slots);
    const close = firstFrom(closes, time + 1e-3);
    return opens[byClose.get(close) ?? -1] as number;
  }
  if (interval === TICK) return time;
  const months = monthsOf(interval);
  if (months === null) return Math.floor((time - phase) / interval) * interval + phase;
  const date = new Date(time * 1000);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
  return monthLater(time, -((month - phase / MONTH) % months));
}

export function ceilTo(time: number, slots: Slots): number {
  if (slots.calendar) return firstFrom(listed(slots).opens, time);
  const open = floorTo(time, slots);
  return open === time ? open : closeOf(open, slots);
}
