// Slow (20 s): runs by several children.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { rowsOf } from '../../../src/protocol/history.js';
import { openStore } from '../../../src/store/store.js';
import { query } from '../../store/support.js';
import {
  Child,
  closeOf,
  CSV_HEADER,
  csvLines,
  minute,
  Project,
  refused,
  runFresh,
  states,
  storedTables,
  withChild,
} from '../../support/project.js';

const STRATEGY = `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const sum = new Node({ name: 'sum', input: price, period: 3,
      computeFn: (view) => view.window(price).column('close').reduce((a, b) => a + b, 0) });
    const up = new Node({ name: 'up', input: sum, period: 2,
      computeFn: (view) => view.latest(sum) > 300 });
    this.addNodes([price, sum, up]);
  }
}
`;

describe('a cache that a warm child keeps open', () => {
  let project: Project;
  let first: Child;
  let second: Child;
  before(() => {
    first = new Child();
    second = new Child();
  });
  after(() => Promise.all([first.end(), second.end()]));
  beforeEach(() => {
    project = new Project({ 'main.ts': STRATEGY, 'bars.csv': CSV_HEADER + csvLines(0, 200) });
  });
  afterEach(() => project.remove());

  const range = (to: number) => ({ start: minute(0), end: minute(to) });
  const inPlace = (): string => join(project.cacheDir, 'cache.duckdb');

  /** What the cache holds over the first `to` bars must be what one made from nothing holds. */
  async function assertLikeCold(to: number): Promise<void> {
    const cacheDir = project.path('cold');
    rmSync(cacheDir, { recursive: true, force: true });
    const warm = await first.materialize(project, range(to));
    const { report } = await runFresh(project, { ...range(to), cacheDir });
    const [held, cold] = [await storedTables(project.cacheDir, warm), await storedTables(cacheDir, report)];
    for (const [name, table] of cold) assert.deepEqual(held.get(name), table, name);
  }

  it('is shared by two that take turns, each seeing what the other did', async () => {
    for (let turn = 0; turn < 6; turn++) {
      const to = 100 + turn * 10;
      const [one, other] = turn % 2 === 0 ? [first, second] : [second, first];
      if (turn === 3) {
        project.write({
          'bars.csv': CSV_HEADER + csvLines(0, 200, (index) => (index === 60 ? 7 : closeOf(index))),
        });
      }
      if (turn === 4) project.write({ 'main.ts': STRATEGY.replace('> 300', '> 301') });
      const { computed } = await one.materialize(project, range(to));
      assert.ok(computed > 0);
      const hit = { price: 'hit', sum: 'hit', up: 'hit' };
      assert.deepEqual(states(await other.materialize(project, range(to))), hit, `turn ${turn}`);
      const [here, there] = [await one.read(project, 'Main', 'up'), await other.read(project, 'Main', 'up')];
      assert.deepEqual(here, there);
    }
    await assertLikeCold(150);
  });

  it('serves both when they ask at the same time, again and again', async () => {
    const ask = async (child: Child): Promise<void> => {
      for (let to = 50; to <= 200; to += 50) await child.materialize(project, range(to));
    };
    await Promise.all([ask(first), ask(second)]);
    await assertLikeCold(200);
  });

  it('is made anew when its folder was deleted between two requests', async () => {
    const ran = await first.materialize(project, range(100));
    rmSync(project.cacheDir, { recursive: true });
    const place = { projectRoot: project.root, strategy: 'Main', node: 'sum' };
    await refused(first.request('read', place), 'not-found', /^Nothing is materialized yet\.$/);
    const again = await first.materialize(project, range(100));
    assert.deepEqual(states(again), states(ran));
    rmSync(project.cacheDir, { recursive: true });
    await assertLikeCold(100);
  });

  it('is not mistaken for another that took its place', async () => {
    await first.materialize(project, range(100));
    rmSync(project.cacheDir, { recursive: true });
    project.write({ 'bars.csv': CSV_HEADER + csvLines(0, 200, () => 1) });
    await second.materialize(project, range(100));
    const rows = rowsOf(await first.read(project, 'Main', 'sum'));
    assert.ok(rows.length > 0 && rows.every(({ value }) => value === 3));
  });

  it('is still the one at its path after it was written anew', async () => {
    await first.materialize(project, range(100));
    await first.request('cache', { projectRoot: project.root, action: 'clear' });
    await first.materialize(project, range(100));
    await assertLikeCold(100);
  });

  it('is let go of when another process asks, and else when its owner is idle', async () => {
    await first.materialize(project, range(100));
    await (await openStore({ dir: project.cacheDir })).close();

    await first.materialize(project, range(100));
    // Nobody asks: a client of DuckDB finds it free once its owner was idle for a while.
    const count = () => query(inPlace(), 'SELECT count(*)::INTEGER AS n FROM coverage').catch(() => null);
    let rows = await count();
    for (; rows === null; rows = await count()) await sleep(50);
    assert.ok(Number(rows[0]?.['n']) > 0);
  });

  it('is let go of while a strategy is being loaded', async () => {
    // Its folder may be read, so its module can wait for a file.
    const wait = `const lock = new Int32Array(new SharedArrayBuffer(4));
while (!readdirSync(${JSON.stringify(project.root)}).includes('go.txt')) Atomics.wait(lock, 0, 0, 50);`;
    const slow = `import { readdirSync } from 'node:fs';\nconsole.log('loading');\n${wait}\n`;
    await first.materialize(project, range(100));
    project.write({ 'slow.ts': slow + STRATEGY.replace('class Main', 'class Slow') });
    const loading = first.printed(/loading/);
    const ended: string[] = [];
    const slowly = first
      .materialize(project, { ...range(50), file: 'slow.ts', className: 'Slow' })
      .finally(() => ended.push('first'));
    await loading;
    await second.materialize(project, range(120));
    ended.push('second');
    project.write({ 'go.txt': '' });
    await slowly;
    assert.deepEqual(ended, ['second', 'first']);
    await assertLikeCold(120);
  });

  it('is closed when the child ends', async () => {
    await withChild((child) => child.materialize(project, range(100)));
    const [row] = await query(inPlace(), 'SELECT count(*)::INTEGER AS n FROM coverage');
    assert.ok(Number(row?.['n']) > 0);
  });
});
