/**
 * Which days bars follow: those of an exchange by its code (`'XNYS'`, `'XNAS'`, `'XLON'`, `'XKRX'`), of foreign exchange (`'FX'`:
 * Monday to Friday, from 17:00 in New York), of UTC (`'24/7'`), or of a zone.
 */
export type Calendar = string | ZoneCalendar;

/** The days of a zone, by its clocks: where these change, a day is as long as they make it. */
export interface ZoneCalendar {
  /** A name of the IANA time zone database, such as 'America/New_York'. */
  readonly zone: string;
  /**
   * When a day starts, 'HH:MM'. A day that starts at noon or later is that of the next date: with '17:00', Monday's starts on Sunday.
   * Default: '00:00'.
   */
  readonly dayStart?: string;
  /** A day's bar is there from open to close; hours run from the open, and the last may be short. Default: days follow each other. */
  readonly session?: Session;
  /** Dates without a session: '2024-12-25'. */
  readonly holidays?: readonly string[];
  /** Closes of sessions that end sooner, by date: `{ '2024-12-24': '13:00' }`. */
  readonly halfDays?: Readonly<Record<string, string>>;
}

export interface Session {
  /** 'HH:MM'. Not before the close: the session opens on the date before. */
  readonly open: string;
  readonly close: string;
  /** 1: Monday, to 7: Sunday. Default: Monday to Friday. */
  readonly weekdays?: readonly number[];
}
