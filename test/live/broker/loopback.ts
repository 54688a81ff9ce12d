import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { BrokerFill, BrokerOrder } from '../../../src/sdk/live/broker.js';

/** A broker on loopback that keeps what it was sent, whoever comes and goes. */
export interface Loopback {
  readonly url: string;
  readonly orders: ReadonlyMap<string, BrokerOrder>;
  readonly fills: readonly BrokerFill[];
  /** Orders that came again, under an id that was there. */
  readonly again: readonly string[];
  close(): Promise<void>;
}

/** @param refuses whether an order is refused for good. @param drops whether the answer to an order is lost once */
export async function loopbackBroker(
  refuses: (order: BrokerOrder) => boolean = () => false,
  drops: (order: BrokerOrder) => boolean = () => false,
): Promise<Loopback> {
  const orders = new Map<string, BrokerOrder>();
  const fills: BrokerFill[] = [];
  const again: string[] = [];
  const server = createServer((request, response) => void answer(request, response));
  const fill = (order: BrokerOrder, quantity: number, maker: boolean): void => {
    const price = (order.price ?? 100) + Math.sign(quantity) * 0.01;
    const fee = Math.abs(quantity) * price * 0.001;
    fills.push({
      id: `x${fills.length + 1}`,
      order: order.id,
      quantity,
      price,
      fee,
      maker,
      time: order.asOf,
    });
  };
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    let body = '';
    for await (const part of request) body += String(part);
    if (request.method === 'POST') {
      const order = JSON.parse(body) as BrokerOrder;
      if (orders.has(order.id)) again.push(order.id);
      else if (refuses(order)) return void response.end('"No such lot."');
      else {
        orders.set(order.id, order);
        fill(order, order.quantity / 4, true);
        fill(order, order.quantity - order.quantity / 4, false);
        if (drops(order)) return void response.destroy();
      }
      response.end('null');
    } else if (pathname === '/fills') {
      const after = fills.findIndex(({ id }) => id === searchParams.get('after'));
      response.end(JSON.stringify(fills.slice(after + 1)));
    } else response.end(JSON.stringify(orders.has(pathname.slice(1))));
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    orders,
    fills,
    again,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
