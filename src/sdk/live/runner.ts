import { SeamlessError } from '../errors.js';
import type { Run, SubmitOptions, Submitted } from './live.js';

type Submit = (strategy: Submitted, options: SubmitOptions) => Promise<Run>;

let submitRun: Submit | null = null;

/** Says how runs are started: nothing below the parent's end can. */
export function startRunsWith(submit: Submit): void {
  submitRun = submit;
}

/** The Core Loop's entrance. Materializing never goes through it. */
export class Runner {
  /**
   * Hands a strategy to a world. Resolves once it is warm: its next slot will be computed.
   * @throws ComputeOnlyViolation while a strategy is materialized.
   * @throws SeamlessError `not-found` for an unknown world or strategy; `usage` for a world that is not well formed, or whose mode
   * is refused; and whatever keeps the strategy from being run at all.
   */
  static submit(strategy: Submitted, options: SubmitOptions): Promise<Run> {
    if (submitRun) return submitRun(strategy, options);
    const error = new SeamlessError(
      'usage',
      'Runner.submit is called from a script that imports seamless-dag.',
    );
    return Promise.reject(error);
  }
}
