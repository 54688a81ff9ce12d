// Slow (20 s): a property: children that are killed while they fetch.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { quickHit } from '../../../src/cli/startup/quick-hit.js';
import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import { bundleCode } from '../../../src/hosts/typescript/bundle/bundle.js';
import { builtFile } from '../../../src/protocol/built-file.js';
import { Exchange, klines, type Kline, type Mishap } from '../../support/exchange/exchange.js';
import { Child, nodeOf, Project, refused, storedTables, withChild } from '../../support/project.js';

const FIRST = Date.parse('2023-03-01T00:00:00Z') / 1000;
/** Two blocks of what is stored together, and a part of one. */
const BARS = 20_000;
const at = (bar: number): number => FIRST + bar * 60;

function strategy(exchange: Exchange, more = ''): string {
  return `
import { httpHistory, Node, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m',
      historyProvider: httpHistory({ url: '${exchange.url}', pace: { requests: 100000, per: '1s' } ${more} }) });
    this.addNodes([new Node({ name: 'range', input: price, period: 7,
      computeFn: (view) => Math.max(...view.window(price).column('high')) - Math.min(...view.window(price).column('low')) })]);
  }
}`;
}

describe('an exchange as the source of a run', () => {
  const rows = klines(FIRST, BARS, { holes: (slot) => slot % 997 === 5 });
  let exchange: Exchange;
  let project: Project;
  before(async () => {
    exchange = await Exchange.open(rows);
    project = new Project({ 'main.ts': strategy(exchange) });
  });
  afterEach(() => {
    Object.assign(exchange, { rows, delay: 0, mishaps: [] });
    exchange.asked.length = 0;
  });
  after(async () => {
    await exchange.close();
    project.remove();
  });

  it('is asked for what is missing alone, and for a hit not at all', async () => {
    const cacheDir = project.path('hits');
    await withChild(async (child) => {
      const first = await child.materialize(project, { start: at(100), end: at(3000), cacheDir });
      assert.deepEqual(first.coverageBounds, [at(100), at(3000)]);
      exchange.asked.length = 0;
      const hit = await child.materialize(project, { start: at(100), end: at(3000), cacheDir });
      assert.equal(hit.hits, 2);
      assert.equal(exchange.asked.length, 0);
      await child.materialize(project, { start: at(100), end: at(3500), cacheDir });
      assert.ok(
        exchange.asked.every(({ start }) => start >= at(3000) * 1000),
        JSON.stringify(exchange.asked),
      );
    });
    // How it is asked is not what it is asked for.
    project.write({ 'main.ts': strategy(exchange, ', limit: 77, attempts: 3, stabilizationBars: 2') });
    exchange.asked.length = 0;
    await withChild(async (child) => {
      const again = await child.materialize(project, { start: at(100), end: at(3500), cacheDir });
      assert.equal(again.hits, 2);
      assert.equal(exchange.asked.length, 0);
    });
    project.write({ 'main.ts': strategy(exchange) });
  });

  it('is not needed for a hit that a terminal tells by itself, and none is told of a range that bars may still come to', async () => {
    const spec = (end: number): string[] => [
      `${project.path('main.ts')}#Main`,
      '--start',
      String(FIRST),
      '--end',
      String(end),
    ];
    const strategy = project.strategy('main.ts', 'Main');
    const sdkUrl = pathToFileURL(builtFile('index.js')).href;
    for (const [end, hits] of [
      [at(2000), 2],
      [at(BARS + 60), undefined],
    ] as const) {
      await withChild(async (child) => {
        for (let run = 0; run < 2; run++) {
          const bundle = { ...(await bundleCode({ ...strategy, sdkUrl })), begunAt: Date.now() + 3_600_000 };
          await child.request('materialize', { strategy, start: FIRST, end, bundle, sidecar: true });
        }
      });
      exchange.asked.length = 0;
      assert.equal((await quickHit(spec(end)))?.report.hits, hits);
      assert.equal(exchange.asked.length, 0);
    }
  });

  it('may have bars later that it has not yet: they are never taken for holes', async () => {
    const cacheDir = project.path('grows');
    exchange.rows = rows.slice(0, 1500);
    await withChild(async (child) => {
      const short = await child.materialize(project, { start: FIRST, end: at(2000), cacheDir });
      const last = (exchange.rows.at(-1)?.[0] ?? 0) / 1000 + 60;
      assert.deepEqual(nodeOf(short, 'price').notYet, [[last, at(2000)]]);
      exchange.rows = rows;
      const whole = await child.materialize(project, { start: FIRST, end: at(2000), cacheDir });
      assert.deepEqual(whole.coverageBounds, [FIRST, at(2000)]);
    });
    await assertCold(cacheDir, FIRST, at(2000));
  });

  it('is asked once by two processes that want the same', async () => {
    const wanted = { start: FIRST, end: at(6000) };
    const alone = { ...wanted, cacheDir: project.path('alone') };
    await withChild((child) => child.materialize(project, alone));
    const pages = exchange.asked.map(({ start, end }) => [start, end]).filter(([, end = 0]) => end < 2e12);
    exchange.asked.length = 0;
    exchange.delay = 5;
    const both = { ...wanted, cacheDir: project.path('both') };
    await Promise.all([1, 2].map(() => withChild((child) => child.materialize(project, both))));
    assert.equal(exchange.asked.length, pages.length, JSON.stringify(exchange.asked));
  });

  it('may fail midway: what was stored of it is not fetched again, and the sentence says so', async () => {
    const cacheDir = project.path('midway');
    exchange.mishaps = [...Array<null>(40).fill(null), ...Array<'reset'>(99).fill('reset')];
    const more = ', attempts: 2';
    project.write({ 'main.ts': strategy(exchange, more) });
    await withChild(async (child) => {
      const wanted = { start: FIRST, end: at(BARS), cacheDir };
      const cut = await child.materialize(project, wanted).then(
        (report) => nodeOf(report, 'price').failure?.message,
        (error: unknown) => String(error),
      );
      assert.match(cut ?? '', /cannot be reached .* What was fetched before is kept: run again/);
      exchange.mishaps = [];
      exchange.asked.length = 0;
      const whole = await child.materialize(project, { start: FIRST, end: at(BARS), cacheDir });
      assert.deepEqual(whole.coverageBounds, [FIRST, at(BARS)]);
      assert.ok(exchange.asked.length > 0 && exchange.asked.length < 30, String(exchange.asked.length));
    });
    project.write({ 'main.ts': strategy(exchange) });
    await assertCold(cacheDir, FIRST, at(BARS));
  });

  it('may come to answer otherwise: nothing of that is taken, and the sentence’s way out works', async () => {
    const cacheDir = project.path('schema');
    const range = { start: at(0), end: at(2000), cacheDir };
    const first = await withChild((child) => child.materialize(project, range));
    exchange.shape = (page) => page.map(([t, o, h, l, c]) => ({ t, o, h, l, c }));
    try {
      const longer = { ...range, end: at(12_000) };
      await withChild((child) =>
        refused(
          child.materialize(project, longer),
          'source-row',
          /columns: \{ time: 't', open: 'o', high: 'h', low: 'l', close: 'c' \}/,
        ),
      );
      // What was there is there.
      const again = await withChild((child) => child.materialize(project, range));
      assert.deepEqual(nodeOf(again, 'range').coverage, nodeOf(first, 'range').coverage);
      assert.equal(nodeOf(again, 'range').state, 'hit');
      project.write({
        'other.ts': strategy(
          exchange,
          ", columns: { time: 't', open: 'o', high: 'h', low: 'l', close: 'c' }",
        ),
      });
      const report = await withChild((child) =>
        child.client.request('materialize', { strategy: project.strategy('other.ts'), ...longer }),
      );
      assert.equal(nodeOf(report, 'price').rows, rows.filter(([time]) => time / 1000 < at(12_000)).length);
    } finally {
      exchange.shape = (page) => page;
    }
  });

  it('ends with the run that is cancelled while it waits', async () => {
    exchange.mishaps = Array<Mishap>(9).fill({ status: 429, headers: { 'retry-after': '100' } });
    await withChild(async (child) => {
      const controller = new AbortController();
      const wanted = {
        start: FIRST,
        end: at(100),
        cacheDir: project.path('waits'),
        signal: controller.signal,
      };
      const run = refused(child.materialize(project, wanted), 'cancelled', /Cancelled/);
      while (exchange.asked.length === 0) await sleep(10);
      controller.abort();
      await run;
      assert.equal(child.client.alive, true);
    });
  });

  it('gives the same rows, byte for byte, however a run is cut and killed', async () => {
    const bar = fc.integer({ min: 0, max: BARS });
    const step = fc.record({
      from: bar,
      to: bar,
      kill: fc.boolean(),
      after: fc.integer({ min: 1, max: 25 }),
    });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 4 }), async (steps) => {
        const cacheDir = project.path(`cut-${++runs}`);
        exchange.delay = 1;
        for (const { from, to, kill, after } of steps) {
          const [start, end] = [at(Math.min(from, to)), at(Math.max(from, to) + 10)];
          const child = new Child();
          exchange.asked.length = 0;
          const run = child
            .materialize(project, { start, end: Math.min(end, at(BARS)), cacheDir })
            .catch((error: unknown) => error);
          if (kill) {
            const pages = Math.min(after, Math.floor((end - start) / 60_000));
            while (exchange.asked.length < pages && child.client.alive) {
              if (await Promise.race([run.then(() => true), sleep(2).then(() => false)])) break;
            }
            if (child.client.pid) process.kill(child.client.pid, 'SIGKILL');
          }
          await run;
          await child.end();
        }
        exchange.delay = 0;
        await assertCold(cacheDir, FIRST, at(BARS));
      }),
      { numRuns: 4 },
    );
  });

  /** Expects that a cache, completed, holds what an empty one would. */
  async function assertCold(cacheDir: string, start: number, end: number): Promise<void> {
    const cold = project.path('cold');
    const [warm, other] = await withChild(async (child): Promise<[RunReport, RunReport]> => [
      await child.materialize(project, { start, end, cacheDir }),
      await child.materialize(project, { start, end, cacheDir: cold }),
    ]);
    assert.deepEqual(warm.coverageBounds, [start, end]);
    const expected: readonly Kline[] = rows.filter(([time]) => time >= start * 1000 && time < end * 1000);
    assert.equal(nodeOf(warm, 'price').rows, expected.length);
    assert.deepStrictEqual(await storedTables(cacheDir, warm), await storedTables(cold, other));
  }
});
