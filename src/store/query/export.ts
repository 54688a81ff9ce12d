import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FORMULA, withoutFormula } from '../../engine/history/formulas.js';
import { SeamlessError } from '../../sdk/errors.js';
import { isTicks } from '../../sdk/time/grid.js';
import { nullColumn, type Column, type ColumnType, type Table } from '../../sdk/table.js';
import type { Range } from '../../sdk/time/time.js';
import { faultOf, plainMessage } from '../duckdb/faults.js';
import { withRoom } from '../duckdb/room.js';
import type { Session } from '../duckdb/session.js';
import { findNode, listedNodes, type FoundNode } from '../names/contents.js';
import { membersIn, type MemberName } from '../names/families.js';
import { writePack, type PackColumn } from '../packs/pack-file.js';
import { encodeColumn, encodeNumbers, encodeTimes } from '../packs/pages.js';
import type { StoreContext } from '../segments/catalog.js';
import { read } from '../segments/reading.js';
import { timesColumn } from '../segments/packing.js';
import { distinctNames, familySql } from './node-sql.js';
import { sqlName, sqlText } from '../../sdk/sql-text.js';

export interface ExportRequest {
  readonly strategy: string;
  /** Names of the nodes; empty: all of the strategy. */
  readonly nodes: readonly string[];
  /** May be unbounded: all stored rows. */
  readonly range: Range;
  readonly format: 'parquet' | 'csv';
  /** For CSV: texts that a spreadsheet would run as formulas get a leading quote. */
  readonly spreadsheet?: boolean | undefined;
  /** The file to write. */
  readonly path: string;
}

export interface ExportedFile {
  readonly path: string;
  readonly rows: number;
}

const OPTIONS: Readonly<Record<ExportRequest['format'], string>> = {
  // No dictionaries: DuckDB's merge 0 and -0.
  parquet: 'FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 0',
  csv: "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ'",
};

/** Values in flight at a time. */
const STEP_VALUES = 1_000_000;
const LEAST_STEP_ROWS = 4096;

/** A node's column in the file. */
interface FileColumn {
  /** Position of the node. */
  readonly node: number;
  /** The column's name in the node's rows. */
  readonly field: string;
  /** Its name in the file. */
  readonly name: string;
  readonly type: ColumnType;
}

/**
 * See `Store.exportNodes`. Columns are `time` (TIMESTAMP, UTC), `ts` (epoch seconds), then the nodes' own. With one node they
 * keep their names; a family has `symbol` before them; several nodes are joined by time, a scalar named after its node, a field
 * `node.field`. A row that is null as a whole becomes nulls, JSON becomes text. The file appears once it is complete.
 */
export async function exportNodes(context: StoreContext, request: ExportRequest): Promise<ExportedFile> {
  const { strategy } = request;
  const [only, ...others] = request.nodes;
  const members =
    only === undefined || others.length > 0 ? null : await membersIn(context.session, strategy, only);
  if (members) {
    const sql = await familySelect(context, request, members);
    return written(context, request, () => Promise.resolve(sql));
  }
  const names = request.nodes.length > 0 ? request.nodes : await listedNodes(context, strategy);
  const nodes: FoundNode[] = [];
  for (const name of names) {
    const found = await findNode(context, strategy, name);
    if (!found) throw unknown(strategy, name);
    nodes.push(found);
  }
  if (nodes.length === 0) throw unknown(strategy, null);
  const columns = fileColumns(nodes, names);
  const fine = nodes.some((node) => isTicks(node));
  const select = async (folder: string): Promise<string> => {
    const parts = await joinedParts(context, folder, nodes, columns, request.range);
    return selectSql(columns, parts, request.spreadsheet ?? false, fine);
  };
  return written(context, request, select, fine);
}

/**
 * Writes the result of a query.
 * @param select returns the query; files that it puts into the folder are deleted afterwards
 * @param fine times have microseconds
 */
async function written(
  context: StoreContext,
  { format, path }: ExportRequest,
  select: (folder: string) => Promise<string>,
  fine = false,
): Promise<ExportedFile> {
  const draft = `${path}.part`;
  let folder: string | null = null;
  try {
    mkdirSync(dirname(path), { recursive: true });
    folder = mkdtempSync(join(dirname(context.folder), 'export-'));
    const options = fine ? OPTIONS[format].replace('%SZ', '%S.%fZ') : OPTIONS[format];
    const sql = `COPY (${await select(folder)}) TO ${sqlText(draft)} (${options})`;
    const { session, memoryMb } = context;
    const copy = () => session.select({ Count: 'number' }, sql);
    const [copied] = await withRoom((set) => session.run(set), memoryMb, copy);
    renameSync(draft, path);
    return { path, rows: copied?.Count ?? 0 };
  } catch (error) {
    if (existsSync(draft)) rmSync(draft);
    const fault = faultOf(error);
    if (error instanceof SeamlessError || (fault !== 'forbidden' && fault !== 'full')) throw error;
    throw new SeamlessError(
      'usage',
      `The file ${path} cannot be written (${plainMessage(error)}): choose another place.`,
      { cause: error },
    );
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

/** A family's rows as one long table, symbol after symbol. */
async function familySelect(
  { session, catalog, folder }: StoreContext,
  { strategy, range, spreadsheet }: ExportRequest,
  members: readonly MemberName[],
): Promise<string> {
  const names = new Map(members.map(([symbol, node]) => [node, symbol]));
  const rows = await session.select(
    { node: 'text', fingerprint: 'text' },
    'SELECT node, fingerprint FROM names WHERE strategy = $1 AND replaced_at IS NULL',
    [strategy],
  );
  const current = rows.flatMap(({ node, fingerprint }) => {
    const symbol = names.get(node);
    return symbol === undefined ? [] : [{ symbol, fingerprint }];
  });
  const covers = await catalog.placedCovers(current.map(({ fingerprint }) => fingerprint));
  const all = familySql(
    current.map(({ symbol, fingerprint }) => ({ symbol, covers: covers.get(fingerprint) ?? [] })),
    folder,
  );
  const times = [
    ...(Number.isFinite(range.start) ? [`ts >= ${range.start}`] : []),
    ...(Number.isFinite(range.end) ? [`ts < ${range.end}`] : []),
  ];
  const where = times.length > 0 ? ` WHERE ${times.join(' AND ')}` : '';
  const shown = spreadsheet ? await withoutFormulas(session, all) : '*';
  return `SELECT ${shown} FROM (${all})${where} ORDER BY symbol, ts`;
}

/** A query's columns, with a quote before texts that a spreadsheet would run as formulas. */
async function withoutFormulas(session: Session, sql: string): Promise<string> {
  const columns = await session.select({ column_name: 'text', column_type: 'text' }, `DESCRIBE ${sql}`);
  return columns
    .map(({ column_name: name, column_type: type }) => {
      const column = sqlName(name);
      const value = type === 'VARCHAR' ? withoutFormulaSql(column) : column;
      return `${value} AS ${sqlName(withoutFormula(name))}`;
    })
    .join(', ');
}

function unknown(strategy: string, node: string | null): SeamlessError {
  const what = node === null ? `Nothing of ${strategy}` : `Nothing of node ${node} of ${strategy}`;
  return new SeamlessError('not-found', `${what} is materialized yet.`, {
    node: node ?? undefined,
  });
}

function fileColumns(nodes: readonly FoundNode[], nodeNames: readonly string[]): FileColumn[] {
  const columns = nodes.flatMap(({ schema }, node) =>
    (schema?.names ?? []).map((field, column): FileColumn => {
      const nodeName = nodeNames[node] ?? '';
      const joined = schema?.shape === 'value' ? nodeName : `${nodeName}.${field}`;
      return {
        node,
        field,
        name: nodes.length === 1 ? field : joined,
        type: schema?.types[column] ?? 'null',
      };
    }),
  );
  const unique = distinctNames(columns.map(({ name }) => name));
  return columns.map((column, index) => ({ ...column, name: unique[index] ?? column.name }));
}

/** See `withoutFormula`. */
function withoutFormulaSql(column: string): string {
  return `if(regexp_matches(${column}, ${sqlText(FORMULA)}), '''' || ${column}, ${column})`;
}

/**
 * @param parts packs that `joinedParts` wrote
 * @param fine their times are doubles
 */
function selectSql(
  columns: readonly FileColumn[],
  parts: readonly string[],
  spreadsheet: boolean,
  fine: boolean,
): string {
  const selected = columns.map(({ name, type }, index) =>
    spreadsheet
      ? `, ${type === 'string' || type === 'json' ? withoutFormulaSql(`c${index}`) : `c${index}`} AS ${sqlName(withoutFormula(name))}`
      : `, c${index} AS ${sqlName(name)}`,
  );
  const from =
    parts.length > 0
      ? `read_parquet([${parts.map(sqlText).join(', ')}], hive_partitioning = false)`
      : `(SELECT NULL::BIGINT AS ts${columns.map((_, index) => `, NULL AS c${index}`).join('')} WHERE false)`;
  const micros = fine ? 'CAST(round(ts * 1000000) AS BIGINT)' : 'ts * 1000000';
  return `SELECT make_timestamp(${micros}) AS time, ts${selected.join('')} FROM ${from}`;
}

/** Writes rows of nodes joined by time, in steps that fit into memory. Returns the files. */
async function joinedParts(
  context: StoreContext,
  folder: string,
  nodes: readonly FoundNode[],
  columns: readonly FileColumn[],
  range: Range,
): Promise<string[]> {
  const known = await context.catalog.covers(nodes.map(({ fingerprint }) => fingerprint));
  const covers = nodes.flatMap(({ fingerprint }) => known.of(fingerprint));
  const finest = Math.min(...nodes.map(({ interval }) => interval));
  const step = Math.max(LEAST_STEP_ROWS, Math.floor(STEP_VALUES / (columns.length + 1))) * finest;
  const end = covers.reduce((last, cover) => Math.max(last, cover.end), -Infinity);
  let start = covers.reduce((first, cover) => Math.min(first, cover.start), Infinity);
  start = Math.max(start, range.start);
  const parts: string[] = [];
  for (; start < Math.min(end, range.end); start += step) {
    const part = { start, end: Math.min(end, range.end, start + step) };
    const tables = await read(
      context,
      nodes.map(({ fingerprint }) => ({ fingerprint, range: part })),
    );
    const ts = allTimes(tables);
    if (ts.length === 0) continue;
    const pages = columns.map((column, index): PackColumn => {
      const found = encodeColumn(joinedColumn(tables, column, ts));
      const rows = found.length > 0 ? found : [{ gap: ts.length }];
      return { name: `c${index}`, type: found[0]?.type ?? 'double', pages: rows };
    });
    const path = join(folder, `${parts.length}.parquet`);
    const times: readonly [number, number] = [ts[0] as number, ts.at(-1) as number];
    const page = nodes.some((node) => isTicks(node)) ? encodeNumbers(ts) : encodeTimes(ts);
    const pack = { rows: ts.length, columns: [timesColumn([page]), ...pages], times, blobs: [] };
    await writePack(path, { ...pack, describe: () => ({}) });
    parts.push(path);
  }
  return parts;
}

/** The union of several tables' times. A repeated time is repeated as often as in the table that has it most. */
function allTimes(tables: readonly Table[]): Float64Array {
  const [first] = tables;
  if (first && tables.every(({ ts }) => ts === first.ts)) return first.ts;
  const counts = new Map<number, number>();
  for (const { ts } of tables) {
    for (let row = 0, same = 0; row < ts.length; row++) {
      const time = ts[row] as number;
      same = ts[row - 1] === time ? same + 1 : 1;
      if (same > (counts.get(time) ?? 0)) counts.set(time, same);
    }
  }
  const times = [...counts].flatMap(([time, count]) => new Array<number>(count).fill(time));
  return Float64Array.from(times).sort();
}

/** A table's column at the times `ts`, null where the table has no row. */
function joinedColumn(tables: readonly Table[], { node, field }: FileColumn, ts: Float64Array): Column {
  const table = tables[node];
  // An all-null table may lack columns that the node's other tables have.
  const column = table?.columns[table.names.indexOf(field)];
  if (!table || !column || column.type === 'null') return nullColumn(ts.length);
  if (table.ts === ts && !table.present) return column;
  const valid = new Uint8Array(ts.length);
  const rows = new Int32Array(ts.length);
  for (let row = 0, at = 0; at < ts.length && row < table.ts.length; at++) {
    if (table.ts[row] !== ts[at]) continue;
    valid[at] = Number(table.present?.[row] !== 0 && column.valid?.[row] !== 0);
    rows[at] = row++;
  }
  switch (column.type) {
    case 'number':
      return {
        type: 'number',
        values: Float64Array.from(rows, (row) => column.values[row] ?? Number.NaN),
        valid,
      };
    case 'boolean':
      return { type: 'boolean', values: Uint8Array.from(rows, (row) => column.values[row] ?? 0), valid };
    case 'string':
    case 'json':
      return { type: column.type, values: Array.from(rows, (row) => column.values[row] ?? ''), valid };
  }
}
