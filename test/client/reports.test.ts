// Slow (25 s): runs in a child process.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { MaterializeSeamlessJob, type MaterializeReport } from '../../src/client/materialize-job.js';
import { SyncReader } from '../../src/client/sync-reader.js';
import { openedBySelf } from '../support/own-database.js';
import { closeOf, csvLines, minute, Project, refused, withChild } from '../support/project.js';

const fakeChild = fileURLToPath(new URL('fake-child.mjs', import.meta.url));

describe('children of reports', () => {
  let folder = '';
  let list = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamless-children-'));
    list = join(folder, 'pids');
    process.env['FAKE_CHILDREN'] = list;
  });
  after(() => {
    delete process.env['FAKE_CHILDREN'];
    rmSync(folder, { recursive: true });
  });

  function started(): number[] {
    return readFileSync(list, 'utf8').trim().split('\n').map(Number);
  }
  const alive = (): number[] => started().filter(isAlive);

  it('are one, however many reports are read and dropped', async () => {
    const programs = { childPath: fakeChild };
    const reports = 50;
    for (let round = 0; round < reports; round++) {
      const strategy = fileURLToPath(import.meta.url) + '#Main';
      const job = new MaterializeSeamlessJob({ strategy, start: 0, end: 60 }, programs);
      assert.deepEqual((await job.run()).node('fast').rows(), []);
    }
    // The runs had one each, which ended with it.
    assert.equal(started().length, reports + 1);
    assert.equal(alive().length, 1);
  });

  it('end when nothing is read any more, and come back', async () => {
    const reader = new SyncReader({ childPath: fakeChild, idleMs: 1 });
    const request = { projectRoot: '/p', strategy: '3', node: 'fast' };
    for (const round of [1, 2]) {
      const before = started().length;
      assert.equal(reader.read(request).ts.length, 3, `round ${round}`);
      const [pid = 0] = started().slice(before);
      while (isAlive(pid)) await sleep(5);
    }
  });

  it('are replaced when something else ended them', async () => {
    const reader = new SyncReader({ childPath: fakeChild });
    const request = { projectRoot: '/p', strategy: '3', node: 'fast' };
    reader.read(request);
    const pid = started().at(-1) ?? 0;
    process.kill(pid, 'SIGKILL');
    assert.equal(reader.read(request).ts.length, 3);
    while (isAlive(pid)) await sleep(5);
    assert.equal(reader.read(request).ts.length, 3);
  });
});

describe("a report's rows", () => {
  const BARS = 40;
  let project: Project;
  beforeEach(() => {
    project = new Project({ 'bars.csv': bars(), 'main.ts': strategyOf('* 2') });
  });
  afterEach(() => project.remove());

  const bars = (close?: (index: number) => number): string =>
    `time,close,volume\n${csvLines(0, BARS, close)}`;

  function strategyOf(code: string): string {
    return `import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['X', 'price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    this.addNodes([price, new Node({ name: 'scaled', input: price, period: 1, computeFn: (view) => view.window(price).column('close')[0] ${code} })]);
  }
}
`;
  }

  function run(end = BARS): Promise<MaterializeReport> {
    const strategy = `${project.path('main.ts')}#Main`;
    return new MaterializeSeamlessJob({ strategy, start: minute(0), end: minute(end) }).run();
  }
  const valuesOf = (report: MaterializeReport, node = 'scaled'): unknown[] =>
    report
      .node(node)
      .rows()
      .map(({ value }) => value);
  const scaled = (by: number, bars = BARS): number[] =>
    Array.from({ length: bars }, (_, index) => closeOf(index) * by);

  it('stay those of its run after an edit', async () => {
    const before = await run();
    project.write({ 'main.ts': strategyOf('* 3') });
    const after = await run();
    assert.deepEqual(valuesOf(before), scaled(2));
    assert.deepEqual(valuesOf(after), scaled(3));
    assert.deepEqual(valuesOf(before), scaled(2));
  });

  it('stay those of its run after the data were corrected', async () => {
    const before = await run();
    const old = before.node('X.price').rows();
    project.write({ 'bars.csv': bars((index) => (index === 7 ? 1000 : closeOf(index))) });
    const after = await run();
    assert.equal(valuesOf(after)[7], 2000);
    assert.deepEqual(valuesOf(before), scaled(2));
    assert.deepEqual(before.node('X.price').rows(), old);
  });

  it('do not grow by a later run', async () => {
    const before = await run(BARS / 2);
    await run();
    assert.deepEqual(valuesOf(before), scaled(2, BARS / 2));
    assert.equal(before.node('scaled').columns().ts.length, BARS / 2);
  });

  it('are read by a script that has the cache open itself, or refused if the catalog is needed', async () => {
    const report = await run();
    const file = join(project.root, '.seamless', 'cache.duckdb');
    const own = await openedBySelf(file);
    assert.deepEqual(valuesOf(report), scaled(2));
    const { now } = Date;
    try {
      Date.now = () => now() + 3_600_000;
      const read = (): Promise<unknown> => Promise.resolve().then(() => valuesOf(report));
      await refused(read(), 'cache', /open itself, with a DuckDB client of its own.*: close that connection/);
    } finally {
      Date.now = now;
    }
    own.closeSync();
    assert.deepEqual(valuesOf(report), scaled(2));
  });

  it('are said to have been cleaned up', async () => {
    const before = await run();
    project.write({ 'main.ts': strategyOf('* 3') });
    const after = await run();
    const cache = { projectRoot: project.root };
    await withChild((child) => child.request('cache', { ...cache, action: 'clean' }));
    const read = (report: MaterializeReport) => Promise.resolve().then(() => valuesOf(report));
    await refused(read(before), 'not-found', /rows of scaled in this report have been cleaned up/);
    assert.deepEqual(valuesOf(after), scaled(3));
    // Its stream is still in use.
    assert.equal(valuesOf(before, 'X.price').length, BARS);
    await withChild((child) => child.request('cache', { ...cache, action: 'clear' }));
    await refused(read(after), 'not-found', /have been cleaned up/);
    assert.deepEqual(valuesOf(await run()), scaled(3));
    // The same rows are there again.
    assert.deepEqual(valuesOf(after), scaled(3));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
