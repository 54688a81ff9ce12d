import { getHeapStatistics } from 'node:v8';

/** Shared memory that may be made before V8 is told of it, at the least: a look at a large heap is worth it less often. */
const WORTH_BYTES = 16 * 2 ** 20;
const WORTH_OF_HEAP = 0.5;

/** As much memory of its own more than before has V8 look for garbage. */
const STAND_BYTES = 64 * 2 ** 20;

/**
 * V8 leaves shared memory out of what it counts, so nothing has it let go of columns that nobody needs any more. Memory of its own
 * that is never touched, and so costs nothing, stands for them: when that is replaced, V8 has a reason to look.
 */
export class SharedMemoryUse {
  #bytes = 0;
  /** Never read: it is there to be counted. */
  stand: ArrayBuffer | null = null;

  /** Must hear of all shared memory that is made in a thread. */
  made(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < WORTH_BYTES || this.#bytes < WORTH_OF_HEAP * getHeapStatistics().used_heap_size) return;
    this.#bytes = 0;
    this.stand = new ArrayBuffer(STAND_BYTES);
  }
}
