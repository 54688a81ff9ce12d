import { compileLater } from './compile-later.js';
import { HostThread } from './host-thread.js';
import { startWorker, takeEarly } from './start-worker.js';

/** Threads for strategies: the next one starts in advance. */
export class SpareThread {
  #spare: HostThread | null = null;

  /** Starts a thread. */
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
  const thread = new HostThread(takeEarly() ?? startWorker());
  // Not earlier: for other flags, Node recompiles its own modules, which takes 40 ms in each thread.
  void thread.ready.then(compileLater);
  return thread;
}
