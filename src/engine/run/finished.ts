import { CHUNK_SLOTS } from '../plan/chunk-span.js';
import type { RunState } from './run-state.js';
import { Unstored } from './unstored.js';

/** Chunks of fewer values than this many nodes have in one are stored together: a transaction costs as much as such a chunk. */
const WORTH_NODES = 4;

/** They wait no longer than this, so that little is lost should the process be killed. */
const MOST_MS = 250;

/** A finished chunk, and whether it can be kept. */
interface Finished {
  readonly chunk: Unstored;
  readonly settled: Promise<void>;
}

/** Finished chunks, on their way into the store: one transaction at a time. */
export class FinishedChunks {
  readonly #state: RunState;
  #waiting: Finished[] = [];
  #cells = 0;
  #storedAt = performance.now();
  #stored = Promise.resolve();

  constructor(state: RunState) {
    this.#state = state;
  }

  add(chunk: Unstored): void {
    const settled = this.#state.settle();
    settled.catch(() => undefined);
    this.#waiting.push({ chunk, settled });
    this.#cells += chunk.cells;
  }

  /** Begins to store what waits, if that is worth it. @throws what storing before it threw */
  async storeWorth(): Promise<void> {
    const worth = WORTH_NODES * (this.#state.chunkSlots ?? CHUNK_SLOTS);
    if (this.#cells >= worth || performance.now() - this.#storedAt >= MOST_MS) await this.#begin();
  }

  /** @throws what storing any of them threw */
  async storeAll(): Promise<void> {
    await this.#begin();
    await this.#stored;
  }

  async #begin(): Promise<void> {
    await this.#stored;
    const chunks = this.#waiting;
    this.#waiting = [];
    this.#cells = 0;
    this.#storedAt = performance.now();
    this.#stored = this.#store(chunks);
    this.#stored.catch(() => undefined);
  }

  /** A chunk that cannot be kept ends it: neither can the next. */
  async #store(chunks: readonly Finished[]): Promise<void> {
    const kept: Unstored[] = [];
    try {
      for (const { chunk, settled } of chunks) {
        await settled;
        kept.push(chunk);
      }
    } finally {
      await Unstored.commit(this.#state, kept);
    }
  }
}
