// Slow (5 s): runs in a child process.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';

import { Child, CSV_HEADER, csvLines, minute, Project } from '../../support/project.js';

const STRATEGY = `
import { csvHistory, sqlHistory, Node, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const query = sqlHistory("SELECT time, close FROM read_csv(['a.csv', 'days/*.csv'])");
    const asked = new StreamInput({ tags: ['asked'], interval: '1m', historyProvider: query });
    const close = new Node({ name: 'close', input: price, period: 1, computeFn: (view) => view.latest(price).close });
    const double = new Node({ name: 'double', input: close, period: 1, computeFn: (view) => 2 * view.latest(close) });
    const other = new Node({ name: 'other', input: asked, period: 1, computeFn: (view) => view.latest(asked).close });
    this.addNodes([price, asked, close, double, other]);
  }
}
`;

const RANGE = { start: minute(0), end: minute(20) };

describe('a look at a strategy and its sources', () => {
  let project: Project;
  let child: Child;
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  beforeEach(async () => {
    project = new Project({
      'main.ts': STRATEGY,
      'bars.csv': CSV_HEADER + csvLines(0, 20),
      'a.csv': CSV_HEADER + csvLines(0, 10),
      'days/b.csv': CSV_HEADER + csvLines(10, 20),
    });
    await child.materialize(project, RANGE);
  });
  afterEach(() => project.remove());

  const look = () => child.request('status', { strategy: project.strategy('main.ts'), ...RANGE });

  it('names the files and patterns of a query, whose changes only a person who watches them can tell', async () => {
    const { dataFiles, untold } = await look();
    const queried = ['a.csv', 'days/*.csv'].map((path) => project.path(path));
    assert.deepEqual(untold, [{ stream: 'asked', files: queried }]);
    assert.deepEqual([...dataFiles].sort(), [...queried, project.path('bars.csv')].sort());
  });

  it('goes on when a source cannot be read: the stream says why, and what depends on it is in doubt', async () => {
    rmSync(project.path('bars.csv'));
    const { nodes } = await look();
    const byName = new Map(nodes.map((node) => [node.name, node]));
    assert.match(byName.get('price')?.failure?.message ?? '', /bars\.csv/);
    assert.equal(byName.get('price')?.failure?.code, 'source');
    for (const name of ['price', 'close', 'double']) {
      assert.deepEqual([byName.get(name)?.state, byName.get(name)?.change], ['stale', 'source'], name);
    }
    assert.match(byName.get('double')?.reason ?? '', /cannot be read\.$/);
    assert.deepEqual([byName.get('other')?.state, byName.get('other')?.failure], ['fresh', null]);
  });

  it('goes on when no source can be read', async () => {
    for (const path of ['bars.csv', 'a.csv', 'days/b.csv']) rmSync(project.path(path));
    const { nodes } = await look();
    assert.equal(nodes.length, 5);
    assert.ok(nodes.find(({ name }) => name === 'price')?.failure);
  });
});
