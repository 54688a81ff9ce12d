// Slow (20 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { submit } from '../../src/client/runner.js';
import { summaryOf } from '../../src/live/journal/runs.js';
import { formatTime } from '../../src/sdk/time/time.js';
import { openedBySelf } from '../support/own-database.js';
import { minute, refused, withChild, type Project } from '../support/project.js';
import {
  CHILD,
  eventsOf,
  inParity,
  MOMENTUM,
  OHLC_HEADER,
  ohlcLines,
  only,
  project,
  start,
} from './support.js';

const BARS = 3000;
const FROM = 1000;
const LIMIT =
  'fills: { at: limit, offsetBps: 60, restBars: 2, unfilled: cancel, feeBps: 10, makerFeeBps: -1, slippageBps: 5 }\n';

describe('a run', () => {
  let at: Project;
  before(() => {
    at = project({
      'bars.csv': OHLC_HEADER + ohlcLines(0, BARS, new Set([1500, 1501, 2100])),
      'worlds/paper.yaml': `mode: paper\nfeed: { kind: replay, start: ${formatTime(minute(FROM))} }\nfills: { feeBps: 10, slippageBps: 5 }\n`,
      'worlds/back.yaml': `mode: backtest\nstart: ${minute(FROM)}\nend: ${minute(BARS)}\nfills: { feeBps: 10, slippageBps: 5 }\n`,
      'worlds/paper-limit.yaml': `mode: paper\nfeed: { kind: replay, start: ${formatTime(minute(FROM))} }\n${LIMIT}`,
      'worlds/back-limit.yaml': `mode: backtest\nstart: ${minute(FROM)}\nend: ${minute(BARS)}\n${LIMIT}`,
    });
  });
  after(() => at.remove());

  it('ends where a node changes what is built in, and says which', async () => {
    at.write({
      'meddling.ts': MOMENTUM.replace(
        'return difference',
        `if (view.asOf > ${minute(FROM + 50)}) Array.prototype.concat = () => []; return difference`,
      ),
    });
    const run = submit(`${at.path('meddling.ts')}#Momentum`, { world: 'paper' }, { childPath: CHILD });
    const result = run.then((begun) => begun.result);
    await assert.rejects(result, /nodes? .*weight.* changed Array\.prototype\.concat, which is built in/i);
  });

  it('in a paper world computes slot by slot what materialization does', async () => {
    const run = await start(at, { world: 'paper' });
    const events = await eventsOf(run);
    const result = await run.result;
    assert.equal(result.reason, 'completed');
    assert.equal(events[0]?.type, 'ready');
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, i) => i + 1),
    );
    assert.equal(only(events, 'bar').length, BARS - FROM - 3);
    // Said beside the slot that lacked the bar, although a replay closes many slots together.
    assert.deepEqual(
      only(events, 'gap').map(({ asOf, end }) => asOf - end),
      [0, 0],
    );
    assert.ok(events.every(({ asOf }, i) => asOf >= (events[i - 1]?.asOf ?? 0)));
    assert.ok(only(events, 'fill').length > 20);
    await inParity(at, run.id, 3 * (BARS - FROM - 100));
  });

  it('goes on from stored history, wherever in it the feed begins', async () => {
    const whole = await start(at, { world: 'back' });
    await whole.result;
    for (const from of [1001, 1499, 1501, 2940]) {
      at.write({
        'worlds/later.yaml': `mode: paper\nfeed: { kind: replay, start: ${minute(from)}, end: ${minute(from + 60)} }\n`,
      });
      const run = await start(at, { world: 'later' });
      await run.result;
      await inParity(at, run.id, 3 * 55);
    }
  });

  it('that is stopped while it waits for the cache says that, and not that it failed by it', async () => {
    const cacheDir = at.path('.seamless');
    const own = await openedBySelf(join(cacheDir, 'cache.duckdb'));
    const stop = new AbortController();
    const run = 'paper-stopped';
    const onProgress = ({ phase }: { readonly phase: string }): void => {
      if (phase === 'waiting') stop.abort();
    };
    await withChild(async ({ client }) => {
      const payload = { strategy: at.strategy('main.ts', 'Momentum'), world: 'paper', run, cacheDir };
      await refused(client.request('run', payload, { signal: stop.signal, onProgress }), 'cancelled', /./);
    });
    own.closeSync();
    const { problem } = summaryOf(cacheDir, run);
    assert.equal(problem, 'The run was stopped before its first slot.');
  });

  it('whose orders rest at a price trades in a backtest as in a paper world', async () => {
    const trading = new Set(['order', 'fill', 'cancelled']);
    const of = async (world: string) => {
      const run = await start(at, { world });
      const { equity, fees, metrics } = await run.result;
      const events = (await eventsOf(run)).filter(({ type }) => trading.has(type));
      return { events: events.map(({ seq: _, ...event }) => event), equity, fees, metrics };
    };
    const back = await of('back-limit');
    const kinds = new Set(back.events.map((event) => ('maker' in event ? event.maker : event.type)));
    assert.deepEqual([...kinds].sort(), ['cancelled', 'order', false, true].sort());
    assert.deepEqual(await of('paper-limit'), back);
  });

  it('whose orders rest at a price is refused where bars have no high and low', async () => {
    at.write({ 'closes.csv': closesOf(200), 'closes.ts': MOMENTUM.replace('bars.csv', 'closes.csv') });
    const run = submit(`${at.path('closes.ts')}#Momentum`, { world: 'back-limit' }, { childPath: CHILD });
    await assert.rejects(
      run.then(({ result }) => result),
      /BTC is traded, but its bars have no high and no low: orders that rest .*fills: \{ at: nextOpen \}/,
    );
  });

  it('in a backtest trades as in a paper world, and computes nothing that is stored', async () => {
    const paper = await start(at, { world: 'paper' });
    const first = await start(at, { world: 'back' });
    await first.result;
    const again = await start(at, { world: 'back' });
    const result = await again.result;
    assert.equal(result.computedNodes, 0);
    const trading = new Set(['signal', 'decision', 'activation', 'allocation', 'order', 'fill']);
    const of = async (run: typeof paper) =>
      (await eventsOf(run)).filter(({ type }) => trading.has(type)).map(({ seq: _, ...event }) => event);
    const fills = await of(again);
    assert.ok(fills.length > 100);
    assert.deepEqual(await of(paper), fills);
    // As it ends it tells the newest row of each node, the last that the run on paper said.
    const newest = (events: Awaited<ReturnType<typeof eventsOf>>) =>
      new Map(only(events, 'value').map(({ node, ts, value }) => [node, { ts, value }]));
    const [told, said] = [newest(await eventsOf(again)), newest(await eventsOf(paper))];
    assert.equal(only(await eventsOf(again), 'value').length, 6);
    for (const [node, row] of said) assert.deepEqual(told.get(node), row, node);
    const { metrics, equity, trades } = await paper.result;
    assert.deepEqual(
      { metrics, equity, trades },
      { metrics: result.metrics, equity: result.equity, trades: result.trades },
    );
  });
});

function closesOf(count: number): string {
  const lines = Array.from({ length: count }, (_, i) => `${minute(FROM + i)},100,101`);
  return `time,open,close\n${lines.join('\n')}\n`;
}
