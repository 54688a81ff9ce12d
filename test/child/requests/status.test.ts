// Slow (10 s): runs in a child process.
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';

import type { NodeStatus } from '../../../src/engine/plan/status.js';
import type { StatusReport } from '../../../src/protocol/results.js';
import { Child, CSV_HEADER, csvLines, minute, Project, refused } from '../../support/project.js';

const STRATEGY = `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const mean = new Node({ name: 'mean', input: price, period: 5,
      computeFn: (view) => view.window(price).column('close')[0] });
    const step = new Node({ name: 'step', input: [mean, price], period: [3, 1],
      computeFn: (view) => view.latest(mean) });
    this.addNodes([price, mean, step]);
  }
}
`;
const RANGE = { start: minute(0), end: minute(100) };

describe('status', () => {
  let child: Child;
  let project: Project;
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  beforeEach(async () => {
    project = new Project({ 'main.ts': STRATEGY, 'bars.csv': CSV_HEADER + csvLines(0, 100) });
    await child.materialize(project, RANGE);
  });
  afterEach(() => project.remove());

  const status = (range: { start?: number; end?: number } = RANGE): Promise<StatusReport> =>
    child.request('status', { strategy: project.strategy('main.ts'), ...range });
  const changes = async (): Promise<Record<string, NodeStatus['change']>> =>
    Object.fromEntries((await status()).nodes.map(({ name, change }) => [name, change]));

  it('says where each node is made, what it reads, and which part of the range has no data', async () => {
    const wide = await status({ start: minute(-10), end: minute(120) });
    const [price, mean, step] = wide.nodes;
    assert.deepEqual(mean?.inputs, [{ name: 'price', period: 5 }]);
    assert.deepEqual(step?.inputs, [
      { name: 'mean', period: 3 },
      { name: 'price', period: 1 },
    ]);
    assert.deepEqual(
      [price, mean, step].map((node) => [node?.location?.file, node?.location?.line]),
      [6, 7, 9].map((line) => [project.path('main.ts'), line]),
    );
    const report = await child.materialize(project, { start: minute(-10), end: minute(120) });
    for (const [index, node] of wide.nodes.entries()) {
      assert.equal(node.change, null);
      assert.equal(node.state, 'fresh');
      assert.deepEqual(node.unavailable, [[minute(-10), minute(0)]]);
      assert.deepEqual(node.notYet, [[minute(100), minute(120)]]);
      const ran = report.nodes[index];
      assert.deepEqual(
        [node.coverage, node.unavailable, node.notYet],
        [ran?.coverage, ran?.unavailable, ran?.notYet],
      );
    }
  });

  it('ends an open range at the end of the data', async () => {
    const { range, nodes } = await status({ start: minute(50) });
    assert.deepEqual(range, [minute(50), minute(100)]);
    assert.deepEqual(
      nodes.map(({ coverage, rows }) => [coverage, rows]),
      nodes.map(() => [[[minute(50), minute(100)]], 50]),
    );
  });

  it('tells an edit of a node from one upstream, and both from a change of the source', async () => {
    assert.deepEqual(await changes(), { price: null, mean: null, step: null });
    project.append('bars.csv', csvLines(100, 101));
    assert.deepEqual(await changes(), { price: 'source', mean: 'source', step: 'source' });
    project.write({ 'main.ts': STRATEGY.replace("'close')[0]", "'close')[1]") });
    assert.deepEqual(await changes(), { price: 'source', mean: 'own', step: 'source' });
    project.write({ 'bars.csv': CSV_HEADER + csvLines(0, 100) });
    assert.deepEqual(await changes(), { price: null, mean: 'own', step: 'upstream' });
    project.write({
      'main.ts': STRATEGY.replace("'close')[0]", "'close')[0] * f.next().value").replace(
        'export',
        'const f = (function* () { yield 1; })();\nexport',
      ),
    });
    assert.equal((await changes())['mean'], 'unhashable');
  });

  it('reads just the last rows of a range', async () => {
    const place = { projectRoot: project.root, strategy: 'Main', node: 'mean' };
    const last = await child.request('read', { ...place, last: 2 });
    assert.deepEqual([...last.ts], [minute(98), minute(99)]);
    const before = await child.request('read', { ...place, start: minute(20), end: minute(50), last: 3 });
    assert.deepEqual([...before.ts], [minute(47), minute(48), minute(49)]);
    const few = await child.request('read', { ...place, start: minute(49), end: minute(50), last: 3 });
    assert.deepEqual([...few.ts], [minute(49)]);
    const none = await child.request('read', { ...place, end: minute(0), last: 3 });
    assert.equal(none.ts.length, 0);
    await refused(child.request('read', { ...place, last: 0 }), 'internal', /malformed at last/);
  });

  it('creates no cache in a folder without one, and finds nothing in it', async () => {
    const untouched = new Project({ 'main.ts': STRATEGY, 'bars.csv': CSV_HEADER + csvLines(0, 100) });
    try {
      const strategy = untouched.strategy('main.ts');
      const looked = await child.request('status', { strategy, ...RANGE });
      assert.deepEqual(
        looked.nodes.map(({ state, rows, coverage }) => [state, rows, coverage]),
        looked.nodes.map(() => ['empty', 0, []]),
      );
      assert.deepEqual([looked.nodes.length, looked.lastRanges], [3, []]);
      const place = { projectRoot: untouched.root, strategy: 'Main', node: 'mean' };
      await refused(child.request('read', place), 'not-found', /^Nothing is materialized yet\.$/);
      await refused(
        child.request('series', { ...place, points: 10 }),
        'not-found',
        /^Nothing is materialized yet/,
      );
      const held = await child.request('cache', { projectRoot: untouched.root, action: 'show' });
      assert.deepEqual([held.bytes, held.strategies], [0, []]);
      await child.request('cache', { projectRoot: untouched.root, action: 'clean', dryRun: true });
      assert.equal(existsSync(untouched.cacheDir), false);

      await child.materialize(untouched, RANGE);
      const ran = await child.request('status', { strategy, ...RANGE });
      assert.ok(ran.nodes.every(({ state }) => state === 'fresh'));
      rmSync(untouched.cacheDir, { recursive: true });
      const gone = await child.request('status', { strategy, ...RANGE });
      assert.ok(gone.nodes.every(({ state }) => state === 'empty'));
      assert.equal(existsSync(untouched.cacheDir), false);
    } finally {
      untouched.remove();
    }
  });
});
