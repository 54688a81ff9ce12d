import { rowValue, type RowValue, type Table } from '../sdk/table.js';
import { formatTime } from '../sdk/time/time.js';

const LONGEST = 60;

/** A number for a person: at most six significant digits, no binary rounding noise. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) return value.toExponential(4);
  return new Intl.NumberFormat('en-US', {
    maximumSignificantDigits: size >= 1e6 ? 15 : 7,
    maximumFractionDigits: 6,
  }).format(size >= 1e6 ? Math.round(value * 100) / 100 : value);
}

/** Shorter and shorter forms of a number, each marked as shortened: `≈1.2346M`, `≈1.2M`, `≈1M`. Empty for NaN and infinities. */
export function shorterNumbers(text: string): string[] {
  const value = Number(text.replaceAll(',', ''));
  if (text === '' || !Number.isFinite(value)) return [];
  return [5, 4, 3, 2, 1].map((digits) => {
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e15)) return `≈${value.toExponential(digits - 1)}`;
    const options = { notation: 'compact', maximumSignificantDigits: digits } as const;
    return `≈${new Intl.NumberFormat('en-US', options).format(value)}`;
  });
}

/** A bar's value: `1,234.5`, or `open 1, close 2` for a record; long ones are cut. */
export function valueText(value: RowValue): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'string') return cut(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return cut(JSON.stringify(value));
  const fields = Object.entries(value).map(([name, field]) => `${name} ${valueText(field)}`);
  return fields.join(', ');
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** The last row as Markdown, with its bar; null without rows. */
export function lastValueText(table: Table): string | null {
  const row = table.ts.length - 1;
  const ts = table.ts[row];
  return ts === undefined
    ? null
    : `\`${valueText(rowValue(table, row)).replaceAll('`', "'")}\` (${formatTime(ts)})`;
}
