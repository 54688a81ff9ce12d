import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { didYouMean, messageOf, SeamlessError } from '../../sdk/errors.js';
import type { Mode, RunEventBody, RunResult } from '../../sdk/live/live.js';
import type { World } from '../world/schema.js';
import { JournalReader } from './journal.js';
import { lockHolder, removeLock, takeLock } from './lock.js';

/** Raised when the format of journals changes. */
export const JOURNAL_VERSION = 3;

/** What a run was started as. */
export interface RunRecord {
  readonly version: number;
  readonly run: string;
  /** Absolute. */
  readonly file: string;
  readonly className: string;
  readonly world: World;
  /** Fingerprints of the nodes by name: a run is resumed only with the code it began with. */
  readonly prints: Readonly<Record<string, string>>;
  /** When, ISO-8601 in UTC. */
  readonly started: string;
}

/** The fields that are checked before a record is trusted. */
const recordShape = v.object({
  run: v.string(),
  file: v.string(),
  className: v.string(),
  world: v.looseObject({ name: v.string(), mode: v.picklist(['backtest', 'paper', 'live', 'shadow']) }),
  prints: v.record(v.string(), v.string()),
  started: v.string(),
});

/** `cut off`: neither running nor ended; it can be resumed. `unreadable`: damaged, or of another version of Seamless. */
export type RunState = 'running' | 'finished' | 'failed' | 'cut off' | 'unreadable';

/** A run as `seamless runs` lists it. */
export interface RunSummary {
  readonly run: string;
  readonly strategy: string;
  readonly world: string;
  /** Null where it is unreadable. */
  readonly mode: Mode | null;
  readonly started: string;
  readonly state: RunState;
  /** Why it failed, or cannot be read. */
  readonly problem: string | null;
  readonly result: RunResult | null;
}

/** How a run ended, from its events. */
export class RunEnding {
  result: RunResult | null = null;
  /** Why it failed. */
  problem: string | null = null;

  take(event: RunEventBody): void {
    if (event.type === 'finished') this.result = event;
    else if (event.type === 'error' && event.node === null) this.problem = event.message;
    else if (event.type === 'ready') {
      // It was resumed: an earlier end does not count.
      this.result = null;
      this.problem = null;
    }
  }
}

export function stateOf({ result, problem }: RunEnding, isRunning: boolean): RunState {
  if (result) return 'finished';
  if (isRunning) return 'running';
  return problem === null ? 'cut off' : 'failed';
}

function runsFolder(cacheDir: string): string {
  return join(cacheDir, 'runs');
}

export function runFolder(cacheDir: string, run: string): string {
  return join(runsFolder(cacheDir), run);
}

/** Makes the folder of a run. @throws SeamlessError `usage` when there is a run of that name, `cache` when it cannot be written. */
export function recordRun(cacheDir: string, record: RunRecord): string {
  const folder = runFolder(cacheDir, record.run);
  if (existsSync(folder))
    throw new SeamlessError('usage', `There is a run ${record.run} already: resume it, or remove it first.`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'run.json'), `${JSON.stringify(record, null, 2)}\n`);
  } catch (error) {
    // Half a record would be listed as a damaged run.
    rmSync(folder, { recursive: true, force: true });
    throw notBegun(folder, error);
  }
  return folder;
}

function notBegun(path: string, cause: unknown): SeamlessError {
  const why = messageOf(cause);
  return new SeamlessError(
    'cache',
    `The run cannot begin, because ${path} cannot be written (${why}): make room, or use another folder with --cache DIR, and run again.`,
    { cause },
  );
}

/** @throws SeamlessError `not-found`, with names like it, for an unknown run; `cache` for one that is not readable. */
export function readRun(cacheDir: string, run: string): RunRecord {
  const path = join(runFolder(cacheDir, run), 'run.json');
  if (!existsSync(path)) {
    const names = runNames(cacheDir);
    const hint = didYouMean(run, names, names.length > 0 ? 'See seamless runs.' : 'There is none yet.');
    throw new SeamlessError('not-found', `There is no run ${run}. ${hint}`);
  }
  return parseRecord(run, readFileSync(path, 'utf8'));
}

function parseRecord(run: string, text: string): RunRecord {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    throw damaged(run, 'run.json', error);
  }
  if (!v.is(v.object({ version: v.literal(JOURNAL_VERSION) }), record)) {
    throw new SeamlessError(
      'cache',
      `Run ${run} was recorded by another version of Seamless: remove it with seamless runs remove ${run}.`,
    );
  }
  if (!v.is(recordShape, record)) throw damaged(run, 'run.json');
  return record as unknown as RunRecord;
}

function damaged(run: string, what: string, cause?: unknown): SeamlessError {
  return new SeamlessError(
    'cache',
    `Run ${run} is damaged: ${what} is not what was written. Remove it with seamless runs remove ${run}.`,
    { cause },
  );
}

export function runNames(cacheDir: string): string[] {
  const folder = runsFolder(cacheDir);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'run.json')));
}

/** A run's state and result, from its journal. @throws SeamlessError when it is not readable */
export function summaryOf(cacheDir: string, run: string): RunSummary {
  const record = readRun(cacheDir, run);
  const { className, world, started } = record;
  const ending = new RunEnding();
  for (const { events } of new JournalReader(runFolder(cacheDir, run)).all())
    for (const event of events) ending.take(event);
  const { result, problem } = ending;
  const state = stateOf(ending, isRunning(cacheDir, record));
  return { run, strategy: className, world: world.name, mode: world.mode, started, state, problem, result };
}

/** All runs of a project, the newest first. A run that cannot be read has the reason as its problem. */
export function summaries(cacheDir: string): RunSummary[] {
  const all = runNames(cacheDir).map((run): RunSummary => {
    try {
      return summaryOf(cacheDir, run);
    } catch (error) {
      if (!(error instanceof SeamlessError)) throw error;
      const unknown = { strategy: '', world: '', mode: null, started: '', result: null };
      return { run, ...unknown, state: 'unreadable', problem: error.message };
    }
  });
  return all.sort((a, b) => (a.started < b.started ? 1 : -1));
}

/** Whether a process is at work on it. */
export function isRunning(
  cacheDir: string,
  { run, world }: { readonly run: string; readonly world: Pick<World, 'name'> },
): boolean {
  const folder = runsFolder(cacheDir);
  return lockHolder(folder, world.name) === run || lockHolder(folder, lockOfBacktest(run)) === run;
}

/** @throws SeamlessError `usage` while it goes on. */
export function removeRun(cacheDir: string, run: string): void {
  try {
    if (isRunning(cacheDir, readRun(cacheDir, run)))
      throw new SeamlessError('usage', `Run ${run} is still running: stop it before you remove it.`);
  } catch (error) {
    // An unreadable run can be removed, too.
    if (!(error instanceof SeamlessError) || error.code !== 'cache') throw error;
  }
  rmSync(runFolder(cacheDir, run), { recursive: true, force: true });
}

/**
 * Makes a world belong to one run. The world of a run that died is free.
 * @returns gives it back
 * @throws SeamlessError `usage` while it belongs to another, `cache` when the cache folder cannot be written
 */
export function takeWorld(cacheDir: string, world: string, run: string): () => void {
  const folder = runsFolder(cacheDir);
  const taken = takenIn(folder, world, run);
  if (typeof taken === 'function') return taken;
  throw new SeamlessError(
    'usage',
    taken.heldBy === run
      ? `Run ${run} is still running: it cannot be resumed before it ends.`
      : `World ${world} is in use by run ${taken.heldBy}: stop that, or copy the world under another name.`,
  );
}

/**
 * Marks a backtest as running. Any number of them may use one world.
 * @throws SeamlessError `usage` while a run of that name is running, `cache` when the cache folder cannot be written
 */
export function takeBacktest(cacheDir: string, run: string): () => void {
  const folder = runsFolder(cacheDir);
  const name = lockOfBacktest(run);
  const taken = takenIn(folder, name, run);
  if (typeof taken === 'function') return () => removeLock(folder, name);
  throw new SeamlessError('usage', `Run ${run} is still running: give the new one another name.`);
}

function lockOfBacktest(run: string): string {
  return `${run}.backtest`;
}

function takenIn(folder: string, name: string, run: string): ReturnType<typeof takeLock> {
  try {
    return takeLock(folder, name, run);
  } catch (error) {
    throw notBegun(folder, error);
  }
}
