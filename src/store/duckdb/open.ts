import { randomUUID } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeamlessError } from '../../sdk/errors.js';
import { DamageFound } from '../upkeep/damage.js';
import { faultOf, plainMessage } from './faults.js';
import {
  askFor,
  attach,
  attachMemory,
  CATALOG,
  createTables,
  ensureFile,
  FILE_NAME,
  fileIdentity,
  forbidden,
  hasCache,
  isAskedFor,
  packFolder,
  placeOf,
  prepareFolder,
  setAside,
  startDatabase,
  stopAskingFor,
  stopDatabase,
  type Database,
} from './file.js';
import { holderOf, type LockHolder } from './holder.js';
import { areViewsStale, Catalog, type StoreContext } from '../segments/catalog.js';
import { takePacksIn } from '../upkeep/rebuild.js';
import { Store } from '../node-store.js';
import { FORMAT_VERSION } from './schema.js';
import { Session } from './session.js';

export interface OpenStoreOptions {
  /** The cache's folder. */
  readonly dir: string;
  /**
   * Whether to create missing folders and files. Default: true. If false, a missing cache opens as an empty in-memory store, and
   * the disk is left alone.
   */
  readonly create?: boolean | undefined;
  /** DuckDB's memory limit in megabytes, beyond which it spills beside the file. Default: 256. */
  readonly memoryMb?: number | undefined;
  /**
   * Called when this process begins to wait for another one, when the cache passes to yet another, and once a second while it
   * waits.
   */
  readonly onWaiting?: ((holder: LockHolder) => void) | undefined;
  /** Receives a sentence when a damaged cache was set aside. */
  readonly onMessage?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 250;
/** A waiting process reports at least this often whom it waits for. */
const TOLD_EVERY_MS = 1000;
/** How many times a file must look damaged: while another process creates it or sets it aside, it may look so once. */
const DAMAGE_LOOKS = 3;
/** A longer log is checkpointed on closing; a shorter one is cheaper to replay on the next opening. */
const CHECKPOINT_BYTES = 1_000_000;

/**
 * Files open in this process. DuckDB's lock keeps out other processes but not this one: POSIX drops a process's lock on a file as
 * soon as the process closes any handle of it.
 */
const openFiles = new Set<string>();

/**
 * Opens the cache in a folder, waiting while another process has it open.
 * @throws SeamlessError `cache` when the folder cannot be written or a newer version made the cache, `cancelled` when the signal
 * aborts the wait
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { dir, signal } = options;
  throwIfCancelled(signal);
  if (options.create === false && !hasCache(dir)) return emptyStore(options);
  const file = prepareFolder(dir);
  let told: { readonly pid: number | null; readonly at: number } | null = null;
  let looks = 0;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    throwIfCancelled(signal);
    const found = await attempt(file, options);
    if (found instanceof Store) {
      stopAskingFor(file);
      return found;
    }
    if (found.fault === 'damaged') {
      if (++looks >= DAMAGE_LOOKS) {
        looks = 0;
        reportSetAside(options, file, setAside(file, found.identity, 'damaged'), found.error);
      }
    } else if (found.fault === 'earlier') {
      const aside = setAside(file, found.identity, 'earlier');
      if (aside !== null) options.onMessage?.(earlierText(dir, aside));
      continue;
    } else if (found.fault === 'locked') {
      askFor(file);
      const holder = holderOf(found.error, file, dir);
      if (!told || told.pid !== holder.pid || performance.now() - told.at > TOLD_EVERY_MS) {
        told = { pid: holder.pid, at: performance.now() };
        options.onWaiting?.(holder);
      }
    }
    await sleep(pause, undefined, signal ? { signal } : undefined).catch(() => throwIfCancelled(signal));
  }
}

type Obstacle =
  | { readonly fault: 'replaced' }
  | { readonly fault: 'locked'; readonly error: unknown }
  | { readonly fault: 'earlier'; readonly identity: string | null }
  | { readonly fault: 'damaged'; readonly error: unknown; readonly identity: string | null };

/** One attempt. @throws SeamlessError when neither waiting nor setting the cache aside would help */
async function attempt(file: string, options: OpenStoreOptions): Promise<Store | Obstacle> {
  const { dir } = options;
  if (openFiles.has(file)) return { fault: 'locked', error: new Error(`(PID ${process.pid})`) };
  openFiles.add(file);
  let identity: string | null = null;
  let database: Database | null = null;
  try {
    await ensureFile(file);
    identity = fileIdentity(file);
    const place = placeOf(file);
    database = await startDatabase(options.memoryMb);
    await attach(database.connection, file);
    // If not, the open file was replaced at this path.
    if (placeOf(file) !== place) {
      stopDatabase(database);
      openFiles.delete(file);
      return { fault: 'replaced' };
    }
    if (await isEarlier(database, file)) {
      stopDatabase(database);
      openFiles.delete(file);
      // Opening it may have replayed its log.
      return { fault: 'earlier', identity: fileIdentity(file) };
    }
    return await storeOf(database, file, options, () => openFiles.delete(file));
  } catch (error) {
    if (database) stopDatabase(database);
    openFiles.delete(file);
    if (error instanceof SeamlessError) throw error;
    switch (faultOf(error)) {
      case 'locked':
        return { fault: 'locked', error };
      case 'damaged':
      case 'broken':
        return { fault: 'damaged', error, identity };
      case 'newer':
        throw newer(dir, error);
      case 'forbidden':
        throw forbidden(dir, error);
      case 'full':
        throw diskFull(dir, error);
      case 'other':
        throw new SeamlessError(
          'cache',
          `The cache in ${dir} cannot be opened: ${plainMessage(error)}. Use another folder with --cache DIR.`,
          {
            cause: error,
          },
        );
    }
  }
}

/** A store for a missing cache. Its path has no file, so it is never mistaken for the one in place. */
async function emptyStore(options: OpenStoreOptions): Promise<Store> {
  const database = await startDatabase(options.memoryMb);
  const packs = join(tmpdir(), `seamless-packs-${randomUUID()}`);
  try {
    await attachMemory(database.connection);
    await createTables(database, null);
    const released = (): void => rmSync(packs, { recursive: true, force: true });
    return await storeOf(database, join(options.dir, FILE_NAME), { ...options, packs }, released);
  } catch (error) {
    stopDatabase(database);
    throw error;
  }
}

async function storeOf(
  database: Database,
  file: string,
  options: OpenStoreOptions & { readonly packs?: string },
  released: () => unknown,
): Promise<Store> {
  const { dir } = options;
  const session = new Session(database.connection, CATALOG, (error) => Promise.resolve(translate(error)));
  const translate = (error: unknown): Error => {
    const fault = faultOf(error);
    if (fault === 'full') return diskFull(dir, error);
    if (fault === 'forbidden') return forbidden(dir, error);
    if (fault !== 'damaged') {
      return new SeamlessError('internal', `The cache in ${dir} failed: ${plainMessage(error)}.`, {
        cause: error,
      });
    }
    // While the lock is held, the file at this path is the damaged one.
    const identity = fileIdentity(file);
    session.shut();
    release();
    const text = asideText(dir, setAside(file, identity, 'damaged'), error);
    return new DamageFound(text, error);
  };
  const release = (): void => {
    database.instance.closeSync();
    released();
  };
  const context: StoreContext = {
    session,
    catalog: new Catalog(session),
    folder: options.packs ?? packFolder(dirname(file)),
    writing: new Set(),
    views: { stale: await areViewsStale(session) },
    memoryMb: options.memoryMb,
  };
  const found = await takePacksIn(context);
  if (found > 0) options.onMessage?.(rebuiltText(dir, found));
  const place = placeOf(file);
  const inPlace = (): boolean => place !== null && placeOf(file) === place;
  const settle = async (): Promise<void> => {
    // The log of a file that has replaced this one is not this one's.
    const log = inPlace() ? (statSync(`${file}.wal`, { throwIfNoEntry: false })?.size ?? 0) : 0;
    if (log >= CHECKPOINT_BYTES) await session.run(`CHECKPOINT ${CATALOG}`);
  };
  return new Store(context, file, {
    inPlace,
    wanted: () => isAskedFor(file),
    settle: () => session.exclusive(settle),
    close: async () => {
      try {
        await session.close(settle);
      } finally {
        release();
      }
    },
  });
}

/**
 * Creates the tables if there are none. True for a cache of an earlier format.
 * @throws SeamlessError `cache` for a later format, and for a file that is no cache
 */
async function isEarlier(database: Database, file: string): Promise<boolean> {
  const dir = dirname(file);
  const found = await formatText(database);
  if (found === null) {
    const tables = await database.connection.runAndReadAll(
      `SELECT table_name FROM duckdb_tables() WHERE database_name = '${CATALOG}'`,
    );
    if (tables.currentRowCount > 0) throw foreign(dir);
    await createTables(database, packFolder(dirname(file)));
    return false;
  }
  const format = Number(found);
  if (!Number.isInteger(format)) throw foreign(dir);
  if (format > FORMAT_VERSION) throw newer(dir, undefined);
  return format < FORMAT_VERSION;
}

/** The format that the file states; undefined: it states none, null: it lacks the table for it. */
async function formatText({ connection }: Database): Promise<unknown> {
  try {
    const meta = await connection.runAndReadAll(
      `SELECT value FROM ${CATALOG}.main.meta WHERE key = 'format'`,
    );
    return meta.getRows()[0]?.[0];
  } catch (error) {
    if (/^(?:Catalog|Binder) Error\b/.test(plainMessage(error))) return null;
    throw error;
  }
}

function foreign(dir: string): SeamlessError {
  return new SeamlessError(
    'cache',
    `The file cache.duckdb in ${dir} is not a Seamless cache: move it away, or use another folder with --cache DIR.`,
  );
}

function newer(dir: string, cause: unknown): SeamlessError {
  return new SeamlessError(
    'cache',
    `The cache in ${dir} was made by a newer version of Seamless: update Seamless, or use another folder with --cache DIR.`,
    { cause },
  );
}

function diskFull(dir: string, cause: unknown): SeamlessError {
  return new SeamlessError(
    'cache',
    `Nothing more can be stored in the cache folder ${dir} (${plainMessage(cause)}): its disk is full, or a limit is reached. What was stored before is kept. Free some space, or use another folder with --cache DIR.`,
    { cause },
  );
}

function reportSetAside(options: OpenStoreOptions, file: string, aside: string | null, error: unknown): void {
  if (aside !== null) options.onMessage?.(`${asideText(dirname(file), aside, error)} A new one was made.`);
}

function asideText(dir: string, aside: string | null, error: unknown): string {
  const place = aside === null ? '' : ` It was set aside as ${basename(aside)}.`;
  return `The cache in ${dir} is damaged (${plainMessage(error)}).${place}`;
}

function earlierText(dir: string, aside: string): string {
  return `The cache in ${dir} was made by an earlier version of Seamless. It was set aside as ${basename(aside)}, and its rows are computed again when needed. Delete that file when you no longer need it.`;
}

function rebuiltText(dir: string, packs: number): string {
  const what = packs === 1 ? 'its only pack' : `its ${packs} packs`;
  return `The catalog of the cache in ${dir} was made again from ${what}: rows are reused where code and sources are still the same.`;
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SeamlessError('cancelled', 'Cancelled while waiting for the cache.');
}
