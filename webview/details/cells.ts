import type { Table } from '../../src/panel/messages.js';
import { formatTime } from '../../src/sdk/time.js';

type Column = Table['columns'][number];

/** A cell in full: numbers as JavaScript writes them, so that none is rounded. */
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

/** Rows with a heading, cells set apart by tabs: what spreadsheets paste. */
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
