import { setTimeout as sleep } from 'node:timers/promises';
import type { Seconds } from '../../sdk/time/time.js';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 30_000;

/** The longest wait for a server that says when to come back. */
export const LONGEST_ASKED: Seconds = 120;

/** A failure that may pass. */
export class Passing extends Error {
  /** Seconds that the server asks to wait; null: it does not say. */
  readonly after: Seconds | null;

  constructor(message: string, after: Seconds | null = null) {
    super(message);
    this.after = after;
  }
}

/** An answer that will not change: a clause with the way out. */
export class Refusal extends Error {}

/**
 * Repeats work while it fails with `Passing`; the last failure is thrown. Waits grow, with jitter, so that many clients do not
 * come back at once.
 */
export async function patiently<T>(
  attempts: number,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Passing) || attempt >= attempts) throw error;
      if (error.after !== null && error.after > LONGEST_ASKED) throw error;
      const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
      const asked = error.after === null ? 0 : error.after * 1000;
      await sleep(asked + longest * (0.5 + Math.random() / 2), undefined, signal && { signal });
    }
  }
}
