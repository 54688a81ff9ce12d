// Slow (15 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import fc from 'fast-check';

import { eventLine } from '../../src/present/run.js';
import { plainGrid } from '../../src/sdk/time/grid.js';
import { cases } from '../support/profile.js';
import { minute, type Project } from '../support/project.js';
import { exchange, type ExchangeBar, type Fault } from './exchange.js';
import { bar, eventsOf, inParity, OHLC_HEADER, ohlcLines, only, project, start } from './support.js';

const HISTORY = 1000;
const BARS = 400;

function barsOf(from: number, count: number): ExchangeBar[] {
  return Array.from({ length: count }, (_, i) => ({
    stream: 'BTC',
    ts: minute(from + i),
    row: bar(from + i),
  }));
}

describe('a feed over a WebSocket', () => {
  let at: Project;
  before(() => {
    at = project({ 'bars.csv': OHLC_HEADER + ohlcLines(0, HISTORY) });
  });
  after(() => at.remove());

  async function runOver(faults: ReadonlyMap<number, Fault>, more = '') {
    const feed = await exchange(barsOf(HISTORY, BARS), plainGrid(60), faults);
    try {
      at.write({
        'worlds/ws.yaml': `mode: paper\nfeed: { kind: ws, url: '${feed.url}'${more} }\nlate: { grace: 0, bars: sideOutput }\n`,
      });
      const run = await start(at, { world: 'ws' });
      const events = await eventsOf(run);
      await run.result;
      return { run, events, asked: feed.asked };
    } finally {
      await feed.close();
    }
  }

  it('goes on where history ends, and asks for nothing before', async () => {
    process.env['FEED_TOKEN'] = 'secret';
    const { run, events, asked } = await runOver(new Map(), ', tokenFrom: FEED_TOKEN');
    assert.deepEqual(asked, [{ since: minute(HISTORY), token: 'Bearer secret' }]);
    assert.equal(only(events, 'bar').length, BARS);
    assert.equal(only(events, 'bar')[0]?.ts, minute(HISTORY));
    // Their windows reach back to history.
    assert.equal(only(events, 'value').filter(({ node }) => node === 'slow').length, BARS);
    assert.ok(!JSON.stringify(events).includes('secret'));
    await inParity(at, run.id, 3 * BARS);
  });

  it('says the same as materialization, whatever goes wrong', async () => {
    const fault = fc.constantFrom<Fault>('duplicate', 'late', 'swap', 'hole', 'garbage', 'reset', 'half');
    const schedule = fc.dictionary(fc.nat(BARS - 10).map(String), fault, { minKeys: 5, maxKeys: 40 });
    await fc.assert(
      fc.asyncProperty(schedule, async (found) => {
        const faults = new Map(Object.entries(found).map(([index, each]) => [Number(index), each]));
        const { run, events } = await runOver(faults);
        const bars = only(events, 'bar').map(({ ts }) => ts);
        assert.deepEqual(
          bars,
          [...new Set(bars)].sort((a, b) => a - b),
        );
        const holes = [...faults.values()].filter((each) => each === 'hole').length;
        assert.ok(bars.length <= BARS - holes);
        // No bar is lost but by a fault: those held back are lost where the connection was, too.
        const faulty = [...faults.values()].filter((each) => ['hole', 'late', 'swap'].includes(each)).length;
        assert.ok(bars.length >= BARS - faulty, `${bars.length} bars of ${BARS}, ${faulty} faulty`);
        await inParity(at, run.id, 2 * bars.length);
      }),
      cases(30, 3),
    );
  });

  it('that falls silent is stale, and made again: it is asked for what has closed since, and the run goes on', async () => {
    const all = barsOf(HISTORY, BARS);
    const feed = await exchange(all, plainGrid(60), new Map([[50, 'silence']]));
    try {
      at.write({
        'worlds/silent.yaml': `mode: paper\nfeed: { kind: ws, url: '${feed.url}', silence: 3s }\nlate: { grace: 0 }\n`,
      });
      const run = await start(at, { world: 'silent' });
      const events = await eventsOf(run);
      const [stale] = only(events, 'stale');
      assert.ok(stale?.seconds === 3 && stale.asOf === minute(HISTORY + 51));
      // On a slow machine it may seem silent again while it is connected to.
      const [first, second, ...later] = feed.asked.map(({ since }) => since);
      assert.deepEqual([first, second], [minute(HISTORY), minute(HISTORY + 51)]);
      assert.ok(later.every((since) => since !== null && since >= minute(HISTORY + 51)));
      assert.deepEqual(
        only(events, 'bar').map(({ ts }) => ts),
        all.map(({ ts }) => ts),
      );
      assert.match(eventLine(stale) ?? '', /stale: nothing was heard of the feed for 3 s/);
      await inParity(at, run.id, 2 * BARS);
    } finally {
      await feed.close();
    }
  });

  it('that cannot be reached is said, with its address', async () => {
    const feed = await exchange([], plainGrid(60));
    await feed.close();
    at.write({ 'worlds/gone.yaml': `mode: paper\nfeed: { kind: ws, url: '${feed.url}' }\n` });
    await assert.rejects(
      start(at, { world: 'gone' }),
      /The feed at ws:\/\/127.0.0.1:\d+ cannot be reached: .*ECONNREFUSED/,
    );
  });

  it('with a bar of another shape leaves it out, and says so', async () => {
    const bars = barsOf(HISTORY, 10).map((each, i) => {
      if (i === 3) return { ...each, row: { close: 1 } };
      if (i === 5) return { ...each, ts: each.ts + 1 };
      return i === 7 ? { ...each, row: { ...each.row, close: 'x' } } : each;
    });
    const feed = await exchange(bars, plainGrid(60));
    try {
      at.write({ 'worlds/odd.yaml': `mode: paper\nfeed: { kind: ws, url: '${feed.url}' }\n` });
      const run = await start(at, { world: 'odd' });
      const events = await eventsOf(run);
      assert.equal(only(events, 'bar').length, 7);
      await inParity(at, run.id, 14);
    } finally {
      await feed.close();
    }
  });
});
