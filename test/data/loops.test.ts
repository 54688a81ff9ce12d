import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { submit } from '../../src/client/runner.js';
import type { RunEvent, RunResult, Trade } from '../../src/sdk/live/live.js';
import { Project } from '../support/project.js';
import { pythonWith, run } from '../support/python.js';

const VECTORBT = 'vectorbt==1.2.0';
const ROOT = resolve(import.meta.dirname, '../..');
const CHILD = join(ROOT, 'dist/child.js');

/** A bar: its open in time, and its prices. */
type Bar = readonly [ts: number, open: number, close: number, low: number, high: number];
type Prices = ReadonlyMap<string, readonly Bar[]>;

/** Orders that rest at a price. */
interface Rests {
  readonly offsetBps: number;
  readonly bars: number;
  readonly take: boolean;
  readonly makerFeeBps: number;
}
const PATIENT: Rests = { offsetBps: 3, bars: 4, take: false, makerFeeBps: -1 };
const HASTY: Rests = { offsetBps: 5, bars: 2, take: true, makerFeeBps: 2 };

/** What vectorbt made of the same orders. A trade that is open has a null for when it was closed. */
interface Peer {
  readonly equity: readonly number[];
  readonly drawdown: readonly number[];
  readonly fees: number;
  readonly trades: readonly (Omit<Trade, 'closed' | 'quantity' | 'bars'> & {
    readonly closed: number | null;
    readonly size: number;
  })[];
}

const MINUTES = `
import { csvHistory, Node, ScanNode, sma, Strategy, StreamInput } from 'seamless-dag';

const btc = () => new StreamInput({ name: 'BTC', interval: '1m', historyProvider: csvHistory('btc.csv') });

/** Long above, short below. */
export class Cross extends Strategy {
  setup(): void {
    const price = btc();
    const fast = sma({ name: 'fast', input: price, period: 20 });
    const slow = sma({ name: 'slow', input: price, period: 100 });
    const weight = new Node({ name: 'weight', input: [fast, slow], period: 1, interval: '1m', computeFn: (view) => (view.latest(fast) > view.latest(slow) ? 0.9 : -0.6) });
    this.addNodes([weight]);
    this.trade(weight, price);
  }
}

/** Out half a per cent below where it went in, in again at the highest close of an hour. */
export class Stop extends Strategy {
  setup(): void {
    const price = btc();
    const highest = new Node({ name: 'highest', input: price, period: 60, computeFn: (view) => Math.max(...view.window(price).column('close')) });
    const weight = new ScanNode({ name: 'weight', input: [price, highest], period: 1, interval: '1m', init: () => 0, step: (entry: number, view) => {
      const { close } = view.latest(price);
      if (entry > 0) return close < entry * 0.995 ? { state: 0, value: 0 } : { state: entry, value: 0.95 };
      return close >= view.latest(highest) ? { state: close, value: 0.95 } : { state: 0, value: 0 };
    } });
    this.addNodes([weight]);
    this.trade(weight, price);
  }
}
`;

describe('a backtest beside vectorbt, of the same orders', function () {
  // It may have to be fetched, and compiles itself.
  this.timeout(600_000);
  let at: Project;
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamless-vectorbt-'));
    const sample = (path: string): string => readFileSync(join(ROOT, 'media/sample', path), 'utf8');
    const world = (more: string, rests: Rests | null = null): string => {
      const { offsetBps, bars, take, makerFeeBps } = rests ?? PATIENT;
      const unfilled = take ? 'take' : 'cancel';
      const limit = `, at: limit, offsetBps: ${offsetBps}, restBars: ${bars}, unfilled: ${unfilled}, makerFeeBps: ${makerFeeBps}`;
      return `mode: backtest\ncapital: 100000\nfills: { feeBps: 10, slippageBps: 5${rests ? limit : ''} }\n${more}`;
    };
    const minutes = 'start: 2023-03-02\nend: 2023-03-22\n';
    at = new Project({
      'minutes.ts': MINUTES,
      'btc.csv': readFileSync(resolve(ROOT, '../shared/data/btcusdt-1m.csv'), 'utf8'),
      // The sample's own, which trades nothing.
      'stocks.ts': sample('strategies/stock-momentum.ts').replace(
        'this.addNodes([place, weight]);',
        'this.addNodes([place, weight]);\n    this.trade(weight, stocks);',
      ),
      'lib/statistics.ts': sample('strategies/lib/statistics.ts'),
      'data/index.csv': sample('data/index.csv'),
      'data/stocks.csv': withOpens(sample('data/stocks.csv')),
      'worlds/minutes.yaml': world(minutes),
      'worlds/patient.yaml': world(minutes, PATIENT),
      'worlds/hasty.yaml': world(minutes, HASTY),
      'worlds/weeks.yaml': world(
        'start: 2019-08-05\nend: 2023-01-02\nlimits: { gross: 0.9 }\npolicy: { rebalance: slot }\n',
      ),
    });
  });
  after(() => {
    at.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Trades, has vectorbt trade what was ordered, and compares the two. */
  async function held(
    ref: string,
    world: string,
    prices: Prices,
    leastTrades: number,
    rests: Rests | null = null,
  ): Promise<void> {
    const job = await submit(at.path(ref), { world }, { childPath: CHILD });
    const events: RunEvent[] = [];
    for await (const event of job.events) events.push(event);
    const result = await job.result;
    const [start, end] = result.range ?? assert.fail('It decided no slot.');
    const symbols = [...prices.keys()];
    const bars = symbols.map((symbol) => {
      const all = prices.get(symbol) ?? [];
      return all.filter(([ts]) => ts >= start - stepOf(world) && ts < end);
    });
    const times = [...new Set(bars.flatMap((list) => list.map(([ts]) => ts)))].sort((a, b) => a - b);
    const from = bars.map(() => 0);
    // A new order takes the place of one that rests; that it has rested long enough, vectorbt's side finds out itself.
    const gone = new Map(
      events.flatMap((event) =>
        event.type === 'cancelled' && !/did not trade/.test(event.reason)
          ? [[event.order, event.asOf] as const]
          : [],
      ),
    );
    const orders = events.flatMap((event) => {
      if (event.type !== 'order') return [];
      const { symbol, quantity, asOf, limit } = event;
      const column = symbols.indexOf(symbol);
      const list = bars[column] ?? assert.fail(symbol);
      let first = from[column] as number;
      while (first < list.length && (list[first] as Bar)[0] < asOf) first += 1;
      from[column] = first;
      return [{ symbol, quantity, asOf, limit, gone: gone.get(event.order) ?? null, from: first }];
    });
    const file = join(folder, 'case.json');
    const money = { capital: result.capital, feeBps: 10, slippageBps: 5 };
    writeFileSync(file, JSON.stringify({ symbols, times, bars, orders, rests, ...money }));
    const script = resolve(import.meta.dirname, 'vectorbt_loop.py');
    const peer = JSON.parse(run(pythonWith(VECTORBT), script, file)) as Peer;
    compare(result, times, stepOf(world), peer);
    assert.ok(result.trades.length >= leastTrades, `${result.trades.length} trades`);
    if (!rests) return;
    const kinds = new Set(events.flatMap((event) => (event.type === 'fill' ? [event.maker] : [])));
    assert.deepEqual([...kinds].sort(), [false, true]);
    assert.ok(rests.take || events.some(({ type }) => type === 'cancelled'));
  }

  it('comes to the same equity and trades: a cross of averages, by the minute', () =>
    held('minutes.ts#Cross', 'minutes', btcPrices(at), 200));

  it('the same with a stop and a re-entry', () => held('minutes.ts#Stop', 'minutes', btcPrices(at), 10));

  it('the same with orders that rest at a price, and are cancelled', () =>
    held('minutes.ts#Cross', 'patient', btcPrices(at), 100, PATIENT));

  it('the same with orders that rest at a price, and take after that', () =>
    held('minutes.ts#Stop', 'hasty', btcPrices(at), 10, HASTY));

  it('the same with the sample’s universe, rebalanced each week', () =>
    held('stocks.ts#StockMomentum', 'weeks', stockPrices(at), 30));
});

function stepOf(world: string): number {
  return world === 'weeks' ? 7 * 86_400 : 60;
}

function near(found: number, expected: number, what: string): void {
  assert.ok(Math.abs(found - expected) <= 1e-9 * Math.abs(expected), `${what}: ${found} is not ${expected}`);
}

function compare(result: RunResult, times: readonly number[], step: number, peer: Peer): void {
  const rows = new Map(times.map((ts, row) => [ts + step, row]));
  assert.equal(result.slots, times.length);
  let before = -1;
  for (const [asOf, equity, drawdown] of result.curve) {
    const row = rows.get(asOf) ?? assert.fail(`There is no bar that closes at ${asOf}.`);
    near(equity, peer.equity[row] as number, `Equity at ${asOf}`);
    // The deepest since the point before: all slots are compared.
    const deepest = Math.max(...peer.drawdown.slice(before + 1, row + 1));
    assert.ok(Math.abs(drawdown - deepest) <= 1e-9, `Drawdown at ${asOf}: ${drawdown} is not ${deepest}`);
    before = row;
  }
  for (const [day, equity] of result.days) {
    const last = times.findLast((ts) => ts + step <= day);
    near(equity, peer.equity[rows.get((last as number) + step) as number] as number, `Equity on ${day}`);
  }
  near(result.fees, peer.fees, 'Fees');
  const closed = peer.trades.filter((trade) => trade.closed !== null);
  const inOrder = <T extends { symbol: string; opened: number }>(list: readonly T[]): T[] =>
    [...list].sort((a, b) => a.opened - b.opened || (a.symbol < b.symbol ? -1 : 1));
  const [own, theirs] = [inOrder(result.trades), inOrder(closed)];
  assert.equal(own.length, theirs.length);
  for (const [i, trade] of own.entries()) {
    const other = theirs[i] as (typeof closed)[number];
    const { symbol, side, opened, closed: ended } = trade;
    assert.deepEqual(
      { symbol, side, opened, ended },
      { symbol: other.symbol, side: other.side, opened: other.opened, ended: other.closed },
    );
    for (const name of ['entry', 'exit', 'fees'] as const) near(trade[name], other[name], name);
    // The difference of two large numbers: a billionth of what went in.
    const paid = trade.quantity * trade.entry;
    assert.ok(Math.abs(trade.profit - other.profit) <= 1e-9 * paid, `${trade.profit} is not ${other.profit}`);
    // Where units were bought in several steps, vectorbt counts all of them, and Seamless what was held at most.
    assert.ok(trade.quantity <= other.size * (1 + 1e-9));
  }
}

function rowsOf(text: string): string[][] {
  const lines = text.trim().split('\n').slice(1);
  return lines.map((line) => line.split(','));
}

function btcPrices(at: Project): Prices {
  const rows = rowsOf(readFileSync(at.path('btc.csv'), 'utf8'));
  return new Map([
    [
      'BTC',
      rows.map(([time = '', open, high, low, close]) => [
        Date.parse(time) / 1000,
        Number(open),
        Number(close),
        Number(low),
        Number(high),
      ]),
    ],
  ]);
}

function stockPrices(at: Project): Prices {
  const prices = new Map<string, Bar[]>();
  for (const [date = '', ticker = '', , open, close] of rowsOf(
    readFileSync(at.path('data/stocks.csv'), 'utf8'),
  )) {
    const symbol = `stocks[${ticker}]`;
    const [ts, first, last] = [Date.parse(date) / 1000, Number(open), Number(close)];
    const bar: Bar = [ts, first, last, Math.min(first, last), Math.max(first, last)];
    prices.set(symbol, [...(prices.get(symbol) ?? []), bar]);
  }
  return prices;
}

/** The sample's stocks have closes alone: each week opens where the one before closed, and a little more. */
function withOpens(text: string): string {
  const before = new Map<string, number>();
  const lines = rowsOf(text).map(([date = '', ticker = '', sector = '', close = ''], i) => {
    const open = (before.get(ticker) ?? Number(close)) * (1 + ((i * 37) % 21) / 10_000);
    before.set(ticker, Number(close));
    return [date, ticker, sector, open, close].join(',');
  });
  return `date,ticker,sector,open,close\n${lines.join('\n')}\n`;
}
