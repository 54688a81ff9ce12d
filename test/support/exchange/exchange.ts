import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A row of klines: open in milliseconds, open, high, low, close, volume; prices as texts, as exchanges write them. */
export type Kline = readonly [number, string, string, string, string, string, number];

/** What goes wrong with one request. */
export type Mishap =
  | 'reset'
  | 'garbage'
  | 'torn'
  | 'half'
  | 'empty'
  | 'hang'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

interface Asked {
  readonly start: number;
  readonly end: number;
  readonly limit: number;
  readonly symbol: string | null;
  readonly headers: IncomingMessage['headers'];
}

/** An exchange on this machine, with klines in pages and whatever goes wrong with real ones. */
export class Exchange {
  /** Every request, mishaps included. */
  readonly asked: Asked[] = [];
  /** What goes wrong with the next requests, in order; null: nothing. */
  mishaps: (Mishap | null)[] = [];
  /** Rows that it gives at once, whatever it is asked for. */
  most = 1000;
  /** Milliseconds until it answers. */
  delay = 0;
  rows: readonly Kline[];
  /** Rows of single symbols, in place of `rows`. */
  bySymbol: ReadonlyMap<string, readonly Kline[]> = new Map();
  /** What an answer is made of the rows. */
  shape: (rows: readonly Kline[]) => unknown = (rows) => rows;
  readonly #server: Server;

  private constructor(rows: readonly Kline[]) {
    this.rows = rows;
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  static async open(rows: readonly Kline[]): Promise<Exchange> {
    const exchange = new Exchange(rows);
    await new Promise<void>((resolve) => exchange.#server.listen(0, '127.0.0.1', resolve));
    return exchange;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The address that a provider is given. */
  get url(): string {
    return `${this.origin}/klines?symbol=BTCUSDT&startTime={start}&endTime={end}&limit={limit}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const query = new URL(request.url ?? '/', this.origin).searchParams;
    const number = (name: string, otherwise: number): number => Number(query.get(name) ?? otherwise);
    const [start, end] = [number('startTime', 0), number('endTime', Infinity)];
    const limit = Math.min(this.most, number('limit', 500));
    const symbol = query.get('symbol');
    this.asked.push({ start, end, limit, symbol, headers: request.headers });
    const mishap = this.mishaps.shift() ?? null;
    const rows = this.bySymbol.get(symbol ?? '') ?? this.rows;
    const from = rows.findIndex(([time]) => time >= start);
    const rest = from < 0 ? [] : rows.slice(from, from + limit);
    const page = rest.filter(([time]) => time <= end);
    if (this.delay > 0) await sleep(this.delay);
    this.#send(response, page, mishap);
  }

  #send(response: ServerResponse, page: readonly Kline[], mishap: Mishap | null): void {
    const text = JSON.stringify(this.shape(page));
    response.setHeader('content-type', 'application/json');
    if (mishap === 'reset') response.socket?.destroy();
    else if (mishap === 'hang') return;
    else if (mishap === 'garbage') response.end('<html><body>Down for maintenance</body></html>');
    else if (mishap === 'torn') response.end(text.slice(0, text.length / 2));
    else if (mishap === 'half') {
      // It promises more than it sends.
      response.writeHead(200, { 'content-length': String(text.length) });
      response.write(text.slice(0, text.length / 2));
      setImmediate(() => response.socket?.destroy());
    } else if (mishap === 'empty') response.end('[]');
    else if (mishap) response.writeHead(mishap.status, mishap.headers).end(mishap.body ?? '');
    else response.end(text);
  }
}

/** Klines from an open on, in seconds, with the slots of `holes` left out. Values depend on the time alone. */
export function klines(
  first: number,
  count: number,
  { interval = 60, holes = () => false }: { interval?: number; holes?: (slot: number) => boolean } = {},
): Kline[] {
  const rows: Kline[] = [];
  for (let slot = 0; slot < count; slot++) {
    if (holes(slot)) continue;
    const time = first + slot * interval;
    const price = 100 + Math.sin(time / 977) * 7;
    const texts = [price, price + 1, price - 1, price + 0.25, (time / interval) % 97].map((each) =>
      each.toFixed(8),
    );
    rows.push([
      time * 1000,
      ...(texts as [string, string, string, string, string]),
      (time + interval) * 1000 - 1,
    ]);
  }
  return rows;
}
