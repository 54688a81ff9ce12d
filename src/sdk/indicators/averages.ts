import {
  blocksFor,
  checkLeast,
  defaultColumn,
  indicatorNode,
  type IndicatorOptions,
  type RollingOptions,
} from './indicator.js';
import { windowMeans } from './kernels/mean.js';
import { recursiveAverages } from './kernels/recursive.js';
import type { Node } from '../node.js';

/**
 * Simple moving average: the sum of the window's values divided by `period`.
 *
 * In the units of its input. NaN when a value of the window is NaN or null.
 */
export function sma(options: RollingOptions): Node<number> {
  const { input, period, column = defaultColumn(input) } = options;
  return indicatorNode({ kind: 'sma', params: { column, period } }, options, (series) => {
    const source = series.of(input);
    const windows = { end: source.end, length: period, back: 0 };
    return windowMeans(source.column(column), blocksFor(source, period), windows);
  });
}

export interface EmaOptions extends IndicatorOptions {
  /** N of an "N-bar EMA", at least 1: the newest bar weighs α = 2 / (span + 1). */
  readonly span: number;
  /** Bars in the window, from the first of which the average starts. Default: 4 · span. */
  readonly period?: number;
}

/**
 * Exponential moving average over a finite window x₁ … xₙ, n = `period`: m₁ = x₁, mₖ = mₖ₋₁ + α · (xₖ − mₖ₋₁), α = 2 / (span +
 * 1); the value is mₙ. A textbook EMA never forgets; this one starts over in each window, so a bar has one value whatever the
 * range. The first value's weight is (1 − α)ⁿ⁻¹: by default below 0.05 % for any span. In the input's units. NaN when a value of
 * the window is NaN or null.
 * @see the span form of `ewm(adjust=False)` in pandas, applied to the window alone
 */
export function ema(options: EmaOptions): Node<number> {
  const { name, input, span, column = defaultColumn(input) } = options;
  checkLeast(name, 'span', span, 1, 'a span counts bars');
  const { period = Math.ceil(4 * span) } = options;
  const weight = 2 / (span + 1);
  return indicatorNode(
    { kind: 'ema', params: { column, span, period } },
    { ...options, period },
    (series) => {
      const source = series.of(input);
      const windows = { end: source.end, length: period, back: 0 };
      return recursiveAverages(source.column(column), blocksFor(source, period), windows, weight, null);
    },
  );
}
