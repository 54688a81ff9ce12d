// What the Core Loop costs: `node --import tsx bench/loop.ts [decide] [many] [replay] [money]`, after `npm run build`.
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { WebSocketServer, type WebSocket } from 'ws';

import { JobClient } from '../src/client/job-client.js';
import type { Journal } from '../src/live/journal/journal.js';
import type { backtest } from '../src/live/run/backtest.js';
import { parseWorld } from '../src/live/world/load.js';
import type { Table } from '../src/sdk/table.js';
import { pythonWith, run } from '../test/support/python.js';
import { PROJECT, writeProject } from './project.js';
import { median } from './measure.js';

const ROOT = join(import.meta.dirname, '..');
const CHILD = join(ROOT, 'dist/child.js');
const FOLDER = join(PROJECT, 'loop');
const START = Date.UTC(2022, 0, 1) / 1000;
const CACHE = join(FOLDER, 'cache');

/** Slots until it is warm. */
const FIRST = 3;

interface Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Nanoseconds of processor time that all threads of a process have had. */
function processorOf(pid: number): number {
  let sum = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // A thread that ended between two looks.
    }
  }
  return sum;
}

function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

function priceAt(symbol: number, i: number): Bar {
  const level = (at: number): number =>
    100 + 10 * Math.sin(at / 23 + symbol) + 3 * Math.cos(at * 1.7 * (1 + symbol / 900));
  const [open, close] = [level(i - 0.5), level(i)];
  return {
    open,
    close,
    high: Math.max(open, close) + 0.25,
    low: Math.min(open, close) - 0.25,
    volume: i % 101,
  };
}

/** An exchange that sends a slot when it is told to. */
async function openExchange() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  let socket: WebSocket | null = null;
  const subscribed = new Promise<void>((resolve) => {
    server.on('connection', (found) => {
      socket = found;
      found.once('message', () => resolve());
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    subscribed,
    send: (message: object) => socket?.send(JSON.stringify(message)),
    close: () => server.close(),
  };
}

function quantile(values: readonly number[], q: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? Number.NaN;
}

async function world(name: string, text: string): Promise<void> {
  await mkdir(join(PROJECT, 'worlds'), { recursive: true });
  await writeFile(join(PROJECT, 'worlds', `${name}.yaml`), text);
}

const strategy = (className: string) => ({
  file: join(FOLDER, 'loop.ts'),
  className,
  projectRoot: PROJECT,
});

/** Processor time of the child from a slot's last bar to its decision on disk, slot by slot, in milliseconds. */
async function decisions(className: string, symbols: readonly string[], from: number, slots: number) {
  const exchange = await openExchange();
  await world('ws', `mode: paper\nfeed: { kind: ws, url: '${exchange.url}' }\nlimits: { gross: 1 }\n`);
  const client = JobClient.start({ childPath: CHILD });
  let written: () => void = () => undefined;
  const next = (): Promise<void> => new Promise((resolve) => (written = resolve));
  const name = `bench-${Date.now()}`;
  const job = client.request(
    'run',
    { strategy: strategy(className), world: 'ws', run: name, cacheDir: CACHE },
    { onWritten: () => written() },
  );
  await Promise.race([exchange.subscribed, job]);
  const pid = client.pid as number;
  const times: number[] = [];
  for (let i = 0; i < slots; i++) {
    const bars = symbols.map((stream, s) => ({
      type: 'bar',
      stream,
      ts: START + (from + i) * 60,
      row: priceAt(s, from + i),
    }));
    const last = bars.pop() as object;
    for (const bar of bars) exchange.send(bar);
    // The others are taken in, and what the slot before left behind is over.
    await sleep(symbols.length > 1 ? 150 : 4);
    if (i < FIRST) {
      exchange.send(last);
      await sleep(symbols.length > 1 ? 6000 : 1000);
      continue;
    }
    const before = processorOf(pid);
    const decided = next();
    exchange.send(last);
    await Promise.race([decided, job]);
    times.push((processorOf(pid) - before) / 1e6);
  }
  exchange.send({ type: 'closed' });
  await job;
  await client.dispose();
  exchange.close();
  return times.slice(Math.floor(slots / 4));
}

function csvOf(symbols: readonly string[] | null, bars: number): string {
  const lines = [symbols ? 'ts,ticker,open,high,low,close,volume' : 'ts,open,high,low,close,volume'];
  for (let i = 0; i < bars; i++) {
    for (const [s, ticker] of (symbols ?? [null]).entries()) {
      const { open, high, low, close, volume } = priceAt(s, i);
      lines.push(
        [START + i * 60, ...(ticker === null ? [] : [ticker]), open, high, low, close, volume].join(','),
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** As it ships: what runs a source as it is gives each function its name at each call. */
async function built(): Promise<{ readonly backtest: typeof backtest; readonly Journal: typeof Journal }> {
  const outfile = join(FOLDER, 'money.mjs');
  const contents =
    "export { Journal } from './src/live/journal/journal.js'; export { backtest } from './src/live/run/backtest.js';";
  await build({
    stdin: { contents, resolveDir: ROOT, loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  return (await import(outfile)) as Awaited<ReturnType<typeof built>>;
}

const rows = {
  async decide() {
    await writeFile(join(FOLDER, 'minutes.csv'), csvOf(null, 1000));
    const times = await decisions('Twenty', ['price'], 1000, 2000);
    return `20 nodes, one symbol: median ${median(times).toFixed(2)} ms, p99 ${quantile(times, 0.99).toFixed(2)} ms (1, 5)`;
  },
  async many() {
    const symbols = Array.from({ length: 800 }, (_, i) => `S${String(i).padStart(3, '0')}`);
    await writeFile(join(FOLDER, 'stocks.csv'), csvOf(symbols, 60));
    const times = await decisions(
      'Many',
      symbols.map((each) => `stocks[${each}]`),
      60,
      40,
    );
    return `800 symbols × 15 nodes: median ${median(times).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms (50)`;
  },
  async replay() {
    const slots = Number(process.env['SLOTS'] ?? 200_000);
    await writeFile(join(FOLDER, 'minutes.csv'), csvOf(null, slots + 1000));
    await world('replay', `mode: paper\nfeed: { kind: replay, start: ${START + 60_000} }\n`);
    const client = JobClient.start({ childPath: CHILD });
    const pid = client.pid as number;
    const memory: number[] = [];
    const timer = setInterval(() => memory.push(memoryOf(pid)), 250);
    const name = `bench-${Date.now()}`;
    let warm = 0;
    let used = 0;
    const job = client.request(
      'run',
      { strategy: strategy('Twenty'), world: 'replay', run: name, cacheDir: CACHE },
      {
        onWritten: () => {
          if (warm > 0) return;
          warm = performance.now();
          used = processorOf(pid);
        },
      },
    );
    const result = await job;
    const seconds = (performance.now() - warm) / 1000;
    const processor = (processorOf(pid) - used) / 1e9;
    clearInterval(timer);
    await client.dispose();
    const part = (from: number, to: number): string =>
      `${(Math.max(...memory.slice(memory.length * from, memory.length * to)) / 1e6).toFixed(0)} MB`;
    return `replay, 20 nodes: ${result.slots} slots, ${(result.slots / seconds).toFixed(0)} a second, ${(result.slots / processor).toFixed(0)} a processor second (20 000); memory ${part(0.25, 0.5)} in the second quarter, ${part(0.75, 1)} in the last`;
  },
  /** In this process: from stored columns to the result, the journal included. */
  async money() {
    const bars = 1_576_800;
    const [opens, closes] = [new Float64Array(bars), new Float64Array(bars)];
    const [ts, decided] = [new Float64Array(bars), new Float64Array(bars)];
    for (let i = 0; i < bars; i++) {
      const { open, close } = priceAt(0, i);
      ts[i] = START + i * 60;
      opens[i] = open;
      closes[i] = close;
      // Some 20 000 orders.
      decided[i] = Math.sin(i / 25) > 0 ? 0.9 : 0;
    }
    const grid = { interval: 60, phase: 0, calendar: null };
    const record: Table = {
      shape: 'record',
      ts,
      names: ['open', 'close'],
      columns: [opens, closes].map((values) => ({ type: 'number', values, valid: null })),
      present: null,
    };
    const value: Table = {
      shape: 'value',
      ts,
      names: ['value'],
      columns: [{ type: 'number', values: decided, valid: null }],
      present: null,
    };
    const text = `mode: backtest\nstart: ${START}\nend: ${START + bars * 60}\ncapital: 100000\nfills: { feeBps: 10, slippageBps: 5 }\n`;
    const parts = {
      run: 'money',
      strategy: 'Money',
      world: { name: 'money', ...parseWorld(text, 'money.yaml') },
      nodes: [],
      start: START,
      history: null,
      closes: null,
      computedNodes: 0,
      onWritten: () => undefined,
    };
    const traded = [
      { symbol: 'A', section: null, price: { table: record, grid }, decision: { table: value, grid } },
    ];
    await rm(join(FOLDER, 'journal.jsonl'), { force: true });
    const money = await built();
    const journal = money.Journal.create(FOLDER, 'Make room.');
    const used = process.cpuUsage();
    const result = money.backtest({ ...parts, traded, journal });
    const { user, system } = process.cpuUsage(used);
    journal.close();
    const sizes = new Float64Array(bars).fill(Number.NaN);
    const lines = readFileSync(join(FOLDER, 'journal.jsonl'), 'utf8').trim().split('\n');
    for (const { asOf, events } of lines.map(
      (line) => JSON.parse(line) as { asOf: number; events: { type: string; quantity: number }[] },
    ))
      for (const { type, quantity } of events) if (type === 'order') sizes[(asOf - START) / 60] = quantity;
    const file = join(FOLDER, 'money.bin');
    await writeFile(file, Buffer.concat([opens, closes, sizes].map((array) => Buffer.from(array.buffer))));
    const peer = JSON.parse(
      run(pythonWith('vectorbt==1.2.0'), join(import.meta.dirname, 'loop-money.py'), file),
    ) as { seconds: number; equity: number; orders: number };
    const own = (user + system) / 1e6;
    return `money, ${bars} bars, ${result.orders} orders: ${own.toFixed(2)} processor s, vectorbt ${peer.seconds.toFixed(2)} (${(own / peer.seconds).toFixed(2)} of it; 1); equity ${result.equity.toFixed(6)} and ${peer.equity.toFixed(6)}, ${peer.orders} orders`;
  },
};

await writeProject(0);
await mkdir(FOLDER, { recursive: true });
await rm(CACHE, { recursive: true, force: true });
await copyFile(join(import.meta.dirname, 'strategy/loop.ts'), join(FOLDER, 'loop.ts'));
const asked = process.argv.slice(2);
for (const [name, row] of Object.entries(rows))
  if (asked.length === 0 || asked.includes(name)) console.log(await row());
process.exit(0);
