import { concatTables, lowerBound, VALUE_COLUMN, type Table } from '../sdk/table.js';
import { SeamlessError } from '../sdk/errors.js';
import { columnsOf, rowsOf, type HistoryColumns, type NodeRow } from '../protocol/history.js';

/** The rows of a family's member. */
export interface MemberTable {
  readonly symbol: string;
  readonly table: Table;
}

/** One column of a family as a table of time by symbol. */
export interface Panel {
  /** The opens of all bars that any member has, ascending, in epoch seconds. */
  readonly ts: Float64Array;
  readonly symbols: readonly string[];
  /** By symbol, as long as `ts`: NaN where the symbol has no row, or a null. */
  readonly values: Readonly<Record<string, Float64Array>>;
}

/** All members' rows, symbol by symbol, with the symbol of each; a field named `symbol` becomes `value.symbol`. */
export function familyColumns(members: readonly MemberTable[]): HistoryColumns {
  const all = columnsOf(concatTables(members.map(({ table }) => table)));
  const symbol = members.flatMap(({ symbol: each, table }) => Array.from(table.ts, () => each));
  const { symbol: own, ...rest } = all;
  return { ...rest, ...(own !== undefined && { 'value.symbol': own }), ts: all.ts, symbol };
}

export function familyRows(members: readonly MemberTable[]): NodeRow[] {
  return members.flatMap(({ symbol, table }) => rowsOf(table).map((row) => ({ symbol, ...row })));
}

/** @throws SeamlessError `unknown-column` for a column that no member has, or that holds no numbers */
export function panelOf(family: string, members: readonly MemberTable[], column = VALUE_COLUMN): Panel {
  const filled = members.filter(({ table }) => table.ts.length > 0);
  const names = [...new Set(filled.flatMap(({ table }) => table.names))];
  if (filled.length > 0 && !names.includes(column)) {
    throw new SeamlessError(
      'unknown-column',
      `${family} has no column ${column}, it has ${names.join(', ')}: name one of them, as in panel(${JSON.stringify(names[0])}).`,
      { node: family },
    );
  }
  const ts = Float64Array.from(new Set(filled.flatMap(({ table }) => [...table.ts]))).sort();
  const values = members.map(({ symbol, table }): [string, Float64Array] => [
    symbol,
    spreadOut(family, ts, table, column),
  ]);
  return { ts, symbols: members.map(({ symbol }) => symbol), values: Object.fromEntries(values) };
}

function spreadOut(family: string, ts: Float64Array, table: Table, name: string): Float64Array {
  const cells = new Float64Array(ts.length).fill(Number.NaN);
  const column = table.columns[table.names.indexOf(name)];
  if (!column || column.type === 'null') return cells;
  if (column.type !== 'number' && column.type !== 'boolean') {
    throw new SeamlessError(
      'unknown-column',
      `Column ${name} of ${family} holds no numbers, so it makes no panel: read it with columns() or rows().`,
      { node: family },
    );
  }
  const { values, valid } = column;
  table.ts.forEach((open, row) => {
    if (valid?.[row] !== 0 && table.present?.[row] !== 0) cells[lowerBound(ts, open)] = values[row] as number;
  });
  return cells;
}
