import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../sdk/errors.js';

/** The in-memory DuckDB that reads files and runs queries. Opened when first needed. */
export class Database {
  readonly #projectRoot: string;
  #instance: Promise<DuckDBInstance> | null = null;

  constructor(projectRoot: string) {
    this.#projectRoot = projectRoot;
  }

  /** A connection of its own: a streamed result ends when its connection runs anything else. */
  async connect(): Promise<DuckDBConnection> {
    this.#instance ??= open(this.#projectRoot);
    const instance = await this.#instance;
    return instance.connect();
  }

  async use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }

  /** All rows of a small result. Select counts as DOUBLE: a BIGINT arrives as a bigint. */
  rows(sql: string): Promise<Record<string, unknown>[]> {
    return this.use(async (connection) => (await connection.runAndReadAll(sql)).getRowObjectsJS());
  }

  close(): void {
    // A failed open was reported by whoever opened it.
    this.#instance?.then(
      (instance) => instance.closeSync(),
      () => undefined,
    );
    this.#instance = null;
  }
}

async function open(projectRoot: string): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // Without this, a sort larger than memory leaves a .tmp folder in the current directory.
    temp_directory: join(tmpdir(), `seamless-sources-${process.pid}`),
    file_search_path: projectRoot,
    // What reading a file took is given back: DuckDB's allocator keeps up to 128 MB by default.
    allocator_flush_threshold: '1MB',
  });
  const connection = await instance.connect();
  // The machine's time zone must not change what a time means.
  await connection.run("SET GLOBAL TimeZone = 'UTC'");
  connection.closeSync();
  return instance;
}

/** Escapes a path so that `*`, `?` and `[` are literal. */
export function literalPath(path: string): string {
  return path.replace(/[*?[]/g, (character) => `[${character}]`);
}

/** DuckDB's error as a sentence, without its hints for programmers. */
export function databaseMessage(error: unknown): string {
  const message = messageOf(error).split('\n\n')[0]?.trim() ?? '';
  return /[.?!]$/.test(message) ? message : `${message}.`;
}
