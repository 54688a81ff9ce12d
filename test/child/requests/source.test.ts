// Slow (5 s): runs in a child process.
import assert from 'node:assert/strict';
import type { Result } from '../../../src/protocol/results.js';
import { Child, Project, refused } from '../../support/project.js';

const STRATEGY = `
import { csvHistory, demoHistory, Node, sqlHistory, Strategy, StreamInput, Universe } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ name: 'price', interval: '1d', historyProvider: csvHistory('days.csv', { timeFormat: '%d/%m/%Y', timeZone: 'Europe/Berlin' }) });
    const pinned = new StreamInput({ name: 'pinned', interval: '1d', historyProvider: sqlHistory("SELECT DATE '2024-01-05' AS day, 1.0 AS close", { pinned: true }) });
    const made = new StreamInput({ name: 'made', interval: '1d', historyProvider: demoHistory() });
    const gone = new StreamInput({ name: 'gone', interval: '1d', historyProvider: csvHistory('gone.csv') });
    const all = new Universe({ name: 'all', interval: '1d', history: csvHistory('long.csv'), symbol: 'ticker', symbols: ['A', 'B'] });
    const mean = new Node({ name: 'mean', input: price, period: 2, computeFn: (view) => view.latest(price).close });
    this.addNodes([price, pinned, made, gone, all, mean]);
  }
}
`;

const FILES = {
  'main.ts': STRATEGY,
  'days.csv': 'Day;Close\n05/01/2024;1\n08/01/2024;2\n09/01/2024;3\n',
  'long.csv': 'date,ticker,close\n2024-01-05,A,1\n2024-01-05,B,2\n',
};

describe('what the file of a stream is read as', () => {
  let child: Child;
  let project: Project;
  before(() => {
    child = new Child();
    project = new Project(FILES);
  });
  after(async () => {
    await child.end();
    project.remove();
  });

  const taken = async (node: string): Promise<Result<'source'>['taken']> =>
    (await child.request('source', { strategy: project.strategy('main.ts'), node })).taken;

  it("is reported with its provider's options, pinned or not", async () => {
    const found = await taken('price');
    assert.ok(found);
    assert.equal(found.time, 'Day');
    assert.match(found.timeWords, /%d\/%m\/%Y.*Europe\/Berlin/);
    assert.deepEqual(
      found.columns.map(({ name }) => name),
      ['Close'],
    );
    assert.ok(found.details.includes('cells end with ";"'), JSON.stringify(found.details));
    assert.equal((await taken('pinned'))?.time, 'day');
  });

  it('is reported for each symbol of a universe', async () => {
    assert.equal((await taken('all[A]'))?.time, 'date');
  });

  it('is null if bars come from no file, or the node is no stream of the strategy', async () => {
    assert.equal(await taken('made'), null);
    assert.equal(await taken('mean'), null);
    assert.equal(await taken('none such'), null);
  });

  it('is refused as in a run if the file is missing', async () => {
    await refused(taken('gone'), 'source', /there is no file gone\.csv/);
  });
});
