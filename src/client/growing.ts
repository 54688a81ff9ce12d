import type { Growth } from '../live/journal/follow.js';

/** Milliseconds that a run has to end in good order: the slot in hand is finished first. */
export const STOP_PATIENCE_MS = 30_000;

/** What a new run is called: its world, and when it began. */
export function nameRun(world: string, now = new Date()): string {
  return `${world}-${now.toISOString().replace(/\D/g, '').slice(0, 17)}`;
}

/** Tells those who wait that a journal has grown, until it will not any more. */
export class Growing implements Growth {
  #ended = false;
  #waiting: (() => void)[] = [];

  get ended(): boolean {
    return this.#ended;
  }

  next(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  end(): void {
    this.#ended = true;
    this.tell();
  }
}
