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
import { messageOf } from './faults.js';
import { CREATE_TABLES, PACKS_UNKNOWN } from './schema.js';
import { quoteText } from './sql.js';

/** The name under which statements find the file. */
export const CATALOG = 'cache';

/** Of the cache, in its folder. */
export const FILE_NAME = 'cache.duckdb';

/** Above this much of log DuckDB checkpoints by itself, in the middle of a run: rows not yet in the file are in memory. */
const CHECKPOINT_THRESHOLD = '96MB';

/** DuckDB's share of a run's memory, beyond which it spills beside the file. */
export const MEMORY_LIMIT_MB = 256;

const DRAFT = /^cache\.duckdb\.new-\d+-\d+(?:\.wal)?$/;
/** No draft takes this long to write. */
const DRAFT_AGE_MS = 3_600_000;

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
    const file = join(folder, FILE_NAME);
    if (existsSync(file)) accessSync(file, constants.W_OK);
    removeOldDrafts(folder);
    return file;
  } catch (error) {
    throw forbidden(dir, error);
  }
}

/** That a cache is no longer where it was opened, since a folder above it was moved; null when it was not. */
export function movedAway(dir: string): SeamlessError | null {
  const above = dirname(dir);
  if (existsSync(dir) || existsSync(above)) return null;
  return new SeamlessError(
    'cache',
    `The folder ${above} was moved or renamed while it was in use. Run again where it is now: what had been stored went with it.`,
  );
}

/** A process that was killed while it wrote a new file leaves its draft behind. */
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
    `The cache folder ${dir} cannot be written (${messageOf(error)}): choose another with --cache DIR, or change its permissions.`,
    { cause: error },
  );
}

interface Ahead {
  readonly database: Promise<Database | null>;
  up: boolean;
}

let ahead: Ahead | null = null;

/** Starts an instance of DuckDB that the next opening takes, while something else is done. */
export function startAhead(): void {
  if (ahead) return;
  // What is wrong with it the opening meets again, and says in words.
  const started: Ahead = { database: newDatabase(MEMORY_LIMIT_MB).catch(() => null), up: false };
  ahead = started;
  void started.database.then((database) => (started.up = database !== null));
}

/** Whether the next opening of a cache goes to its file at once. */
export function isOpenedAtOnce(dir: string): boolean {
  return ahead?.up === true && existsSync(join(dir, FILE_NAME));
}

/** An instance of DuckDB that has no file yet. */
export async function startDatabase(memoryMb = MEMORY_LIMIT_MB): Promise<Database> {
  const coming = ahead;
  ahead = null;
  const started = await coming?.database;
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
  // Whether a checkpoint is worth its while is decided when the store is closed.
  await connection.run("PRAGMA disable_checkpoint_on_shutdown; SET TimeZone = 'UTC'");
  return { instance, connection };
}

export function stopDatabase({ instance, connection }: Database): void {
  connection.closeSync();
  instance.closeSync();
}

/** Anything that runs statements: a connection, or a session. */
export interface Runner {
  run(sql: string): Promise<unknown>;
}

/** Opens the file in the instance, and creates it where there is none. Takes the file's lock. */
export async function attach(runner: Runner, file: string): Promise<void> {
  // At one go: each call waits for a thread of DuckDB's and for its own turn here.
  await runner.run(
    `SET temp_directory = ${quoteText(`${file}.tmp`)}; SET file_search_path = ${quoteText(dirname(dirname(file)))};
     ATTACH ${quoteText(file)} AS ${CATALOG}; USE ${CATALOG}`,
  );
}

/** Where the packs of a cache lie. @param dir of the cache */
export function packFolder(dir: string): string {
  return join(dir, 'packs');
}

/** A database in memory under the file's name. */
export async function attachMemory(runner: Runner): Promise<void> {
  await runner.run(`ATTACH ':memory:' AS ${CATALOG}`);
  await runner.run(`USE ${CATALOG}`);
}

/** Makes the tables, all or none. @param packs where packs may lie that are of an earlier catalog */
export async function createTables({ connection }: Database, packs: string | null): Promise<void> {
  const unknown =
    packs !== null && existsSync(packs) ? `INSERT INTO meta VALUES ('${PACKS_UNKNOWN}', '');` : '';
  await connection.run(`BEGIN; ${CREATE_TABLES} ${unknown} COMMIT;`);
}

/**
 * Creates the cache file where there is none: under another name first, so that no other process ever meets half a file.
 */
export async function ensureFile(file: string): Promise<void> {
  if (existsSync(file)) return;
  // The log of a file that is gone would be played back into the new one.
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
    // Unlike a rename, a link fails where another process has been faster.
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

/** Another process that waits for a file leaves this beside it; the process that opens the file takes it away. */
function wantedMark(file: string): string {
  return `${file}.wanted`;
}

/** Tells the process that has the file open, but idle, that another waits for it. */
export function askFor(file: string): void {
  try {
    writeFileSync(wantedMark(file), '');
  } catch {
    // An idle owner closes the file anyway, a little later.
  }
}

export function isAskedFor(file: string): boolean {
  return existsSync(wantedMark(file));
}

export function stopAskingFor(file: string): void {
  rmSync(wantedMark(file), { force: true });
}

/** Identifies the file at a path, whatever is written to it: another that takes its place differs. Null when there is none. */
export function placeOf(file: string): string | null {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.dev} ${stat.ino}` : null;
}

/** Identifies a file at a path. */
export function fileIdentity(file: string): string | null {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}` : null;
}

/**
 * Renames a file that cannot be used, and its log. Null when the file is no longer the one that was looked at: another process has
 * set it aside meanwhile.
 */
export function setAside(file: string, identity: string | null, why: 'damaged' | 'earlier'): string | null {
  if (identity === null || fileIdentity(file) !== identity) return null;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  let aside = `${file}.${why}-${time}`;
  for (let again = 2; existsSync(aside); again++) aside = `${file}.${why}-${time}-${again}`;
  renameSync(file, aside);
  if (existsSync(`${file}.wal`)) renameSync(`${file}.wal`, `${aside}.wal`);
  return aside;
}
