import { calendarSlots } from '../../engine/calendar/calendars.js';
import type { SlotCalendar } from '../../sdk/time/grid.js';
import { DAY, type Seconds } from '../../sdk/time/time.js';

/** Calendars that rows may turn out to follow although the author named none. */
const LIKELY = ['XNYS', 'XLON', 'XKRX', 'FX'];
/** This many rows that all fit a session are no accident. */
const LEAST_ROWS = 8;

/** The calendar whose slots all of these rows fit; null: no known one. */
export function calendarOf(
  interval: Seconds,
  opens: Float64Array,
  stamp: 'open' | 'close' = 'open',
): string | null {
  if (interval < 3600 || interval > 7 * DAY || opens.length < LEAST_ROWS) return null;
  if ((interval > DAY && interval !== 7 * DAY) || opens.some((open) => Math.abs(open) > 4e9)) return null;
  const found = LIKELY.find((name) => {
    const calendar = calendarSlots(name, interval);
    return calendar && opens.every((open) => slotStamped(calendar, interval, open, stamp) !== null);
  });
  return found ?? null;
}

/**
 * The open of the slot that a row's stamp names; null: none. Bars of a day or more may also be stamped by their date: midnight in
 * UTC, or in the calendar's zone.
 */
export function slotStamped(
  calendar: SlotCalendar,
  interval: Seconds,
  time: Seconds,
  stamp: 'open' | 'close',
): Seconds | null {
  if (!Number.isFinite(time)) return null;
  const open = calendar.holding(time);
  if (stamp === 'open' && open === time) return open;
  if (stamp === 'close') {
    const before = calendar.previous(open);
    if (calendar.close(before) === time) return before;
    if (interval === DAY && isUsualClose(calendar, before, time)) return before;
  }
  if (interval < DAY) return null;
  for (const local of [time, time + calendar.offsetAt(time)]) {
    if (local % DAY === 0) return calendar.dated(local / DAY, stamp);
  }
  return null;
}

/** Whether a time is that of the usual close on a day with an early close: some vendors stamp half days so. */
function isUsualClose(calendar: SlotCalendar, session: Seconds, time: Seconds): boolean {
  const local = (instant: Seconds): Seconds => instant + calendar.offsetAt(instant);
  const close = local(calendar.close(session));
  const usual = [calendar.previous(session), calendar.next(session)].map(
    (open) => local(calendar.close(open)) % DAY,
  );
  const at = local(time);
  return at > close && Math.floor(at / DAY) === Math.floor(close / DAY) && usual.includes(at % DAY);
}
