import type { World } from '../world/schema.js';

/** The last closes of all symbols at one slot, by position; null: none yet. */
export type SlotCloses = readonly (number | null)[];

/** The closes of all symbols in the last slots. Memory is constant, and results depend on these slots alone. */
export class RecentCloses {
  readonly #most: number;
  #slots: SlotCloses[] = [];

  /** @param returns how many to look back at; that takes one more close */
  constructor(returns: number) {
    this.#most = returns + 1;
  }

  add(closes: SlotCloses): void {
    this.#slots.push(closes);
    if (this.#slots.length > this.#most) this.#slots.shift();
  }

  /** A symbol's returns as a vector without mean, of length 1: the product of two is their correlation. Null: unknown. */
  direction(symbol: number): Float64Array | null {
    if (this.#slots.length < this.#most) return null;
    const returns = new Float64Array(this.#most - 1);
    let before = this.#slots[0]?.[symbol] ?? Number.NaN;
    for (let i = 1; i < this.#most; i++) {
      const close = this.#slots[i]?.[symbol] ?? Number.NaN;
      returns[i - 1] = close / before - 1;
      before = close;
    }
    return ofLengthOne(returns);
  }
}

function ofLengthOne(returns: Float64Array): Float64Array | null {
  let sum = 0;
  for (const each of returns) sum += each;
  const mean = sum / returns.length;
  let squares = 0;
  for (const [i, each] of returns.entries()) {
    returns[i] = each - mean;
    squares += (each - mean) ** 2;
  }
  const length = Math.sqrt(squares);
  // Unknown without a close, or if the price does not move.
  if (!(length > 1e-12) || !Number.isFinite(length)) return null;
  for (const [i, each] of returns.entries()) returns[i] = each / length;
  return returns;
}

/**
 * Keeps one of several positions that are the same bet: of symbols whose positions correlate by more than `max`, only the one with the
 * largest |weight| stays; of equal ones, the first. Long and short in positively correlated symbols are different bets; in negatively
 * correlated ones they are the same. Symbols with an unknown correlation stay.
 */
export function uncorrelatedWeights(
  weights: readonly number[],
  recent: Pick<RecentCloses, 'direction'>,
  { max }: Pick<NonNullable<World['policy']['correlation']>, 'max'>,
): number[] {
  const left = [...weights];
  const ranked = weights
    .map((weight, i) => ({ i, weight }))
    .filter(({ weight }) => weight !== 0)
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight) || a.i - b.i);
  const kept: { readonly sign: number; readonly direction: Float64Array }[] = [];
  for (const { i, weight } of ranked) {
    const direction = recent.direction(i);
    if (!direction) continue;
    const sign = Math.sign(weight);
    if (kept.some((each) => each.sign * sign * product(each.direction, direction) > max)) left[i] = 0;
    else kept.push({ sign, direction });
  }
  return left;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** A close of one symbol, by the time of the close. */
export type TimedClose = readonly [time: number, close: number];

/**
 * The closes of all symbols in their last slots together, oldest first, as the loop would have seen them.
 * @param closes the last `most` of each symbol, ascending
 */
export function lastSlots(closes: readonly (readonly TimedClose[])[], most: number): SlotCloses[] {
  const times = [...new Set(closes.flatMap((each) => each.map(([time]) => time)))].sort((a, b) => a - b);
  const at = closes.map(() => 0);
  const last: (number | null)[] = closes.map(() => null);
  const slots = times.map((time) => {
    for (const [i, each] of closes.entries()) {
      const next = each[at[i] as number];
      if (next?.[0] !== time) continue;
      last[i] = next[1];
      at[i] = (at[i] as number) + 1;
    }
    return [...last];
  });
  return slots.slice(-most);
}
