// Slow (25 s): runs in a child process.
import assert from 'node:assert/strict';

import { explanationOf } from '../../../src/present/explanation.js';
import {
  Child,
  closeOf,
  csvLines,
  CSV_HEADER,
  minute,
  nodeOf,
  Project,
  states,
  storedTables,
} from '../../support/project.js';

/** Two ways to a file's bars that cannot tell whether it changed. */
const PROVIDERS = {
  'a query': (pinned: boolean) => `sqlHistory("FROM 'bars.csv'", { pinned: ${pinned} })`,
  'a provider without version()': (pinned: boolean) => `{
    kind: 'mine',
    options: {},
    pinned: ${pinned},
    fetch: ({ start, end }) =>
      readFileSync('DATA', 'utf8').trim().split('\\n').slice(1)
        .map((line) => line.split(',').map(Number))
        .filter(([ts]) => ts >= start && ts < end)
        .map(([ts, close, volume]) => ({ ts, close, volume })),
    bounds: () => {
      const lines = readFileSync('DATA', 'utf8').trim().split('\\n').slice(1);
      return { first: Number(lines[0].split(',')[0]), last: Number(lines.at(-1).split(',')[0]) };
    },
  }`,
};

const strategy = (provider: string): string => `
import { readFileSync } from 'node:fs';
import { Node, sqlHistory, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ name: 'price', tags: ['price'], interval: '1m', historyProvider: ${provider} });
    const mean = new Node({ name: 'mean', input: price, period: 3,
      computeFn: (view) => view.window(price).column('close').reduce((sum, close) => sum + close, 0) });
    this.addNodes([price, mean]);
  }
}
`;

const RANGE = { start: minute(0), end: minute(150) };
const corrected = (from: number, to: number): string =>
  CSV_HEADER + csvLines(from, to, (index) => (index === 40 ? 7 : closeOf(index)));

for (const [kind, provider] of Object.entries(PROVIDERS)) {
  describe(`${kind}, which cannot tell whether it changed`, () => {
    let child: Child;
    let project: Project;
    before(() => {
      child = new Child();
    });
    after(() => child.end());
    beforeEach(() => {
      project = new Project({ 'bars.csv': CSV_HEADER + csvLines(0, 100) });
    });
    afterEach(() => project.remove());

    const use = (pinned: boolean): void => {
      project.write({
        'main.ts': strategy(provider(pinned)).replaceAll(
          'DATA',
          project.path('bars.csv').replaceAll('\\', '/'),
        ),
      });
    };
    const explained = async (): Promise<string> => {
      const status = await child.request('status', {
        strategy: project.strategy('main.ts'),
        ...RANGE,
        thorough: true,
      });
      return explanationOf(status).nodes.find(({ name }) => name === 'price')?.reason ?? '';
    };
    const equalsCold = async (): Promise<void> => {
      const warm = await child.materialize(project, RANGE);
      const cold = await child.materialize(project, { ...RANGE, cacheDir: project.path('cold') });
      assert.deepEqual(warm.coverageBounds, cold.coverageBounds);
      assert.deepEqual(
        await storedTables(project.cacheDir, warm),
        await storedTables(project.path('cold'), cold),
      );
    };

    it('is read again each run, and computed again where it differs; report and explain say so', async () => {
      use(false);
      const again = /cannot tell whether it changed, so each run reads it again\.$/;
      assert.match(nodeOf(await child.materialize(project, RANGE), 'price').reason, again);
      const same = await child.materialize(project, RANGE);
      assert.deepEqual(states(same), { price: 'hit', mean: 'hit' });
      assert.match(nodeOf(same, 'price').reason, again);
      assert.match(await explained(), again);

      project.write({ 'bars.csv': corrected(0, 120) });
      const report = await child.materialize(project, RANGE);
      assert.deepEqual(nodeOf(report, 'mean').computedRanges, [
        [minute(40), minute(43)],
        [minute(100), minute(120)],
      ]);
      await equalsCold();
    });

    it('pinned, stays as it was read until its data are refreshed; report and explain say so', async () => {
      use(true);
      const pinned = /is pinned: what was read of it stays as it is until its data are refreshed\.$/;
      assert.match(nodeOf(await child.materialize(project, RANGE), 'price').reason, pinned);
      const before = await child.read(project, 'Main', 'mean');
      project.write({ 'bars.csv': corrected(-20, 120) });
      const kept = await child.materialize(project, RANGE);
      assert.deepEqual(states(kept), { price: 'hit', mean: 'hit' });
      assert.match(nodeOf(kept, 'price').reason, pinned);
      assert.match(await explained(), pinned);
      assert.deepEqual(kept.coverageBounds, [minute(0), minute(100)], 'its end is the one it had');
      assert.deepEqual(await child.read(project, 'Main', 'mean'), before);

      await child.request('refresh', { strategy: project.strategy('main.ts') });
      assert.match(await explained(), /1 row of .* corrected\.$/);
      const report = await child.materialize(project, RANGE);
      assert.deepEqual(nodeOf(report, 'mean').computedRanges, [
        [minute(0), minute(2)],
        [minute(40), minute(43)],
        [minute(100), minute(120)],
      ]);
      assert.deepEqual(states(await child.materialize(project, RANGE)), { price: 'hit', mean: 'hit' });
      await equalsCold();
    });

    it('pinned and let go again, keeps its rows, and is read again from then on', async () => {
      use(true);
      await child.materialize(project, RANGE);
      use(false);
      assert.deepEqual(states(await child.materialize(project, RANGE)), { price: 'hit', mean: 'hit' });
      project.write({ 'bars.csv': corrected(0, 100) });
      assert.equal(nodeOf(await child.materialize(project, RANGE), 'mean').state, 'computed');
      await equalsCold();
    });
  });
}
