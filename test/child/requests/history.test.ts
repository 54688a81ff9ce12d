import assert from 'node:assert/strict';

import { union } from '../../../src/engine/plan/ranges.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import { Child, CSV_HEADER, csvLines, minute, Project } from '../../support/project.js';

const strategy = (period: number): string => `
import { csvHistory, sma, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    this.addNodes([sma({ name: 'mean', input: price, period: ${period} })]);
  }
}
`;

describe('histories to look at', () => {
  let project: Project;
  let child: Child;
  before(async () => {
    child = new Child();
    project = new Project({ 'main.ts': strategy(5), 'bars.csv': CSV_HEADER + csvLines(0, 3000) });
    await child.run(project, { start: minute(0), end: minute(3000) });
  });
  after(async () => {
    await child.end();
    project.remove();
  });

  const node = (name = 'mean') => ({ projectRoot: project.root, strategy: 'Main', node: name });

  it('thins a history out to what a chart can tell apart, and says how many rows there are', async () => {
    const { interval, versions } = await child.client.request('series', { ...node(), points: 50 });
    assert.equal(interval, 60);
    assert.equal(versions.length, 1);
    const [only] = versions;
    assert.equal(only?.rows, 2996);
    assert.ok(only.table.ts.length >= 100 && only.table.ts.length <= 200);
    assert.equal(only.until, null);
    assert.deepEqual(only.coverage, [[minute(0), minute(3000)]]);
  });

  it('shows every row of a range that is short', async () => {
    const range = { start: minute(100), end: minute(140) };
    const { versions } = await child.client.request('series', { ...node(), ...range, points: 50 });
    assert.equal(versions[0]?.table.ts.length, 40);
  });

  it('gives rows by their number, and says how many there are', async () => {
    const { total, from, table } = await child.client.request('rows', { ...node(), from: 2990, count: 100 });
    assert.deepEqual([total, from], [2996, 2990]);
    // The first window of five bars is complete at the fifth.
    assert.deepEqual([...table.ts], [2994, 2995, 2996, 2997, 2998, 2999].map(minute));
    const beyond = await child.client.request('rows', { ...node(), from: 5000, count: 1 });
    assert.deepEqual([beyond.from, beyond.table.ts.length], [2996, 0]);
  });

  it('tells while it runs what has just been covered, and all of it', async () => {
    const covered = new Map<string, [number, number][]>();
    const range = { start: minute(0), end: minute(3000) };
    const strategyRef = { file: project.path('main.ts'), className: 'Main', projectRoot: project.root };
    await child.client.request(
      'materialize',
      { strategy: strategyRef, ...range, cacheDir: project.path('other-cache') },
      {
        onProgress: (progress) => {
          for (const { node, span } of progress.covered ?? []) {
            covered.set(node, [...(covered.get(node) ?? []), [...span]]);
          }
        },
      },
    );
    const spans = (covered.get('mean') ?? []).map(([start, end]) => ({ start, end }));
    assert.deepEqual(union(spans), [range]);
  });

  it('has nothing to compare before there is a second version', async () => {
    const report = await child.client.request('diff', node());
    assert.equal(report.before, null);
    assert.equal(report.difference, null);
  });

  it('compares the last two versions where both are complete', async () => {
    project.write({ 'main.ts': strategy(8) });
    await child.run(project, { start: minute(1000), end: minute(2000) });
    const report = await child.client.request('diff', node());
    assert.deepEqual(report.compared, [[minute(1000), minute(2000)]]);
    assert.equal(report.difference?.common, 1000);
    assert.ok(report.difference.changed > 900);
    assert.equal(report.difference.onlyAfter + report.difference.onlyBefore, 0);
    assert.equal(report.after.until, null);
    assert.equal(report.before?.until, report.after.since);
    const { versions } = await child.client.request('series', { ...node(), points: 50 });
    assert.deepEqual(
      versions.map(({ rows }) => rows),
      [1000, 2996],
    );
  });

  it('knows a change that was taken back for the version it was', async () => {
    project.write({ 'main.ts': strategy(5) });
    await child.run(project, { start: minute(0), end: minute(3000) });
    const { versions } = await child.client.request('series', { ...node(), points: 50 });
    assert.deepEqual(
      versions.map(({ rows }) => rows),
      [2996, 1000],
    );
  });

  it('draws a corrected source as a child does that never drew it', async () => {
    const asked = { ...node(), points: 50 };
    const greatest = async (of: Child): Promise<number> => {
      const { versions } = await of.client.request('series', asked);
      const [column] = versions[0]?.table.columns ?? [];
      return column?.type === 'number' ? Math.max(...column.values) : Number.NaN;
    };
    const before = await greatest(child);
    const corrected = csvLines(1500, 1501, () => 1e6);
    project.write({ 'bars.csv': CSV_HEADER + csvLines(0, 1500) + corrected + csvLines(1501, 3000) });
    await child.run(project, { start: minute(0), end: minute(3000) });
    const drawn = await child.client.request('series', asked);
    assert.ok((await greatest(child)) > before + 1e5);
    assert.deepEqual(await child.client.request('series', asked), drawn);
    const other = new Child();
    try {
      assert.deepEqual(await other.client.request('series', asked), drawn);
    } finally {
      await other.end();
    }
  });

  it('names nodes like the one that is not there', async () => {
    await assert.rejects(
      child.client.request('series', { ...node('maen'), points: 10 }),
      (error) =>
        error instanceof SeamlessError &&
        error.code === 'not-found' &&
        /Did you mean mean\?/.test(error.message),
    );
  });
});
