import type { Node } from '../node.js';
import { blocksFor, checkLeast, defaultColumn, indicatorNode, type RollingOptions } from './indicator.js';
import { sumsOfSquares } from './kernels/spread.js';

export interface RollingStdOptions extends RollingOptions {
  /** Divide by n − 1 (a sample's, unbiased variance; the default), or by n (the population's). */
  readonly sample?: boolean;
}

/**
 * Standard deviation of the window: √(Σ (x − mean)² / (n − 1)), n = `period`; with `sample: false`, / n.
 *
 * Worked out on values counted from one of the window: nothing is lost to a price that is large beside its movements, and a window
 * of equal values gives exactly 0.
 * In the units of its input. NaN when a value of the window is NaN, infinite or null.
 * Source: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for Computing the Sample Variance, 1983.
 */
export function rollingStd(options: RollingStdOptions): Node<number> {
  const { name, input, period, sample = true, column = defaultColumn(input) } = options;
  if (sample) checkLeast(name, 'period', period, 2, 'a sample of one value has no deviation');
  const degrees = sample ? period - 1 : period;
  return indicatorNode({ kind: 'rollingStd', params: { column, period, sample } }, options, (series) => {
    const source = series.of(input);
    const windows = { end: source.end, length: period, back: 0 };
    const sums = sumsOfSquares(source.column(column), blocksFor(source, period), windows);
    for (let i = 0; i < sums.length; i++) sums[i] = Math.sqrt((sums[i] as number) / degrees);
    return sums;
  });
}
