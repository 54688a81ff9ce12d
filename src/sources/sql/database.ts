import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The in-memory DuckDB that reads files and runs queries. Opened when first needed. */
export class Database {
  readonly #projectRoot: string;
  #instance: Promise<DuckDBInstance> | null = null;

  constructor(projectRoot: string) {
    this.#projectRoot = projectRoot;
  }

  /** A connection of one's own: a streamed result ends when its connection runs anything else. */
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

  /** All rows of a small result. Ask for counts as DOUBLE: a BIGINT comes as a bigint. */
  rows(sql: string): Promise<Record<string, unknown>[]> {
    return this.use(async (connection) => (await connection.runAndReadAll(sql)).getRowObjectsJS());
  }

  close(): void {
    // A database that failed to open has reported that already.
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
    // A sort that outgrows memory would otherwise leave a .tmp folder in whatever folder the command runs.
    temp_directory: join(tmpdir(), `seamless-sources-${process.pid}`),
    file_search_path: projectRoot,
  });
  const connection = await instance.connect();
  // The machine's own zone must not decide what a time means.
  await connection.run("SET GLOBAL TimeZone = 'UTC'");
  connection.closeSync();
  return instance;
}

export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A path in which `*`, `?` and `[` mean themselves. */
export function literalPath(path: string): string {
  return path.replace(/[*?[]/g, (character) => `[${character}]`);
}

/** What DuckDB has to say, as a sentence, without its advice to programmers. */
export function databaseMessage(error: unknown): string {
  const message = (error instanceof Error ? error.message : String(error)).split('\n\n')[0]?.trim() ?? '';
  return /[.?!]$/.test(message) ? message : `${message}.`;
}
