// Slow (20 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

import { eventLine } from '../../src/present/run.js';
import type { RunEvent } from '../../src/sdk/live/live.js';
import { parseWorld } from '../../src/live/world/load.js';
import { minute, type Project } from '../support/project.js';
import { bar, eventsOf, inParity, OHLC_HEADER, ohlcLines, only, project, start } from './support.js';

const BARS = 600;

const PRESETS = `
data:
  other: { provider: csv, interval: 1m, options: { path: other.csv } }
  hours: { provider: csv, interval: 1h, options: { path: other.csv } }
sla:
  strict: { coverage: 1, lag: 5m }
  lenient: { coverage: 1, lag: 5m, miss: partialFill }
  patient: { lag: 5m, miss: hold, deadline: 1s }
`;

describe('presets of a world', () => {
  let at: Project;
  before(() => {
    at = project({
      'bars.csv': OHLC_HEADER + ohlcLines(0, BARS),
      // The bars a hundred minutes later, with a hole.
      'other.csv': OHLC_HEADER + ohlcLines(100, BARS, new Set([450])),
      'seamless.presets.yaml': PRESETS,
    });
  });
  after(() => at.remove());

  const world = (name: string, text: string): void => at.write({ [`worlds/${name}.yaml`]: text });
  const backtest = (presets: string): string =>
    `mode: backtest\nstart: ${minute(300)}\nend: ${minute(BARS)}\npresets: ${presets}\n`;

  it('have its streams read what they name, in a backtest and on paper, and parity holds', async () => {
    world('plain', backtest('{}'));
    world('other', backtest('{ data: { BTC: other } }'));
    const [plain, other] = [await start(at, { world: 'plain' }), await start(at, { world: 'other' })];
    const [[first], [second]] = [await eventsOf(plain), await eventsOf(other)];
    assert.ok(first?.type === 'ready' && second?.type === 'ready');
    assert.deepEqual((await plain.result).slots - (await other.result).slots, 1);
    world(
      'paper',
      `mode: paper\nfeed: { kind: replay, start: ${minute(400)} }\npresets: { data: { BTC: other } }\n`,
    );
    const run = await start(at, { world: 'paper' });
    const events = await eventsOf(run);
    const opens = new Set(only(events, 'bar').map(({ ts }) => ts));
    assert.equal(opens.size, BARS - 400 - 1);
    assert.equal(only(events, 'bar')[0]?.row['close'], bar(400).close);
    await inParity(at, run.id, 100);
  });

  it('hold its streams to a service level: refused, said, or waited for', async () => {
    world('strict', backtest('{ data: { BTC: other }, sla: { BTC: strict } }'));
    await assert.rejects(
      start(at, { world: 'strict' }).then((run) => run.result),
      /Preset other missed strict\. 299 of 300 slots .* say miss: partialFill/,
    );
    world('lenient', backtest('{ data: { BTC: other }, sla: { BTC: lenient } }'));
    assert.equal((await (await start(at, { world: 'lenient' })).result).slots, 299);
    // Of a stream without a preset.
    world(
      'late',
      `mode: paper\nfeed: { kind: demo, start: ${minute(BARS + 60)}, end: ${minute(BARS + 90)} }\npresets: { sla: { BTC: strict } }\n`,
    );
    await assert.rejects(
      start(at, { world: 'late' }).then((run) => run.result),
      /Stream BTC missed strict\. Its last bar ends 1h before .*, and may be 5m behind/,
    );
    world(
      'patient',
      `mode: paper\nfeed: { kind: demo, start: ${minute(BARS + 60)}, end: ${minute(BARS + 90)} }\npresets: { sla: { BTC: patient } }\n`,
    );
    await assert.rejects(
      start(at, { world: 'patient' }).then((run) => run.result),
      /Stream BTC missed patient\. .* Give it a longer deadline, or ask less of it/,
    );
  });

  it('hold a feed to their lag while the run goes on: it is said once, or ends the run', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await new Promise((done) => server.once('listening', done));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) =>
      socket.once('message', () => {
        const bars = (from: number): void => {
          for (let i = from; i < from + 5; i++)
            socket.send(
              JSON.stringify({ type: 'bar', stream: 'BTC', ts: minute(BARS + i), row: bar(BARS + i) }),
            );
        };
        const clock = (i: number): void =>
          socket.send(JSON.stringify({ type: 'heartbeat', time: minute(BARS + i) }));
        bars(0);
        // Ten minutes and eleven: no bars, but the time goes on.
        clock(15);
        clock(16);
        bars(20);
        socket.send(JSON.stringify({ type: 'closed' }));
      }),
    );
    try {
      for (const sla of ['lenient', 'strict'])
        world(
          sla,
          `mode: paper\nfeed: { kind: ws, url: '${url}' }\nlate: { grace: 0 }\npresets: { sla: { BTC: ${sla} } }\n`,
        );
      const run = await start(at, { world: 'lenient' });
      const events = await eventsOf(run);
      await run.result;
      const behind = only(events, 'stale');
      assert.equal(behind.length, 1, JSON.stringify(behind));
      assert.match(eventLine(behind[0] as RunEvent) ?? '', /the last bar of BTC is \d+ s behind, more than/);
      const strict = await start(at, { world: 'strict' });
      await assert.rejects(strict.result, /BTC missed strict\. Its last bar ends .* before/);
    } finally {
      for (const client of server.clients) client.terminate();
      server.close();
    }
  });

  it('that are unknown are refused with their line and names like them, and so are streams and intervals', async () => {
    const known = { data: ['other', 'hours'], sla: ['strict'] };
    const text = 'mode: paper\nfeed: { kind: replay }\npresets:\n  data:\n    BTC: othre\n';
    assert.throws(
      () => parseWorld(text, 'worlds/w.yaml', known),
      /^SeamlessError: worlds\/w\.yaml:5: there is no preset "othre" in seamless\.presets\.yaml: did you mean other\?$/,
    );
    assert.throws(
      () =>
        parseWorld(
          'mode: paper\nfeed: { kind: replay }\npresets: { sla: { BTC: strikt } }\n',
          'w.yaml',
          known,
        ),
      /there is no service level "strikt" in seamless\.presets\.yaml: did you mean strict\?/,
    );
    assert.throws(
      () => parseWorld(text, 'w.yaml', { data: [], sla: [] }),
      /add it to seamless\.presets\.yaml under "data:"/,
    );
    world('near', backtest('{ data: { BTC: othre } }'));
    await assert.rejects(start(at, { world: 'near' }), /worlds\/near\.yaml:4: there is no preset "othre"/);
    world('stream', backtest('{ data: { BTX: other } }'));
    await assert.rejects(start(at, { world: 'stream' }), /has no such stream\. Did you mean BTC\?/);
    world('interval', backtest('{ data: { BTC: hours } }'));
    await assert.rejects(
      start(at, { world: 'interval' }),
      /BTC has interval 1m, but its preset hours holds bars of 1h/,
    );
  });
});
