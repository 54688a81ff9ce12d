import { SeamlessError } from '../../sdk/errors.js';
import type { HeldTo } from '../../sdk/providers/fetched.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { SourceReader } from '../ports/source.js';
import { deadlineText, missedText } from './service-level.js';

/** The longest delay of a Node timer. */
const LONGEST_MS = 2 ** 31 - 1;

/** A source exceeded the deadline of its service level. */
export class Overdue extends SeamlessError {
  readonly held: HeldTo;
  /** Bars that open before this are there; −∞: none is known to be. */
  readonly from: Seconds;

  constructor(held: HeldTo, from: Seconds = -Infinity) {
    super('source', missedText(held, [deadlineText(held.level)]));
    this.held = held;
    this.from = from;
  }
}

/** How long one stream may still be read; computing in between does not count. */
export class Deadline {
  readonly #held: HeldTo;
  readonly #over = new AbortController();
  #spentMs = 0;

  constructor(held: HeldTo) {
    this.#held = held;
  }

  /** Cancels requests over a network. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Something was requested after the deadline. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  get leftMs(): number {
    return (this.#held.level.deadline ?? Infinity) * 1000 - this.#spentMs;
  }

  /** Counts time that was spent waiting. */
  spend(ms: number): void {
    this.#spentMs += ms;
  }

  /** @throws Overdue when the work is not done in time; its result is then ignored */
  async within<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.isOver) throw new Overdue(this.#held);
    const began = performance.now();
    const done = Promise.resolve().then(work);
    done.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      if (this.leftMs > LONGEST_MS) return;
      timer = setTimeout(() => {
        reject(new Overdue(this.#held));
        this.#over.abort();
      }, this.leftMs);
    });
    try {
      return await Promise.race([done, late]);
    } finally {
      clearTimeout(timer);
      this.#spentMs += performance.now() - began;
    }
  }

  /** A reader with the deadline. */
  hold(reader: SourceReader): SourceReader {
    const { files, boundsByVersion, grows, blockBars } = reader;
    const within = <T>(work: () => T | Promise<T>): Promise<T> => this.within(work);
    return {
      whole: reader.whole,
      ...(files && { files }),
      ...(boundsByVersion !== undefined && { boundsByVersion }),
      ...(grows !== undefined && { grows }),
      ...(blockBars !== undefined && { blockBars }),
      version: (before) => within(() => reader.version(before)),
      bounds: (known) => within(() => reader.bounds(known)),
      read: (range, skip) => this.#each(reader.read(range, skip)),
      notes: () => reader.notes?.() ?? [],
      ...(reader.sameUntil && {
        sameUntil: (before: string) =>
          within(() => (reader.sameUntil as NonNullable<SourceReader['sameUntil']>)(before)),
      }),
    };
  }

  async *#each<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = items[Symbol.asyncIterator]();
    let ended = false;
    try {
      for (;;) {
        const next = await this.within(() => iterator.next());
        if (next.done) {
          ended = true;
          return;
        }
        yield next.value;
      }
    } finally {
      // A hanging one is not awaited.
      if (!ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
  }
}

/** The deadlines of one request's streams, by fingerprint: they continue across attempts. */
export class Deadlines {
  readonly #all = new Map<string, Deadline>();

  of(fingerprint: string, held: HeldTo): Deadline {
    const known = this.#all.get(fingerprint);
    if (known) return known;
    const deadline = new Deadline(held);
    this.#all.set(fingerprint, deadline);
    return deadline;
  }
}

/** Milliseconds between two checks of a stream that is waited for, by its interval. */
export function holdMs(interval: Seconds): number {
  return Math.min(30_000, Math.max(250, interval * 100));
}
