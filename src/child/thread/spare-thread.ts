import { compileLater } from './compile-later.js';
import { HostThread } from './host-thread.js';

/** Threads for strategies: the next one gets ready before it is asked for. */
export class SpareThread {
  #spare: HostThread | null = null;

  /** Has a thread get ready. */
  prepare(): void {
    this.#spare ??= made();
  }

  take(): HostThread {
    const spare = this.#spare;
    this.#spare = null;
    return spare?.alive ? spare : made();
  }
}

function made(): HostThread {
  const thread = new HostThread();
  // Not before: Node compiles its own modules anew for other flags, which takes 40 ms in each thread.
  void thread.ready.then(compileLater);
  return thread;
}
