import type { RunEventBody } from '../../sdk/live/live.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { World } from '../world/schema.js';
import type { Fill } from './account.js';
import { limitFill, takerFill, type FillBar } from './fills.js';

/** A closed bar of a traded symbol. */
export interface PriceBar extends FillBar {
  /** Its open in time. */
  readonly ts: Seconds;
  readonly close: number;
}

export interface OpenOrder {
  readonly order: number;
  /** Units that are not filled yet. */
  quantity: number;
  /** Bars that opened earlier cannot fill it. At first the close of the bar that gave the signal. */
  asOf: Seconds;
  /** The price it rests at; null: it takes the open of the symbol's next bar. */
  limit: number | null;
  /** Number of the symbol's bars that it has rested for. */
  rested: number;
}

/** One symbol's decision and its open orders. */
export interface Book {
  readonly symbol: string;
  /** The cross-section that decides for this symbol; null: it has its own decision. */
  readonly section: number | null;
  signal: number | null;
  decidedAt: Seconds | null;
  /** The current weight. */
  weight: number;
  orders: OpenOrder[];
}

/** Units that will be filled at the next open. Resting orders do not count: a new order replaces them. */
export function pendingOf({ orders }: Book): number {
  return orders.reduce((sum, { quantity, limit }) => (limit === null ? sum + quantity : sum), 0);
}

/**
 * Fills a symbol's orders by a bar.
 * @param asOf its close
 * @param onFill called before the next order is considered
 */
export function fillOrders(
  book: Book,
  bar: PriceBar,
  asOf: Seconds,
  fills: World['fills'],
  onFill: (fill: Fill) => void,
): RunEventBody[] {
  if (!(bar.open > 0)) return [];
  const events: RunEventBody[] = [];
  const { symbol } = book;
  book.orders = book.orders.filter((open) => {
    if (bar.ts < open.asOf) return true;
    const { order, quantity, limit } = open;
    const fill =
      limit === null
        ? takenFill(open, symbol, bar, fills)
        : limitFill({ symbol, quantity, limit }, bar, fills, open.rested === 0);
    if (fill) {
      onFill(fill);
      events.push({ type: 'fill', order, ...fill, at: bar.ts });
      return false;
    }
    open.rested += 1;
    const { restBars = 1, unfilled = 'take' } = fills;
    if (open.rested < restBars) return true;
    if (unfilled === 'take') {
      open.limit = null;
      open.asOf = asOf;
      return true;
    }
    const times = open.rested === 1 ? 'the bar' : `${open.rested} bars`;
    events.push(cancelled(open, symbol, `${times} did not trade through its limit of ${String(limit)}`));
    return false;
  });
  return events;
}

function takenFill(
  { quantity }: OpenOrder,
  symbol: string,
  bar: PriceBar,
  fills: World['fills'],
): Fill & { readonly maker?: boolean } {
  const fill = takerFill({ symbol, quantity }, bar.open, fills);
  // If orders may rest, a fill says whether it was a maker's.
  return fills.at === 'limit' ? { ...fill, maker: false } : fill;
}

/** Whether the same order rests already: it then keeps its place. */
export function restsAs({ orders }: Book, quantity: number, limit: number): boolean {
  return orders.some((open) => open.limit === limit && open.quantity === quantity);
}

/** Cancels the resting orders of a symbol. */
export function cancelResting(book: Book, reason: string): RunEventBody[] {
  const resting = book.orders.filter(({ limit }) => limit !== null);
  if (resting.length === 0) return [];
  book.orders = book.orders.filter(({ limit }) => limit === null);
  return resting.map((open) => cancelled(open, book.symbol, reason));
}

function cancelled({ order }: OpenOrder, symbol: string, reason: string): RunEventBody {
  return { type: 'cancelled', order, symbol, reason };
}
