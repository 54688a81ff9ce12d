import {
  BOOLEAN,
  DOUBLE,
  DuckDBDataChunk,
  INTEGER,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBMaterializedResult,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { SeamlessError } from '../../sdk/errors.js';
import {
  TABLES,
  type ColumnsOf,
  type Kind,
  type Row,
  type RowOf,
  type Shape,
  type TableName,
} from './schema.js';
import { sqlName } from '../../sdk/sql-text.js';

/** Numbers are bound as DOUBLE: cast them in the statement for an INTEGER column. */
type Parameter = string | number;

const CHUNK_ROWS = 2048;

const TYPES: Readonly<Record<Kind, DuckDBType>> = {
  text: VARCHAR,
  'text?': VARCHAR,
  number: DOUBLE,
  'number?': DOUBLE,
  integer: INTEGER,
  flag: BOOLEAN,
};

/** A value of a row. */
type Cell = string | number | boolean | null;

/** One connection for one caller at a time: a transaction never contains another caller's statements. */
export class Session {
  readonly #connection: DuckDBConnection;
  readonly #catalog: string;
  readonly #translate: (error: unknown) => Promise<Error>;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;
  readonly #beside = new Set<Promise<unknown>>();

  constructor(connection: DuckDBConnection, catalog: string, translate: (error: unknown) => Promise<Error>) {
    this.#connection = connection;
    this.#catalog = catalog;
    this.#translate = translate;
  }

  /** Runs `work` when all earlier work is done. Must not be nested. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(() => this.guarded(work));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Runs `work` at once, beside other work; `close` waits for it. Its own statements still take turns. */
  async beside<T>(work: () => Promise<T>): Promise<T> {
    const result = this.guarded(work);
    this.#beside.add(result);
    try {
      return await result;
    } finally {
      this.#beside.delete(result);
    }
  }

  /** Translates errors of `work` into the store's messages. */
  async guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new SeamlessError('cache', 'The cache was closed: open it again to use it.');
    try {
      return await work();
    } catch (error) {
      throw error instanceof SeamlessError ? error : await this.#translate(error);
    }
  }

  /** Runs `work` in a transaction, all or nothing. To be called within `exclusive`. */
  async atomic<T>(work: () => Promise<T>): Promise<T> {
    await this.#connection.run('BEGIN');
    try {
      const result = await work();
      await this.#connection.run('COMMIT');
      return result;
    } catch (error) {
      // A transaction that failed to commit is gone already; report the first error.
      await this.#connection.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /** Waits for work in progress, runs a last piece of work, and refuses any more. */
  async close(last: () => Promise<void>): Promise<void> {
    if (this.#closed) return;
    while (this.#beside.size > 0) await Promise.allSettled(this.#beside);
    const closing = this.#tail.then(async () => {
      try {
        if (!this.#closed) await last();
      } catch (error) {
        throw error instanceof SeamlessError ? error : await this.#translate(error);
      } finally {
        this.shut();
      }
    });
    this.#tail = closing.catch(() => undefined);
    await closing;
  }

  /** Refuses further work at once. */
  shut(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.closeSync();
  }

  async run(sql: string, parameters: readonly Parameter[] = []): Promise<void> {
    await this.#execute(sql, parameters);
  }

  /** The rows of a statement with these columns. @throws SeamlessError `internal` if it has others */
  async select<const S extends Shape>(
    shape: S,
    sql: string,
    parameters: readonly Parameter[] = [],
  ): Promise<RowOf<S>[]> {
    const { count, columns } = await this.columns(shape, sql, parameters);
    const found = Object.entries<readonly Cell[]>(columns);
    return Array.from({ length: count }, (_, row) => {
      const values: Record<string, Cell> = {};
      for (const [name, column] of found) values[name] = column[row] as Cell;
      return values as RowOf<S>;
    });
  }

  /** The same in any order, read as one text: ten thousand texts take ten times as long one by one. No column is `−∞` or NaN. */
  async selectAtOnce<const S extends Shape>(
    shape: S,
    sql: string,
    parameters: readonly Parameter[] = [],
  ): Promise<RowOf<S>[]> {
    const columns = Object.entries(shape);
    const cells = columns.map(([name]) => sqlName(name)).join(', ');
    const [row] = await this.select(
      { rows: 'text?' },
      `SELECT json_group_array(json_array(${cells}))::VARCHAR AS rows FROM (${sql})`,
      parameters,
    );
    const found = JSON.parse(row?.rows ?? '[]') as readonly (readonly (Cell | undefined)[])[];
    return found.map((each) => {
      const values: Record<string, Cell> = {};
      for (const [at, [name, kind]] of columns.entries()) values[name] = checked({ name, kind }, each[at]);
      return values as RowOf<S>;
    });
  }

  /** The same by column: a hundred thousand rows as objects take long, and memory. */
  async columns<const S extends Shape>(
    shape: S,
    sql: string,
    parameters: readonly Parameter[] = [],
  ): Promise<{ readonly count: number; readonly columns: ColumnsOf<S> }> {
    const result = await this.#execute(sql, parameters);
    const names = result.columnNames();
    const values: DuckDBValue[][] = names.map(() => []);
    // Read by chunk: fetching row by row asks a DuckDB thread each time.
    for (let index = 0; index < result.chunkCount; index++) result.getChunk(index).appendToColumns(values);
    const count = values[0]?.length ?? 0;
    const columns = Object.entries(shape).map(([name, kind]) => {
      const column = values[names.indexOf(name)] ?? Array.from({ length: count }, () => null);
      return [name, column.map((value) => checked({ name, kind }, value))] as const;
    });
    return { count, columns: Object.fromEntries(columns) as unknown as ColumnsOf<S> };
  }

  /** Appends rows to a catalog table. */
  async append<T extends TableName>(
    table: T,
    rows: readonly (Row<T> & Readonly<Record<string, Cell>>)[],
  ): Promise<void> {
    if (rows.length === 0) return;
    const columns: Shape = TABLES[table];
    const names = Object.keys(columns);
    const types = Object.values(columns).map((kind) => TYPES[kind]);
    const appender = await this.#connection.createAppender(table, 'main', this.#catalog);
    for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
      const chunk = DuckDBDataChunk.create(types);
      const part: readonly Readonly<Record<string, Cell>>[] = rows.slice(from, from + CHUNK_ROWS);
      chunk.setRows(part.map((row) => names.map((name) => row[name] ?? null)));
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  /** Not streamed: an error in the middle would end a stream silently. With parameters, one statement only. */
  async #execute(sql: string, parameters: readonly Parameter[]): Promise<DuckDBMaterializedResult> {
    if (parameters.length === 0) return this.#connection.run(sql);
    // The connection's own call with parameters first splits the text into statements.
    const prepared = await this.#connection.prepare(sql);
    try {
      prepared.bind([...parameters]);
      return await prepared.run();
    } finally {
      prepared.destroySync();
    }
  }
}

/** Converts a result's value to its column's type. */
function checked(
  { name, kind }: { readonly name: string; readonly kind: Kind },
  value: DuckDBValue | undefined,
): Cell {
  if (value === null && kind.endsWith('?')) return null;
  if (kind.startsWith('text') && typeof value === 'string') return value;
  if (kind === 'flag' && typeof value === 'boolean') return value;
  if (kind.startsWith('number') || kind === 'integer') {
    // DuckDB may return −0 where 0 was stored.
    if (typeof value === 'number') return value + 0;
    if (typeof value === 'bigint') return Number(value);
  }
  throw new SeamlessError('internal', `Column ${name} of a statement of the cache is no ${kind}.`);
}
