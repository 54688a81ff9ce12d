import assert from 'node:assert/strict';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { Node, Table } from '../../src/index.js';
import { compute, firingsOf, periodOf } from './support.js';

export async function connect(): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run("SET TimeZone = 'UTC'");
  return connection;
}

/** The columns of a query's rows; null where null. */
export async function query(
  duckdb: DuckDBConnection,
  sql: string,
): Promise<Record<string, (number | null)[]>> {
  const reader = await duckdb.runAndReadAll(sql);
  return reader.getColumnsObjectJS() as Record<string, (number | null)[]>;
}

/**
 * Windows of the last `period` rows of table `bars`, in the order of `ts`, by DuckDB itself: one row a bar, for bars with
 * a whole window without nulls in `column`. `expression` is SQL, in which `w` is the window.
 */
export function rollingSql(expression: string, column: string, period: number): string {
  return `SELECT ts, value FROM (
      SELECT ts, ${expression} AS value, count(${column}) OVER w AS filled FROM bars
      WINDOW w AS (ORDER BY ts ROWS BETWEEN ${period - 1} PRECEDING AND CURRENT ROW)
    ) WHERE filled = ${period}`;
}

/** An EMA as DuckDB folds it over the list of a window's values. */
export function emaSql(column: string, span: number, period: number): string {
  return `SELECT ts, list_reduce(value, lambda mean, x: mean + ${2 / (span + 1)} * (x - mean)) AS value
    FROM (${rollingSql(`list(${column}) OVER w`, column, period)})`;
}

/** Wilder's RSI, folded over the lists of a window's gains and losses. */
export function rsiSql(column: string, length: number, period: number): string {
  const average = (changes: string): string =>
    `list_reduce((${changes})[${length + 1}:],
       lambda mean, x: (mean * ${length - 1} + x) / ${length},
       list_avg((${changes})[:${length}]))`;
  return `SELECT ts, 100 - 100 / (1 + up / down) AS value FROM (
      SELECT ts,
        ${average('list_transform(changes, lambda x: greatest(x, 0::DOUBLE))')} AS up,
        ${average('list_transform(changes, lambda x: greatest(-x, 0::DOUBLE))')} AS down
      FROM (
        SELECT ts, list_transform(list_zip(value[2:], value[:-2]), lambda pair: pair[1] - pair[2]) AS changes
        FROM (${rollingSql(`list(${column}) OVER w`, column, period)})))`;
}

export interface Comparison {
  readonly node: Node<number>;
  readonly sql: string;
  /** What a difference is measured against: the value itself, or, for one that may pass through 0, its natural size. */
  readonly scale?: number;
  /** Called where the indicator says NaN although no bar is missing: whether it is right to. */
  readonly undefinedAt?: (window: readonly number[][]) => boolean;
}

/** Compares every bar of an indicator with DuckDB's, to 1e-9, and returns how many there were. */
export async function compare(
  duckdb: DuckDBConnection,
  tables: readonly Table[],
  interval: number,
  { node, sql, scale, undefinedAt = () => false }: Comparison,
): Promise<number> {
  const firings = firingsOf(node, tables, interval);
  const values = compute(node, tables, firings);
  const expected = await query(duckdb, sql);
  const byTime = new Map(expected['ts']?.map((ts, row) => [ts, expected['value']?.[row] ?? null]));
  const period = periodOf(node);
  const names = [node.indicator?.params['column']].flat().map(String);
  const columns = node.inputs.map((_, k) => columnOf(tables[k] as Table, names[k] as string));
  let compared = 0;
  values.forEach((value, i) => {
    const open = (firings.asOf[i] as number) - interval;
    if (Number.isNaN(value)) {
      const windows = columns.map((column, k) => {
        const end = (firings.ends[k] as Int32Array)[i] as number;
        return [...column.subarray(end - period, end)];
      });
      const missing = windows.some((window) => window.some(Number.isNaN));
      assert.ok(missing || undefinedAt(windows), `${node.name} is NaN at ${open} without a reason`);
      if (missing) assert.ok(!byTime.has(open), `DuckDB has a value for ${node.name} at ${open}`);
      return;
    }
    const other = byTime.get(open);
    assert.ok(typeof other === 'number', `DuckDB has no value for ${node.name} at ${open}`);
    const error = Math.abs(value - other) / (scale ?? Math.abs(other));
    assert.ok(value === other || error <= 1e-9, `${node.name} at ${open}: ${value}, by DuckDB ${other}`);
    compared++;
  });
  assert.ok(compared > 0, `${node.name} has no bar to compare`);
  return compared;
}

function columnOf(table: Table, name: string): Float64Array {
  const values = table.columns[table.names.findIndex((each) => each.toLowerCase() === name)]?.values;
  if (values instanceof Float64Array) return values;
  throw new Error(`the table has no numbers named ${name}`);
}

export const isConstant = (window: readonly number[]): boolean => new Set(window).size === 1;
