import { SeamlessError } from '../errors.js';
import type { Run, SubmitOptions, Submitted } from './live.js';

type Submit = (strategy: Submitted, options: SubmitOptions) => Promise<Run>;

let submitRun: Submit | null = null;

/** Sets how runs are started: the SDK itself cannot import the client. */
export function startRunsWith(submit: Submit): void {
  submitRun = submit;
}

/** The entry of the Core Loop. Materializing never goes through it. */
export class Runner {
  /**
   * Hands a strategy to a world. Resolves once it is warm: its next slot will be computed.
   * @throws ComputeOnlyViolation while a strategy is materialized
   * @throws SeamlessError `not-found` for an unknown world or strategy; `usage` for an invalid world or a refused mode; and
   * whatever keeps the strategy from running
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
