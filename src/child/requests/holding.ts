import { setTimeout as sleep } from 'node:timers/promises';
import { Held } from '../../engine/run/service-gate.js';
import { Deadlines } from '../../engine/sources/deadline.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { RequestHooks } from './request.js';

/**
 * Repeats work while a stream's service level makes it wait. Meanwhile the cache is free for others.
 * @param work throws `Held` to be repeated
 */
export async function holding<T>(
  { progress, signal }: Pick<RequestHooks, 'progress' | 'signal'>,
  work: (deadlines: Deadlines) => Promise<T>,
): Promise<T> {
  const deadlines = new Deadlines();
  for (;;) {
    try {
      return await work(deadlines);
    } catch (error) {
      if (!(error instanceof Held)) throw error;
      progress({ phase: 'waiting', node: error.message, done: 0, total: 0 });
      const began = performance.now();
      await hold(error.waitMs, signal);
      error.waited(performance.now() - began);
    }
  }
}

/** Waits, at most until `end` aborts. @throws SeamlessError `cancelled` when `signal` aborts */
export async function hold(ms: number, signal: AbortSignal, end: AbortSignal | null = null): Promise<void> {
  const ends = end ? AbortSignal.any([signal, end]) : signal;
  await sleep(ms, undefined, { signal: ends }).catch(() => undefined);
  if (signal.aborted) throw fetchCancelled();
}

export function fetchCancelled(): SeamlessError {
  return new SeamlessError('cancelled', 'Cancelled. What was fetched before is kept.');
}
