import {
  DuckDBBlobValue,
  DuckDBBlobVector,
  DuckDBDataChunk,
  type DuckDBConnection,
  type DuckDBMaterializedResult,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { SeamlessError } from '../../sdk/errors.js';

/** Numbers are bound as DOUBLE: cast them in the statement where a column is an INTEGER. */
export type Parameter = string | number;

export type BlobKeys = readonly [number, number, number];
export type BlobVisitor = (keys: BlobKeys, data: Uint8Array | null, mask: Uint8Array | null) => void;

/** Bytes of a chunk handed to DuckDB at once: a chunk of 2048 packed columns would hold hundreds of megabytes. */
const CHUNK_BYTES = 16_000_000;
const CHUNK_ROWS = 2048;

/** Answers that are remembered at the most, and values in one of them. */
const MOST_ANSWERS = 64;
const LARGEST_ANSWER = 200_000;

/** DuckDB keeps a blob of this length in the vector itself. */
const INLINE_BYTES = 12;

/** One connection, used by one caller at a time: a transaction never sees the statements of another. */
export class Session {
  readonly #connection: DuckDBConnection;
  readonly #catalog: string;
  readonly #translate: (error: unknown) => Promise<Error>;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;
  readonly #answers = new Map<string, Rows>();

  constructor(connection: DuckDBConnection, catalog: string, translate: (error: unknown) => Promise<Error>) {
    this.#connection = connection;
    this.#catalog = catalog;
    this.#translate = translate;
  }

  /** Runs `work` when all work before it is done. Not to be nested. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      if (this.#closed) throw new SeamlessError('cache', 'The cache was closed: open it again to use it.');
      try {
        return await work();
      } catch (error) {
        throw error instanceof SeamlessError ? error : await this.#translate(error);
      }
    };
    const result = this.#tail.then(run);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Runs `work` in a transaction of its own, all or nothing; `undone` when it came to nothing. */
  transaction<T>(work: () => Promise<T>, undone: () => Promise<void>): Promise<T> {
    return this.exclusive(async () => {
      await this.#connection.run('BEGIN');
      try {
        const result = await work();
        await this.#connection.run('COMMIT');
        return result;
      } catch (error) {
        this.#answers.clear();
        // A transaction that failed to commit is gone already; what matters is the first error.
        await this.#connection
          .run('ROLLBACK')
          .then(undone)
          .catch(() => undefined);
        throw error;
      }
    });
  }

  /** Waits for work under way, then runs the last of it and refuses any after. */
  async close(last: () => Promise<void>): Promise<void> {
    if (this.#closed) return;
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
    this.#answers.clear();
    await this.#execute(sql, parameters);
  }

  async select(sql: string, parameters: readonly Parameter[] = []): Promise<Rows> {
    return Rows.of(await this.#execute(sql, parameters));
  }

  /**
   * As `select`, for what is asked at every run: the answer is remembered until something is written. It is as true as the first
   * one, since no other process writes while this one has the file. For statements that depend on nothing but tables.
   */
  async recall(sql: string, parameters: readonly Parameter[] = []): Promise<Rows> {
    const known = this.recalled(sql, parameters);
    if (known) return known;
    const rows = await this.select(sql, parameters);
    if (this.#answers.size >= MOST_ANSWERS) this.#answers.clear();
    if (rows.values <= LARGEST_ANSWER) this.#answers.set(keyOf(sql, parameters), rows);
    return rows;
  }

  /** What `recall` would answer without asking; undefined where it would ask. */
  recalled(sql: string, parameters: readonly Parameter[]): Rows | undefined {
    return this.#answers.get(keyOf(sql, parameters));
  }

  /** Visits rows of a statement that selects three INTEGERs, then two BLOBs. The bytes are the visitor's to keep. */
  async selectBlobs(sql: string, parameters: readonly Parameter[], visit: BlobVisitor): Promise<void> {
    const result = await this.#execute(sql, parameters);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return;
      const [a, b, c] = [0, 1, 2].map((column) => chunk.getColumnValues(column).map(Number)) as [
        number[],
        number[],
        number[],
      ];
      const [data, mask] = [blobVector(chunk, 3), blobVector(chunk, 4)];
      // Asking the chunk for its count keeps it alive: the vectors' bytes are its own.
      for (let row = 0; row < chunk.rowCount; row++) {
        const keys: BlobKeys = [a[row] as number, b[row] as number, c[row] as number];
        visit(keys, ownBytes(data.getItemBytes(row)), ownBytes(mask.getItemBytes(row)));
      }
    }
  }

  /** Not streamed: an error midway would end a stream quietly. One statement where there are parameters. */
  async #execute(sql: string, parameters: readonly Parameter[]): Promise<DuckDBMaterializedResult> {
    if (parameters.length === 0) return this.#connection.run(sql);
    // Not by the connection's own way with parameters, which has DuckDB look for several statements first.
    const prepared = await this.#connection.prepare(sql);
    try {
      prepared.bind([...parameters]);
      return await prepared.run();
    } finally {
      prepared.destroySync();
    }
  }

  /** Appends rows to a table, in chunks of bounded size. `rows` are in the order of the table's columns. */
  async append(
    table: string,
    types: readonly DuckDBType[],
    rows: readonly (readonly DuckDBValue[])[],
    catalog = this.#catalog,
  ): Promise<void> {
    if (rows.length === 0) return;
    this.#answers.clear();
    const appender = await this.#connection.createAppender(table, 'main', catalog);
    for (let from = 0; from < rows.length;) {
      const to = chunkEnd(rows, from);
      const chunk = DuckDBDataChunk.create(types);
      chunk.setRows(rows.slice(from, to));
      appender.appendDataChunk(chunk);
      from = to;
    }
    appender.closeSync();
  }
}

function keyOf(sql: string, parameters: readonly Parameter[]): string {
  return JSON.stringify([sql, ...parameters]);
}

function chunkEnd(rows: readonly (readonly DuckDBValue[])[], from: number): number {
  let bytes = 0;
  let to = from;
  while (to < rows.length && to - from < CHUNK_ROWS && bytes < CHUNK_BYTES) {
    for (const value of rows[to] ?? []) if (value instanceof DuckDBBlobValue) bytes += value.bytes.byteLength;
    to++;
  }
  return to;
}

function blobVector(chunk: DuckDBDataChunk, column: number): DuckDBBlobVector {
  const vector = chunk.getColumnVector(column);
  if (vector instanceof DuckDBBlobVector) return vector;
  throw new SeamlessError('internal', `Column ${column} of a statement for blobs is no blob.`);
}

/** The binding gives short blobs as views of memory they share, and long ones as copies: this gives copies. */
function ownBytes(bytes: Uint8Array | null): Uint8Array | null {
  return bytes && bytes.byteLength <= INLINE_BYTES ? new Uint8Array(bytes) : bytes;
}

/** A blob for `append`; null stays null. */
export function blob(bytes: Uint8Array | null): DuckDBBlobValue | null {
  return bytes && new DuckDBBlobValue(bytes);
}

/** The rows a statement selected, column by column. */
export class Rows {
  readonly length: number;
  readonly #columns: ReadonlyMap<string, readonly DuckDBValue[]>;

  private constructor(length: number, columns: ReadonlyMap<string, readonly DuckDBValue[]>) {
    this.length = length;
    this.#columns = columns;
  }

  static of(result: DuckDBMaterializedResult): Rows {
    const names = result.columnNames();
    const columns: DuckDBValue[][] = names.map(() => []);
    // Not fetched one by one, which asks a thread of DuckDB's for what is in memory.
    for (let index = 0; index < result.chunkCount; index++) result.getChunk(index).appendToColumns(columns);
    return new Rows(
      columns[0]?.length ?? 0,
      new Map(names.map((name, index) => [name, columns[index] ?? []])),
    );
  }

  /** How many values there are in all columns together. */
  get values(): number {
    return this.length * this.#columns.size;
  }

  /** Values of an INTEGER, BIGINT or DOUBLE column without nulls. */
  numbers(name: string): number[] {
    return this.#column(name).map((value) => {
      if (typeof value === 'bigint') return Number(value);
      // DuckDB may give -0 where 0 was stored; as a time they are one.
      if (typeof value === 'number') return value + 0;
      throw mistyped(name, 'number');
    });
  }

  numbersOrNull(name: string): (number | null)[] {
    return this.#column(name).map((value) => {
      if (value === null || typeof value === 'number') return value;
      throw mistyped(name, 'number');
    });
  }

  texts(name: string): string[] {
    return this.#column(name).map((value) => {
      if (typeof value === 'string') return value;
      throw mistyped(name, 'text');
    });
  }

  textsOrNull(name: string): (string | null)[] {
    return this.#column(name).map((value) => {
      if (value === null || typeof value === 'string') return value;
      throw mistyped(name, 'text');
    });
  }

  flags(name: string): boolean[] {
    return this.#column(name).map((value) => value === true);
  }

  #column(name: string): readonly DuckDBValue[] {
    const column = this.#columns.get(name);
    if (column) return column;
    throw new SeamlessError('internal', `A statement of the cache selects no column ${name}.`);
  }
}

function mistyped(name: string, wanted: string): SeamlessError {
  return new SeamlessError(
    'internal',
    `Column ${name} of a statement of the cache holds something that is no ${wanted}.`,
  );
}
