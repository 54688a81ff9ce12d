import { setTimeout as sleep } from 'node:timers/promises';

import type { Broker, BrokerEnd, BrokerFill, BrokerOrder } from '../../../src/sdk/live/broker.js';

/** Speaks to `loopbackBroker`, as the broker of a user would to theirs. */
export default class LoopbackClient implements Broker {
  readonly #url: string;

  constructor(url = process.env['BROKER_URL'] ?? '') {
    this.#url = url;
  }

  async send(order: BrokerOrder): Promise<string | undefined> {
    const answer = await fetch(`${this.#url}/orders`, { method: 'POST', body: JSON.stringify(order) });
    return ((await answer.json()) as string | null) ?? undefined;
  }

  async has(id: string): Promise<boolean> {
    return (await (await fetch(`${this.#url}/${id}`)).json()) as boolean;
  }

  async *listen(after: string | null, signal: AbortSignal): AsyncGenerator<BrokerFill | BrokerEnd> {
    let last = after;
    while (!signal.aborted) {
      const fills = (await (
        await fetch(`${this.#url}/fills?after=${last ?? ''}`, { signal })
      ).json()) as BrokerFill[];
      yield* fills;
      last = fills.at(-1)?.id ?? last;
      await sleep(5);
    }
  }
}
