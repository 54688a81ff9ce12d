import type { Outcome } from '../../live/report/trading-report.js';
import { formatTime, type Seconds } from '../../sdk/time/time.js';

/** A trade in a table; an open one has neither `closed` nor `exit`. */
export interface ShownTrade {
  readonly symbol: string;
  readonly side: 'long' | 'short';
  readonly quantity: number;
  readonly opened: Seconds;
  readonly closed: Seconds | null;
  readonly entry: number;
  readonly exit: number | null;
  readonly fees: number;
  readonly profit: number;
  readonly bars: number;
}

/** Closed trades in order, then open ones. */
export function shownTrades({ trades, open }: Outcome): ShownTrade[] {
  return [...trades, ...open.map((each): ShownTrade => ({ ...each, closed: null, exit: null }))];
}

const COLUMNS = [
  'symbol',
  'side',
  'quantity',
  'opened',
  'closed',
  'entry',
  'exit',
  'fees',
  'profit',
  'bars',
] as const;

/**
 * Trades as CSV (RFC 4180): times in UTC as ISO-8601, unrounded numbers, empty cells for what is still open.
 * @param spreadsheet texts that a spreadsheet would run as formulas get a leading quote
 */
export function tradesCsv(trades: readonly ShownTrade[], spreadsheet: boolean): string {
  const lines = trades.map((trade) =>
    COLUMNS.map((column) => {
      const value = trade[column];
      if (value === null) return '';
      if (typeof value === 'string') return field(value, spreadsheet);
      return column === 'opened' || column === 'closed' ? formatTime(value) : String(value);
    }).join(','),
  );
  return [COLUMNS.join(','), ...lines, ''].join('\r\n');
}

function field(text: string, spreadsheet: boolean): string {
  const safe = spreadsheet && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
