import { BLOB, BOOLEAN, DOUBLE, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { SeamlessError } from '../../sdk/errors.js';
import type { Column, ColumnType, Table } from '../../sdk/table.js';
import type { Range } from '../../sdk/time.js';
import { findNode, listedNodes, type FoundNode } from '../names/contents.js';
import { distinctNames } from './decode-sql.js';
import { faultOf, messageOf } from '../duckdb/faults.js';
import type { StoreContext } from '../segments/interned.js';
import { read } from '../segments/reading.js';
import { blob } from '../duckdb/session.js';
import { listParameter, quoteName, quoteText, unnestNumbers } from '../duckdb/sql.js';

export interface ExportRequest {
  readonly strategy: string;
  /** Names of the nodes; none: all of the strategy. */
  readonly nodes: readonly string[];
  /** May be without ends: all that is stored. */
  readonly range: Range;
  readonly format: 'parquet' | 'csv';
  /** The file to write. */
  readonly path: string;
}

export interface ExportedFile {
  readonly path: string;
  readonly rows: number;
}

const OPTIONS: Readonly<Record<ExportRequest['format'], string>> = {
  // Without dictionaries: DuckDB's holds 0 and -0 as one value.
  parquet: 'FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 0',
  csv: "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ'",
};

/** Values that are on their way at a time. */
const STEP_VALUES = 200_000;
const LEAST_STEP_ROWS = 4096;

const utf8 = new TextEncoder();

/** A temporary table of the rows on their way, which spills to disk where they are many. */
const ROWS = 'exported_rows';

/** A node's column among those of the file. */
interface FileColumn {
  /** Position in the nodes. */
  readonly node: number;
  /** Its name in the node's rows. */
  readonly field: string;
  /** Its name in the file. */
  readonly name: string;
  readonly type: ColumnType;
}

/**
 * See `Store.exportNodes`. The columns are `time` (TIMESTAMP, UTC), `ts` (epoch seconds), then the nodes'. Of one node they have
 * their own names; of several, joined by time, a scalar is called by its node, a field `node.field`. A row that is null as a
 * whole is one of nulls, JSON is text. The file appears when it is whole.
 */
export async function exportNodes(context: StoreContext, request: ExportRequest): Promise<ExportedFile> {
  const { session } = context;
  const { strategy, format, path } = request;
  const names = request.nodes.length > 0 ? request.nodes : await listedNodes(context, strategy);
  const nodes: FoundNode[] = [];
  for (const name of names) {
    const found = await findNode(context, strategy, name);
    if (!found) throw unknown(strategy, name);
    nodes.push(found);
  }
  if (nodes.length === 0) throw unknown(strategy, null);
  const columns = fileColumns(nodes, names);
  const draft = `${path}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    await gather(context, nodes, columns, request.range);
    const rows = await session.select(
      `COPY (${selectSql(columns)}) TO ${quoteText(draft)} (${OPTIONS[format]})`,
    );
    renameSync(draft, path);
    return { path, rows: rows.numbers('Count')[0] ?? 0 };
  } catch (error) {
    if (existsSync(draft)) rmSync(draft);
    const fault = faultOf(error);
    if (fault !== 'forbidden' && fault !== 'full') throw error;
    throw new SeamlessError(
      'usage',
      `The file ${path} cannot be written (${messageOf(error)}): choose another place.`,
      { cause: error },
    );
  } finally {
    await session.run(`DROP TABLE IF EXISTS temp.${ROWS}`);
  }
}

function unknown(strategy: string, node: string | null): SeamlessError {
  const what = node === null ? `nothing of a strategy ${strategy}` : `no node ${node} of ${strategy}`;
  return new SeamlessError('not-found', `The cache holds ${what}: materialize it first.`, {
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

function selectSql(columns: readonly FileColumn[]): string {
  const selected = columns.map(({ name, type }, index) => {
    return `, ${isText(type) ? `decode(c${index})` : `c${index}`} AS ${quoteName(name)}`;
  });
  return `SELECT make_timestamp((ts * 1000000)::BIGINT) AS time, ts::BIGINT AS ts${selected.join('')} FROM temp.${ROWS}`;
}

function isText(type: ColumnType): boolean {
  return type === 'string' || type === 'json';
}

/** Texts go by their bytes: as a text the binding would end one at the first NUL. */
function duckType(type: ColumnType): DuckDBType {
  if (isText(type)) return BLOB;
  return type === 'boolean' ? BOOLEAN : DOUBLE;
}

async function gather(
  context: StoreContext,
  nodes: readonly FoundNode[],
  columns: readonly FileColumn[],
  range: Range,
): Promise<void> {
  const { session } = context;
  const types = [DOUBLE, ...columns.map(({ type }) => duckType(type))];
  const definition = types.map((type, index) => `${index === 0 ? 'ts' : `c${index - 1}`} ${type.toString()}`);
  await session.run(`CREATE TEMP TABLE ${ROWS}(${definition.join(', ')})`);
  const stored = await storedRange(context, nodes);
  const finest = Math.min(...nodes.map(({ interval }) => interval));
  const step = Math.max(LEAST_STEP_ROWS, Math.floor(STEP_VALUES / types.length)) * finest;
  const end = Math.min(range.end, stored.end);
  for (let start = Math.max(range.start, stored.start); start < end; start += step) {
    const part = { start, end: Math.min(end, start + step) };
    const tables = await read(
      context,
      nodes.map(({ fingerprint }) => ({ fingerprint, range: part })),
    );
    await session.append(ROWS, types, joinedRows(tables, columns), 'temp');
  }
}

async function storedRange({ session }: StoreContext, nodes: readonly FoundNode[]): Promise<Range> {
  const stored = await session.select(
    `SELECT min(start_ts) AS first_ts, max(end_ts) AS last_ts
     FROM coverage JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON fp = wanted`,
    [listParameter(nodes.map(({ fp }) => fp))],
  );
  const [start, end] = [stored.numbersOrNull('first_ts')[0], stored.numbersOrNull('last_ts')[0]];
  return { start: start ?? Infinity, end: end ?? -Infinity };
}

/** The rows of several tables as one, by time. */
function joinedRows(tables: readonly Table[], columns: readonly FileColumn[]): DuckDBValue[][] {
  // A table of nothing but nulls may lack the columns that others of its node have.
  const sources = columns.map(({ node, field }) => {
    const table = tables[node];
    return { node, present: table?.present ?? null, column: table?.columns[table.names.indexOf(field)] };
  });
  const at = tables.map(() => 0);
  const rows: DuckDBValue[][] = [];
  for (;;) {
    const next = tables.map((table, node) => table.ts[at[node] ?? 0] ?? Infinity);
    const ts = Math.min(...next);
    if (ts === Infinity) return rows;
    const values = sources.map(({ node, present, column }) => {
      const row = at[node] ?? 0;
      return next[node] === ts && column && present?.[row] !== 0 ? valueAt(column, row) : null;
    });
    rows.push([ts, ...values]);
    next.forEach((time, node) => {
      if (time === ts) at[node] = (at[node] ?? 0) + 1;
    });
  }
}

function valueAt(column: Column, row: number): DuckDBValue {
  if (column.valid?.[row] === 0) return null;
  switch (column.type) {
    case 'null':
      return null;
    case 'number':
      return column.values[row] ?? null;
    case 'boolean':
      return column.values[row] === 1;
    default:
      return blob(utf8.encode(column.values[row]));
  }
}
