import type { CancelSignal } from '../cancel-signal.js';
import type { Seconds } from '../time/time.js';

/** What a live world has a broker do. */
export interface BrokerOrder {
  /** The client's id: the same each time this order is sent, and unique to it. */
  readonly id: string;
  readonly symbol: string;
  /** Units to buy; negative: to sell. */
  readonly quantity: number;
  /** The close of the slot of the decision, and the symbol's price then. */
  readonly asOf: Seconds;
  readonly price: number | null;
}

/** An order that was carried out, in part or in full. */
export interface BrokerFill {
  /** The broker's id of the fill, unique to it: a repeated fill counts once. */
  readonly id: string;
  /** `BrokerOrder.id`. */
  readonly order: string;
  /** Units bought; negative: sold. */
  readonly quantity: number;
  /** Money per unit. */
  readonly price: number;
  /** At least 0. */
  readonly fee: number;
  /** Whether the order rested in the book (a maker's fee); absent: unknown. */
  readonly maker?: boolean;
  readonly time: Seconds;
}

/** Nothing more comes of an order: it was refused, cancelled, or has expired. */
export interface BrokerEnd {
  readonly order: string;
  readonly ended: string;
}

/**
 * Where the orders of a live world go. You write it: Seamless has none and never invents a broker's answers. It runs in the
 * process of the script or terminal that starts the run, never in the strategy's. An order is journaled before it is sent. After
 * a crash, `has` is asked about each open order, and only those it does not know are sent again, with the same id.
 */
export interface Broker {
  /**
   * Sends an order. An id that it already has must not make a second order.
   * @returns why the order is refused for good, in a sentence; nothing: accepted
   * @throws when it is unknown whether it arrived; it is then looked up, and sent again if missing
   */
  send(order: BrokerOrder): Promise<string | undefined>;
  /** Whether the broker has an order with this id, open or done. */
  has(id: string): Promise<boolean>;
  /**
   * The events of orders, as they happen.
   * @param after the last fill in the journal; null: from the first on. Earlier fills may be repeated.
   * @param signal an `AbortSignal` that aborts when the run ends
   */
  listen(after: string | null, signal: CancelSignal): AsyncIterable<BrokerFill | BrokerEnd>;
}
