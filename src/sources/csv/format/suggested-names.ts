import { clockFormat, spellingOf } from '../../time/spelling.js';
import { cellKind } from './cells.js';
import { tickNames } from './tick-names.js';

/** The most names of columns in a message. */
const MOST_SUGGESTED = 16;

const [EARLIEST, LATEST] = [Date.UTC(1990, 0) / 1000, Date.UTC(2050, 0) / 1000];

/** How exchanges order the prices of a bar. */
const ORDERS = [
  ['open', 'high', 'low', 'close'],
  ['low', 'high', 'open', 'close'],
  ['open', 'close', 'high', 'low'],
] as const;

/**
 * Names to paste for the columns of a file without a header, and what else must be said.
 * @param are what the rows are; `either`: they are bars if four numbers can be their prices
 */
export function suggestedNames(
  rows: readonly (readonly string[])[],
  are: 'bars' | 'ticks' | 'either',
): string {
  const [row = []] = rows;
  const kinds = row.map(cellKind);
  const time = timeOf(row);
  const clock = clockBehind(rows, time);
  const numbers = kinds.flatMap((kind, index) =>
    kind === 'number' && index > (clock ?? time) ? [index] : [],
  );
  const priced = are === 'bars' || (are === 'either' && numbers.length >= 4 && !row.some(hasFraction));
  const prices = priced ? pricesOf(rows, numbers) : new Map<number, string>();
  const ticks = are === 'ticks' || (are === 'either' && prices.size === 0);
  const counted = kinds.flatMap((kind, index) =>
    kind === 'number' && index !== time && index !== clock ? [index] : [],
  );
  const told = ticks ? tickNames(rows, counted) : prices;
  const names = row.slice(0, MOST_SUGGESTED).map((_, index) => {
    if (index === time) return 'time';
    if (kinds[index] === 'clock' || index === clock) return 'clock';
    return told.get(index) ?? (kinds[index] === 'text' ? 'symbol' : `column${index}`);
  });
  const once = names.map((name, index) => (names.indexOf(name) === index ? name : `column${index}`));
  const list = [...once.map((name) => `'${name}'`), ...(row.length > MOST_SUGGESTED ? ['…'] : [])].join(', ');
  if (ticks && !once.includes('price') && !once.includes('bid'))
    return `[${list}], and call the price price and what was traded size`;
  if (ticks) return `[${list}]`;
  return prices.size > 0 ? `[${list}]` : `[${list}], with open, high, low, close and volume where they are`;
}

/** The column of times of day such as 0930 or 93000 behind one of dates; null: there is none. */
function clockBehind(rows: readonly (readonly string[])[], time: number): number | null {
  const isDate = (cell: string): boolean => {
    const spelling = spellingOf(cell);
    return spelling !== null && !('dayFirst' in spelling ? spelling.dayFirst : spelling).clock;
  };
  const isClock = (cell: string): boolean => /^(?:\d|[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?$/.test(cell.trim());
  const found =
    rows.length > 0 && rows.every((row) => isDate(row[time] ?? '') && isClock(row[time + 1] ?? ''));
  return found ? time + 1 : null;
}

/** Whether a cell is a time with a fraction of a second, which bars never have. */
function hasFraction(cell: string): boolean {
  const spelling = spellingOf(cell);
  const format = spelling && 'format' in spelling ? spelling.format : clockFormat(cell);
  return /%[gfn]/.test(format ?? '') || (format === null && /:\d{2}\.\d/.test(cell));
}

/** The time column: one with a date, else one whose numbers count time, else the first that is not text. */
function timeOf(row: readonly string[]): number {
  const kinds = row.map(cellKind);
  const dated = kinds.indexOf('time');
  if (dated >= 0) return dated;
  // If two columns may be times, take the finer one: trade ids can look like seconds.
  for (const unit of [1e9, 1e6, 1e3, 1]) {
    const index = row.findIndex((cell, at) => {
      const seconds = kinds[at] === 'number' ? Number(cell) / unit : Number.NaN;
      return seconds > EARLIEST && seconds < LATEST;
    });
    if (index >= 0) return index;
  }
  return Math.max(
    0,
    kinds.findIndex((kind) => kind !== 'text'),
  );
}

/** Names of prices that no row contradicts: high is the largest, low the smallest. */
function pricesOf(
  rows: readonly (readonly string[])[],
  numbers: readonly number[],
): ReadonlyMap<number, string> {
  const [only, more] = numbers;
  if (only !== undefined && more === undefined) return new Map([[only, 'close']]);
  const columns = numbers.slice(0, 4);
  const values = rows.map((row) => columns.map((index) => Number(row[index])));
  const order = ORDERS.find((names) =>
    values.every((cells) => {
      const high = cells[names.indexOf('high')] ?? Infinity;
      const low = cells[names.indexOf('low')] ?? -Infinity;
      // A price does not fall to a tenth from one trade to the next.
      const near = (cell: number): boolean => high === Infinity || Math.abs(cell) * 10 >= Math.abs(high);
      return cells.every((cell) => Number.isNaN(cell) || (cell <= high && cell >= low && near(cell)));
    }),
  );
  if (!order) return new Map();
  return new Map(
    [...order, 'volume'].flatMap((name, at) => (at in numbers ? [[numbers[at] as number, name]] : [])),
  );
}
