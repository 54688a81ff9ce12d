/** What one test file took. */
export interface SuiteTime {
  readonly file: string;
  readonly tests: number;
  readonly seconds: number;
  /** Of all processes it started, too. */
  readonly processorSeconds: number;
}

/** What a stage came to: how many checks held, the names of those that did not or not at once, and what its suites took. */
export interface Outcome {
  readonly passed: number;
  readonly failed: readonly string[];
  /** Checks that failed at first, in suites that passed when they were run once more. */
  readonly unsteady: readonly string[];
  readonly times: readonly SuiteTime[];
}

/** A stage that could not be run, and why. */
export function notRun(stage: string, why: string): Outcome {
  return { passed: 0, failed: [`${stage}: ${why}`], unsteady: [], times: [] };
}
