/**
 * The calendar of bars: an exchange by its code (`'XNYS'`, `'XNAS'`, `'XLON'`, `'XKRX'`), foreign exchange (`'FX'`: Monday to
 * Friday, from 17:00 in New York), UTC (`'24/7'`), or a zone.
 */
export type Calendar = string | ZoneCalendar;

/** The days of a zone. When clocks change, a day is shorter or longer. */
export interface ZoneCalendar {
  /** A name of the IANA time zone database, such as 'America/New_York'. */
  readonly zone: string;
  /**
   * When a day starts, 'HH:MM'. A day that starts at noon or later counts as the next date: with '17:00', Monday starts on
   * Sunday. Default: '00:00'.
   */
  readonly dayStart?: string;
  /**
   * With a session, a day's bar lasts from open to close; hours are counted from the open, and the last one may be short.
   * Default: days follow each other.
   */
  readonly session?: Session;
  /** Dates without a session: '2024-12-25'. */
  readonly holidays?: readonly string[];
  /** Early closes, by date: `{ '2024-12-24': '13:00' }`. */
  readonly halfDays?: Readonly<Record<string, string>>;
}

export interface Session {
  /** 'HH:MM'. At or after the close: the session opens on the previous date. */
  readonly open: string;
  readonly close: string;
  /** 1: Monday, to 7: Sunday. Default: Monday to Friday. */
  readonly weekdays?: readonly number[];
}
