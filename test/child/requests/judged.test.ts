// Slow (15 s): runs in a child process.
import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';

import { Child, CSV_HEADER, csvLines, minute, Project } from '../../support/project.js';

const RANGE = { start: minute(0), end: minute(100) };

const strategy = (factor: number, name = 'scaled'): string => `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const scaled = new Node({ name: '${name}', input: price, period: 1, computeFn: (view) => view.latest(price).close * ${factor} });
    const next = new Node({ name: 'next', input: scaled, period: 1, computeFn: (view) => view.latest(scaled) + 1 });
    this.addNodes([price, scaled, next]);
  }
}
`;

/** What a change that was taken back leaves: by name, the version that is called fresh is what is read. */
describe('what is read by name', () => {
  let child: Child;
  let project: Project;
  before(() => (child = new Child()));
  after(() => child.end());
  beforeEach(async () => {
    project = new Project({ 'main.ts': strategy(2), 'bars.csv': CSV_HEADER + csvLines(0, 100) });
    await child.materialize(project, RANGE);
  });
  afterEach(() => project.remove());

  const main = (): { strategy: ReturnType<Project['strategy']> } => ({
    strategy: project.strategy('main.ts'),
  });
  const stored = 'main.ts#Main';
  const values = async (node = 'scaled'): Promise<number[]> => {
    const { columns } = await child.read(project, stored, node);
    const [column] = columns;
    return column?.type === 'number' ? [...column.values] : [];
  };
  const inSql = async (node = 'scaled', judge?: true): Promise<unknown> => {
    const sql = `SELECT sum(value) FROM "${node}"`;
    const { rows } = await child.request('sql', { projectRoot: project.root, sql, most: 1, judge });
    return rows[0]?.[0];
  };
  const exported = async (judge: boolean): Promise<string> => {
    const path = project.path('out.csv');
    const place = {
      projectRoot: project.root,
      strategy: stored,
      nodes: ['scaled'],
      format: 'csv' as const,
      path,
    };
    await child.request('export', { ...place, ...(judge && { judge: project.strategy('main.ts') }) });
    return readFileSync(path, 'utf8');
  };
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

  it('is the version found fresh after a revert without a run: hover, chart, rows, difference, export, SQL', async () => {
    const first = await values();
    const file = await exported(false);
    project.write({ 'main.ts': strategy(3) });
    await child.materialize(project, RANGE);
    assert.notDeepEqual(await values(), first);
    project.write({ 'main.ts': strategy(2) });
    const status = await child.request('status', { ...main(), ...RANGE });
    assert.deepEqual(
      status.nodes.map(({ state }) => state),
      ['fresh', 'fresh', 'fresh'],
    );
    const judged = status.nodes.find(({ name }) => name === 'scaled')?.fingerprint;
    const place = { projectRoot: project.root, strategy: stored, node: 'scaled' };
    const { versions } = await child.request('series', { ...place, points: 1000 });
    assert.equal(versions[0]?.fingerprint, judged);
    assert.equal(versions[0]?.until, null);
    assert.deepEqual(await values(), first);
    const rows = await child.request('rows', { ...place, from: 0, count: 5 });
    const [column] = rows.table.columns;
    assert.deepEqual(column?.type === 'number' && [...column.values], first.slice(0, 5));
    const diff = await child.request('diff', { ...place, ...RANGE });
    assert.deepEqual(diff.difference?.first?.after, first[0]);
    assert.equal(await inSql(), sum(first));
    assert.equal(await exported(false), file);
  });

  it('holds in SQL and exports without an earlier check, and in the views of the file', async () => {
    const first = await values();
    const file = await exported(false);
    project.write({ 'main.ts': strategy(3) });
    await child.materialize(project, RANGE);
    const changed = await values();
    project.write({ 'main.ts': strategy(2) });
    assert.equal(await inSql('scaled', true), sum(first));
    assert.equal(await inSql('scaled'), sum(first));
    project.write({ 'main.ts': strategy(3) });
    assert.notEqual(await exported(true), file);
    assert.deepEqual(await values(), changed);
  });

  it('finds a node again after its renaming was undone', async () => {
    const first = await values();
    project.write({ 'main.ts': strategy(2, 'renamed') });
    await child.materialize(project, RANGE);
    project.write({ 'main.ts': strategy(2) });
    assert.equal(await inSql('scaled', true), sum(first));
  });

  it('is named an earlier version if nothing is stored of the current one: rows, value, export, SQL', async () => {
    project.write({ 'main.ts': strategy(5) });
    const status = await child.request('status', { ...main(), ...RANGE });
    const place = { projectRoot: project.root, strategy: stored };
    for (const { name, fingerprint } of status.nodes) {
      const rows = await child.request('rows', { ...place, node: name, from: 0, count: 5 });
      const isNow = name === 'price';
      assert.equal(rows.total, 100);
      assert.equal(rows.fingerprint === fingerprint, isNow, `rows of ${name}`);
      const { ts } = await child.request('read', { ...place, node: name, last: 1, fingerprint });
      assert.equal(ts.length, isNow ? 1 : 0, `last value of ${name}`);
    }
    const nodes = ['price', 'scaled', 'next'];
    const file = { nodes, format: 'csv' as const, path: project.path('out.csv') };
    const judge = project.strategy('main.ts');
    const { others } = await child.request('export', { ...place, ...file, judge });
    assert.deepEqual(others, [
      { node: 'scaled', version: 'earlier' },
      { node: 'next', version: 'earlier' },
    ]);
    const all = await child.request('export', { ...place, ...file, nodes: [], judge });
    assert.deepEqual(all.others, others);
    await inSql('scaled', true);
    assert.ok(child.lines.some((line) => line.includes('scaled shows rows of an earlier version')));
    project.write({ 'main.ts': 'this is no code' });
    const unknown = await child.request('export', { ...place, ...file, nodes: ['scaled'], judge });
    assert.deepEqual(unknown.others, [{ node: 'scaled', version: 'last-run' }]);
    project.write({ 'main.ts': strategy(5) });
    await child.materialize(project, RANGE);
    assert.deepEqual((await child.request('export', { ...place, ...file, judge })).others, []);
  });

  it('stays the previous version if the changed code was not run or cannot be loaded', async () => {
    const first = await values();
    project.write({ 'main.ts': strategy(5) });
    await child.request('status', { ...main(), ...RANGE });
    assert.deepEqual(await values(), first);
    project.write({ 'main.ts': 'this is no code' });
    assert.equal(await inSql('scaled', true), sum(first));
    await child.request('sql', { projectRoot: project.root, sql: 'SELECT 1', most: 1 });
    assert.ok(child.lines.some((line) => line.includes('Main cannot be loaded now')));
  });

  it('tells what a strategy read, before anything is read again', async () => {
    const status = await child.request('status', { ...main(), ...RANGE });
    assert.deepEqual(status.dataFiles, [project.path('bars.csv')]);
    assert.deepEqual(status.data, [minute(0), minute(100)]);
    renameSync(project.path('bars.csv'), project.path('gone.csv'));
    const { nodes } = await child.request('status', { ...main(), ...RANGE });
    assert.deepEqual(
      nodes.filter(({ failure }) => failure).map(({ kind, failure }) => [kind, failure?.code]),
      [['stream', 'source']],
    );
  });
});
