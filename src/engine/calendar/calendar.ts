import { DAY, type Seconds } from '../../sdk/time/time.js';
import { Zone } from './zone.js';

/** Days since the epoch. */
export type Day = number;

/** When an exchange trades, in seconds after midnight of the session's date; an open on the previous day is negative. */
export interface Hours {
  readonly open: Seconds;
  readonly close: Seconds;
}

/** Hours and weekdays from a day on. */
export interface Regime extends Hours {
  readonly from: Day;
  /** 1: Monday, to 7: Sunday. */
  readonly weekdays: readonly number[];
}

/** Everything that decides when a calendar's days open and close: stored as it is, and hashed into its key. */
export interface CalendarRules {
  readonly zone: string;
  /** Ascending; the first also holds for all time before. */
  readonly regimes: readonly [Regime, ...Regime[]];
  /** Days without a session despite their weekday, ascending. */
  readonly closed: readonly Day[];
  /** Sessions with unusual hours, or on a weekday that usually has none: ascending. */
  readonly special: readonly (readonly [day: Day, open: Seconds, close: Seconds])[];
}

/** When the days of an exchange or zone open and close. */
export class TradingDays {
  readonly rules: CalendarRules;
  readonly zone: Zone;
  readonly #closed: ReadonlySet<Day>;
  readonly #special: ReadonlyMap<Day, Hours>;

  constructor(rules: CalendarRules) {
    this.rules = rules;
    this.zone = new Zone(rules.zone);
    this.#closed = new Set(rules.closed);
    this.#special = new Map(rules.special.map(([day, open, close]) => [day, { open, close }]));
  }

  /** Local hours of a date's session; null: none. */
  hoursOf(day: Day): Hours | null {
    const special = this.#special.get(day);
    if (special) return special;
    const regime = this.#regimeOf(day);
    return regime.weekdays.includes(weekdayOf(day)) && !this.#closed.has(day) ? regime : null;
  }

  /** A date's session as instants; null: none, or clocks skip all of it. */
  sessionOf(day: Day): { readonly open: Seconds; readonly close: Seconds } | null {
    const hours = this.hoursOf(day);
    if (!hours) return null;
    const open = this.zone.timeOf(day * DAY + hours.open);
    const close = this.zone.timeOf(day * DAY + hours.close);
    return open < close ? { open, close } : null;
  }

  #regimeOf(day: Day): Regime {
    const { regimes } = this.rules;
    let found: Regime = regimes[0];
    for (const regime of regimes) if (regime.from <= day) found = regime;
    return found;
  }
}

/** 1: Monday, to 7: Sunday. */
function weekdayOf(day: Day): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}
