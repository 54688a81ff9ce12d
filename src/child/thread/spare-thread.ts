import { HostThread } from './host-thread.js';

/** Threads for strategies: the next one gets ready before it is asked for. */
export class SpareThread {
  #spare: HostThread | null = null;

  /** Has a thread get ready. */
  prepare(): void {
    this.#spare ??= new HostThread();
  }

  take(): HostThread {
    const spare = this.#spare;
    this.#spare = null;
    return spare?.alive ? spare : new HostThread();
  }
}
