// Slow (7 s): runs in a child process.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { Child, closeOf, csvLines, minute, nodeOf, Project, refused, states } from '../../support/project.js';

/** A source that says it never changes, whatever it gives. */
const STRATEGY = `
import { Node, Strategy, StreamInput } from 'seamless-dag';
import { readFileSync } from 'node:fs';

const pinned = {
  kind: 'pinned',
  options: {},
  version: () => 'v1',
  bounds: () => ({ first: ${minute(0)}, last: ${minute(99)} }),
  fetch: ({ start, end }) =>
    readFileSync('DATA', 'utf8').trim().split('\\n')
      .map((line) => line.split(',').map(Number))
      .filter(([ts]) => ts >= start && ts < end)
      .map(([ts, close]) => ({ ts, close })),
};

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: pinned });
    const last = new Node({ name: 'last', input: price, period: 1,
      computeFn: (view) => view.latest(price).close });
    this.addNodes([price, last]);
  }
}
`;
const RANGE = { start: minute(0), end: minute(100) };

describe('refreshing source data', () => {
  let child: Child;
  let project: Project;
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  beforeEach(() => {
    project = new Project({ 'bars.csv': csvLines(0, 100) });
    project.write({ 'main.ts': STRATEGY.replace('DATA', project.path('bars.csv').replaceAll('\\', '/')) });
  });
  afterEach(() => project.remove());

  it('makes the next run read a source that claims to be unchanged, and store what changed', async () => {
    await child.materialize(project, RANGE);
    project.write({ 'bars.csv': csvLines(0, 100, (index) => (index === 40 ? 7 : closeOf(index))) });
    assert.deepEqual(states(await child.materialize(project, RANGE)), { price: 'hit', last: 'hit' });

    const refreshed = await child.request('refresh', { strategy: project.strategy('main.ts') });
    assert.deepEqual(refreshed, { strategy: 'Main', streams: ['price'] });
    const kept = await child.read(project, 'Main', 'last');
    assert.equal(kept.ts.length, 100, 'nothing is lost before that run');

    const report = await child.materialize(project, RANGE);
    assert.equal(nodeOf(report, 'last').state, 'computed');
    const table = await child.read(project, 'Main', 'last');
    assert.equal(table.columns[0]?.values[40], 7);
    assert.deepEqual(states(await child.materialize(project, RANGE)), { price: 'hit', last: 'hit' });
  });

  it('stays within a limit, except for what the run used', async () => {
    const strategy = project.strategy('main.ts');
    await child.materialize(project, RANGE);
    project.write({
      'main.ts': readFileSync(project.path('main.ts'), 'utf8').replace('.close })', '.close * 2 })'),
    });
    const limits = { maxBytes: 1000 };
    const report = await child.request('materialize', { strategy, ...RANGE, limits, memoryMb: 64 });
    assert.deepEqual(report.coverageBounds, [RANGE.start, RANGE.end]);
    assert.match(
      child.lines.join('\n'),
      /The cache takes \d MB, more than its limit of 0 MB: what is left belongs to Main/,
    );
    assert.deepEqual(states(await child.materialize(project, RANGE)), { price: 'hit', last: 'hit' });
    const cache = { projectRoot: project.root, limits };
    const dry = await child.request('cache', { ...cache, action: 'clean', dryRun: true });
    assert.deepEqual([dry.freed, dry.cleanable.strategies], [0, ['main.ts#Main']]);
    const clean = await child.request('cache', { ...cache, action: 'clean' });
    assert.equal(clean.strategies[0]?.rows, 0);
    assert.deepEqual(states(await child.materialize(project, RANGE)), {
      price: 'computed',
      last: 'computed',
    });
  });

  it('leaves the cache to be cleared by names that it holds: others are refused, with names like them', async () => {
    await child.materialize(project, RANGE);
    const clear = (strategy: string) =>
      child.request('cache', { projectRoot: project.root, action: 'clear', strategy });
    await refused(clear('Mian'), 'not-found', /Nothing of Mian is materialized yet\. Did you mean Main\?/);
    await refused(
      clear('Unlike'),
      'not-found',
      /Nothing of Unlike is materialized yet\. The cache holds main\.ts#Main\./,
    );
    assert.equal((await clear('Main')).strategies.length, 0);
    await refused(clear('Main'), 'not-found', /^Nothing is materialized yet\.$/);
  });
});
