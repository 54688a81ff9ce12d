import { rowValue, type Column, type Json, type RowValue, type Table } from '../sdk/table.js';

/** How a cache is opened. */
export interface CacheUse {
  /** Absolute. Default: `.seamless` in the project root. */
  readonly cacheDir?: string | undefined;
  /** What the database may take of the memory, in megabytes, at least 64. Default: 256. */
  readonly memoryMb?: number | undefined;
}

/** A folder that holds a cache. */
export interface CacheRef extends CacheUse {
  readonly projectRoot: string;
}

/** Rows of a node as a run left them, known by what they are. See `StoredPart`. */
export interface HistoryPart {
  readonly start: number;
  readonly end: number;
  readonly digest: string;
}

/** What the cache holds under a strategy's name; the strategy is not loaded. */
export interface ReadPayload extends CacheRef {
  /** Name of the strategy, as reports give it. */
  readonly strategy: string;
  readonly node: string;
  /** Rows of this version alone, of which there may be none. Default: the one that the name stands for. */
  readonly fingerprint?: string | undefined;
  /** Default: the first bar stored, and past the last one. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  /** Of these rows only the last so many, at least 1. Default: all. */
  readonly last?: number | undefined;
  /** These rows, which a run left; `start`, `end` and `last` do not count then. Default: those that the name stands for now. */
  readonly parts?: readonly HistoryPart[] | undefined;
}

/**
 * One column of a node's history. Numbers are a Float64Array, in which a null reads as NaN (`rows()` tells them apart);
 * booleans, strings and JSON are lists with nulls.
 */
export type HistoryColumn =
  Float64Array | readonly (boolean | null)[] | readonly (string | null)[] | readonly Json[];

/**
 * A node's history by column, `n` rows each: `ts` are the opens of the bars in epoch seconds; a node that emits scalars
 * has `value`, one that emits records a column for each field. A field that is itself called `ts` is `value.ts` here.
 */
export interface HistoryColumns {
  readonly ts: Float64Array;
  readonly [name: string]: HistoryColumn;
}

/** One bar of a node's history. */
export interface NodeRow {
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
