import type { Calendar, Session, ZoneCalendar } from '../../sdk/time/calendar.js';
import { nearNames, SeamlessError } from '../../sdk/errors.js';
import type { SlotCalendar } from '../../sdk/time/grid.js';
import { DAY, type Range, type Seconds } from '../../sdk/time/time.js';
import { textDigest } from '../fingerprint/digest.js';
import { TradingDays, type CalendarRules, type Day, type Regime } from './calendar.js';
import { CALENDAR_NAMES, clockOf, dayOf, namedRules } from './named.js';
import { CalendarSlots } from './slots.js';

const NOON = 12 * 3600;
const WEEKDAYS = [1, 2, 3, 4, 5];

/** Clock changes that identify a calendar: from 1970 to 2037. */
const CHANGES: Range = { start: 0, end: 2_145_916_800 };

/** A cached calendar: its days and its key. */
interface Known {
  readonly days: TradingDays;
  readonly key: string;
  readonly slots: Map<string, CalendarSlots>;
}

const byKey = new Map<string, Known>();
const byRules = new Map<string, Known>();

/**
 * The slots of an interval on a calendar; null: plain UTC slots.
 * @param phase how much later than usual slots of weeks or months open
 * @throws SeamlessError `interval` for an invalid calendar, or an interval that has no slots on one
 */
export function calendarSlots(
  calendar: Calendar,
  interval: Seconds,
  phase: Seconds = 0,
): SlotCalendar | null {
  if (calendar === '24/7') return null;
  const rules = typeof calendar === 'string' ? rulesNamed(calendar) : rulesOfZone(calendar);
  return slotsOf(rules, nameOf(calendar), interval, phase);
}

/** Slots of another interval on the same calendar. */
export function slotsOfSame(
  { key, name }: SlotCalendar,
  interval: Seconds,
  phase: Seconds = 0,
): SlotCalendar {
  return slotsOf(knownBy(key, name).days.rules, name, interval, phase);
}

/** The same for a stored calendar. @param rules see `calendarText` */
export function keptCalendarSlots(rules: string, interval: Seconds, phase: Seconds): SlotCalendar {
  const { name, ...kept } = JSON.parse(rules) as CalendarRules & { readonly name: string };
  return slotsOf(kept, name, interval, phase);
}

/** Everything that decides a calendar's days, as a text to store. */
export function calendarText({ key, name }: SlotCalendar): string {
  return JSON.stringify({ name, ...knownBy(key, name).days.rules });
}

function knownBy(key: string, name: string): Known {
  const known = byKey.get(key);
  if (known) return known;
  throw new SeamlessError('internal', `Calendar ${name} is not known.`);
}

/** A warning if a range exceeds the known holidays of a named calendar; null: none. */
export function calendarWarning({ name }: SlotCalendar, range: Range): string | null {
  const known = namedRules(name)?.known;
  if (!known) return null;
  const { first, last } = known;
  const [start, end] = [(dayOf(first) as Day) * DAY, ((dayOf(last) as Day) + 1) * DAY];
  const which =
    range.end > end
      ? `end with ${last}: after it each weekday counts as a session`
      : range.start < start && range.start > -Infinity
        ? `begin with ${first}: before it each weekday counts as a session`
        : null;
  return which && `The holidays of calendar ${name} ${which}.`;
}

function slotsOf(rules: CalendarRules, name: string, interval: Seconds, phase: Seconds): CalendarSlots {
  const text = JSON.stringify(rules);
  let known = byRules.get(text);
  if (!known) {
    const days = new TradingDays(rules);
    // A zone's rules are part of its days: another edition of the zone database gives other slots.
    const key = textDigest([text, JSON.stringify(days.zone.changes(CHANGES.start, CHANGES.end))]);
    known = { days, key, slots: new Map() };
    byRules.set(text, known);
    byKey.set(key, known);
  }
  // Equal calendars differ only in how messages name them.
  const which = `${interval} ${phase} ${name}`;
  const found = known.slots.get(which) ?? new CalendarSlots(known.days, name, known.key, interval, phase);
  known.slots.set(which, found);
  return found;
}

function rulesNamed(name: string): CalendarRules {
  const found = namedRules(name);
  if (found) return found.rules;
  const [near] = nearNames(name, CALENDAR_NAMES, 1);
  const advice = near ? `did you mean '${near}'?` : `there are ${CALENDAR_NAMES.join(', ')}.`;
  throw wrong(
    `There is no calendar ${JSON.stringify(name)}: ${advice} Or write { zone: 'America/New_York' }.`,
  );
}

function wrong(message: string): SeamlessError {
  return new SeamlessError('interval', message);
}

function rulesOfZone(calendar: ZoneCalendar): CalendarRules {
  const { zone, dayStart, session, holidays = [], halfDays = {} } = calendar;
  if (dayStart !== undefined && session !== undefined)
    throw wrong(
      "A calendar has a dayStart and a session: leave one out, since a session's open starts its day.",
    );
  const regime = session ? regimeOf(session) : daysFrom(dayStart ?? '00:00');
  const closed = holidays.map((date) => dateIn(date, 'holidays')).sort((a, b) => a - b);
  const special = Object.entries(halfDays)
    .map(([date, close]): [Day, Seconds, Seconds] => [
      dateIn(date, 'halfDays'),
      regime.open,
      clockIn(close, 'close of a half day'),
    ])
    .sort(([a], [b]) => a - b);
  return { zone, regimes: [regime], closed, special };
}

function daysFrom(dayStart: string): Regime {
  const start = clockIn(dayStart, 'dayStart');
  const open = start >= NOON ? start - DAY : start;
  return { from: 0, open, close: open + DAY, weekdays: [1, 2, 3, 4, 5, 6, 7] };
}

function regimeOf({ open, close, weekdays = WEEKDAYS }: Session): Regime {
  const [opens, closes] = [clockIn(open, 'open of a session'), clockIn(close, 'close of a session')];
  if (weekdays.length === 0 || !weekdays.every((day) => Number.isInteger(day) && day >= 1 && day <= 7))
    throw wrong(
      `The weekdays of a session are ${JSON.stringify(weekdays)}: write numbers from 1, Monday, to 7.`,
    );
  const days = [...new Set(weekdays)].sort((a, b) => a - b);
  return { from: 0, open: opens < closes ? opens : opens - DAY, close: closes, weekdays: days };
}

function clockIn(text: unknown, what: string): Seconds {
  const seconds = typeof text === 'string' ? clockOf(text) : null;
  if (seconds !== null) return seconds;
  throw wrong(
    `The ${what} is ${JSON.stringify(text)}: write hours and minutes of the zone, such as '09:30'.`,
  );
}

function dateIn(text: unknown, what: string): Day {
  const day = typeof text === 'string' ? dayOf(text) : null;
  if (day !== null) return day;
  throw wrong(`In ${what} of a calendar stands ${JSON.stringify(text)}: write dates such as '2024-12-25'.`);
}

/** `XNYS`; `America/New_York 09:30–16:00`. */
function nameOf(calendar: Calendar): string {
  if (typeof calendar === 'string') return calendar;
  const { zone, dayStart, session } = calendar;
  const hours = session ? ` ${session.open}–${session.close}` : dayStart ? ` from ${dayStart}` : '';
  return `${zone}${hours}`;
}
