// Slow (25 s): runs in a child process.
import assert from 'node:assert/strict';

import {
  calls,
  callsOf,
  Child,
  closeOf,
  CSV_HEADER,
  csvLines,
  minute,
  nodeOf,
  Project,
  refused,
  runFresh,
  states,
  storedTables,
  type Ran,
} from '../../support/project.js';

const STRATEGY = `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
import { called } from './lib/called';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const mean = new Node({
      name: 'mean',
      input: price,
      period: 5,
      computeFn: (view) => {
        called('mean', view);
        const closes = view.window(price).column('close');
        return closes.reduce((sum, close) => sum + close, 0) / closes.length;
      },
    });
    const step = new Node({
      name: 'step',
      input: [mean, price],
      period: [3, 1],
      computeFn: (view) => {
        called('step', view);
        const means = view.window(mean).column();
        return { up: means[2] > means[0], by: view.latest(price).close - means[1] };
      },
    });
    this.addNodes([price, mean, step]);
  }
}
`;

/** Closes of the slots whose open lies from bar `from` on and before bar `to`. */
function closes(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => minute(from + index + 1));
}

describe('a run after another', () => {
  let project: Project;
  let child: Child;
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  beforeEach(() => {
    project = new Project({ 'main.ts': STRATEGY, 'bars.csv': CSV_HEADER + csvLines(0, 1000) });
  });
  afterEach(() => project.remove());

  const run = (from: number, to: number): Promise<Ran> =>
    child.run(project, { start: minute(from), end: minute(to) });
  /** In a process of its own. */
  const fresh = (from: number, to: number): Promise<Ran> =>
    runFresh(project, { start: minute(from), end: minute(to) });

  /**
   * Expects that both computed nodes were computed over these ranges of bars alone, by the report and by the calls.
   * `warmUp` bars of `mean` before them are what the first bar of `step` looks back to, where the cache does not have them.
   */
  function assertComputed({ report, lines }: Ran, [from, to]: readonly [number, number], warmUp = 0): void {
    for (const name of ['mean', 'step']) {
      assert.deepEqual(nodeOf(report, name).computedRanges, [[minute(from), minute(to)]], name);
      assert.equal(nodeOf(report, name).state, 'computed');
    }
    assert.deepEqual(callsOf(lines, 'mean'), closes(from - warmUp, to));
    assert.deepEqual(callsOf(lines, 'step'), closes(from, to));
  }

  it('the same range in another process: equal coverageBounds, and not one call of a computeFn', async () => {
    const first = await fresh(100, 200);
    assert.ok(first.report.nodeCount > 0);
    assert.deepEqual(first.report.coverageBounds, [minute(100), minute(200)]);
    assertComputed(first, [100, 200], 2);

    const again = await fresh(100, 200);
    assert.deepEqual(again.report.coverageBounds, first.report.coverageBounds);
    assert.deepEqual(calls(again.lines), {});
    assert.deepEqual(states(again.report), { price: 'hit', mean: 'hit', step: 'hit' });
    assert.equal(again.report.hits, 3);
  });

  it('a part of the range, asked for later, is a hit too', async () => {
    await run(100, 300);
    const part = await run(150, 200);
    assert.deepEqual(part.report.coverageBounds, [minute(150), minute(200)]);
    assert.deepEqual(calls(part.lines), {});
    assert.deepEqual(nodeOf(part.report, 'step').rows, 50);
  });

  it('[a, b), then [a, c): [b, c) alone; then [a − d, c): [a − d, a) alone', async () => {
    await run(500, 620);
    const later = await run(500, 700);
    assertComputed(later, [620, 700]);
    assert.deepEqual(later.report.coverageBounds, [minute(500), minute(700)]);
    const earlier = await run(450, 700);
    assertComputed(earlier, [450, 500], 2);
    assert.deepEqual(earlier.report.coverageBounds, [minute(450), minute(700)]);
    assert.deepEqual(nodeOf(earlier.report, 'price').computedRanges, []);
  });

  it('a hole in the middle: only the hole, also across the border of a block', async () => {
    await run(300, 400);
    await run(700, 800);
    const whole = await run(300, 800);
    assertComputed(whole, [400, 700]);
    assert.deepEqual(whole.report.coverageBounds, [minute(300), minute(800)]);
  });

  it('several holes: each of them, and nothing between', async () => {
    await run(300, 310);
    await run(320, 330);
    await run(340, 350);
    const { report, lines } = await run(290, 360);
    const holes = [290, 310, 330, 350].map((from) => [minute(from), minute(from + 10)]);
    assert.deepEqual(nodeOf(report, 'step').computedRanges, holes);
    assert.deepEqual(
      callsOf(lines, 'step'),
      [290, 310, 330, 350].flatMap((from) => closes(from, from + 10)),
    );
  });

  it('before the beginning of the data nothing is possible, and after their end not yet', async () => {
    const { report, lines } = await run(-50, 1100);
    assert.deepEqual(callsOf(lines, 'mean'), closes(4, 1000), 'the fifth bar is the first with five');
    const mean = nodeOf(report, 'mean');
    assert.deepEqual(mean.unavailable, [[minute(-50), minute(0)]]);
    assert.deepEqual(mean.notYet, [[minute(1000), minute(1100)]]);
    assert.deepEqual(report.coverageBounds, [minute(0), minute(1000)]);
    const again = await run(-50, 1100);
    assert.deepEqual(calls(again.lines), {});
    assert.deepEqual(again.report.coverageBounds, [minute(0), minute(1000)]);
  });

  it('bars that were not there yet are computed once they are', async () => {
    await run(900, 1050);
    project.append('bars.csv', csvLines(1000, 1050));
    const { report, lines } = await run(900, 1050);
    assertComputed({ report, lines }, [1000, 1050]);
    assert.deepEqual(report.coverageBounds, [minute(900), minute(1050)]);
  });

  it('the first bar of a short run equals the same bar of a long one', async () => {
    const other = new Project({ 'main.ts': STRATEGY, 'bars.csv': CSV_HEADER + csvLines(0, 1000) });
    try {
      await run(0, 1000);
      const short = await child.materialize(other, { start: minute(640), end: minute(700) });
      assert.deepEqual(
        await storedTables(other.cacheDir, short),
        await storedTables(project.cacheDir, short),
      );
    } finally {
      other.remove();
    }
  });

  it('two that start at once: both are answered, and nothing is computed twice', async () => {
    const both = await Promise.all([fresh(100, 400), fresh(100, 400)]);
    const counts = both.map(({ lines }) => callsOf(lines, 'step').length).sort((a, b) => a - b);
    assert.deepEqual(counts, [0, 300]);
    for (const { report } of both) assert.deepEqual(report.coverageBounds, [minute(100), minute(400)]);
  });

  it('another cache folder knows nothing of this one', async () => {
    const cacheDir = project.path('elsewhere');
    await run(100, 200);
    const first = await child.run(project, { start: minute(100), end: minute(200), cacheDir });
    assertComputed(first, [100, 200], 2);
  });

  it('what is stored is read by name, and is what the nodes gave', async () => {
    await run(100, 110);
    const step = await child.read(project, 'Main', 'step');
    assert.equal(step.shape, 'record');
    assert.deepEqual(step.names, ['by', 'up']);
    assert.deepEqual([...step.ts], closes(99, 109));
    const { columns } = await child.read(project, 'Main', 'mean');
    const last = [105, 106, 107, 108, 109].map(closeOf).reduce((sum, close) => sum + close, 0) / 5;
    assert.equal(columns[0]?.values[9], last);
    const misspelt = child.read(project, 'Main', 'maen');
    await refused(misspelt, 'not-found', /Main has no node maen in the cache\. Did you mean mean\?/);
    await refused(
      child.read(project, 'Mian', 'mean'),
      'not-found',
      /Nothing of Mian is materialized yet\. .*Main/,
    );
  });
});
