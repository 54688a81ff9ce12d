import type { Node } from '../node.js';
import type { InputSeries } from '../series.js';
import { blocksFor, checkLeast, defaultColumn, indicatorNode, type IndicatorOptions } from './indicator.js';
import { windowMeans } from './kernels/mean.js';
import { recursiveAverages } from './kernels/recursive.js';

export interface RsiOptions extends IndicatorOptions {
  /** N of an "N-bar RSI", at least 1. Default: 14. */
  readonly length?: number;
  /** Bars in the window, more than `length`. Default: 10 · length + 1. */
  readonly period?: number;
}

/**
 * Relative strength index, from 0 to 100: 100 · G / (G + L), which equals 100 − 100 / (1 + G / L). G and L are Wilder's averages
 * of the window's gains and losses from bar to bar: the plain mean of the first `length` changes, then mₖ = mₖ₋₁ + (xₖ − mₖ₋₁) /
 * length for each later one. Wilder's averages never forget; these start over in each window, so a bar has one value whatever the
 * range. The start's weight is (1 − 1 / length) to the power of `period` − 1 − `length`: by default below 0.013 % for any length.
 * NaN when a value of the window is NaN or null, and for a window without any change (0 / 0).
 * @see J. Welles Wilder, New Concepts in Technical Trading Systems, 1978
 */
export function rsi(options: RsiOptions): Node<number> {
  const { name, input, length = 14, column = defaultColumn(input) } = options;
  checkLeast(name, 'length', length, 1, 'a length counts bars');
  const { period = 10 * length + 1 } = options;
  checkLeast(name, 'period', period, length + 1, `its first ${length} changes take ${length + 1} bars`);
  return indicatorNode(
    { kind: 'rsi', params: { column, length, period } },
    { ...options, period },
    (series) => {
      const source = series.of(input);
      const { gains, moves } = changesOf(source.column(column));
      const gain = wilder(source, gains, length, period - 1);
      const move = wilder(source, moves, length, period - 1);
      // Rounding may make one exceed the other by a hair.
      for (let i = 0; i < gain.length; i++) {
        const index = (100 * (gain[i] as number)) / (move[i] as number);
        gain[i] = index > 100 ? 100 : index;
      }
      return gain;
    },
  );
}

/** The mean of the first `length` of the last `changes` changes, updated by each later one. */
function wilder(source: InputSeries, values: Float64Array, length: number, changes: number): Float64Array {
  const { end } = source;
  const later = changes - length;
  const seeds = windowMeans(values, blocksFor(source, length), { end, length, back: later });
  if (later === 0) return seeds;
  return recursiveAverages(
    values,
    blocksFor(source, later),
    { end, length: later, back: 0 },
    1 / length,
    seeds,
  );
}

/** From each row to the next: how much it rose, or 0, and its absolute change. The first row has none. */
function changesOf(values: Float64Array): { gains: Float64Array; moves: Float64Array } {
  const gains = new Float64Array(values.length);
  const moves = new Float64Array(values.length);
  for (let row = 1; row < values.length; row++) {
    const change = (values[row] as number) - (values[row - 1] as number);
    const move = Math.abs(change);
    moves[row] = move;
    gains[row] = (change + move) / 2;
  }
  return { gains, moves };
}
