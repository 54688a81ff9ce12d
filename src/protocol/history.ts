import { rowValue, type Column, type Json, type RowValue, type Table } from '../sdk/table.js';

/**
 * One column of a node's history. Numbers are a Float64Array, with NaN for null (`rows()` tells them apart); booleans, strings
 * and JSON are lists with nulls.
 */
export type HistoryColumn =
  Float64Array | readonly (boolean | null)[] | readonly (string | null)[] | readonly Json[];

/**
 * A node's history by column, `n` rows each: `ts` are the opens of the bars in epoch seconds; a scalar node has `value`, a record
 * node one column per field. A field named `ts` becomes `value.ts`.
 */
export interface HistoryColumns {
  readonly ts: Float64Array;
  readonly [name: string]: HistoryColumn;
}

/** One bar of a node's history. */
export interface NodeRow {
  /** For a family: the bar's symbol. */
  readonly symbol?: string;
  /** The bar's open, in epoch seconds. */
  readonly ts: number;
  /** What the node emitted for it. */
  readonly value: RowValue;
}

export function columnsOf(table: Table): HistoryColumns {
  const { present } = table;
  const named = table.names.map((name, index): [string, HistoryColumn] => {
    return [name === 'ts' ? 'value.ts' : name, valuesOf(table.columns[index] as Column, present)];
  });
  return { ...Object.fromEntries(named), ts: table.ts };
}

export function rowsOf(table: Table): NodeRow[] {
  return Array.from(table.ts, (ts, index) => ({ ts, value: rowValue(table, index) }));
}

function valuesOf(column: Column, present: Uint8Array | null): HistoryColumn {
  const isNull = (index: number): boolean => column.valid?.[index] === 0 || present?.[index] === 0;
  switch (column.type) {
    case 'number':
      return column.values;
    case 'null':
      return Array.from(column.values, () => null);
    case 'boolean':
      return Array.from(column.values, (value, index) => (isNull(index) ? null : value === 1));
    case 'string':
      return column.values.map((value, index) => (isNull(index) ? null : value));
    case 'json':
      return column.values.map((value, index) => (isNull(index) ? null : (JSON.parse(value) as Json)));
  }
}
