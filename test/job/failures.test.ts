import assert from 'node:assert/strict';

import { nodeOf, Project, runFresh, states, storedTables, type Wanted } from '../support/project.js';

const START = 1_672_531_200;
const RANGE: Wanted = { start: START, end: START + 40_000 * 60 };

/** Minutes of a made-up market, a mean, and a node whose body is given. */
function strategy(body: string, top = ''): string {
  return `
import { demoHistory, Node, sma, Strategy, StreamInput } from 'seamless-dag';
${top}
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: demoHistory({ holes: 0.05 }) });
    const mean = sma({ name: 'mean', input: price, period: 20 });
    const own = new Node({
      name: 'own',
      input: [price, mean],
      period: 1,
      computeFn: (view) => {
        ${body}
        return view.latest(price).close - view.latest(mean);
      },
    });
    const next = new Node({ name: 'next', input: own, period: 3, computeFn: (view) => view.window(own).column()[0] });
    this.addNodes([next]);
  }
}
`;
}

const SOUND = strategy('');

/** All rows over the range, computed in a folder that holds nothing yet. */
async function cold(text: string): Promise<Awaited<ReturnType<typeof storedTables>>> {
  const project = new Project({ 'main.ts': text });
  const { report } = await runFresh(project, RANGE);
  const tables = await storedTables(project.cacheDir, report);
  project.remove();
  return tables;
}

describe('a node that fails', () => {
  const failsAt = START + 20_000 * 60;

  it('keeps the bars before, blocks what depends on it, lets the rest go on, and is tried again', async () => {
    const text = strategy(`if (view.asOf >= ${failsAt}) throw new Error('no luck');`);
    const project = new Project({ 'main.ts': text });
    const { report } = await runFresh(project, RANGE);
    assert.deepEqual(states(report), { price: 'computed', mean: 'computed', own: 'failed', next: 'blocked' });
    const own = nodeOf(report, 'own');
    assert.ok(own.rows > 0);
    const [[, end] = [0, 0]] = own.coverage;
    assert.ok(end > failsAt - 600 && end <= failsAt, 'covered up to the bar that failed');
    assert.match(
      own.failure?.message ?? '',
      /own failed at 2023-01-14T\d\d:\d\d:\d\dZ: .*no luck \(.*main\.ts:\d+/,
    );
    assert.equal(
      own.failure?.location?.line,
      text.split('\n').findIndex((line) => line.includes('no luck')) + 1,
    );
    assert.equal(report.coverageBounds?.[0], START);

    project.write({ 'main.ts': SOUND });
    const mended = await runFresh(project, RANGE);
    assert.equal(mended.report.failed, 0);
    assert.deepEqual(await storedTables(project.cacheDir, mended.report), await cold(SOUND));
    project.remove();
  });

  const wrongs: [what: string, body: string, message: RegExp][] = [
    ['gives a promise', 'return Promise.resolve(1) as never;', /own .*promise/],
    [
      'changes its type midway',
      `if (view.asOf > ${failsAt}) return 'text' as never;`,
      /own .*(text|string).*number|number.*(text|string)/,
    ],
    ['writes to its input', 'view.window(price).column("close")[0] = 0;', /own .*price/],
    ['asks for a node it did not declare', 'view.latest(other as never);', /own .*not among its inputs/],
    ['keeps state between bars', 'state.count += 1;', /state/],
    ['reaches for the network', 'fetch("http://127.0.0.1:9");', /own used fetch/],
  ];
  for (const [what, body, message] of wrongs) {
    it(`because it ${what} says so`, async () => {
      const top = 'const state = { count: 0 };\nconst other = {};';
      const project = new Project({ 'main.ts': strategy(body, top) });
      const { report } = await runFresh(project, RANGE);
      const own = nodeOf(report, 'own');
      assert.equal(own.state, 'failed');
      assert.match(own.failure?.message ?? '', message);
      project.remove();
    });
  }
});
