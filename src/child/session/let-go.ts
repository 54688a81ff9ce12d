import { getHeapStatistics } from 'node:v8';

/** The least amount of new shared memory before V8 is told: garbage collection of a large heap is worth it less often. */
const WORTH_BYTES = 16 * 2 ** 20;
const WORTH_OF_HEAP = 0.5;

/** This much additional memory makes V8 collect garbage. */
const STAND_BYTES = 64 * 2 ** 20;

/**
 * V8 does not count shared memory, so it never collects unused columns by itself. Untouched external memory, which costs nothing,
 * stands in for them: replacing it gives V8 a reason to collect.
 */
export class SharedMemoryUse {
  #bytes = 0;
  /** Never read: it exists to be counted. */
  stand: ArrayBuffer | null = null;

  /** Must be told about all shared memory made in a thread. */
  made(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < WORTH_BYTES || this.#bytes < WORTH_OF_HEAP * getHeapStatistics().used_heap_size) return;
    this.#bytes = 0;
    this.stand = new ArrayBuffer(STAND_BYTES);
  }
}
