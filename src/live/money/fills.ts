import type { World } from '../world/schema.js';
import type { Fill } from './account.js';

/*
 * The prices and fees of fills. Pure functions of an order, a bar and the world's `fills`.
 */

/** Low and high matter for resting orders. A bar without one of them does not trade through a limit on that side. */
export interface FillBar {
  readonly open: number;
  readonly low?: number | null;
  readonly high?: number | null;
}

export interface Sized {
  readonly symbol: string;
  /** Units to buy, below 0 to sell. */
  readonly quantity: number;
}

type Fills = World['fills'];

/** A fill, with the kind of fee it paid. */
export type LimitFill = Fill & { readonly maker: boolean };

/** The price that an order rests at. Null: orders of this world take the next open. */
export function limitFor(quantity: number, close: number, { at, offsetBps = 0 }: Fills): number | null {
  return at === 'limit' ? close * (1 - (Math.sign(quantity) * offsetBps) / 10_000) : null;
}

/** A fill at the market's price and the taker's fee. */
export function takerFill(order: Sized, market: number, fills: Fills): Fill {
  return filledAt(order, market, slipped(order, market, fills), fills.feeBps, fills.feePerUnit);
}

/**
 * The fill of an order with a limit by a bar.
 * @param isFirst whether this is the first bar after the order. The order then takes an open at its limit or better, and pays the taker's
 * fee, since it never stood in the book. At later bars it fills at its limit, whatever they open at.
 * @returns null: the bar did not trade through the limit. Touching it is not enough, since others stood there before
 */
export function limitFill(
  order: Sized & { readonly limit: number },
  bar: FillBar,
  fills: Fills,
  isFirst: boolean,
): LimitFill | null {
  const { quantity, limit } = order;
  const buys = quantity > 0;
  if (isFirst && (buys ? bar.open <= limit : bar.open >= limit)) {
    const price = slipped(order, bar.open, fills);
    // Slippage makes a price worse, but not worse than the limit.
    const paid = buys ? Math.min(price, limit) : Math.max(price, limit);
    return { ...filledAt(order, bar.open, paid, fills.feeBps, fills.feePerUnit), maker: false };
  }
  const isThrough = buys ? (bar.low ?? Infinity) < limit : (bar.high ?? -Infinity) > limit;
  if (!isThrough) return null;
  const { feeBps, feePerUnit, makerFeeBps = feeBps, makerFeePerUnit = feePerUnit } = fills;
  return { ...filledAt(order, limit, limit, makerFeeBps, makerFeePerUnit), maker: true };
}

function slipped({ quantity }: Sized, market: number, { slippageBps }: Fills): number {
  return market * (1 + (Math.sign(quantity) * slippageBps) / 10_000);
}

function filledAt(
  { symbol, quantity }: Sized,
  market: number,
  price: number,
  bps: number,
  perUnit: number,
): Fill {
  const units = Math.abs(quantity);
  return {
    symbol,
    quantity,
    price,
    fee: (units * price * bps) / 10_000 + units * perUnit,
    slippage: units * Math.abs(price - market),
  };
}
