import type { Seconds } from '../../sdk/time/time.js';
import type { CoveredPart, RunProgress } from './reporting/report.js';

/** Milliseconds between two progress messages of one run. */
const PACE_MS = 100;

interface Clock {
  readonly now: () => number;
  readonly later: (work: () => void, milliseconds: number) => void;
}

// Captured here, before a compute-only context can replace these for strategy code.
const now = performance.now.bind(performance);
const startTimer = setTimeout;

const realClock: Clock = { now, later: (work, milliseconds) => void startTimer(work, milliseconds).unref() };

/**
 * Passes on a run's progress at most ten times a second. Parts that became covered are never lost: they come with the next
 * message.
 */
export class PacedProgress {
  readonly #send: (progress: RunProgress) => void;
  readonly #clock: Clock;
  #sentAt = -Infinity;
  #phase: RunProgress['phase'] | null = null;
  #held: RunProgress | null = null;
  /** By node and end, where the next part may continue. */
  #covered = new Map<string, CoveredPart>();
  #timed = false;

  constructor(send: (progress: RunProgress) => void, clock: Clock = realClock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** A new phase is reported at once. */
  readonly report = (progress: RunProgress): void => {
    const begins = progress.phase !== this.#phase;
    this.#phase = progress.phase;
    this.#held = progress;
    for (const part of progress.covered ?? []) this.#cover(part);
    const left = this.#sentAt + PACE_MS - this.#clock.now();
    if (begins || left <= 0) this.flush();
    else if (!this.#timed) {
      this.#timed = true;
      this.#clock.later(() => {
        this.#timed = false;
        this.flush();
      }, left);
    }
  };

  /** Sends what is held back: at the end of a run, before its result. */
  flush(): void {
    if (!this.#held) return;
    const { covered: _, ...progress } = this.#held;
    const covered = [...this.#covered.values()];
    this.#held = null;
    this.#covered.clear();
    this.#sentAt = this.#clock.now();
    this.#send(covered.length > 0 ? { ...progress, covered } : progress);
  }

  /** Merges a part with one that it continues. */
  #cover(part: CoveredPart): void {
    const from = placeOf(part.node, part.span[0]);
    const before = this.#covered.get(from);
    this.#covered.delete(from);
    const joined = before && {
      ...before,
      span: [before.span[0], part.span[1]] as const,
      rows: before.rows + part.rows,
    };
    this.#covered.set(placeOf(part.node, part.span[1]), joined ?? part);
  }
}

function placeOf(node: string, time: Seconds): string {
  return `${node} ${time}`;
}
