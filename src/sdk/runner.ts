import { SeamlessError } from './errors.js';
import type { Strategy } from './strategy.js';

/** The live Core Loop's entrance. It is not part of this package; materializing never goes through it. */
export class Runner {
  /**
   * Would hand a strategy to the live loop.
   * @throws ComputeOnlyViolation while a strategy is materialized.
   * @throws SeamlessError `usage` anywhere else: there is no live loop in this package.
   */
  static submit(strategy: Strategy | (new () => Strategy), world?: unknown): never {
    const name = typeof strategy === 'function' ? strategy.name : strategy.constructor.name;
    const target = world === undefined ? '' : ' to a world';
    throw new SeamlessError(
      'usage',
      `Runner.submit cannot hand ${name}${target}: the live loop is not part of this package. Run its history with new MaterializeSeamlessJob({ strategy, start, end }).run().`,
    );
  }
}
