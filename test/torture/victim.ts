import { existsSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { JobClient } from '../../src/client/job-client.js';

/** What a child is at, as victim.mjs tells it. */
export const PHASES = [
  'start',
  'bundling',
  'opening',
  'source read',
  'compute',
  'commit',
  'checkpoint',
  'clean-up',
  'close',
  'idle',
] as const;
export type Phase = (typeof PHASES)[number];

/** An instant: some time after a phase was entered for the nth time. */
export interface Instant {
  readonly phase: Phase;
  readonly nth: number;
  readonly delayMs: number;
}

/** Milliseconds in each phase, and how often it was entered. */
export interface Measured {
  readonly durations: readonly number[];
  readonly entries: readonly number[];
}

const CHILD = resolve(import.meta.dirname, '../../dist/child.js');

/** A child as it is shipped, that is going to be killed at an instant; without one, it is measured. */
export class Victim {
  readonly client: JobClient;
  readonly #log: string;

  constructor(plan: Instant | null, log: string) {
    this.#log = log;
    rmSync(log, { force: true });
    const preload = pathToFileURL(resolve(import.meta.dirname, 'victim.mjs'));
    preload.searchParams.set('plan', JSON.stringify(plan));
    preload.searchParams.set('phases', JSON.stringify(PHASES));
    preload.searchParams.set('child', CHILD);
    preload.searchParams.set('log', log);
    this.client = JobClient.start({ childPath: CHILD, execArgv: ['--import', preload.href] });
  }

  /** The phase in which it was killed; null when it ended before its instant came. To be asked once it has ended. */
  get killedIn(): Phase | null {
    const text = existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : '';
    return PHASES.find((phase) => phase === text) ?? null;
  }

  get measured(): Measured {
    return JSON.parse(readFileSync(this.#log, 'utf8')) as Measured;
  }
}
