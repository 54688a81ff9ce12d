import { DAY, ceilToGrid, floorToGrid, isMonths, MONTH, TICK, type Range, type Seconds } from './time.js';

/**
 * The slots of an interval, one after the other: `[open, close)`. Fixed intervals are arithmetic from a phase. Months follow
 * UTC's calendar; their interval is a mean length, used to compare intervals and to estimate work.
 */
export interface Grid {
  readonly interval: Seconds;
  /**
   * Where a fixed grid starts, in seconds after the epoch. On a calendar and for months (in units of `MONTH`): how much later
   * than usual its slots open, which is 0 unless anchored.
   */
  readonly phase: Seconds;
  /** The calendar that the slots follow; null: they are arithmetic. */
  readonly calendar: SlotCalendar | null;
}

/**
 * The slots of an interval on a calendar. Time between a close and the next open belongs to no slot. Equal calendars have one
 * key, whatever their names.
 */
export interface SlotCalendar {
  /** What people call the calendar: `XNYS`. */
  readonly name: string;
  /** A hash of everything that decides its days. */
  readonly key: string;
  /** The most that a slot lasts. */
  readonly longest: Seconds;
  /** The open of the first slot that closes after a time. */
  holding(time: Seconds): Seconds;
  /** Opens of the slots after and before the one with this open. */
  next(open: Seconds): Seconds;
  previous(open: Seconds): Seconds;
  close(open: Seconds): Seconds;
  /** How many slots open in a range whose ends are on the grid. */
  count(range: Range): number;
  /**
   * For slots of a day or more: the open of the slot that a date names, in days since the epoch; null: none. By open, any date up
   * to the first session's names it; by close, any date from the last session's on.
   */
  dated(date: number, by: 'open' | 'close'): Seconds | null;
  /** A name of the IANA time zone database. */
  readonly zone: string;
  /** Seconds by which the zone's clocks are ahead of UTC. */
  offsetAt(time: Seconds): Seconds;
  /** The time at which the zone's clocks show what a UTC clock shows at the given time. */
  timeOf(local: Seconds): Seconds;
}

/** Microseconds of a time. For present-day times they are whole numbers that fit a double. */
function microsOf(time: Seconds): number {
  return Math.round(time * 1e6);
}

/** One slot per microsecond, closing with the next: a tick on a border belongs to the bar that opens there. */
const MICROSECONDS: SlotCalendar = {
  name: 'ticks',
  key: 'ticks',
  longest: 1e-6,
  holding: (time) => microsOf(time) / 1e6,
  next: (open) => (microsOf(open) + 1) / 1e6,
  previous: (open) => (microsOf(open) - 1) / 1e6,
  close: (open) => (microsOf(open) + 1) / 1e6,
  // An estimate of work, as if there were a row per interval.
  count: ({ start, end }) => Math.ceil((end - start) / TICK),
  dated: () => null,
  zone: 'UTC',
  offsetAt: () => 0,
  timeOf: (local) => local,
};

/** The grid of a tick stream. */
export const TICKS: Grid = { interval: TICK, phase: 0, calendar: MICROSECONDS };

/** Whether rows may be at any microsecond, and several at one. */
export function isTicks({ interval }: Pick<Grid, 'interval'>): boolean {
  return interval === TICK;
}

/** Only the grid of something that has one. */
export function gridOf({ interval, phase, calendar }: Grid): Grid {
  return { interval, phase, calendar };
}

/** The UTC slots of an interval. */
export function plainGrid(interval: Seconds, phase: Seconds = 0): Grid {
  return { interval, phase, calendar: null };
}

/** Whether two grids have the same slots. */
export function sameGrid(a: Grid, b: Grid): boolean {
  return a.interval === b.interval && a.phase === b.phase && a.calendar?.key === b.calendar?.key;
}

/** The open of the slot that contains a time; between two slots, that of the next (the first to close after it). */
export function floorToSlot(time: Seconds, { interval, phase, calendar }: Grid): Seconds {
  if (calendar) return calendar.holding(time);
  return isMonths(interval) ? floorToMonths(time, interval, phase) : floorToGrid(time, interval, phase);
}

/** The open of the first slot that opens at a time or later. */
export function ceilToSlot(time: Seconds, { interval, phase, calendar }: Grid): Seconds {
  if (calendar) {
    const open = calendar.holding(time);
    return open >= time ? open : calendar.next(open);
  }
  if (!isMonths(interval)) return ceilToGrid(time, interval, phase);
  const open = floorToMonths(time, interval, phase);
  return open === time ? time : monthsLater(open, interval, 1);
}

/** The close of a slot that opens at `open`, which is on the grid. */
export function closeOf(open: Seconds, { interval, calendar }: Grid): Seconds {
  if (calendar) return calendar.close(open);
  return isMonths(interval) ? monthsLater(open, interval, 1) : open + interval;
}

/** The open of the next slot: this slot's close, unless there is time between the slots. */
export function nextOpen(open: Seconds, grid: Grid): Seconds {
  return grid.calendar ? grid.calendar.next(open) : closeOf(open, grid);
}

/** The open of a slot that closes at `close`. */
export function openOf(close: Seconds, { interval, calendar }: Grid): Seconds {
  if (calendar) return calendar.previous(calendar.holding(close));
  return isMonths(interval) ? monthsLater(close, interval, -1) : close - interval;
}

/** Bars that open up to the result have closed by a time. */
export function lastOpenBy(time: Seconds, { interval, phase, calendar }: Grid): Seconds {
  if (calendar) return calendar.previous(calendar.holding(time));
  return isMonths(interval)
    ? monthsLater(floorToMonths(time, interval, phase), interval, -1)
    : time - interval;
}

/** When all slots that open before `open` (on the grid) have closed. */
export function closeBefore(open: Seconds, { calendar }: Grid): Seconds {
  return calendar ? calendar.close(calendar.previous(open)) : open;
}

/** The open of the first slot that sees what is known at a time: the one that closes then, or next. */
export function slotSeeing(time: Seconds, grid: Grid): Seconds {
  const { calendar } = grid;
  if (!calendar) return openOf(ceilToSlot(time, grid), grid);
  const open = calendar.holding(time);
  const before = calendar.previous(open);
  return calendar.close(before) === time ? before : open;
}

/** The same for many bars, by their opens. */
export function slotOfBars(bars: Grid, grid: Grid): (open: Seconds) => Seconds {
  if (!isMonths(grid.interval) && !grid.calendar) {
    const { interval: length, phase } = grid;
    const { interval } = bars;
    if (!isMonths(interval) && !bars.calendar)
      return (open) => ceilToGrid(open + interval, length, phase) - length;
    return (open) => ceilToGrid(closeOf(open, bars), length, phase) - length;
  }
  // Bars are in order: most close in the same slot as the one before.
  let [from, to] = [Infinity, -Infinity];
  return (open) => {
    const close = closeOf(open, bars);
    if (close > from && close <= to) return from;
    from = slotSeeing(close, grid);
    to = closeOf(from, grid);
    return from;
  };
}

/** Whether a slot opens at a time. */
export function isOnGrid(time: Seconds, { interval, phase, calendar }: Grid): boolean {
  if (calendar) return Number.isFinite(time) && calendar.holding(time) === time;
  // NaN and infinities leave a non-zero remainder.
  return isMonths(interval) ? floorToMonths(time, interval, phase) === time : (time - phase) % interval === 0;
}

/** The most that a slot lasts. */
export function longestSlot({ interval, calendar }: Grid): Seconds {
  if (calendar) return calendar.longest;
  return isMonths(interval) ? monthsIn(interval) * 31 * DAY : interval;
}

/** How many slots open in a range whose ends are on the grid. */
export function slotsIn({ start, end }: Range, { interval, calendar }: Grid): number {
  if (!Number.isFinite(start) || !Number.isFinite(end)) return (end - start) / interval;
  if (calendar) return calendar.count({ start, end });
  if (!isMonths(interval)) return (end - start) / interval;
  return (monthOf(end) - monthOf(start)) / monthsIn(interval);
}

function monthsIn(interval: Seconds): number {
  return interval / MONTH;
}

function floorToMonths(time: Seconds, interval: Seconds, phase: Seconds): Seconds {
  if (!Number.isFinite(time)) return time;
  const [months, first] = [monthsIn(interval), monthsIn(phase)];
  return startOfMonth(Math.floor((monthOf(time) - first) / months) * months + first);
}

function monthsLater(open: Seconds, interval: Seconds, slots: number): Seconds {
  return Number.isFinite(open) ? startOfMonth(monthOf(open) + slots * monthsIn(interval)) : open;
}

/**
 * Days of the Gregorian calendar, also beyond the range of `Date`: Howard Hinnant, "chrono-compatible low-level date algorithms".
 * There, years begin in March and eras last 400 years.
 */
const ERA_DAYS = 146_097;
/** Days from 0000-03-01 to the epoch. */
const EPOCH_DAYS = 719_468;

/** Months since January of the year 0. */
function monthOf(time: Seconds): number {
  const days = Math.floor(time / DAY) + EPOCH_DAYS;
  const era = Math.floor(days / ERA_DAYS);
  const day = days - era * ERA_DAYS;
  const year = Math.floor(
    (day - Math.floor(day / 1460) + Math.floor(day / 36_524) - Math.floor(day / 146_096)) / 365,
  );
  const dayOfYear = day - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  return (era * 400 + year) * 12 + Math.floor((5 * dayOfYear + 2) / 153) + 2;
}

/** When a month begins. @param month months since January of the year 0 */
function startOfMonth(month: number): Seconds {
  const fromMarch = month - 2;
  const year = Math.floor(fromMarch / 12);
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * (fromMarch - year * 12) + 2) / 5);
  const day = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return (era * ERA_DAYS + day - EPOCH_DAYS) * DAY;
}
