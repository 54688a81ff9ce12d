import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer, type WebSocket } from 'ws';

import { closeOf, type Grid } from '../../src/sdk/time/grid.js';
import type { FlatRecord } from '../../src/sdk/table.js';

/** What goes wrong at a bar. */
export type Fault = 'duplicate' | 'late' | 'swap' | 'hole' | 'garbage' | 'reset' | 'half' | 'silence';

export interface ExchangeBar {
  readonly stream: string;
  readonly ts: number;
  readonly row: FlatRecord;
}

export interface Exchange {
  readonly url: string;
  /** What each connection asked for. */
  readonly asked: readonly { readonly since: number | null; readonly token: string | undefined }[];
  close(): Promise<void>;
}

/** How many bars later one comes that is late. */
const LATE_BY = 4;

/**
 * An exchange on loopback that plays bars, in the order of the list, to whoever subscribes; then it says that it has closed.
 * @param grid theirs: a bar that closes after what was asked for is played
 * @param faults by position in the list. Those that end a connection, or leave it silent, do so once.
 * @param pace milliseconds between two bars; 0: all come at once
 */
export async function exchange(
  bars: readonly ExchangeBar[],
  grid: Grid,
  faults: ReadonlyMap<number, Fault> = new Map(),
  pace = 0,
): Promise<Exchange> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const asked: { since: number | null; token: string | undefined }[] = [];
  const broken = new Set<number>();
  server.on('connection', (socket, request) => {
    socket.on('error', () => undefined);
    socket.once('message', (data: Buffer) => {
      const { since } = JSON.parse(data.toString('utf8')) as { since: number | null };
      asked.push({ since, token: request.headers.authorization });
      const wanted = [...bars.entries()].filter(([, { ts }]) => closeOf(ts, grid) > (since ?? -Infinity));
      void play(socket, wanted, faults, broken, pace);
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        for (const client of server.clients) client.terminate();
        server.close(() => resolve());
      }),
  };
}

async function play(
  socket: WebSocket,
  wanted: readonly (readonly [number, ExchangeBar])[],
  faults: ReadonlyMap<number, Fault>,
  broken: Set<number>,
  pace: number,
): Promise<void> {
  const bar = (each: ExchangeBar): void => socket.send(JSON.stringify({ type: 'bar', ...each }));
  const held: { readonly at: number; readonly bar: ExchangeBar }[] = [];
  for (const [index, each] of wanted) {
    if (pace > 0) await sleep(pace);
    if (socket.readyState !== socket.OPEN) return;
    const fault = faults.get(index);
    const later = wanted.find(([other]) => other === index + 1)?.[1];
    if (fault === 'late') held.push({ at: index + LATE_BY, bar: each });
    else if (fault === 'swap' && later && !faults.has(index + 1)) held.push({ at: index + 1, bar: each });
    else if (fault !== 'hole') bar(each);
    if (fault === 'duplicate') bar(each);
    if (fault === 'garbage') socket.send('{"type":"bar","stream":');
    if ((fault === 'reset' || fault === 'half') && !broken.has(index)) {
      broken.add(index);
      const raw = (socket as unknown as { _socket: Socket })._socket;
      // A text frame of 100 bytes of which 4 come.
      if (fault === 'half') raw.write(Buffer.from([0x81, 100, 0x7b, 0x22, 0x74, 0x79]));
      raw.end();
      return;
    }
    if (fault === 'silence' && !broken.has(index)) {
      broken.add(index);
      return;
    }
    for (const late of held.filter(({ at }) => at === index)) bar(late.bar);
  }
  socket.send(JSON.stringify({ type: 'closed' }));
}
