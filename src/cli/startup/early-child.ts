import type { ChildProcess } from 'node:child_process';
import { builtFile } from '../../protocol/built-file.js';
import { forkChild } from '../../client/fork.js';

/** A child that is started before the command line is read, since it takes the longest to be ready. It waits for a bundle. */
export class EarlyChild {
  #child: ChildProcess | null;

  private constructor(child: ChildProcess) {
    this.#child = child;
    // A child that could not be started is never handed over: starting another gives the same error, which is then reported.
    child.on('error', () => undefined);
  }

  /** Null where none can be started. */
  static start(): EarlyChild | null {
    try {
      return new EarlyChild(forkChild({ childPath: builtFile('child.js'), bundles: true }));
    } catch {
      // As above.
      return null;
    }
  }

  /** Hands the child over, once; null when it has ended. */
  take(): ChildProcess | null {
    const child = this.#child;
    if (!child?.connected) return null;
    this.#child = null;
    return child;
  }

  /** Ends a child that nobody took. */
  dispose(): void {
    this.#child?.kill('SIGKILL');
  }
}
