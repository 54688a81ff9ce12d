import type { RunEventBody } from '../../sdk/live/live.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { World } from '../world/schema.js';
import type { Fill } from './account.js';
import { limitFill, takerFill, type FillBar } from './fills.js';

/** A bar of what is traded, as it closes. */
export interface PriceBar extends FillBar {
  /** Its open in time. */
  readonly ts: Seconds;
  readonly close: number;
}

export interface OpenOrder {
  readonly order: number;
  /** Units that are not filled yet. */
  quantity: number;
  /** Nothing that opened before fills it. At first the close of the bar that gave the signal. */
  asOf: Seconds;
  /** The price it rests at. Null: it takes the open of the symbol's next bar. */
  limit: number | null;
  /** Bars of the symbol that it has rested for. */
  rested: number;
}

/** One symbol: what was decided for it, and what is on its way. */
export interface Book {
  readonly symbol: string;
  /** What decides for this symbol and others at once; null: it has a decision of its own. */
  readonly section: number | null;
  signal: number | null;
  decidedAt: Seconds | null;
  /** The weight in force. */
  weight: number;
  orders: OpenOrder[];
}

/** Units that will be filled at the next open. Orders that rest do not count: a new order takes their place. */
export function pendingOf({ orders }: Book): number {
  return orders.reduce((sum, { quantity, limit }) => (limit === null ? sum + quantity : sum), 0);
}

/**
 * Has a bar fill the orders of its symbol.
 * @param asOf its close
 * @param onFill told before the next order is looked at
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
  // Where there are makers, a fill says what it was.
  return fills.at === 'limit' ? { ...fill, maker: false } : fill;
}

/** Whether just this order rests already: it keeps its place. */
export function restsAs({ orders }: Book, quantity: number, limit: number): boolean {
  return orders.some((open) => open.limit === limit && open.quantity === quantity);
}

/** Takes back the orders of a symbol that rest. */
export function cancelResting(book: Book, reason: string): RunEventBody[] {
  const resting = book.orders.filter(({ limit }) => limit !== null);
  if (resting.length === 0) return [];
  book.orders = book.orders.filter(({ limit }) => limit === null);
  return resting.map((open) => cancelled(open, book.symbol, reason));
}

function cancelled({ order }: OpenOrder, symbol: string, reason: string): RunEventBody {
  return { type: 'cancelled', order, symbol, reason };
}
