import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { SeamlessError } from '../../sdk/errors.js';
import { plainMessage } from './faults.js';
import { CREATE_TABLES, PACKS_UNKNOWN } from './schema.js';
import { sqlText } from '../../sdk/sql-text.js';

/** The name of the attached file in statements. */
export const CATALOG = 'cache';

/** Name of the file in the cache folder. */
export const FILE_NAME = 'cache.duckdb';

/** With a longer log DuckDB would checkpoint in the middle of a run; rows not yet in the file are in memory. */
const CHECKPOINT_THRESHOLD = '96MB';

/** DuckDB's share of a run's memory; beyond it, DuckDB spills to a file beside the cache. */
export const MEMORY_LIMIT_MB = 256;

const DRAFT = /^cache\.duckdb\.new-\d+-\d+(?:\.wal)?$/;
/** Writing a draft never takes this long. */
const DRAFT_AGE_MS = 3_600_000;

export interface Database {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
}

/**
 * Makes the folder with its own `.gitignore`, and returns the cache file's path with links resolved.
 * @throws SeamlessError `cache` when the folder cannot be made or written
 */
export function prepareFolder(dir: string): string {
  try {
    mkdirSync(dir, { recursive: true });
    const folder = realpathSync(dir);
    accessSync(folder, constants.W_OK);
    const ignore = join(folder, '.gitignore');
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
    const file = join(folder, FILE_NAME);
    if (existsSync(file)) accessSync(file, constants.W_OK);
    removeOldDrafts(folder);
    return file;
  } catch (error) {
    throw forbidden(dir, error);
  }
}

/** Whether a folder has a cache. */
export function hasCache(dir: string): boolean {
  return existsSync(join(dir, FILE_NAME));
}

/** A message if a cache is no longer where it was opened, because a folder above it was moved; else null. */
export function movedAway(dir: string): SeamlessError | null {
  const above = dirname(dir);
  if (existsSync(dir) || existsSync(above)) return null;
  return new SeamlessError(
    'cache',
    `The folder ${above} was moved or renamed while it was in use. Run again where it is now: what had been stored went with it.`,
  );
}

/** A process killed while writing a new file leaves its draft behind. */
function removeOldDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!DRAFT.test(name)) continue;
    const path = join(folder, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
    if (age > DRAFT_AGE_MS) rmSync(path, { force: true });
  }
}

export function forbidden(dir: string, error: unknown): SeamlessError {
  return new SeamlessError(
    'cache',
    `The cache folder ${dir} cannot be written (${plainMessage(error)}): choose another with --cache DIR, or change its permissions.`,
    { cause: error },
  );
}

let ahead: Promise<Database | null> | null = null;

/** Starts a DuckDB instance in advance, for the next opening. */
export function startAhead(): void {
  // The next opening meets the same error and reports it.
  ahead ??= newDatabase(MEMORY_LIMIT_MB).catch(() => null);
}

/** A DuckDB instance without a file. */
export async function startDatabase(memoryMb = MEMORY_LIMIT_MB): Promise<Database> {
  const coming = ahead;
  ahead = null;
  const started = await coming;
  if (!started) return newDatabase(memoryMb);
  if (memoryMb !== MEMORY_LIMIT_MB) await started.connection.run(`SET memory_limit = '${memoryMb}MB'`);
  return started;
}

async function newDatabase(memoryMb: number): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    checkpoint_threshold: CHECKPOINT_THRESHOLD,
    memory_limit: `${memoryMb}MB`,
  });
  const connection = await instance.connect();
  // Closing the store decides whether a checkpoint is worth it.
  await connection.run("PRAGMA disable_checkpoint_on_shutdown; SET TimeZone = 'UTC'");
  return { instance, connection };
}

export function stopDatabase({ instance, connection }: Database): void {
  connection.closeSync();
  instance.closeSync();
}

/** Anything that runs statements: a connection or a session. */
interface Runner {
  run(sql: string): Promise<unknown>;
}

/** Attaches the file, creating it if needed, and takes its lock. */
export async function attach(runner: Runner, file: string): Promise<void> {
  // One call: each call waits for a DuckDB thread and for a turn in the event loop.
  await runner.run(
    `SET temp_directory = ${sqlText(`${file}.tmp`)}; SET file_search_path = ${sqlText(dirname(dirname(file)))};
     ATTACH ${sqlText(file)} AS ${CATALOG}; USE ${CATALOG}`,
  );
}

/** Where a cache keeps its packs. @param dir the cache folder */
export function packFolder(dir: string): string {
  return join(dir, 'packs');
}

/** An in-memory database under the file's name. */
export async function attachMemory(runner: Runner): Promise<void> {
  await runner.run(`ATTACH ':memory:' AS ${CATALOG}`);
  await runner.run(`USE ${CATALOG}`);
}

/** Creates the tables, all or none. @param packs a folder that may have packs of an earlier catalog */
export async function createTables({ connection }: Database, packs: string | null): Promise<void> {
  const unknown =
    packs !== null && existsSync(packs) ? `INSERT INTO meta VALUES ('${PACKS_UNKNOWN}', '');` : '';
  await connection.run(`BEGIN; ${CREATE_TABLES} ${unknown} COMMIT;`);
}

/** Creates the cache file if there is none. It is written under another name first, so that no other process sees half a file. */
export async function ensureFile(file: string): Promise<void> {
  if (existsSync(file)) return;
  // A leftover log would be replayed into the new file.
  rmSync(`${file}.wal`, { force: true });
  const draft = draftOf(file);
  const database = await startDatabase();
  try {
    await attach(database.connection, draft);
    await createTables(database, packFolder(dirname(file)));
    await database.connection.run(`CHECKPOINT ${CATALOG}`);
  } catch (error) {
    stopDatabase(database);
    removeDraft(draft);
    throw error;
  }
  stopDatabase(database);
  try {
    // Unlike a rename, a link fails if another process was faster.
    linkSync(draft, file);
  } catch {
    if (!existsSync(file)) renameSync(draft, file);
  } finally {
    removeDraft(draft);
  }
}

function removeDraft(draft: string): void {
  rmSync(draft, { force: true });
  rmSync(`${draft}.wal`, { force: true });
}

function draftOf(file: string): string {
  return `${file}.new-${process.pid}-${Date.now()}`;
}

/** A waiting process leaves this file beside the cache; the next process to open the cache removes it. */
function wantedMark(file: string): string {
  return `${file}.wanted`;
}

/** Tells an idle process that has the file open that another one waits. */
export function askFor(file: string): void {
  try {
    writeFileSync(wantedMark(file), '');
  } catch {
    // If this fails, the idle owner closes the file a little later anyway.
  }
}

export function isAskedFor(file: string): boolean {
  return existsSync(wantedMark(file));
}

export function stopAskingFor(file: string): void {
  rmSync(wantedMark(file), { force: true });
}

/** Identifies the file at a path independent of its content: a replacement differs. Null when there is none. */
export function placeOf(file: string): string | null {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.dev} ${stat.ino}` : null;
}

/** Identifies a version of the file at a path. */
export function fileIdentity(file: string): string | null {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}` : null;
}

/** Renames an unusable file and its log. Null if another process has already set the file aside. */
export function setAside(file: string, identity: string | null, why: 'damaged' | 'earlier'): string | null {
  if (identity === null || fileIdentity(file) !== identity) return null;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  let aside = `${file}.${why}-${time}`;
  for (let again = 2; existsSync(aside); again++) aside = `${file}.${why}-${time}-${again}`;
  renameSync(file, aside);
  if (existsSync(`${file}.wal`)) renameSync(`${file}.wal`, `${aside}.wal`);
  return aside;
}
