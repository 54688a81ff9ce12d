import { bytes, floats, joinedInRoom } from './memory.js';

/** A value that JSON can write. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A flat record: one column per key. */
export type FlatRecord = Readonly<Record<string, number | boolean | string | null>>;

/** What a node may emit for a bar. `undefined` means "no row" and is never stored. */
export type RowValue = FlatRecord | Json;

/**
 * A column of `n` rows. `valid[i]` is 0 where row `i` is null; no mask means no nulls.
 * Null rows hold NaN, 0 or '' in `values`. A column of type `null` has only nulls so far.
 */
export type Column =
  | { readonly type: 'number' | 'null'; readonly values: Float64Array; readonly valid: Uint8Array | null }
  | { readonly type: 'boolean'; readonly values: Uint8Array; readonly valid: Uint8Array | null }
  | {
      readonly type: 'string' | 'json';
      readonly values: readonly string[];
      readonly valid: Uint8Array | null;
    };

export type ColumnType = Column['type'];

/** The column name of a node that emits scalars. */
export const VALUE_COLUMN = 'value';

/**
 * Rows in ascending order of `ts`, the bar's open in epoch seconds. A `value` table has one column named `value`; a `record`
 * table has one per field, and `present[i]` is 0 where the whole row is null.
 */
export interface Table {
  readonly shape: 'value' | 'record';
  readonly ts: Float64Array;
  readonly names: readonly string[];
  readonly columns: readonly Column[];
  readonly present: Uint8Array | null;
}

export function emptyTable(): Table {
  return { shape: 'value', ts: new Float64Array(0), names: [], columns: [], present: null };
}

/** Rows `[from, to)` of a table, sharing its memory. */
export function sliceTable(table: Table, from: number, to: number): Table {
  if (from === 0 && to === table.ts.length) return table;
  return {
    shape: table.shape,
    ts: table.ts.subarray(from, to),
    names: table.names,
    columns: table.columns.map((column) => sliceColumn(column, from, to)),
    present: table.present?.subarray(from, to) ?? null,
  };
}

function sliceColumn(column: Column, from: number, to: number): Column {
  const valid = column.valid?.subarray(from, to) ?? null;
  switch (column.type) {
    case 'number':
    case 'null':
      return { type: column.type, values: column.values.subarray(from, to), valid };
    case 'boolean':
      return { type: column.type, values: column.values.subarray(from, to), valid };
    default:
      return { type: column.type, values: column.values.slice(from, to), valid };
  }
}

/** Some rows of a table, in the given order. */
export function pickRows(table: Table, rows: readonly number[] | Int32Array): Table {
  return {
    ...table,
    ts: Float64Array.from(rows, (row) => table.ts[row] as number),
    columns: table.columns.map((column) => pickCells(column, rows)),
    present: table.present && Uint8Array.from(rows, (row) => table.present?.[row] as number),
  };
}

function pickCells({ type, values, valid }: Column, rows: readonly number[] | Int32Array): Column {
  const mask = valid && Uint8Array.from(rows, (row) => valid[row] as number);
  switch (type) {
    case 'number':
    case 'null':
      return { type, values: Float64Array.from(rows, (row) => values[row] as number), valid: mask };
    case 'boolean':
      return { type, values: Uint8Array.from(rows, (row) => values[row] as number), valid: mask };
    default:
      return { type, values: Array.from(rows, (row) => values[row] as string), valid: mask };
  }
}

/** A copy in new memory. */
export function copyTable(table: Table): Table {
  return {
    ...table,
    ts: concatFloats([table.ts]),
    columns: table.columns.map((column, index) => concatColumns(table.names[index] ?? '', [column])),
    present: concatMasks([table.present], [table.ts.length]),
  };
}

/** The rows with `ts` in `[start, end)`, sharing the table's memory. */
export function sliceTableByTime(table: Table, start: number, end: number): Table {
  return sliceTable(table, lowerBound(table.ts, start), lowerBound(table.ts, end));
}

/** The first index whose value is at or above `wanted`. */
export function lowerBound(sorted: Float64Array | Int32Array, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Tables of one node, concatenated. All-null tables fit any shape.
 * @param joinTimes concatenates times; a caller may have them already
 * @throws Error naming the column if two tables disagree about names or types
 */
export function concatTables(
  tables: readonly Table[],
  joinTimes: (parts: readonly Float64Array[]) => Float64Array = concatFloats,
): Table {
  const filled = tables.filter((table) => table.ts.length > 0);
  const [only] = filled;
  if (!only) return tables.find((table) => table.names.length > 0) ?? emptyTable();
  if (filled.length === 1) return only;
  const model = filled.find((table) => !isNullTable(table)) ?? only;
  const parts = filled.map((table) => (table === model ? table : likeModel(table, model)));
  return {
    shape: model.shape,
    ts: joinTimes(parts.map((part) => part.ts)),
    names: model.names,
    columns: model.names.map((name, index) =>
      concatColumns(
        name,
        parts.map((part) => part.columns[index] as Column),
      ),
    ),
    present: concatMasks(
      parts.map((part) => part.present),
      parts.map((part) => part.ts.length),
    ),
  };
}

/** True for a scalar table with only nulls so far, whose shape is therefore still open. */
function isNullTable(table: Table): boolean {
  return table.shape === 'value' && table.columns.every((column) => column.type === 'null');
}

function likeModel(table: Table, model: Table): Table {
  if (isNullTable(table) && model.shape === 'record') {
    const rows = table.ts.length;
    const columns = model.names.map(() => nullColumn(rows));
    return { shape: 'record', ts: table.ts, names: model.names, columns, present: new Uint8Array(rows) };
  }
  const same =
    table.names.length === model.names.length && table.names.every((name, i) => name === model.names[i]);
  if (table.shape === model.shape && same) return table;
  throw new TypeError(`columns changed from (${model.names.join(', ')}) to (${table.names.join(', ')})`);
}

/** A column of scalars of this type, or null. */
export function columnOfCells(
  type: ColumnType,
  cells: readonly (number | boolean | string | null)[],
): Column {
  const valid = cells.includes(null) ? Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)) : null;
  switch (type) {
    case 'boolean':
      return { type, values: Uint8Array.from(cells, Number), valid };
    case 'string':
    case 'json':
      return { type, values: cells.map((cell) => (cell === null ? '' : String(cell))), valid };
    default:
      return {
        type,
        values: Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell))),
        valid,
      };
  }
}

/** A column of `rows` nulls. */
export function nullColumn(rows: number): Column {
  return { type: 'null', values: floats(rows).fill(Number.NaN), valid: bytes(rows) };
}

function concatColumns(name: string, columns: readonly Column[]): Column {
  const type = columns.find((column) => column.type !== 'null')?.type ?? 'null';
  const stranger = columns.find((column) => column.type !== type && column.type !== 'null');
  if (stranger) throw new TypeError(`column ${name} changed from ${type} to ${stranger.type}`);
  const lengths = columns.map((column) => column.values.length);
  const valid = concatMasks(
    columns.map((column) => column.valid),
    lengths,
  );
  if (type === 'number' || type === 'null') {
    return { type, values: concatFloats(columns.map((column) => column.values as Float64Array)), valid };
  }
  if (type === 'boolean') {
    const values = bytes(lengths.reduce((sum, length) => sum + length, 0));
    let at = 0;
    for (const column of columns) {
      if (column.type === 'boolean') values.set(column.values, at);
      at += column.values.length;
    }
    return { type, values, valid };
  }
  const values = columns.flatMap((column) =>
    column.type === 'null' ? Array.from(column.values, () => '') : [...(column.values as readonly string[])],
  );
  return { type, values, valid };
}

export function concatFloats(arrays: readonly Float64Array[]): Float64Array {
  const [before, after] = arrays;
  const inRoom = before && after && arrays.length === 2 ? joinedInRoom(before, after) : null;
  if (inRoom) return inRoom;
  const all = floats(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

function concatMasks(masks: readonly (Uint8Array | null)[], lengths: readonly number[]): Uint8Array | null {
  if (masks.every((mask) => mask === null)) return null;
  const all = bytes(lengths.reduce((sum, length) => sum + length, 0)).fill(1);
  let at = 0;
  masks.forEach((mask, index) => {
    if (mask) all.set(mask, at);
    at += lengths[index] ?? 0;
  });
  return all;
}

/** Row `index` of a column as a plain value. */
export function cellValue(column: Column, index: number): RowValue {
  if (column.valid && column.valid[index] === 0) return null;
  switch (column.type) {
    case 'number':
      return column.values[index] ?? null;
    case 'null':
      return null;
    case 'boolean':
      return column.values[index] === 1;
    case 'string':
      return column.values[index] ?? null;
    case 'json':
      return JSON.parse(column.values[index] ?? 'null') as Json;
  }
}

/** Row `index` of a table as the value the node emitted. */
export function rowValue(table: Table, index: number): RowValue {
  if (table.present && table.present[index] === 0) return null;
  if (table.shape === 'value') {
    const [column] = table.columns;
    return column ? cellValue(column, index) : null;
  }
  const { names, columns } = table;
  const record: Record<string, RowValue> = {};
  for (let i = 0; i < names.length; i++) record[names[i] as string] = cellValue(columns[i] as Column, index);
  return record;
}

/**
 * The index of a column by name: exact, else ignoring case if unambiguous; −1 if absent. So `Close` in a file can be read as
 * `close`.
 */
export function columnIndex(names: readonly string[], name: string): number {
  const exact = names.indexOf(name);
  if (exact >= 0) return exact;
  const wanted = name.toLowerCase();
  const matches = names.filter((candidate) => candidate.toLowerCase() === wanted);
  return matches.length === 1 ? names.indexOf(matches[0] as string) : -1;
}
