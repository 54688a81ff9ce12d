// Slow (30 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';

import { eventsOf as eventsOfLine } from '../../../src/live/journal/codec.js';
import { JournalReader } from '../../../src/live/journal/journal.js';
import { isRunning, readRun, runFolder, runNames } from '../../../src/live/journal/runs.js';
import type { RunEvent } from '../../../src/sdk/live/live.js';
import { cases } from '../../support/profile.js';
import { minute, type Project } from '../../support/project.js';
import { eventsOf, OHLC_HEADER, ohlcLines, only, project, start } from '../support.js';
import LoopbackClient from './client.js';
import { loopbackBroker, type Loopback } from './loopback.js';

const CLI = resolve(import.meta.dirname, '../../../dist/cli.js');
const CLIENT = resolve(import.meta.dirname, 'client.ts');
const BARS = 600;
const FROM = 300;

describe('a live world', () => {
  let at: Project;
  before(() => {
    const live = `mode: live\nallowLive: true\nbroker: ${JSON.stringify(CLIENT)}\nfeed: { kind: replay, start: ${minute(FROM)}`;
    at = project({
      'bars.csv': OHLC_HEADER + ohlcLines(0, BARS),
      'worlds/live.yaml': `${live} }\n`,
      // A bar in ten milliseconds.
      'worlds/slow.yaml': `${live}, speed: 6000 }\n`,
      'worlds/paper.yaml': `mode: paper\nfeed: { kind: replay, start: ${minute(FROM)} }\n`,
    });
  });
  after(() => at.remove());

  /** Every order once with the broker, and every fill once in the journal, and what is held is what they come to. */
  function conserved(events: readonly RunEvent[], run: string, { orders, fills }: Loopback): void {
    const refused = only(events, 'rejected').map(({ order }) => order);
    const sent = only(events, 'order').filter(({ order }) => !refused.includes(order));
    assert.deepEqual([...orders.keys()].sort(), sent.map(({ order }) => `${run}-${order}`).sort());
    for (const { order, quantity } of sent) assert.equal(orders.get(`${run}-${order}`)?.quantity, quantity);
    const filled = only(events, 'fill').map(({ execution }) => execution);
    assert.deepEqual([...filled].sort(), fills.map(({ id }) => id).sort());
    const held = fills.reduce((sum, { quantity }) => sum + quantity, 0);
    const result = only(events, 'finished').at(-1);
    assert.ok(Math.abs((result?.positions['BTC'] ?? 0) - held) < 1e-9);
    for (const { execution, maker } of only(events, 'fill'))
      assert.equal(maker, fills.find(({ id }) => id === execution)?.maker ?? null);
    const cash = fills.reduce((sum, { quantity, price, fee }) => sum - quantity * price - fee, 10_000);
    assert.ok(Math.abs((result?.cash ?? 0) - cash) < 1e-6);
  }

  it('sends its orders to the broker, and holds what that filled', async () => {
    const refused = (order: { id: string }): boolean => order.id.endsWith('-3');
    const broker = await loopbackBroker(refused, ({ id }) => id.endsWith('-2'));
    try {
      const run = await start(at, { world: 'live', broker: new LoopbackClient(broker.url), confirm: 'live' });
      const events = await eventsOf(run);
      await run.result;
      assert.ok(broker.orders.size > 5);
      assert.deepEqual(
        only(events, 'rejected').map(({ order, reason }) => [order, reason]),
        [[3, 'No such lot.']],
      );
      conserved(events, run.id, broker);
      // The answer to one was lost: it was looked for, and not sent again.
      assert.deepEqual(broker.again, []);
    } finally {
      await broker.close();
    }
  });

  it('is refused without a broker, and without its name', async () => {
    const broker = new LoopbackClient('http://127.0.0.1:1');
    await assert.rejects(start(at, { world: 'live' }), /there is no Broker to trade through/);
    await assert.rejects(start(at, { world: 'live', broker }), /nobody has confirmed that: give its name/);
    await assert.rejects(
      start(at, { world: 'live', broker, confirm: 'yes' }),
      /World live trades real money, and what was typed is not its name/,
    );
    at.write({ 'worlds/unallowed.yaml': 'mode: live\nfeed: { kind: replay }\n' });
    await assert.rejects(
      start(at, { world: 'unallowed', broker, confirm: 'unallowed' }),
      /refused unless the world says "allowLive: true"/,
    );
  });

  it('never has a broker hear of orders on paper', async () => {
    const broker = await loopbackBroker();
    try {
      const run = await start(at, { world: 'paper', broker: new LoopbackClient(broker.url) });
      assert.ok((await run.result).fills > 5);
      assert.equal(broker.orders.size, 0);
    } finally {
      await broker.close();
    }
  });

  it('that loses its broker ends with the way out', async () => {
    const broker = await loopbackBroker();
    await broker.close();
    const run = await start(at, { world: 'live', broker: new LoopbackClient(broker.url), confirm: 'live' });
    await assert.rejects(run.result, /its broker .* resume it once the broker answers/);
  });

  /** `seamless run`, killed once the broker has so many orders, or left to its end. */
  function seamless(
    args: readonly string[],
    broker: Loopback,
    killAt = Infinity,
  ): Promise<{ code: number | null; err: string }> {
    return new Promise((done) => {
      const env = { ...process.env, BROKER_URL: broker.url };
      const child = execFile(
        process.execPath,
        [CLI, 'run', 'main.ts#Momentum', ...args],
        { cwd: at.root, env, maxBuffer: 2 ** 28 },
        (_, __, err) => {
          clearInterval(watch);
          done({ code: child.exitCode, err });
        },
      );
      const watch = setInterval(() => broker.orders.size >= killAt && child.kill('SIGKILL'), 5);
    });
  }

  it('in a terminal asks for its name, and refuses another', async () => {
    const broker = await loopbackBroker();
    try {
      const silent = await seamless(['--world', 'live'], broker);
      assert.equal(silent.code, 2);
      assert.match(silent.err, /nobody is here to confirm that: write --confirm live/);
      assert.match(
        (await seamless(['--world', 'live', '--confirm', 'lvie'], broker)).err,
        /what was typed is not its name/,
      );
      assert.equal(broker.orders.size, 0);
    } finally {
      await broker.close();
    }
  });

  it('that is killed goes on without a second order or a lost fill', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 2, maxLength: 3 }),
        async ([first = 1, ...more]) => {
          const broker = await loopbackBroker();
          try {
            const before = runNamesOf(at);
            const confirmed = ['--world', 'slow', '--confirm', 'slow'];
            await seamless(confirmed, broker, first);
            const run = runNamesOf(at).find((name) => !before.includes(name));
            assert.ok(run !== undefined);
            const again = [...confirmed, '--resume', run];
            for (const orders of more) {
              await letGo(run);
              await seamless(again, broker, broker.orders.size + orders);
            }
            await letGo(run);
            const last = await seamless(again, broker);
            assert.equal(last.code, 0, last.err);
            const events = [...new JournalReader(runFolder(at.cacheDir, run)).all()].flatMap(eventsOfLine);
            assert.ok(broker.orders.size > 3);
            conserved(events, run, broker);
          } finally {
            await broker.close();
          }
        },
      ),
      cases(10, 2),
    );
  });

  /** Resolves when the process of a run is gone: it outlives the terminal for a moment. */
  async function letGo(run: string): Promise<void> {
    while (isRunning(at.cacheDir, readRun(at.cacheDir, run))) await setTimeout(20);
  }
});

function runNamesOf(at: Project): string[] {
  return runNames(at.cacheDir);
}
