import { clockFormat, spellingOf } from '../../time/spelling.js';

/** What a cell looks like. `mark`: a marker for a missing value. `clock`: a time of day. */
export type CellKind = 'empty' | 'mark' | 'number' | 'time' | 'clock' | 'boolean' | 'text';

/** How tools write a missing value, besides an empty cell. */
export const MARKS: readonly string[] = [
  ...['null', 'NULL', 'Null', 'nil', 'None', 'N/A', 'n/a', '#N/A', '#N/A N/A', 'NA', 'na', '<NA>', 'NaT'],
  ...['-', '--', '.', '?'],
];

const MARK_SET = new Set(MARKS);
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** Digits with separators, as locales write numbers: 1.234,5 and 1,234.5 and 1 234,5 and 1'234.5 and 12,34,567.8. */
const LOCAL_NUMBER =
  /^[+-]?\d{1,3}(?:[.,' \u00a0\u202f’]\d{3})+(?:[.,]\d+)?$|^[+-]?\d+,\d+$|^[+-]?\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?$/;
/**
 * A number with a suffix for thousands, millions or billions, with percent, or with a currency on either side: 12.3K, -0.29%,
 * $170.10, 12,50 €.
 */
export const SCALED_NUMBER =
  /^[+-]?(?:[$€£¥₩₹] ?[+-]?(?:\d+(?:[.,]\d+)*|\.\d+)[KMBT]?|(?:\d+(?:[.,]\d+)*|\.\d+)(?:[KMBT]| ?[%$€£¥₩₹]))$/i;

export function cellKind(cell: string): CellKind {
  const text = cell.trim();
  if (text === '') return 'empty';
  if (MARK_SET.has(text)) return 'mark';
  if (NUMBER.test(text) || /^[+-]?(?:nan|inf(?:inity)?)$/i.test(text)) {
    return /^(?:19|20)\d{6}$/.test(text) && spellingOf(text) ? 'time' : 'number';
  }
  if (LOCAL_NUMBER.test(text) || SCALED_NUMBER.test(text) || /^[+-]?[\d.,]+ ?%$/.test(text)) return 'number';
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
