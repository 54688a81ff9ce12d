// Slow (5 s): runs in a child process.
import assert from 'node:assert/strict';

import { Child, CSV_HEADER, csvLines, minute, Project, refused, states } from '../../support/project.js';

const strategy = (factor: number): string => `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const scaled = new Node({ name: 'scaled', input: price, period: 1, computeFn: (view) => view.latest(price).close * ${factor} });
    this.addNodes([price, scaled]);
  }
}
`;
const RANGE = { start: minute(0), end: minute(20) };

describe('two strategies of one name, in two files', () => {
  let child: Child;
  let project: Project;
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  beforeEach(async () => {
    project = new Project({
      'a.ts': strategy(2),
      'lib/b.ts': strategy(3),
      'bars.csv': CSV_HEADER + csvLines(0, 20),
    });
    await child.materialize(project, { ...RANGE, file: 'a.ts' });
  });
  afterEach(() => project.remove());

  it('keep their rows apart, under the file and the class', async () => {
    await child.materialize(project, { ...RANGE, file: 'lib/b.ts' });
    const [a, b] = await Promise.all(
      ['a.ts#Main', 'lib/b.ts#Main'].map(async (name) => (await child.read(project, name, 'scaled')).columns),
    );
    assert.notDeepEqual(a?.[0]?.values, b?.[0]?.values);
    for (const file of ['a.ts', 'lib/b.ts']) {
      const again = await child.materialize(project, { ...RANGE, file });
      assert.deepEqual(states(again), { price: 'hit', scaled: 'hit' });
      const status = await child.request('status', { strategy: project.strategy(file), last: true });
      assert.ok(status.nodes.every(({ reason }) => reason === 'Everything is in the cache.'));
    }
    const held = await child.request('cache', { projectRoot: project.root, action: 'show' });
    assert.deepEqual(
      held.strategies.map((each) => each.strategy),
      ['a.ts#Main', 'lib/b.ts#Main'],
    );
  });

  it('go by the class alone while it is unique, and by file and class from then on', async () => {
    assert.equal((await child.read(project, 'Main', 'scaled')).ts.length, 20);
    await child.materialize(project, { ...RANGE, file: 'lib/b.ts' });
    await refused(
      child.read(project, 'Main', 'scaled'),
      'usage',
      /^The cache holds 2 strategies Main: a\.ts#Main, lib\/b\.ts#Main\. Say which one\.$/,
    );
    await child.request('cache', { projectRoot: project.root, action: 'clear', strategy: 'a.ts#Main' });
    const held = await child.request('cache', { projectRoot: project.root, action: 'show' });
    assert.deepEqual(
      held.strategies.map((each) => each.strategy),
      ['lib/b.ts#Main'],
    );
  });
});
