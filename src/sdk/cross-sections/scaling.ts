import { SeamlessError } from '../errors.js';
import { counted, meanOf, numbers, sumOf } from './members.js';

/** Each member minus the mean of those with a number, in the input's units. NaN stays NaN. A single member is 0. */
export function demean(values: ArrayLike<number>): Float64Array {
  const given = numbers(values);
  const mean = meanOf(counted(given));
  return given.map((value) => value - mean);
}

export interface ZscoreOptions {
  /** Divide by n − 1 (sample, unbiased variance; the default), or by n (population). */
  readonly sample?: boolean;
}

/**
 * How many standard deviations each member is from the mean: (x − mean) / sd, over those with a number. 0 if all are equal, and
 * for a single member. NaN stays NaN. sd² = Σ (x − mean)² / (n − 1); with `sample: false`, / n. Equals `(x - x.mean()) / x.std()`
 * in pandas.
 */
export function zscore(values: ArrayLike<number>, { sample = true }: ZscoreOptions = {}): Float64Array {
  const centered = demean(values);
  const squares = counted(centered.map((value) => value * value));
  const deviation = Math.sqrt(sumOf(squares) / (squares.length - (sample ? 1 : 0)));
  return centered.map((value) => (value === 0 ? 0 : value / deviation));
}

export interface WinsorizeOptions {
  /** Quantiles between which numbers are kept. Default: 0.01 and 0.99. */
  readonly lower?: number;
  readonly upper?: number;
}

/**
 * Clips each member to the `lower` and `upper` quantile of those with a number. Quantiles between two members are interpolated
 * linearly, as in numpy. NaN stays NaN; a single member stays unchanged.
 * @throws SeamlessError `usage` unless 0 ≤ lower ≤ upper ≤ 1
 */
export function winsorize(
  values: ArrayLike<number>,
  { lower = 0.01, upper = 0.99 }: WinsorizeOptions = {},
): Float64Array {
  if (!(lower >= 0 && lower <= upper && upper <= 1)) {
    throw new SeamlessError(
      'usage',
      `winsorize was asked for the quantiles ${lower} and ${upper}: write shares from 0 to 1, the lower one first.`,
    );
  }
  const given = numbers(values);
  const sorted = counted(given);
  const [least, most] = [quantileOf(sorted, lower), quantileOf(sorted, upper)];
  return given.map((value) => (value < least ? least : value > most ? most : value));
}

function quantileOf(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  const between = place - Math.floor(place);
  return between === 0 || below === above ? below : below + (above - below) * between;
}

export interface WeightsOptions {
  /** The sum of absolute weights. Default: 1. */
  readonly gross?: number;
  /** As much short as long: the mean is subtracted first. Default: false. */
  readonly neutral?: boolean;
}

/**
 * Portfolio shares in proportion to the members' numbers: x · gross / Σ |x|, negative for short. NaN gets 0; if all numbers are
 * 0, or none is left, so does every member. With `neutral`, a single member gets 0.
 */
export function weights(
  values: ArrayLike<number>,
  { gross = 1, neutral = false }: WeightsOptions = {},
): Float64Array {
  const given = neutral ? demean(values) : numbers(values);
  const sizes = sumOf(counted(given.map(Math.abs)));
  return given.map((value) => (Number.isNaN(value) || sizes === 0 ? 0 : (value * gross) / sizes));
}
