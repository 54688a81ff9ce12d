// Slow (9 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';

import { minute, type Project } from '../support/project.js';
import { eventsOf, OHLC_HEADER, ohlcLines, only, project, start } from './support.js';

describe('hooks of a run', () => {
  let at: Project;
  before(() => {
    const feed = `feed: { kind: replay, start: ${minute(100)} }`;
    at = project({
      'bars.csv': OHLC_HEADER + ohlcLines(0, 400),
      'worlds/paper.yaml': `mode: paper\n${feed}\n`,
      'worlds/shadow.yaml': `mode: shadow\n${feed}\n`,
      'worlds/slow.yaml': `mode: paper\nfeed: { kind: replay, start: ${minute(100)}, speed: 600 }\n`,
      'worlds/back.yaml': `mode: backtest\nstart: ${minute(100)}\nend: ${minute(400)}\n`,
      'worlds/live.yaml': 'mode: live\nallowLive: true\nfeed: { kind: replay }\n',
    });
  });
  after(() => at.remove());

  for (const world of ['paper', 'back']) {
    it(`are called in the order of events, in ${world}`, async () => {
      const called: string[] = [];
      const note = (event: { type: string; seq: number }) => void called.push(`${event.type} ${event.seq}`);
      const run = await start(at, {
        world,
        hooks: { onStart: note, onSignal: note, onFill: note, onError: note, onFinish: note },
      });
      await run.result;
      const wanted = new Set(['ready', 'signal', 'fill', 'error', 'finished']);
      const events = (await eventsOf(run)).filter(({ type }) => wanted.has(type));
      assert.deepEqual(
        called,
        events.map(({ type, seq }) => `${type} ${seq}`),
      );
      assert.ok(called.length > 4);
    });
  }

  it('that throw end the run, with their line', async () => {
    const run = await start(at, {
      world: 'slow',
      hooks: {
        onStart: () => {
          throw new Error('no');
        },
      },
    });
    await assert.rejects(
      run.result,
      /The hook onStart threw \(.*hooks\.test\.ts:\d+.*\), so the run was stopped: no/,
    );
    assert.equal(only(await eventsOf(run), 'finished').length, 1);
  });

  it('that never return end the run', async () => {
    const hooks = { onStart: () => new Promise(() => undefined), patienceMs: 50 };
    const run = await start(at, { world: 'slow', hooks });
    await assert.rejects(run.result, /The hook onStart did not return within 50 ms/);
  });

  it('a run is stopped in good order, and its world is free again', async () => {
    const run = await start(at, { world: 'slow' });
    await assert.rejects(start(at, { world: 'slow' }), /World slow is in use by run slow-/);
    const result = await run.stop();
    assert.equal(result.reason, 'stopped');
    const again = await start(at, { world: 'slow' });
    await again.stop();
  });

  it('shadow computes, and orders nothing', async () => {
    const run = await start(at, { world: 'shadow' });
    const events = await eventsOf(run);
    assert.ok(only(events, 'value').length > 100);
    assert.equal(only(events, 'order').length, 0);
    assert.match(only(events, 'activation')[0]?.reason ?? '', /mode shadow/);
  });

  it('live without a broker is refused, and an unknown world has names like it', async () => {
    await assert.rejects(start(at, { world: 'live' }), /there is no Broker to trade through/);
    await assert.rejects(start(at, { world: 'papre' }), /There is no world papre\. Did you mean paper/);
  });
});
