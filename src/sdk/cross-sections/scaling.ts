import { SeamlessError } from '../errors.js';
import { counted, meanOf, numbers, sumOf } from './members.js';

/** Each member less the mean of those with a number, in the units of its input. NaN stays NaN. One member alone is 0. */
export function demean(values: ArrayLike<number>): Float64Array {
  const given = numbers(values);
  const mean = meanOf(counted(given));
  return given.map((value) => value - mean);
}

export interface ZscoreOptions {
  /** Divide by n − 1 (a sample's, unbiased variance; the default), or by n (the population's). */
  readonly sample?: boolean;
}

/**
 * How many standard deviations each member is from the mean: (x − mean) / sd, over those with a number. Where all of them are equal, and for
 * one member alone, 0. NaN stays NaN.
 *
 * sd² = Σ (x − mean)² / (n − 1); with `sample: false`, / n. As `(x - x.mean()) / x.std()` in pandas.
 */
export function zscore(values: ArrayLike<number>, { sample = true }: ZscoreOptions = {}): Float64Array {
  const centered = demean(values);
  const squares = counted(centered.map((value) => value * value));
  const deviation = Math.sqrt(sumOf(squares) / (squares.length - (sample ? 1 : 0)));
  return centered.map((value) => (value === 0 ? 0 : value / deviation));
}

export interface WinsorizeOptions {
  /** Shares of the members below and up to which numbers are kept. Default: 0.01 and 0.99. */
  readonly lower?: number;
  readonly upper?: number;
}

/**
 * Each member, but no smaller than the `lower` and no larger than the `upper` quantile of those with a number. A quantile between two
 * members is interpolated linearly, as in numpy. NaN stays NaN; one member alone stays as it is.
 *
 * @throws SeamlessError `usage` for shares that are not 0 ≤ lower ≤ upper ≤ 1
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
  /** The sum of the weights' sizes. Default: 1. */
  readonly gross?: number;
  /** As much short as long: the mean is taken off first. Default: false. */
  readonly neutral?: boolean;
}

/**
 * Shares of a portfolio in proportion to the members' numbers: x · gross / Σ |x|, negative ones short. NaN weighs 0; where all numbers are
 * 0, or none is left, so does every member. With `neutral`, one member alone weighs 0.
 */
export function weights(
  values: ArrayLike<number>,
  { gross = 1, neutral = false }: WeightsOptions = {},
): Float64Array {
  const given = neutral ? demean(values) : numbers(values);
  const sizes = sumOf(counted(given.map(Math.abs)));
  return given.map((value) => (Number.isNaN(value) || sizes === 0 ? 0 : (value * gross) / sizes));
}
