import type { World } from '../world/schema.js';

/** The last closes of all symbols at one slot, by position; null: none yet. */
export type SlotCloses = readonly (number | null)[];

/** What all symbols closed at in the last slots: memory of one size, and a function of these slots alone. */
export class RecentCloses {
  readonly #most: number;
  #slots: SlotCloses[] = [];

  /** @param returns that are looked back at: closes are one more */
  constructor(returns: number) {
    this.#most = returns + 1;
  }

  add(closes: SlotCloses): void {
    this.#slots.push(closes);
    if (this.#slots.length > this.#most) this.#slots.shift();
  }

  /** The symbol's returns, less their mean and of length 1: those of two symbols come to their correlation. Null: it is not known. */
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
  // Without a close, or where nothing moves, nothing can be said.
  if (!(length > 1e-12) || !Number.isFinite(length)) return null;
  for (const [i, each] of returns.entries()) returns[i] = each / length;
  return returns;
}

/**
 * Weights without those that are one bet with a larger one: of symbols whose positions move together by more than `max`, only the one
 * with the largest |weight| is kept, the first of the list where they are equal. Two sides of one move are no such bet, a short of its
 * opposite is. A symbol of which it is not known is kept.
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
 * What symbols closed at in the last slots of them all, oldest first: as the loop would have met them.
 * @param closes of each symbol, ascending: its last `most` of them
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
