/** Shared memory that may be made before V8 is told of it. */
const WORTH_BYTES = 16 * 2 ** 20;

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
    if (this.#bytes < WORTH_BYTES) return;
    this.#bytes = 0;
    this.stand = new ArrayBuffer(STAND_BYTES);
  }
}
