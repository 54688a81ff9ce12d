// Slow (15 s): runs in a child process.
import assert from 'node:assert/strict';

import { Child, csvLines, CSV_HEADER, minute, Project } from '../../support/project.js';

const RANGE = { start: minute(0), end: minute(60) };

const strategy = (provider: string, setup = ''): string => `
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

const rowsOf = (text: string) =>
  text.trim().split('\\n').slice(1).map((line) => line.split(',').map(Number))
    .map(([ts, close, volume]) => ({ ts, close, volume }));
const inside = (rows: { ts: number }[], { start, end }: { start: number; end: number }) =>
  rows.filter(({ ts }) => ts >= start && ts < end);

export class Main extends Strategy {
  setup(): void {
    let factor = 1;
    ${setup}
    const price = new StreamInput({ name: 'price', tags: ['price'], interval: '1m', historyProvider: ${provider} });
    const other = new StreamInput({ name: 'other', tags: ['other'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const sum = new Node({ name: 'sum', input: [price, other], period: 1,
      computeFn: (view) => factor * (view.latest(price).close + view.latest(other).close) });
    this.addNodes([price, other, sum]);
  }
}
`;

/** What a strategy reads besides what `csvHistory` and its like name: an editor watches it, and tells when it was replaced. */
describe('files that are read by code of the author’s', () => {
  let child: Child;
  let project: Project;
  before(() => (child = new Child()));
  after(() => child.end());
  beforeEach(() => {
    const bars = CSV_HEADER + csvLines(0, 60);
    project = new Project({ 'bars.csv': bars, 'mine/a.csv': bars, 'factor.json': '2' });
  });
  afterEach(() => project.remove());

  const look = () => child.request('status', { strategy: project.strategy('main.ts'), ...RANGE });
  const at = (path: string): string => JSON.stringify(project.path(path));
  const fetching = (body: string): string => `{
    kind: 'mine', options: {},
    async fetch(request) { const text = await (async () => { ${body} })(); return inside(rowsOf(text), request); },
    bounds: () => ({ first: ${minute(0)}, last: ${minute(59)} }),
  }`;

  const WAYS: Readonly<Record<string, readonly [body: string, files: readonly string[]]>> = {
    'in one go': [`return readFileSync(FILE, 'utf8');`, ['mine/a.csv']],
    'after a wait, by a URL': [
      `await null; return (await readFile(pathToFileURL(FILE))).toString();`,
      ['mine/a.csv'],
    ],
    'as it finds them in a folder': [
      `return readdirSync(FOLDER).map((name) => readFileSync(FOLDER + '/' + name, 'utf8')).join('');`,
      ['mine/*', 'mine/a.csv'],
    ],
    'where another is not there': [
      `return readFileSync(existsSync(FOLDER + '/b.csv') ? FOLDER + '/b.csv' : FILE, 'utf8');`,
      ['mine/a.csv', 'mine/b.csv'],
    ],
  };
  for (const [way, [body, files]] of Object.entries(WAYS)) {
    it(`are reported once a provider without version() has read them: ${way}`, async () => {
      const code = body.replaceAll('FILE', at('mine/a.csv')).replaceAll('FOLDER', at('mine'));
      project.write({ 'main.ts': strategy(fetching(code)) });
      const report = await child.materialize(project, RANGE);
      assert.equal(report.failed, 0);
      const paths = files.map((file) => project.path(file));
      for (let times = 0; times < 2; times++) {
        const { dataFiles, untold } = await look();
        assert.deepEqual(
          untold.map(({ stream, files: read }) => [stream, [...read].sort()]),
          [['price', paths]],
        );
        assert.deepEqual([...dataFiles].sort(), [project.path('bars.csv'), ...paths].sort());
        // Another process knows them, too, and a run that reads nothing forgets none.
        await child.materialize(project, { start: minute(0), end: minute(30) });
      }
    });
  }

  it('are reported for a provider with version() too, which itself says whether they changed', async () => {
    const provider = fetching(`return readFileSync(${at('mine/a.csv')}, 'utf8');`).replace(
      'bounds:',
      `version: () => readFileSync(${at('mine/a.csv')}, 'utf8'), bounds:`,
    );
    project.write({ 'main.ts': strategy(provider) });
    await child.materialize(project, RANGE);
    const before = await look();
    assert.deepEqual(before.untold, []);
    assert.ok(before.dataFiles.includes(project.path('mine/a.csv')));
    project.write({ 'mine/a.csv': CSV_HEADER + csvLines(0, 60, () => 7) });
    assert.deepEqual(
      (await look()).nodes.map(({ name, state }) => [name, state]),
      [
        ['price', 'stale'],
        ['other', 'fresh'],
        ['sum', 'stale'],
      ],
    );
  });

  it('are reported for setup() before any run, and the next check finds their changes', async () => {
    const setup = `factor = Number(readFileSync(${at('factor.json')}, 'utf8'));`;
    project.write({ 'main.ts': strategy(`csvHistory('bars.csv')`, setup) });
    assert.deepEqual((await look()).dataFiles, [project.path('factor.json')]);
    await child.materialize(project, RANGE);
    assert.deepEqual(
      (await look()).nodes.map(({ state }) => state),
      ['fresh', 'fresh', 'fresh'],
    );
    project.write({ 'factor.json': '3' });
    const { nodes, dataFiles } = await look();
    assert.deepEqual(
      nodes.map(({ name, change }) => [name, change]),
      [
        ['price', null],
        ['other', null],
        ['sum', 'own'],
      ],
    );
    assert.deepEqual([...dataFiles].sort(), [project.path('bars.csv'), project.path('factor.json')]);
  });
});
