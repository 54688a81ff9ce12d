import type { World } from '../world/schema.js';
import { uncorrelatedWeights, type RecentCloses } from './correlation.js';

/*
 * From what a strategy decides to what is ordered. Pure: no clock, no state, no order of symbols matters but that of the list.
 */

/** A symbol as it stands at the close of a slot. Units, and money per unit. */
export interface Holding {
  readonly symbol: string;
  /** Share of equity to be held. */
  readonly weight: number;
  /** The last close. */
  readonly price: number;
  readonly quantity: number;
  /** Ordered, and not filled yet. */
  readonly pending: number;
}

export interface SizedOrder {
  readonly symbol: string;
  /** Units to buy, below 0 to sell; never 0. */
  readonly quantity: number;
  /** Units that will be held once it is filled. */
  readonly target: number;
}

/** What limits leave of weights: each within `maxWeight` and `perSymbol`, and all together within `gross`. */
export function limitedWeights(
  weights: readonly number[],
  equity: number,
  { maxWeight, gross, perSymbol }: World['limits'],
): number[] {
  const most = Math.min(maxWeight, perSymbol === undefined || equity <= 0 ? Infinity : perSymbol / equity);
  const clamped = weights.map((weight) => Math.max(-most, Math.min(most, weight)));
  const sum = clamped.reduce((total, weight) => total + Math.abs(weight), 0);
  return sum > gross ? clamped.map((weight) => (weight * gross) / sum) : clamped;
}

/**
 * Weights after the policy: what is near 0 is 0, what changed little stays, of what moves together one is kept, and of all only the
 * largest.
 * @param recent closes by the same positions; null: none are known
 */
export function governedWeights(
  decided: readonly number[],
  before: readonly number[],
  { threshold, hysteresis, correlation, topK }: World['policy'],
  recent: Pick<RecentCloses, 'direction'> | null = null,
): number[] {
  const each = decided.map((weight, i) => {
    const counted = Math.abs(weight) < threshold ? 0 : weight;
    return Math.abs(counted - (before[i] ?? 0)) < hysteresis ? (before[i] ?? 0) : counted;
  });
  const weights = correlation && recent ? uncorrelatedWeights(each, recent, correlation) : each;
  if (topK === undefined || weights.length <= topK) return weights;
  const ranked = weights.map((weight, i) => ({ i, size: Math.abs(weight) }));
  const kept = new Set(
    ranked
      .sort((a, b) => b.size - a.size || a.i - b.i)
      .slice(0, topK)
      .map(({ i }) => i),
  );
  return weights.map((weight, i) => (kept.has(i) ? weight : 0));
}

/** Orders that bring holdings to their weights: what is held and what is on its way is netted, and dust is left. */
export function ordersFor(
  holdings: readonly Holding[],
  equity: number,
  { limits, fills }: Pick<World, 'limits' | 'fills'>,
): SizedOrder[] {
  return holdings.flatMap(({ symbol, weight, price, quantity, pending }) => {
    const target = targetUnits(weight, price, equity, limits.lot, fills);
    const difference = target - quantity - pending;
    // What rounding leaves is no order.
    const rounding = 1e-9 * Math.max(Math.abs(target), Math.abs(quantity));
    if (Math.abs(difference) <= rounding || !Number.isFinite(difference)) return [];
    const closes = target === 0;
    if (!closes && Math.abs(difference) * price < limits.minNotional) return [];
    return [{ symbol, quantity: difference, target }];
  });
}

/** Units worth a share of equity, so that what they cost to get is paid from it as well. Rounded towards nothing. */
function targetUnits(
  weight: number,
  price: number,
  equity: number,
  lot: number,
  { feeBps, slippageBps, feePerUnit }: World['fills'],
): number {
  if (weight === 0 || equity <= 0) return 0;
  const perUnit = price * (1 + slippageBps / 10_000) * (1 + feeBps / 10_000) + feePerUnit;
  const units = (Math.abs(weight) * equity) / perUnit;
  // A billionth of a lot below its border is the border: 0.3 / 0.1 is 2.9999999999999996.
  const whole = lot > 0 ? Math.floor(units / lot + 1e-9) * lot : units;
  return whole === 0 ? 0 : Math.sign(weight) * whole;
}
