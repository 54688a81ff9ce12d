import type { World } from '../world/schema.js';
import { uncorrelatedWeights, type RecentCloses } from './correlation.js';

/*
 * From decisions to orders. Pure functions, without clock or state.
 */

/** A symbol at the close of a slot. */
export interface Holding {
  readonly symbol: string;
  /** Share of equity to hold. */
  readonly weight: number;
  /** The last close. */
  readonly price: number;
  readonly quantity: number;
  /** Units ordered, but not filled yet. */
  readonly pending: number;
}

export interface SizedOrder {
  readonly symbol: string;
  /** Units to buy, below 0 to sell; never 0. */
  readonly quantity: number;
  /** Units held once it is filled. */
  readonly target: number;
}

/** Weights within the limits: each within `maxWeight` and `perSymbol`, all together within `gross`. */
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
 * Weights after the policy: threshold, hysteresis, correlation, top k, in this order.
 * @param recent closes by the same positions; null: none
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

/** Orders that bring holdings to their weights, net of positions and open orders. Differences from rounding are ignored. */
export function ordersFor(
  holdings: readonly Holding[],
  equity: number,
  { limits, fills }: Pick<World, 'limits' | 'fills'>,
): SizedOrder[] {
  return holdings.flatMap(({ symbol, weight, price, quantity, pending }) => {
    const target = targetUnits(weight, price, equity, limits.lot, fills);
    const difference = target - quantity - pending;
    // Rounding alone makes no order.
    const rounding = 1e-9 * Math.max(Math.abs(target), Math.abs(quantity));
    if (Math.abs(difference) <= rounding || !Number.isFinite(difference)) return [];
    const closes = target === 0;
    if (!closes && Math.abs(difference) * price < limits.minNotional) return [];
    return [{ symbol, quantity: difference, target }];
  });
}

/** Units for a share of equity that also pays their costs. Rounded towards 0. */
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
  // With a tolerance of a billionth of a lot: 0.3 / 0.1 is 2.9999999999999996.
  const whole = lot > 0 ? Math.floor(units / lot + 1e-9) * lot : units;
  return whole === 0 ? 0 : Math.sign(weight) * whole;
}
