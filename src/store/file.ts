import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { SeamlessError } from '../sdk/errors.js';
import { messageOf } from './faults.js';
import { TABLES } from './schema.js';
import { quoteText } from './sql.js';

/** The name under which statements find the file. */
export const CATALOG = 'cache';

/**
 * A checkpoint rewrites the last row group of each table it finds changed. Blobs make row groups heavy, so they hold the
 * fewest rows DuckDB allows.
 */
const ROW_GROUP_ROWS = 2048;

/** Above this much of log DuckDB checkpoints by itself, in the middle of a run: rows not yet in the file are in memory. */
const CHECKPOINT_THRESHOLD = '128MB';

/** DuckDB's share of a run's memory, beyond which it spills beside the file. */
const MEMORY_LIMIT = '384MB';

export interface Database {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
}

/**
 * Makes the folder, with a `.gitignore` of its own, and gives the cache file's path in it, links resolved.
 * @throws SeamlessError `cache` when the folder cannot be made or written.
 */
export function prepareFolder(dir: string): string {
  try {
    mkdirSync(dir, { recursive: true });
    const folder = realpathSync(dir);
    accessSync(folder, constants.W_OK);
    const ignore = join(folder, '.gitignore');
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
    const file = join(folder, 'cache.duckdb');
    if (existsSync(file)) accessSync(file, constants.W_OK);
    return file;
  } catch (error) {
    throw forbidden(dir, error);
  }
}

export function forbidden(dir: string, error: unknown): SeamlessError {
  return new SeamlessError(
    'cache',
    `The cache folder ${dir} cannot be written (${messageOf(error)}): choose another with --cache DIR, or change its permissions.`,
    { cause: error },
  );
}

/** An instance of DuckDB that has no file yet. */
export async function startDatabase(): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    checkpoint_threshold: CHECKPOINT_THRESHOLD,
    memory_limit: MEMORY_LIMIT,
  });
  const connection = await instance.connect();
  // Whether a checkpoint is worth its while is decided when the store is closed.
  await connection.run('PRAGMA disable_checkpoint_on_shutdown');
  await connection.run("SET TimeZone = 'UTC'");
  return { instance, connection };
}

export function stopDatabase({ instance, connection }: Database): void {
  connection.closeSync();
  instance.closeSync();
}

/** Opens the file in the instance, and creates it where there is none. Takes the file's lock. */
export async function attach({ connection }: Database, file: string): Promise<void> {
  await connection.run(`SET temp_directory = ${quoteText(`${file}.tmp`)}`);
  await connection.run(`ATTACH ${quoteText(file)} AS ${CATALOG} (ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`);
  await connection.run(`USE ${CATALOG}`);
}

/** Makes the tables, all or none. */
export async function createTables({ connection }: Database): Promise<void> {
  await connection.run(`BEGIN; ${TABLES} COMMIT;`);
}

/**
 * Creates the cache file where there is none: under another name first, so that no other process ever meets half a file.
 */
export async function ensureFile(file: string): Promise<void> {
  if (existsSync(file)) return;
  const draft = `${file}.new-${process.pid}-${Date.now()}`;
  const database = await startDatabase();
  try {
    await attach(database, draft);
    await createTables(database);
    await database.connection.run(`CHECKPOINT ${CATALOG}`);
  } finally {
    stopDatabase(database);
  }
  try {
    // Unlike a rename, a link fails where another process has been faster.
    linkSync(draft, file);
  } catch {
    if (!existsSync(file)) renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
    rmSync(`${draft}.wal`, { force: true });
  }
}

/** What tells one file at a path from a later one. */
export function fileIdentity(file: string): string | null {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}` : null;
}

/**
 * Renames a damaged file and its log. Null when the file is no longer the one that was found damaged: another process has
 * set it aside meanwhile.
 */
export function setAside(file: string, identity: string | null): string | null {
  if (identity === null || fileIdentity(file) !== identity) return null;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  let aside = `${file}.damaged-${time}`;
  for (let again = 2; existsSync(aside); again++) aside = `${file}.damaged-${time}-${again}`;
  renameSync(file, aside);
  if (existsSync(`${file}.wal`)) renameSync(`${file}.wal`, `${aside}.wal`);
  return aside;
}
