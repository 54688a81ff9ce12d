import {
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  StatementType,
  type DuckDBConnection,
  type DuckDBValue,
} from '@duckdb/node-api';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeamlessError } from '../../sdk/errors.js';
import { groupBy } from '../../sdk/lists.js';
import { formatTime } from '../../sdk/time/time.js';
import { faultOf } from '../duckdb/faults.js';
import {
  askFor,
  CATALOG,
  FILE_NAME,
  packFolder,
  startDatabase,
  stopAskingFor,
  stopDatabase,
  type Database,
} from '../duckdb/file.js';
import { withRoom } from '../duckdb/room.js';
import { holderOf } from '../duckdb/holder.js';
import { nodeViews, printsOf, searchPath, viewSql, type NodeView } from '../names/node-views.js';
import { Catalog } from '../segments/catalog.js';
import { openStore, type OpenStoreOptions } from '../duckdb/open.js';
import { ROWS_VIEW, rowsViewSql } from './node-sql.js';
import { queryFailure, type Readable } from './query-failure.js';
import { FORMAT_VERSION } from '../duckdb/schema.js';
import { Session } from '../duckdb/session.js';
import { sqlName, sqlText } from '../../sdk/sql-text.js';

/** A value in a query's result: times are ISO texts, nested values JSON. Numbers may be infinite or NaN. */
export type SqlValue = number | string | boolean | null;

export interface SqlResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** Whether there are more rows than requested. */
  readonly more: boolean;
}

interface SqlQuery extends Pick<OpenStoreOptions, 'dir' | 'memoryMb' | 'signal' | 'onWaiting' | 'onMessage'> {
  readonly sql: string;
  /** The strategy whose nodes need no prefix; default: the only one. */
  readonly strategy?: string | undefined;
  /** Where relative paths in the query start. */
  readonly projectRoot: string;
  /** Most rows to return. */
  readonly most: number;
}

const PAUSE_MS = 100;

/** Most views made for a query that names no node. */
const MOST_UNNAMED = 500;

/**
 * Answers a query over the cache. It opens the cache read-only, so the query sees one state and changes nothing. Each strategy is
 * a schema with one view per node.
 * @throws SeamlessError `not-found` without a cache or for an unknown strategy, `usage` for a query that fails, `cancelled`
 */
export async function querySql(query: SqlQuery): Promise<SqlResult> {
  const { dir, signal } = query;
  if (!existsSync(join(dir, FILE_NAME))) {
    throw new SeamlessError('not-found', `There is no cache in ${dir} yet: materialize a strategy first.`);
  }
  const database = await openReadOnly(query);
  const stop = (): void => database.connection.interrupt();
  let readable: Readable = { views: [], schemaName: null };
  signal?.addEventListener('abort', stop);
  try {
    readable = await prepare(database.connection, query);
    return await run(database.connection, query);
  } catch (error) {
    if (signal?.aborted) throw cancelled();
    if (error instanceof SeamlessError) throw error;
    throw queryFailure(error, readable);
  } finally {
    signal?.removeEventListener('abort', stop);
    stopDatabase(database);
  }
}

/** Waits until no process writes; several may read. */
async function openReadOnly(query: SqlQuery): Promise<Database> {
  const { dir, memoryMb, signal } = query;
  const file = join(realpathSync(dir), FILE_NAME);
  let waiting = false;
  for (;;) {
    if (signal?.aborted) throw cancelled();
    const database = await startDatabase(memoryMb);
    try {
      await database.connection.run(`ATTACH ${sqlText(file)} AS ${CATALOG} (READ_ONLY)`);
      if (await isCurrent(database.connection)) return database;
      stopDatabase(database);
      // Opening it for writing sets an earlier format aside, or explains what is wrong with a later one.
      await (await openStore({ ...query, create: false })).close();
    } catch (error) {
      stopDatabase(database);
      if (faultOf(error) !== 'locked') throw error;
      askFor(file);
      if (!waiting) query.onWaiting?.(holderOf(error, file, dir));
      waiting = true;
      await sleep(PAUSE_MS);
      continue;
    } finally {
      if (!waiting) stopAskingFor(file);
    }
  }
}

function cancelled(): SeamlessError {
  return new SeamlessError('cancelled', 'Cancelled.');
}

async function isCurrent(connection: DuckDBConnection): Promise<boolean> {
  const meta = await connection.runAndReadAll(`SELECT value FROM ${CATALOG}.main.meta WHERE key = 'format'`);
  return Number(meta.getRows()[0]?.[0]) === FORMAT_VERSION;
}

/** Creates views for the nodes that the query names, and for its strategy. Returns everything that can be read. */
async function prepare(connection: DuckDBConnection, query: SqlQuery): Promise<Readable> {
  await connection.run(`USE ${CATALOG}`);
  const session = new Session(connection, CATALOG, (error) => Promise.resolve(error as Error));
  const views = await nodeViews(session);
  const strategy = ownStrategy(views, query.strategy);
  const named = views.filter(({ viewName }) => isNamed(viewName, query.sql));
  const rows = isNamed(ROWS_VIEW, query.sql);
  const made = rows ? views : named.length > 0 ? named : views.slice(0, MOST_UNNAMED);
  const covers = await new Catalog(session).placedCovers(printsOf(made));
  const folder = packFolder(realpathSync(query.dir));
  const paths = [query.projectRoot, searchPath(folder)].map((path) => path.replaceAll(',', '\\,'));
  await connection.run(`USE memory; SET file_search_path = ${sqlText([...new Set(paths)].join(','))}`);
  const schemas = new Set<string>();
  const alike = groupBy([...new Set(views.map((view) => view.strategy))], (name) => name.toLowerCase());
  for (const view of made) {
    for (const schemaName of new Set([view.schemaName, view.strategy])) {
      // Under its full name only if the query uses it; SQL names ignore case.
      const asked = query.sql.includes(schemaName) && alike.get(schemaName.toLowerCase())?.length === 1;
      if (schemaName !== view.schemaName && !asked) continue;
      if (!schemas.has(schemaName))
        await connection.run(`CREATE SCHEMA IF NOT EXISTS ${sqlName(schemaName)}`);
      schemas.add(schemaName);
      await connection.run(viewSql({ ...view, schemaName }, covers, folder));
    }
  }
  if (rows) {
    const nodes = made.flatMap(({ strategy: full, node, schemaName, viewName, parts }) =>
      // Members of a family are nodes themselves.
      parts.flatMap(({ symbol, fingerprint }) =>
        symbol === null
          ? [
              {
                strategy: full,
                node,
                view: `memory.${sqlName(schemaName)}.${sqlName(viewName)}`,
                covers: covers.get(fingerprint) ?? [],
              },
            ]
          : [],
      ),
    );
    await connection.run(rowsViewSql(nodes));
  }
  const path = [
    ...(strategy !== null && schemas.has(strategy) ? [`memory.${sqlName(strategy)}`] : []),
    'memory.main',
    `${CATALOG}.main`,
  ];
  await connection.run(`SET search_path = ${sqlText(path.join(','))}`);
  return { views, schemaName: strategy };
}

/** Whether a query may refer to a view, with or without quotes. */
function isNamed(viewName: string, sql: string): boolean {
  const [name, text] = [viewName.toLowerCase(), sql.toLowerCase()];
  return text.includes(name) || text.includes(name.replaceAll('"', '""'));
}

/** The schema whose nodes need no prefix. */
function ownStrategy(views: readonly NodeView[], wanted: string | undefined): string | null {
  const names = new Map(views.map(({ strategy, schemaName }) => [strategy, schemaName]));
  if (wanted === undefined) return names.size === 1 ? ([...names.values()][0] ?? null) : null;
  const found = names.get(wanted) ?? [...names.values()].find((name) => name === wanted);
  if (found !== undefined) return found;
  if (names.size === 0) throw new SeamlessError('not-found', 'Nothing is materialized yet.');
  const held = [...names.values()].join(', ');
  throw new SeamlessError('not-found', `Nothing of ${wanted} is materialized yet. The cache holds ${held}.`);
}

async function run(connection: DuckDBConnection, { sql, most, memoryMb }: SqlQuery): Promise<SqlResult> {
  const statements = await connection.extractStatements(sql);
  let answer: SqlResult = { columns: [], rows: [], more: false };
  for (let index = 0; index < statements.count; index++) {
    const statement = await statements.prepare(index);
    if (
      statement.statementType === StatementType.ATTACH ||
      statement.statementType === StatementType.DETACH
    ) {
      throw new SeamlessError(
        'usage',
        'A query may not attach or detach databases: read files by their path.',
      );
    }
    // Not streamed: an error in the middle would end a stream silently.
    const result = await withRoom(
      (set) => connection.run(set),
      memoryMb,
      () => statement.run(),
    );
    const [names, types] = [result.columnNames(), result.columnTypes()];
    const rows: DuckDBValue[][] = [];
    while (rows.length <= most) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) break;
      rows.push(...chunk.getRows());
    }
    answer = {
      columns: names.map((name, column) => ({ name, type: String(types[column]) })),
      rows: rows.slice(0, most).map((row) => row.map(valueOf)),
      more: rows.length > most,
    };
  }
  return answer;
}

function valueOf(value: DuckDBValue): SqlValue {
  if (value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
    return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return Number.isSafeInteger(Number(value.micros))
      ? formatTime(Number(value.micros) / 1e6)
      : String(value);
  return String(value);
}
