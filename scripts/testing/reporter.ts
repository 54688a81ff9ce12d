import Mocha from 'mocha';
import { gather, addResults, type Results } from './results.js';

/** Mocha's own reporter, which also writes the results into the file that the option `results` names. */
export default class CountingReporter extends Mocha.reporters.Spec {
  readonly #results: Results;
  readonly #file: string;

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    this.#file = (options.reporterOptions as { results: string }).results;
    this.#results = gather(runner);
  }

  override done(failures: number, end?: (failures: number) => void): void {
    addResults(this.#file, this.#results);
    end?.(failures);
  }
}
