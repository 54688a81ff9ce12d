// Slow (6 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';

import { submit } from '../../src/client/runner.js';
import { plainGrid } from '../../src/sdk/time/grid.js';
import { minute, Project } from '../support/project.js';
import { exchange } from './exchange.js';
import { bar, eventsOf, inParity, only } from './support.js';

const CHILD = resolve(import.meta.dirname, '../../dist/child.js');

const STRATEGY = `
import { CrossNode, csvHistory, Node, Strategy, StreamInput, Universe } from 'seamless-dag';

const stocks = () => new Universe({ name: 'stocks', interval: '1m', history: csvHistory('bars.csv'), symbol: 'ticker', members: 'member' });
const move = (of: Universe) => new Node({ name: 'move', input: of, period: 5, computeFn: (view) => {
  const close = view.window(of).column('close');
  return (close[4] ?? 0) - (close[0] ?? 0);
} });

export class Shares extends Strategy {
  setup(): void {
    const all = stocks();
    const moved = move(all);
    const weight = new CrossNode({ name: 'weight', input: moved, computeFn: (section) => section.column(moved).map((each) => (each > 0 ? 0.3 : 0.1)) });
    this.addNodes([weight]);
    this.trade(weight, all);
  }
}

export class Unlike extends Strategy {
  setup(): void {
    const moved = move(stocks());
    this.trade(moved, new StreamInput({ name: 'BTC', interval: '1m', historyProvider: csvHistory('bars.csv') }));
  }
}
`;

/** Minutes; B is no member any more from the 60th on. */
const BARS = 120;
const LEFT = 60;

function lines(): string {
  let text = 'time,ticker,open,close,member\n';
  for (let i = 0; i < BARS; i++) {
    for (const [at, ticker] of ['A', 'B', 'C'].entries()) {
      const { open, close } = bar(i + 7 * at);
      text += `${minute(i)},${ticker},${open},${close},${ticker === 'B' && i >= LEFT ? 0 : 1}\n`;
    }
  }
  return text;
}

describe('a universe that is traded', () => {
  let at: Project;
  before(() => {
    at = new Project({
      'main.ts': STRATEGY,
      'bars.csv': lines(),
      'worlds/back.yaml': `mode: backtest\nstart: ${minute(0)}\nend: ${minute(BARS)}\n`,
      'worlds/paper.yaml': `mode: paper\nfeed: { kind: replay, start: ${minute(20)} }\n`,
      'worlds/same.yaml': `mode: backtest\nstart: ${minute(20)}\nend: ${minute(BARS)}\n`,
    });
  });
  after(() => at.remove());

  const start = (world: string, name = 'Shares') =>
    submit(`${at.path('main.ts')}#${name}`, { world }, { childPath: CHILD });

  it('has orders for each symbol, and sells what is no member any more', async () => {
    const run = await start('back');
    const events = await eventsOf(run);
    const { positions } = await run.result;
    assert.deepEqual([...new Set(only(events, 'order').map(({ symbol }) => symbol))].sort(), [
      'stocks[A]',
      'stocks[B]',
      'stocks[C]',
    ]);
    const left = only(events, 'signal').filter(
      ({ symbol, asOf }) => symbol === 'stocks[B]' && asOf > minute(LEFT),
    );
    assert.deepEqual(
      left.map(({ value, asOf }) => [value, asOf]),
      [[0, minute(LEFT + 1)]],
    );
    assert.ok(!('stocks[B]' in positions));
  });

  it('trades the same as its bars come in, and says what materialization says', async () => {
    const paper = await start('paper');
    const live = await eventsOf(paper);
    const back = await start('same');
    const history = await eventsOf(back);
    const fills = (events: typeof live) => only(events, 'fill').map(({ seq: _, ...fill }) => fill);
    assert.ok(fills(live).length > 5);
    assert.deepEqual(fills(live), fills(history));
    await inParity(at, paper.id, 3 * (BARS - 20));
  });

  it('takes bars of a feed that has their columns in another order', async () => {
    const bars = Array.from({ length: 10 }, (_, i) => BARS + i).flatMap((i) =>
      ['A', 'B', 'C'].map((ticker, which) => {
        const { open, close } = bar(i + 7 * which);
        return { stream: `stocks[${ticker}]`, ts: minute(i), row: { member: 1, close, open } };
      }),
    );
    const feed = await exchange(bars, plainGrid(60));
    at.write({ 'worlds/ws.yaml': `mode: paper\nfeed: { kind: ws, url: '${feed.url}' }\n` });
    try {
      const run = await start('ws');
      assert.equal((await run.result).reason, 'completed');
      await inParity(at, run.id, 3 * 10);
    } finally {
      await feed.close();
    }
  });

  it('is refused where decision and bars have unlike symbols', async () => {
    await assert.rejects(
      start('back', 'Unlike'),
      /this\.trade\(move, BTC\): move has a row for each symbol of a universe, and BTC has none of symbols/,
    );
  });
});
