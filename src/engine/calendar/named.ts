import { EXCHANGES, type ExchangeDays } from './exchanges.js';
import type { CalendarRules, Day, Regime } from './calendar.js';
import { DAY, type Seconds } from '../../sdk/time/time.js';

const WEEKDAYS = [1, 2, 3, 4, 5];

/** A named calendar, and the dates for which its holidays are known. */
interface NamedRules {
  readonly rules: CalendarRules;
  readonly known: { readonly first: string; readonly last: string } | null;
}

/** Exchanges that have the same days as another. */
const ALIASES: Readonly<Record<string, string>> = { XNAS: 'XNYS' };

/** Foreign exchange: five days from 17:00 in New York, without holidays. */
const FX: CalendarRules = {
  zone: 'America/New_York',
  regimes: [{ from: 0, open: -7 * 3600, close: 17 * 3600, weekdays: WEEKDAYS }],
  closed: [],
  special: [],
};

export const CALENDAR_NAMES = ['XNYS', 'XNAS', 'XLON', 'XKRX', 'FX', '24/7'] as const;

/** Whether there is a calendar with that name. */
export function isCalendarName(name: string): boolean {
  return (CALENDAR_NAMES as readonly string[]).includes(name);
}

/** Null for an unknown name. `24/7` is not a calendar: it means plain days. */
export function namedRules(name: string): NamedRules | null {
  if (name === 'FX') return { rules: FX, known: null };
  const days = EXCHANGES[ALIASES[name] ?? name];
  return days ? { rules: rulesOf(days), known: { first: days.first, last: days.last } } : null;
}

function rulesOf({ zone, hours, closed, special }: ExchangeDays): CalendarRules {
  const regimes = hours.map(([from, open, close]) => ({
    from: dayOf(from) as Day,
    open: clockOf(open) as Seconds,
    close: clockOf(close) as Seconds,
    weekdays: WEEKDAYS,
  }));
  return {
    zone,
    regimes: regimes as unknown as [Regime, ...Regime[]],
    closed: words(closed).map((date) => dayOf(date) as Day),
    special: words(special).map((text) => {
      const [date = '', open = '', close = ''] = text.split(/[/]|-(?=\d\d:)/);
      return [dayOf(date) as Day, clockOf(open) as Seconds, clockOf(close) as Seconds];
    }),
  };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Days since the epoch of `2024-03-08`; null: not a date. */
export function dayOf(date: string): Day | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return null;
  const day = Date.parse(`${date}T00:00:00Z`) / 1000 / DAY;
  return Number.isInteger(day) && new Date(day * DAY * 1000).toISOString().startsWith(date) ? day : null;
}

/** Seconds after midnight of `09:30`; null: not a time of day. */
export function clockOf(text: string): Seconds | null {
  const found = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text);
  if (!found || (found[1] === '24' && found[2] !== '00')) return null;
  return Number(found[1]) * 3600 + Number(found[2]) * 60;
}
