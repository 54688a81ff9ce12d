import type { Node } from '../node.js';
import { blocksFor, checkLeast, defaultColumn, indicatorNode, type RollingOptions } from './indicator.js';
import { sumsOfSquares } from './kernels/spread.js';

export interface RollingStdOptions extends RollingOptions {
  /** Divide by n − 1 (sample, unbiased variance; the default), or by n (population). */
  readonly sample?: boolean;
}

/**
 * Standard deviation of the window: √(Σ (x − mean)² / (n − 1)), n = `period`; with `sample: false`, / n. Values are taken
 * relative to one value of the window, so large prices with small movements lose no precision, and equal values give exactly 0.
 * In the input's units. NaN when a value of the window is NaN, infinite or null.
 * @see T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for Computing the Sample Variance, 1983
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
