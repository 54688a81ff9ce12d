import type { Node } from '../node.js';
import { checkLeast, defaultColumn, indicatorNode, type RollingOptions } from './indicator.js';

export interface RollingStdOptions extends RollingOptions {
  /** Divide by n − 1 (a sample's, unbiased variance; the default), or by n (the population's). */
  readonly sample?: boolean;
}

/**
 * Standard deviation of the window: √(Σ (x − mean)² / (n − 1)), n = `period`; with `sample: false`, / n.
 *
 * Two passes over the window, one for the mean, one for the squares, on values counted from the window's first: nothing
 * is lost to a price that is large beside its movements, and a window of equal values gives exactly 0.
 * In the units of its input. NaN when a value of the window is NaN, infinite or null.
 * Source: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for Computing the Sample Variance, 1983.
 */
export function rollingStd(options: RollingStdOptions): Node<number> {
  const { name, input, period, sample = true, column = defaultColumn(input) } = options;
  if (sample) checkLeast(name, 'period', period, 2, 'a sample of one value has no deviation');
  const degrees = sample ? period - 1 : period;
  return indicatorNode({ kind: 'rollingStd', params: { column, period, sample } }, options, (series) => {
    const source = series.of(input);
    const { end } = source;
    const values = source.column(column);
    const deviations = new Float64Array(end.length);
    for (let i = 0; i < end.length; i++) {
      const stop = end[i] as number;
      deviations[i] = Math.sqrt(sumOfSquares(values, stop - period, stop) / degrees);
    }
    return deviations;
  });
}

/** Σ (x − mean)² over rows `[from, to)`. */
function sumOfSquares(values: Float64Array, from: number, to: number): number {
  const origin = values[from] as number;
  let sum = 0;
  for (let row = from; row < to; row++) sum += (values[row] as number) - origin;
  const mean = sum / (to - from);
  let squares = 0;
  for (let row = from; row < to; row++) {
    const deviation = (values[row] as number) - origin - mean;
    squares += deviation * deviation;
  }
  return squares;
}
