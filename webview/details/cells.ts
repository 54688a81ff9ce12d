import type { Table } from '../../src/panel/state.js';
import { formatNumber } from '../../src/present/values.js';
import { formatTime } from '../../src/sdk/time/time.js';

type Column = Table['columns'][number];

/** A cell in full: numbers as JavaScript writes them, unrounded. */
export function cellText(table: Table, column: Column, row: number): string {
  if (table.present?.[row] === 0 || column.valid?.[row] === 0) return 'null';
  switch (column.type) {
    case 'null':
      return 'null';
    case 'number': {
      const value = column.values[row] ?? Number.NaN;
      return Object.is(value, -0) ? '-0' : String(value);
    }
    case 'boolean':
      return column.values[row] === 1 ? 'true' : 'false';
    case 'string':
    case 'json':
      return column.values[row] ?? '';
  }
}

/** A plain number: finite, without an exponent. */
const WRITTEN_OUT = /^-?[\d,]+(?:\.(\d+))?$/;

/** Numbers of a column for a table: rounded to significant digits, with aligned decimal points. */
export function numberTexts(table: Table, column: Column): string[] {
  const values = Array.from(table.ts, (_, row) => {
    const value = column.values[row];
    return cellText(table, column, row) !== 'null' && typeof value === 'number' ? value : null;
  });
  const texts = values.map((value) => (value === null ? 'null' : formatNumber(value)));
  const digits = Math.max(0, ...texts.map((text) => WRITTEN_OUT.exec(text)?.[1]?.length ?? 0));
  const format = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return texts.map((text, row) => (WRITTEN_OUT.test(text) ? format.format(values[row] ?? 0) : text));
}

/** Times of rows in one format: days, minutes, seconds, or fractions. */
export function timeTexts(ts: Float64Array): string[] {
  const isMultiple = (unit: number): boolean => ts.every((time) => time % unit === 0);
  const length = isMultiple(86_400) ? 10 : isMultiple(60) ? 16 : isMultiple(1) ? 19 : 23;
  return Array.from(ts, (time) => new Date(time * 1000).toISOString().slice(0, length).replace('T', ' '));
}

/** Rows with a heading, separated by tabs, as spreadsheets paste them. */
export function copyText(table: Table): string {
  const lines = Array.from(table.ts, (ts, row) =>
    [formatTime(ts), ...table.columns.map((column) => plain(cellText(table, column, row)))].join('\t'),
  );
  return [['ts', ...table.names.map(plain)].join('\t'), ...lines, ''].join('\n');
}

/** A tab or line break within a text would end its cell. */
function plain(text: string): string {
  return text.replaceAll(/[\t\r\n]+/g, ' ');
}
