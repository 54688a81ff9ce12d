import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';

// Both are taken here, before a compute-only context can replace what strategy code sees under these names.
const now = performance.now.bind(performance);

/** Milliseconds of work between two turns of the event loop. */
const TURN_MS = 50;
/** A clock is read about this often, in milliseconds: seldom enough to cost nothing. */
const GLANCE_MS = 1;
const LONGEST_STRIDE = 4096;

/**
 * Lets messages, such as a cancellation, into a process that computes without waiting. Time is counted across requests: ten
 * thousand small ones block the event loop like one large one.
 */
export class Pace {
  #turn = now();

  get due(): boolean {
    return now() - this.#turn >= TURN_MS;
  }

  /** Yields to the event loop once. */
  async turn(): Promise<void> {
    await nextTurn();
    this.#turn = now();
  }

  /** Checks the clock every few steps; see `Glance`. */
  glance(): Glance {
    return new Glance(this.#turn + TURN_MS);
  }
}

/** Tells a loop when its time is up, reading the clock only every few steps, as their speed allows. */
class Glance {
  readonly #deadline: number;
  #last = now();
  #stride = 1;
  #left = 1;

  constructor(deadline: number) {
    this.#deadline = deadline;
  }

  /** To be called after each step. */
  timeIsUp(): boolean {
    if (--this.#left > 0) return false;
    const time = now();
    if (time - this.#last < GLANCE_MS) this.#stride = Math.min(LONGEST_STRIDE, this.#stride * 2);
    else this.#stride = Math.max(1, this.#stride >> 1);
    this.#last = time;
    this.#left = this.#stride;
    return time >= this.#deadline;
  }
}
