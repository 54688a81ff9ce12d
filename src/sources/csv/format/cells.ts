import { clockFormat, spellingOf } from '../../time/spelling.js';

/** What a cell looks like. `mark`: a marker for a missing value. `clock`: a time of day. */
export type CellKind = 'empty' | 'mark' | 'number' | 'time' | 'clock' | 'boolean' | 'text';

/** How tools write a missing value, besides an empty cell. */
export const MARKS: readonly string[] = [
  ...['null', 'NULL', 'Null', 'nil', 'None', 'N/A', 'n/a', '#N/A', '#N/A N/A', 'NA', 'na', '<NA>', 'NaT'],
  ...['-', '--', '–', '—', '.', '..', ':', '?', 'n.a.', 'N.A.', 'ND', 'missing'],
  ...[
    '#VALUE!',
    '#DIV/0!',
    '#REF!',
    '#NUM!',
    '#NAME?',
    '#NULL!',
    '1.#QNAN',
    '1.#IND',
    '-1.#IND',
    '-nan(ind)',
  ],
];

const MARK_SET = new Set(MARKS);
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** Digits with separators, as locales write numbers: 1.234,5 and 1,234.5 and 1 234,5 and 1'234.5 and 12,34,567.8. */
const LOCAL_NUMBER =
  /^[+-]?\d{1,3}(?:[.,' \u00a0\u202f’]\d{3})+(?:[.,]\d+)?$|^[+-]?\d+,\d+$|^[+-]?\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?$/;

// Patterns for JavaScript and, as text, for DuckDB.
const SPACE = '[ \u00a0\u202f]';
const NUMERAL =
  String.raw`(?:\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*|\.\d+)`.replaceAll(
    /\\u(\w{4})/g,
    (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)),
  );
const CODES =
  'USDT|USDC|USD|EUR|GBP|GBX|JPY|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|CNY|HKD|SGD|KRW|INR|BRL|MXN|ZAR|TRY|RUB|ILS|THB|TWD|BTC|ETH';
const CURRENCY = String.raw`(?:R\$|[$€£¥₩₹]|zł|Kč|kr|${CODES})`;
const DECORATED = `(?:${CURRENCY}${SPACE}?[-+−–]?${NUMERAL}[KMBT]?|${NUMERAL}(?:[KMBT]|${SPACE}?(?:%|${CURRENCY})))`;
/**
 * A number with a suffix for thousands, millions or billions, with percent, with a currency on either side, or with a minus that
 * is no ASCII sign in front: 12.3K, -0.29%, $170.10, 12,50 €, (1.25), 1.25-, −1.25.
 */
export const SCALED_NUMBER = String.raw`(?i)^(?:[-+−–]?${DECORATED}|\((?:${DECORATED}|${NUMERAL})\)|(?:${DECORATED}|${NUMERAL})[-−]|[−–]${NUMERAL})$`;
const SCALED = new RegExp(SCALED_NUMBER.slice('(?i)'.length), 'i');
/** What such a number has besides digits and separators. */
export const DECORATION = String.raw`(?i)[-+−–()%'’ ${'\u00a0\u202f'}]|R\$|[$€£¥₩₹]|zł|kč|kr|${CODES}|[KMBT]\)?-?$`;

/** Whether a text is a number with something around its digits. */
export function isScaled(text: string): boolean {
  return !NUMBER.test(text) && !LOCAL_NUMBER.test(text) && SCALED.test(text);
}

export function cellKind(cell: string): CellKind {
  const text = cell.trim();
  if (text === '') return 'empty';
  if (MARK_SET.has(text)) return 'mark';
  if (NUMBER.test(text) || /^[+-]?(?:nan|inf(?:inity)?)$/i.test(text)) {
    return /^(?:19|20)\d{6}$/.test(text) && spellingOf(text) ? 'time' : 'number';
  }
  if (LOCAL_NUMBER.test(text) || SCALED.test(text)) return 'number';
  if (spellingOf(text)) return 'time';
  if (clockFormat(text) !== null) return 'clock';
  return /^(?:true|false)$/i.test(text) ? 'boolean' : 'text';
}

/** The cells of a line, quotes removed (RFC 4180). */
export function splitLine(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    if (quoted && character === '"' && line.charAt(i + 1) === '"') {
      cell += '"';
      i++;
    } else if (character === '"') {
      quoted = !quoted;
    } else if (character === delimiter && !quoted) {
      cells.push(cell);
      cell = '';
    } else {
      cell += character;
    }
  }
  return [...cells, cell];
}

export function shorten(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
