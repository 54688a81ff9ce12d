import { calendarSlots } from '../../engine/calendar/calendars.js';
import { anchorOf } from '../../engine/graph/anchors.js';
import {
  floorToSlot,
  isOnGrid,
  isTicks,
  plainGrid,
  TICKS,
  type Grid,
  type SlotCalendar,
} from '../../sdk/time/grid.js';
import { DAY, WEEK, defaultPhase, formatInterval, MONTH, type Seconds } from '../../sdk/time/time.js';
import type { ProviderOptions } from '../../settings/provider-options.js';
import { calendarOf, slotStamped } from '../calendar/stamps.js';

/** A way to read a file. */
export interface Way {
  readonly grid: Grid;
  /** The name of the calendar that its bars follow; null: UTC. */
  readonly calendar: string | null;
  readonly options: ProviderOptions;
  /** When it is right: a clause. */
  readonly when: string;
}

/**
 * Ways in which rows with these times may be read, likeliest first.
 * @param opens times under the given options, ignoring `stamp`
 * @param given options that all ways share
 */
export function likelyWays(opens: readonly Seconds[], given: ProviderOptions): readonly [Way, ...Way[]] {
  const { stamp } = given;
  const [first, ...others] = waysOf(opens, given);
  const fitting = [first, ...others].filter(
    ({ grid, options }) => !stamp || isTicks(grid) || (options['stamp'] ?? 'open') === stamp,
  );
  const [likeliest, ...rest] = fitting.length > 0 ? fitting : [first];
  const told = (way: Way): Way => ({ ...way, options: { ...way.options, ...given } });
  return [told(likeliest ?? first), ...rest.map(told)];
}

function waysOf(opens: readonly Seconds[], given: ProviderOptions): readonly [Way, ...Way[]] {
  const { phase } = given;
  const found = barsGrid(opens);
  const fixed = typeof phase === 'number' ? plainGrid(found.interval, phase) : found;
  const ticks: Way = { grid: TICKS, calendar: null, options: {}, when: 'if each row is a trade or a quote' };
  const kind = kindOf(opens);
  if (kind === 'ticks') return [ticks];
  const bars = barWays(fixed, opens, given);
  if (kind === 'bars') return bars;
  const [first] = bars;
  return [
    ticks,
    { ...first, when: `if its rows are bars of ${formatInterval(first.grid.interval)}, with holes` },
  ];
}

/**
 * What rows are. Many repeated times, or fractions of a second at irregular distances, mean ticks. Bars with a few repeats, or
 * stamped a little off, are not. Whole seconds at irregular distances may be either.
 */
function kindOf(opens: readonly Seconds[]): 'ticks' | 'bars' | 'either' {
  const gaps = opens.slice(1).map((open, i) => open - (opens[i] as Seconds));
  // Dates alone are daily, however many rows share one.
  if (gaps.length < 2 || opens.every((open) => open % DAY === 0)) return 'bars';
  const share = (those: (gap: Seconds) => boolean): number => gaps.filter(those).length / gaps.length;
  const odd = opens.filter((open) => !Number.isInteger(open)).length / opens.length;
  if (odd <= 0.2) {
    if (share((gap) => gap === 0) > 0.2) return 'ticks';
    const least = gaps.reduce((a, b) => (b > 0 && b < a ? b : a), Infinity);
    const [most] = counted(gaps);
    return least < 60 && share((gap) => gap === most) < 0.5 ? 'either' : 'bars';
  }
  const median = Math.round([...gaps].sort((a, b) => a - b)[gaps.length >> 1] as Seconds);
  return median < 1 || share((gap) => Math.abs(gap - median) < Math.min(0.5, median / 5)) < 0.6
    ? 'ticks'
    : 'bars';
}

/** Distinct values, most frequent first. */
function counted(values: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([value]) => value);
}

/** The grid of the most frequent gap, with the phase that most rows have. */
function barsGrid(exact: readonly Seconds[]): Grid {
  // Bars stamped a little off still belong to whole seconds.
  const opens = exact.map(Math.round);
  const gaps = opens.slice(1).map((open, i) => open - (opens[i] as Seconds));
  const likely = counted(gaps.filter((each) => each > 0));
  // Where bars are missing, the most frequent gap may be several bars.
  const [most = DAY] = likely;
  const gap = likely.find((each) => most % each === 0 && gaps.every((other) => other % each === 0)) ?? most;
  if (gap >= 28 * DAY) {
    const months = [12, 3, 1].find((each) => gap > (each - 0.5) * MONTH) ?? 1;
    return plainGrid(months * MONTH);
  }
  // Days of a zone with daylight saving are read as dates.
  const interval = Math.abs(gap - DAY) <= 3600 ? DAY : gap;
  const phases = opens.map((open) => ((open % interval) + interval) % interval);
  const local = interval === DAY && new Set(phases).size === 2;
  return plainGrid(interval, local ? 0 : (counted(phases)[0] ?? defaultPhase(interval)));
}

function barWays(fixed: Grid, opens: readonly Seconds[], given: ProviderOptions): readonly [Way, ...Way[]] {
  const { interval, phase } = fixed;
  if (interval % MONTH === 0) return [monthsWay(interval, opens)];
  // Hours of an exchange are on no fixed grid across a clock change. If all rows follow a known calendar, that is their grid.
  const fits = opens.every((open) => isOnGrid(open, fixed));
  const stamp = given['stamp'] === 'close' ? 'close' : 'open';
  // Days that begin at another hour than UTC midnight may belong to a zone with daylight saving.
  const odd = interval === DAY && phase !== 0 && given['phase'] === undefined;
  const calendar = fits && !odd ? null : calendarOf(interval, Float64Array.from(opens), stamp);
  if (calendar !== null) return [calendarWay(calendar, interval, {})];
  const ends = fits && given['phase'] === undefined ? endWay(fixed, opens, given) : null;
  if (ends) return ends;
  const snapped = fits ? null : snappedWay(opens);
  if (snapped) return [snapped];
  if (interval === WEEK && phase % DAY === 0 && phase !== defaultPhase(WEEK)) return weekWays(phase);
  const options: Way['options'] = phase === defaultPhase(interval) ? {} : { phase };
  const plain: Way = { grid: fixed, calendar: null, options, when: 'if its times are those of UTC' };
  const local =
    interval < DAY && stamp === 'open' && !given['phase'] ? sessionsOf(interval, opens, given) : null;
  if (local === null) return [plain];
  if (given['timeZone'] !== undefined)
    return [calendarWay(local, interval, {}), { ...plain, when: 'without a calendar' }];
  const { zone } = calendarSlots(local, interval) as SlotCalendar;
  return [
    { ...calendarWay(local, interval, { timeZone: zone }), when: `if its times are those of ${zone}` },
    plain,
  ];
}

/** Rows stamped by the last moment of their bars, or days by the hour at which an exchange closes; null: they are not. */
function endWay(
  { interval, phase }: Grid,
  opens: readonly Seconds[],
  given: ProviderOptions,
): readonly [Way, ...Way[]] | null {
  if (interval >= 3600 && phase > 0 && interval - phase <= 60) {
    const when = 'if its rows are stamped by the last moment of their bars';
    return [{ grid: plainGrid(interval), calendar: null, options: { stamp: 'close', snap: '1m' }, when }];
  }
  if (interval !== DAY || phase === 0 || given['timeZone'] !== undefined || opens.length < LEAST_ROWS)
    return null;
  const name = EXCHANGES.find((each) => {
    const slots = calendarSlots(each, DAY) as SlotCalendar;
    return opens.every((open) => slotStamped(slots, DAY, slots.timeOf(open), 'close') !== null);
  });
  if (name === undefined) return null;
  const { zone } = calendarSlots(name, DAY) as SlotCalendar;
  const local = { timeZone: zone, stamp: 'close' };
  return [
    { ...calendarWay(name, DAY, local), when: `if its times are closes of ${name} in ${zone}` },
    {
      grid: plainGrid(DAY, phase),
      calendar: null,
      options: { phase },
      when: 'if its times are those of UTC',
    },
  ];
}

/** Usual intervals of bars, and of rounding. */
const USUAL = [60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14_400, DAY];
const SNAPS = [
  [3600, '1h'],
  [60, '1m'],
  [1, '1s'],
] as const;

/** Whether rows are a little off the grid of a usual interval; null: they are not. */
function snappedWay(opens: readonly Seconds[]): Way | null {
  const gaps = opens.slice(1).map((open, i) => open - (opens[i] as Seconds));
  const median = [...gaps].sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
  const interval = USUAL.find((each) => Math.abs(each - median) <= each / 10);
  if (interval === undefined) return null;
  const off = opens.map((open) => Math.abs(open - Math.round(open / interval) * interval));
  const most = off.reduce((a, b) => Math.max(a, b), 0);
  // A single row off the grid is a mistake to show.
  if (off.filter((each) => each > 0).length < opens.length / 5) return null;
  const snap = SNAPS.find(([seconds]) => interval % seconds === 0 && most * 2 < seconds)?.[1];
  if (snap === undefined) return null;
  return {
    grid: plainGrid(interval),
    calendar: null,
    options: { snap },
    when: 'if its rows are stamped a little off',
  };
}

function calendarWay(name: string, interval: Seconds, options: Way['options']): Way {
  const grid = { interval, phase: 0, calendar: calendarSlots(name, interval) };
  return { grid, calendar: name, options, when: `if its days are those of ${name}` };
}

/** Months, quarters or years with any first month, stamped by their first or any other day. */
function monthsWay(interval: Seconds, opens: readonly Seconds[]): Way {
  const way = { calendar: null, options: {}, when: 'if its rows are bars of months' };
  const months = Array.from({ length: interval / MONTH }, (_, month) => plainGrid(interval, month * MONTH));
  const open = months.find((grid) => opens.every((each) => isOnGrid(each, grid))) ?? firstDays(months, opens);
  if (open) return { ...way, grid: open };
  const last = opens.at(-1) ?? 0;
  // The slot that ends with the month of the last row.
  const month = floorToSlot(last, plainGrid(MONTH));
  const ends = months.find((grid) => floorToSlot(month + 40 * DAY, grid) > month) ?? plainGrid(interval);
  return { ...way, grid: ends, options: { stamp: 'close' } };
}

/** The grid of rows stamped by their first day, the last of which is a month that is not over. */
function firstDays(months: readonly Grid[], opens: readonly Seconds[]): Grid | undefined {
  return months.find((grid) => opens.length > 2 && opens.slice(0, -1).every((each) => isOnGrid(each, grid)));
}

const SATURDAY = 2 * DAY;
const SUNDAY = 3 * DAY;

/**
 * Weeks by their first or last day. Weeks of an exchange end on a weekday; read by its first day, a bar is never visible too
 * early.
 */
function weekWays(phase: Seconds): readonly [Way, Way] {
  const first: Way = {
    grid: plainGrid(WEEK, phase),
    calendar: null,
    options: {},
    when: 'if its dates are the first days of their weeks',
  };
  const last: Way = {
    grid: plainGrid(WEEK, (phase + DAY) % WEEK),
    calendar: null,
    options: { stamp: 'close' },
    when: 'if its dates are the last days of their weeks',
  };
  return phase === SATURDAY || phase === SUNDAY ? [first, last] : [last, first];
}

/** Exchanges whose sessions may show in local times. */
const EXCHANGES = ['XNYS', 'XLON', 'XKRX'];
/** How many rows and days are needed to decide it. */
const [LEAST_ROWS, LEAST_DAYS] = [8, 2];

/** The exchange whose sessions contain and begin with these rows, read in its local time unless a zone was given. Null: none. */
function sessionsOf(
  interval: Seconds,
  opens: readonly Seconds[],
  { timeZone }: ProviderOptions,
): string | null {
  const firsts = opens.filter(
    (open, row) => Math.floor(open / DAY) !== Math.floor((opens[row - 1] ?? -DAY) / DAY),
  );
  if (opens.length < LEAST_ROWS || firsts.length < LEAST_DAYS) return null;
  const found = EXCHANGES.find((name) => {
    const slots = calendarSlots(name, interval) as SlotCalendar;
    const days = calendarSlots(name, DAY) as SlotCalendar;
    const timeOf = (open: Seconds): Seconds => (timeZone === undefined ? slots.timeOf(open) : open);
    const inSlot = (open: Seconds): boolean => slotStamped(slots, interval, timeOf(open), 'open') !== null;
    const begins = firsts.filter((open) => days.holding(timeOf(open)) === timeOf(open));
    return begins.length >= firsts.length * 0.8 && opens.every(inSlot);
  });
  return found ?? null;
}

/** The stream that reads a file so, as code to paste. */
export function lineOf({ grid, calendar, options }: Way, kind: string, path: string): string {
  const anchor = isTicks(grid) ? null : anchorOf(grid);
  // For weeks and months the anchor gives the phase.
  const said = Object.entries(options).map(([name, value]) => `${name}: ${written(value)}`);
  const provider = `${kind}History(${quoted(path)}${said.length > 0 ? `, { ${said.join(', ')} }` : ''})`;
  const parts = [
    `tags: ['${isTicks(grid) ? 'ticks' : 'price'}']`,
    `interval: '${formatInterval(grid.interval)}'`,
    ...(anchor === null ? [] : [`anchor: '${anchor}'`]),
    ...(calendar === null ? [] : [`calendar: '${calendar}'`]),
    `historyProvider: ${provider}`,
  ];
  return `new StreamInput({ ${parts.join(', ')} })`;
}

function written(value: ProviderOptions[string]): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(quoted).join(', ')}]`;
  const names = Object.entries(value).map(
    ([name, wanted]) => `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)}: ${quoted(wanted)}`,
  );
  return `{ ${names.join(', ')} }`;
}

function quoted(text: string): string {
  const code = JSON.stringify(text);
  return /['"]/.test(text) ? code : code.replaceAll('"', "'");
}
