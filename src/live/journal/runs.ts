import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearNames, SeamlessError } from '../../sdk/errors.js';
import type { Mode, RunResult } from '../../sdk/live.js';
import type { World } from '../world/schema.js';
import { JournalReader } from './journal.js';

/** Raised when journals come to be written otherwise. */
export const JOURNAL_VERSION = 1;

/** What a run was started as. */
export interface RunRecord {
  readonly version: number;
  readonly run: string;
  /** Absolute. */
  readonly file: string;
  readonly className: string;
  readonly world: World;
  /** Fingerprints of the nodes by name: a run goes on with the code it began with. */
  readonly prints: Readonly<Record<string, string>>;
  /** When, ISO-8601 in UTC. */
  readonly started: string;
}

/** A run as `seamless runs` lists it. */
export interface RunSummary {
  readonly run: string;
  readonly strategy: string;
  readonly world: string;
  readonly mode: Mode;
  readonly started: string;
  /** `cut off`: it neither goes on nor ended; it can be resumed. */
  readonly state: 'running' | 'finished' | 'failed' | 'cut off';
  readonly result: RunResult | null;
}

function runsFolder(cacheDir: string): string {
  return join(cacheDir, 'runs');
}

export function runFolder(cacheDir: string, run: string): string {
  return join(runsFolder(cacheDir), run);
}

/** Makes the folder of a run. @throws SeamlessError `usage` when there is a run of that name. */
export function recordRun(cacheDir: string, record: RunRecord): string {
  const folder = runFolder(cacheDir, record.run);
  if (existsSync(folder))
    throw new SeamlessError('usage', `There is a run ${record.run} already: resume it, or remove it first.`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'run.json'), `${JSON.stringify(record, null, 2)}\n`);
  return folder;
}

/** @throws SeamlessError `not-found`, with names like it, for an unknown run; `cache` for one that is not readable. */
export function readRun(cacheDir: string, run: string): RunRecord {
  const path = join(runFolder(cacheDir, run), 'run.json');
  if (!existsSync(path)) {
    const names = runNames(cacheDir);
    const near = nearNames(run, names);
    const hint =
      near.length > 0
        ? `Did you mean ${near.join(' or ')}?`
        : names.length > 0
          ? 'See seamless runs.'
          : 'There is none yet.';
    throw new SeamlessError('not-found', `There is no run ${run}. ${hint}`);
  }
  const record = JSON.parse(readFileSync(path, 'utf8')) as RunRecord;
  if (record.version === JOURNAL_VERSION) return record;
  throw new SeamlessError(
    'cache',
    `Run ${run} was recorded by another version of Seamless: remove it with seamless runs remove ${run}.`,
  );
}

export function runNames(cacheDir: string): string[] {
  const folder = runsFolder(cacheDir);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'run.json')));
}

/** What became of a run, from its journal. */
export function summaryOf(cacheDir: string, run: string): RunSummary {
  const { className, world, started } = readRun(cacheDir, run);
  let result: RunResult | null = null;
  let failed = false;
  for (const { events } of new JournalReader(runFolder(cacheDir, run)).all()) {
    for (const event of events) {
      if (event.type === 'finished') result = event;
      failed = event.type === 'error' && event.node === null;
    }
  }
  const state = result
    ? 'finished'
    : ownerOf(cacheDir, world.name) === run
      ? 'running'
      : failed
        ? 'failed'
        : 'cut off';
  return { run, strategy: className, world: world.name, mode: world.mode, started, state, result };
}

/** @throws SeamlessError `usage` while it goes on. */
export function removeRun(cacheDir: string, run: string): void {
  const { world } = readRun(cacheDir, run);
  if (ownerOf(cacheDir, world.name) === run) {
    throw new SeamlessError('usage', `Run ${run} is still running: stop it before you remove it.`);
  }
  rmSync(runFolder(cacheDir, run), { recursive: true, force: true });
}

function lockPath(cacheDir: string, world: string): string {
  return join(runsFolder(cacheDir), `.${world}.lock`);
}

interface Owner {
  readonly run: string;
  readonly pid: number;
}

/** The run that a world belongs to now; null: none. */
function ownerOf(cacheDir: string, world: string): string | null {
  try {
    const { run, pid } = JSON.parse(readFileSync(lockPath(cacheDir, world), 'utf8')) as Owner;
    return alive(pid) ? run : null;
  } catch {
    return null;
  }
}

/**
 * Makes a world belong to one run. Who died lets go of it.
 * @returns what gives it back
 * @throws SeamlessError `usage` while it belongs to another.
 */
export function takeWorld(cacheDir: string, world: string, run: string): () => void {
  const path = lockPath(cacheDir, world);
  mkdirSync(runsFolder(cacheDir), { recursive: true });
  const text = JSON.stringify({ run, pid: process.pid } satisfies Owner);
  for (;;) {
    try {
      writeFileSync(path, text, { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const owner = ownerOf(cacheDir, world);
      if (owner !== null) {
        throw new SeamlessError(
          'usage',
          `World ${world} is in use by run ${owner}: stop that, or copy the world under another name.`,
        );
      }
      rmSync(path, { force: true });
    }
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
