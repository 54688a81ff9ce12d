import { SeamlessError } from '../errors.js';
import { lowerBound } from '../table.js';
import { counted, numbers } from './members.js';

export interface RankOptions {
  /** The largest has rank 1. Default: the smallest. */
  readonly descending?: boolean;
  /** Ranks as a share of the members, above 0 and up to 1. Default: from 1 to their number. */
  readonly percent?: boolean;
}

/**
 * The rank of each member among those with a number: 1 for the smallest. Equal members share their mean rank; NaN stays NaN and
 * does not count. A single member has rank 1. Equals `Series.rank(method='average')` in pandas, with `percent` as `pct=True`.
 */
export function rank(
  values: ArrayLike<number>,
  { descending = false, percent = false }: RankOptions = {},
): Float64Array {
  const given = numbers(values);
  const sorted = counted(given);
  const count = sorted.length;
  return given.map((value) => {
    const first = lowerBound(sorted, value);
    const ascending = (first + 1 + endOf(sorted, value)) / 2;
    if (Number.isNaN(value)) return Number.NaN;
    const place = descending ? count + 1 - ascending : ascending;
    return percent ? place / count : place;
  });
}

/** How many numbers are at most a value. */
function endOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The bucket of each member, from 1 for the smallest to `count`: ⌊(r − ½) · count / n⌋ + 1, where r is its rank (equal members
 * share one, and so a bucket) and n the number of members with a number. With fewer members than buckets, each is in the middle
 * of its share; one alone is in the middle bucket. NaN stays NaN.
 * @throws SeamlessError `usage` unless the count is a whole number of at least 1
 */
export function quantiles(values: ArrayLike<number>, count: number): Float64Array {
  if (!Number.isInteger(count) || count < 1) {
    throw new SeamlessError(
      'usage',
      `quantiles was asked for ${count} buckets: write a whole number of at least 1.`,
    );
  }
  const ranks = rank(values);
  const members = ranks.reduce((sum, each) => sum + (Number.isNaN(each) ? 0 : 1), 0);
  return ranks.map((place) => Math.floor(((place - 0.5) * count) / members) + 1);
}

export interface TopOptions {
  /** Select the smallest instead of the largest. Default: false. */
  readonly smallest?: boolean;
}

/**
 * 1 for each of the `n` largest members, 0 for the others. Members that tie at the cut are all included, so there may be more
 * than `n`. With fewer members, all are included. NaN gives 0.
 * @throws SeamlessError `usage` unless `n` is a whole number of at least 0
 */
export function topN(
  values: ArrayLike<number>,
  n: number,
  { smallest = false }: TopOptions = {},
): Float64Array {
  if (!Number.isInteger(n) || n < 0) {
    throw new SeamlessError('usage', `topN was asked for ${n} members: write a whole number of at least 0.`);
  }
  const given = numbers(values);
  const sorted = counted(given);
  if (n === 0 || sorted.length === 0) return given.fill(0);
  const cut = smallest ? sorted[Math.min(n, sorted.length) - 1] : sorted[Math.max(0, sorted.length - n)];
  return given.map((value) => ((smallest ? value <= (cut as number) : value >= (cut as number)) ? 1 : 0));
}
