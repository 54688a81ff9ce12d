import { setTimeout as sleep } from 'node:timers/promises';

import type { BrokerSaid } from '../live/feed/broker-said.js';
import type { Broker, BrokerEnd, BrokerFill, BrokerOrder } from '../sdk/live/broker.js';
import { messageOf, SeamlessError } from '../sdk/errors.js';
import type { RunEvent } from '../sdk/live/live.js';

/** Attempts in a row to send an order or to reach the broker, and milliseconds between them. */
const ATTEMPTS = 6;
const WAIT_MS = 250;

interface Linked {
  readonly run: string;
  readonly broker: Broker;
  /** The run's events from the first on, from its journal: whatever is passed on is on disk. */
  readonly events: AsyncIterable<RunEvent>;
  /** Number of the last event before this process. */
  readonly before: number;
  readonly tell: (said: BrokerSaid) => void;
  readonly onTrouble: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What the journal says about an order. */
interface Known {
  readonly order: number;
  readonly sent: BrokerOrder;
  left: number;
}

/**
 * Sends a live run's orders to its broker once they are journaled, and reports the broker's events to the run. An order from
 * before this process is looked up first: it may have been sent.
 */
export async function linkBroker(linked: Linked): Promise<void> {
  try {
    await followOrders(linked);
  } catch (error) {
    if (!linked.signal.aborted) linked.tell({ type: 'lost', reason: messageOf(error) });
  }
}

async function followOrders(linked: Linked): Promise<void> {
  const { run, events, before } = linked;
  const earlier = new Map<number, Known>();
  const prices = new Map<string, number>();
  /** Until the run continues, events are those of an earlier process. */
  const state: { listening: boolean; last: string | null } = { listening: false, last: null };
  const begin = async (): Promise<void> => {
    state.listening = true;
    for (const { sent, left } of earlier.values()) {
      const isDone = Math.abs(left) <= 1e-9 * Math.abs(sent.quantity);
      if (!isDone) await send(linked, sent, true);
    }
    earlier.clear();
    void hear(linked, state.last);
  };
  for await (const event of events) {
    // Orders of other modes are simulated: no broker sees them.
    if (event.type === 'ready' && event.mode !== 'live') return;
    if (event.seq > before && !state.listening) await begin();
    if (event.type === 'bar' && typeof event.row['close'] === 'number')
      prices.set(event.stream, event.row['close']);
    else if (event.type === 'fill' && !state.listening) {
      state.last = event.execution ?? state.last;
      const known = earlier.get(event.order);
      if (known) known.left -= event.quantity;
    } else if (event.type === 'rejected' && !state.listening) earlier.delete(event.order);
    else if (event.type === 'order') {
      const { order, symbol, quantity, asOf } = event;
      const sent = { id: `${run}-${order}`, symbol, quantity, asOf, price: prices.get(symbol) ?? null };
      if (event.seq <= before) earlier.set(order, { order, sent, left: quantity });
      else await send(linked, sent, false);
    }
  }
}

/** Tries to send an order until the broker has it. @param look whether it may have it already */
async function send(linked: Linked, order: BrokerOrder, look: boolean): Promise<void> {
  const { broker, tell, onTrouble, signal } = linked;
  let sure = !look;
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      if (!sure && (await broker.has(order.id))) return;
      const refused = await broker.send(order);
      if (refused !== undefined) tell({ type: 'ended', order: numberOf(linked, order.id), reason: refused });
      return;
    } catch (error) {
      sure = false;
      if (attempt === ATTEMPTS) throw lost(`does not take order ${order.id}`, error);
      onTrouble(
        `The broker did not take order ${order.id} (${messageOf(error)}): it is looked up, and sent again if missing.`,
      );
      await sleep(WAIT_MS * attempt, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Reports order events to the run. If the broker is lost, listening resumes after the last fill. */
async function hear(linked: Linked, from: string | null): Promise<void> {
  const { broker, tell, onTrouble, signal } = linked;
  let after = from;
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      for await (const said of broker.listen(after, signal)) {
        attempt = 1;
        tellWhat(linked, said);
        if ('quantity' in said) after = said.id;
      }
      return;
    } catch (error) {
      if (attempt >= ATTEMPTS || error instanceof SeamlessError) {
        // If the run is over, this goes nowhere.
        tell({ type: 'lost', reason: lost('says nothing any more', error).message });
        return;
      }
      onTrouble(`The broker was lost (${messageOf(error)}): listening again.`);
      await sleep(WAIT_MS * attempt, undefined, { signal }).catch(() => undefined);
    }
  }
}

function tellWhat(linked: Linked, said: BrokerFill | BrokerEnd): void {
  // It belongs to another run, or to a person.
  if (!said.order.startsWith(`${linked.run}-`)) return;
  const order = numberOf(linked, said.order);
  if (!('quantity' in said)) {
    linked.tell({ type: 'ended', order, reason: said.ended });
    return;
  }
  const { id, quantity, price, fee, time, maker } = said;
  const isKnown = maker === undefined || typeof maker === 'boolean';
  const sane = isKnown && [quantity, price, fee, time].every(Number.isFinite) && price > 0 && fee >= 0;
  if (!sane || typeof id !== 'string') {
    throw new SeamlessError(
      'usage',
      `The broker reported an invalid fill of order ${said.order}: ${JSON.stringify(said)}. A fill has an id, a quantity, a price above 0, a fee of at least 0, a time in seconds, and perhaps maker, which is true or false.`,
    );
  }
  linked.tell({
    type: 'filled',
    execution: id,
    order,
    quantity,
    price,
    fee,
    at: time,
    ...(maker !== undefined && { maker }),
  });
}

function numberOf({ run }: Linked, id: string): number {
  const order = Number(id.slice(run.length + 1));
  if (Number.isInteger(order) && order > 0) return order;
  throw new SeamlessError('usage', `The broker reported ${id}, which is not an order of this run.`);
}

function lost(what: string, cause: unknown): SeamlessError {
  return new SeamlessError(
    'source',
    `The run was stopped, because its broker ${what} (${messageOf(cause)}). Its orders are in its journal: resume it once the broker answers, and unsent orders are sent.`,
    { cause },
  );
}
