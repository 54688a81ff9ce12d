import type { CancelSignal } from '../cancel-signal.js';
import type { Seconds } from '../time/time.js';

/** What a live world has a broker do. */
export interface BrokerOrder {
  /** Of the client: the same each time that this order is sent, and no other order's. */
  readonly id: string;
  readonly symbol: string;
  /** Units to buy, below 0 to sell. */
  readonly quantity: number;
  /** The close of the slot that it was decided at, and the symbol's price then. */
  readonly asOf: Seconds;
  readonly price: number | null;
}

/** A part of an order that was carried out, or all of it. */
export interface BrokerFill {
  /** The broker's own name for it, which no other fill has: what is told twice counts once. */
  readonly id: string;
  /** `BrokerOrder.id`. */
  readonly order: string;
  /** Units bought, below 0 sold. */
  readonly quantity: number;
  /** Money per unit. */
  readonly price: number;
  /** At least 0. */
  readonly fee: number;
  /** Whether the order waited in the book for others, and the fee is that of a maker; absent: it is not known. */
  readonly maker?: boolean;
  readonly time: Seconds;
}

/** An order comes to nothing more: it was refused, cancelled, or has expired. */
export interface BrokerEnd {
  readonly order: string;
  readonly ended: string;
}

/**
 * Where the orders of a live world go. It is yours: Seamless has none, and never makes up what one says. It runs in the process of
 * the script or terminal that starts the run, never in that of the strategy.
 *
 * An order is in the journal before it is sent. After a crash each order that is not done is looked for by `has`, and sent
 * again, with the same id, only where that says no.
 */
export interface Broker {
  /**
   * Sends an order. An id that it has already must not make a second order.
   * @returns why the order is refused for good, in a sentence; nothing: the broker has it
   * @throws when it is not known whether it arrived; it is then looked for, and sent again if it is not there
   */
  send(order: BrokerOrder): Promise<string | undefined>;
  /** Whether the broker has an order of this id, open or done. */
  has(id: string): Promise<boolean>;
  /**
   * What becomes of orders, as it happens.
   * @param after the last fill that is in the journal; null: from the first on. Fills before it may be told again.
   * @param signal an `AbortSignal`, which aborts when the run ends
   */
  listen(after: string | null, signal: CancelSignal): AsyncIterable<BrokerFill | BrokerEnd>;
}
