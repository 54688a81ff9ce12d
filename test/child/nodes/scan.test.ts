// Slow (30 s): long ranges, run again and again in a child.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

import { SeamlessError } from '../../../src/sdk/errors.js';
import {
  callsOf,
  chunksOf,
  Child,
  CSV_HEADER,
  closeOf,
  csvLines,
  minute,
  nodeOf,
  Project,
  runFresh,
  states,
  storedTables,
  withChild,
  type Wanted,
} from '../../support/project.js';
import { query } from '../../store/support.js';
import { keptChild } from '../../support/kept-child.js';

/** A running sum, which never forgets; a position with its entry, which does; what uses it; and an average over all history. */
function strategy(step = '', enter = 'close > state.high + 1'): string {
  return `
import { csvHistory, Node, ScanNode, Strategy, StreamInput } from 'seamless-dag';
import { called } from './lib/called';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const total = new ScanNode({
      name: 'total', input: price, period: 1,
      init: () => ({ sum: -0, count: 0, last: new Float64Array(3).fill(NaN) }),
      step: (state, view) => {
        called('total', view);
        ${step}
        state.sum += view.latest(price).close;
        state.last.set([state.sum], state.count % 3);
        state.count += 1;
        return { state, value: state.sum / state.count + (state.last[1] || 0) };
      },
    });
    const position = new ScanNode({
      name: 'position', input: price, period: 3,
      init: () => ({ held: 0, entry: NaN, high: -Infinity, why: null as string | null }),
      step: (state, view) => {
        called('position', view);
        const { close } = view.latest(price);
        if (view.asOf % 86_400 === 0) return { state: { held: 0, entry: NaN, high: -Infinity, why: null } };
        if (${enter}) return { state: { held: 1, entry: close, high: close, why: 'up' }, value: { held: 1, entry: close } };
        return { state: { ...state, high: state.high - 0.5 }, value: { held: state.held, entry: state.entry } };
      },
    });
    const gain = new Node({
      name: 'gain', input: [position, price], period: [2, 1],
      computeFn: (view) => {
        called('gain', view);
        return view.latest(price).close - (view.latest(position) as { entry: number }).entry;
      },
    });
    this.addNodes([total, gain]);
  }
}
`;
}

const FILES = { 'main.ts': strategy(), 'bars.csv': CSV_HEADER + csvLines(0, 1500) };
const ALL = { start: minute(0), end: minute(1500) };

describe('a node that carries a state from bar to bar', () => {
  const child = keptChild();
  let project: Project;
  beforeEach(() => {
    project = new Project(FILES);
  });
  afterEach(() => project.remove());

  /** Expects that what the cache holds is what an empty one comes to. */
  async function assertTrue(wanted: Wanted = ALL, by = child()): Promise<void> {
    const coldDir = project.path('cold');
    const warm = await by.materialize(project, wanted);
    const cold = await by.materialize(project, { ...wanted, cacheDir: coldDir });
    assert.deepEqual(warm.coverageBounds, cold.coverageBounds);
    assert.deepStrictEqual(await storedTables(project.cacheDir, warm), await storedTables(coldDir, cold));
  }

  it('gives a short run the rows of a long one, and a longer run continues where it ended', async () => {
    const late = await child().run(project, { start: minute(1200), end: minute(1210) });
    assert.deepEqual(states(late.report), {
      price: 'computed',
      total: 'computed',
      position: 'computed',
      gain: 'computed',
    });
    assert.deepEqual(
      [callsOf(late.lines, 'total').length, callsOf(late.lines, 'position').length],
      [1210, 1208],
    );
    assert.match(
      nodeOf(late.report, 'total').reason,
      /^Computed for the first time\. It carries a state, so it was computed from 20\d\d-.* on\.$/,
    );
    const early = await child().run(project, { start: minute(100), end: minute(200) });
    assert.equal(nodeOf(early.report, 'total').state, 'hit');
    assert.deepEqual([callsOf(early.lines, 'total'), callsOf(early.lines, 'position')], [[], []]);
    const on = await child().run(project, { start: minute(1205), end: minute(1220) });
    assert.equal(callsOf(on.lines, 'total').length, 10);
    await assertTrue();
  });

  it('computes an appended day alone', async () => {
    await runFresh(project, ALL);
    project.append('bars.csv', csvLines(1500, 1600));
    const { lines } = await runFresh(project, { start: ALL.start, end: minute(1600) });
    assert.deepEqual([callsOf(lines, 'total').length, callsOf(lines, 'position').length], [100, 100]);
    await assertTrue({ start: minute(50), end: minute(1600) });
  });

  describe('over two chunks, with a border 600 bars from the beginning', () => {
    chunksOf(16_384);
    const child = keptChild();

    it('computes after a correction until the states match again', async () => {
      await child().run(project, ALL);
      project.write({
        'bars.csv': CSV_HEADER + csvLines(0, 1500, (index) => closeOf(index) + (index === 300 ? 0.25 : 0)),
      });
      const { report, lines } = await child().run(project, ALL);
      assert.deepEqual(states(report), {
        price: 'computed',
        total: 'computed',
        position: 'computed',
        gain: 'computed',
      });
      const position = callsOf(lines, 'position');
      assert.ok(position.length === 600 - 2, `${position.length} bars of position`);
      assert.ok(callsOf(lines, 'total').length === 1500, 'a sum never forgets');
      await assertTrue(ALL, child());
    });
  });

  it('a bar that fails keeps those before it, and the next run goes on from there', async () => {
    const fails = `if (view.asOf === ${minute(1001)}) { state.sum = 1e9; throw new Error('no such bar'); }`;
    project.write({ 'main.ts': strategy(fails) });
    const { report, lines } = await child().run(project, ALL);
    assert.deepEqual(states(report), {
      price: 'computed',
      total: 'failed',
      position: 'computed',
      gain: 'computed',
    });
    assert.match(
      nodeOf(report, 'total').reason,
      /Main: Node total failed at .*: no such bar \(main\.ts:\d+\)\.$/,
    );
    assert.deepEqual(nodeOf(report, 'total').coverage, [[minute(0), minute(1000)]]);
    assert.equal(callsOf(lines, 'total').length, 1001);
    const again = await child().run(project, ALL);
    assert.deepEqual(callsOf(again.lines, 'total'), [minute(1001)]);
    await assertTrue({ start: minute(0), end: minute(1000) });
  });

  it('a state that a disk changed is set aside, and the bars before it are computed again', async () => {
    await runFresh(project, ALL);
    const places =
      "SELECT name, json_extract(layout, '$.state[0]')::INTEGER AS at FROM segments g JOIN packs p ON p.id = g.pack";
    const states = await query(
      project.path('.seamless/cache.duckdb'),
      `${places} WHERE json_extract(layout, '$.state') <> 'null'`,
    );
    for (const { name, at } of states) {
      const path = project.path(`.seamless/packs/${String(name)}`);
      const bytes = readFileSync(path);
      bytes[Number(at) + 20] = (bytes[Number(at) + 20] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    }
    assert.ok(states.length > 0);
    project.append('bars.csv', csvLines(1500, 1600));
    const { report, lines } = await runFresh(project, { start: ALL.start, end: minute(1600) });
    assert.ok(
      lines.some((line) => /^Rows of .*total of Main .* were damaged in the cache/.test(line)),
      lines[0],
    );
    assert.deepEqual(nodeOf(report, 'total').coverage, [[minute(0), minute(1600)]]);
    await assertTrue({ start: ALL.start, end: minute(1600) });
  });

  it('is computed anew when its step or init is edited, and for nothing else', async () => {
    await child().run(project, ALL);
    project.write({ 'main.ts': strategy('', 'close > state.high + 2') });
    const step = await child().run(project, ALL);
    assert.deepEqual(states(step.report), {
      price: 'hit',
      total: 'hit',
      position: 'computed',
      gain: 'computed',
    });
    project.write({ 'main.ts': strategy('', 'close > state.high + 2').replace('sum: -0', 'sum: 1') });
    const init = await child().run(project, ALL);
    assert.deepEqual(states(init.report), {
      price: 'hit',
      total: 'computed',
      position: 'hit',
      gain: 'hit',
    });
    project.write({ 'main.ts': FILES['main.ts'] });
    const back = await child().run(project, ALL);
    assert.deepEqual(callsOf(back.lines, 'total').length + callsOf(back.lines, 'position').length, 0);
    const { nodes } = await child().request('status', {
      strategy: project.strategy('main.ts'),
      ...ALL,
    });
    assert.deepEqual(
      nodes.map(({ label, state }) => [label, state]),
      [
        ['csv', 'fresh'],
        ['scan', 'fresh'],
        ['scan', 'fresh'],
        ['node', 'fresh'],
      ],
    );
    await assertTrue();
  });

  it('refuses a state that is no plain data, in a sentence', async () => {
    project.write({ 'main.ts': strategy('Object.assign(state, { seen: new Map() });') });
    const { report } = await child().run(project, ALL);
    assert.match(
      nodeOf(report, 'total').reason,
      /^Main: Node total gave a state with an instance of Map in seen at .*: keep it as numbers, texts, .* \(main\.ts:\d+\)\.$/,
    );
  });

  it('may not keep anything in a captured variable', async () => {
    project.write({
      'main.ts': strategy('SEEN.push(state.sum);').replace(
        'export class',
        'const SEEN: number[] = [];\nexport class',
      ),
    });
    const { report } = await child().run(project, ALL);
    assert.match(
      nodeOf(report, 'total').reason,
      /Node total keeps state between bars: while it computed, it changed SEEN in closure of total\..*Carry it in that state \(main\.ts:\d+\)/,
    );
  });

  describe('over several chunks', () => {
    chunksOf(256);

    it('cancelled and killed, it goes on from the last state that was stored', async () => {
      // It sleeps, which costs no processor time.
      const slow = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);';
      project.write({ 'main.ts': strategy(slow) });
      let interrupted = 0;
      for (const way of ['cancel', 'kill'] as const) {
        const child = new Child();
        const controller = new AbortController();
        const run = child.materialize(project, {
          ...ALL,
          signal: controller.signal,
          onProgress: ({ covered }) => {
            if (!covered?.some(({ node }) => node === 'total')) return;
            if (way === 'cancel') controller.abort();
            else process.kill(child.client.pid ?? 0, 'SIGKILL');
          },
        });
        // A run may be done before it hears of it.
        await run.catch((error: unknown) => {
          interrupted += 1;
          if (way === 'cancel')
            assert.ok(error instanceof SeamlessError && error.code === 'cancelled', String(error));
        });
        await child.end();
      }
      assert.ok(interrupted > 0, 'one of two runs was interrupted');
      const { lines } = await runFresh(project, ALL);
      assert.ok(callsOf(lines, 'total').length < 1500, 'something was kept');
      await assertTrue();
    });
  });

  it('one bar is called with the state before it', async () => {
    project.write({
      'main.ts': strategy("console.log('state', view.asOf, state.count, state.sum);"),
    });
    const { lines } = await child().run(project, { start: minute(0), end: minute(1000) });
    const seen = lines.find((line) => line.startsWith(`state ${minute(801)} `));
    const told: string[] = [];
    await withChild(async (child) => {
      for (const bar of [minute(0), minute(1400), minute(800)]) {
        const request = { strategy: project.strategy('main.ts'), node: 'total', bar };
        assert.equal((await child.request('debug', request)).failure, null);
      }
      await child.end();
      told.push(...child.lines);
    });
    assert.equal(told.filter((line) => line.startsWith('state')).at(-1), seen);
  });
});
