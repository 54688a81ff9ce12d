import type { Growth } from '../live/journal/follow.js';

/** Milliseconds for a run to end in good order: it finishes the current slot first. */
export const STOP_PATIENCE_MS = 30_000;

/** A new run's name: its world, and when it began. */
export function nameRun(world: string): string {
  return `${world}-${new Date().toISOString().replace(/\D/g, '').slice(0, 17)}`;
}

/** Wakes waiting readers when a journal has grown, until it is complete. */
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
