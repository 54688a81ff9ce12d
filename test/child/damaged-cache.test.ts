// Slow (15 s): runs in a child process.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openStore } from '../../src/store/store.js';
import { checkpoint, overwriteInPacks } from '../store/support.js';
import {
  CSV_HEADER,
  csvLines,
  minute,
  nodeOf,
  Project,
  refused,
  runFresh,
  states,
  storedTables,
  withChild,
} from '../support/project.js';

function strategy(factor: number): string {
  return `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const sum = new Node({ name: 'sum', input: price, period: 3,
      computeFn: (view) => view.window(price).column('close').reduce((a, b) => a + b, 0) });
    const scaled = new Node({ name: 'scaled', input: sum, period: 2, computeFn: (view) => view.latest(sum) * ${factor} });
    this.addNodes([price, sum, scaled]);
  }
}
`;
}

const RANGE = { start: minute(0), end: minute(3000) };

describe('rows that a disk has changed', () => {
  let project: Project;
  beforeEach(async () => {
    project = new Project({ 'main.ts': strategy(2), 'bars.csv': CSV_HEADER + csvLines(0, 3000) });
    await runFresh(project, RANGE);
  });
  afterEach(() => project.remove());

  const file = (): string => join(project.cacheDir, 'cache.duckdb');

  /** Changes stored values of a node, in the pack that has them. */
  async function alter(node: string): Promise<void> {
    const store = await openStore({ dir: project.cacheDir });
    const found = (await store.findNode('Main', node)) ?? assert.fail();
    const [table] = await store.read([
      { fingerprint: found.fingerprint, range: { start: 0, end: Infinity } },
    ]);
    await store.close();
    const values = table?.columns[0]?.values;
    assert.ok(values instanceof Float64Array);
    overwriteInPacks(project.cacheDir, new Uint8Array(values.slice(1000, 1004).buffer));
  }

  async function assertLikeCold(): Promise<void> {
    const cacheDir = project.path('cold');
    const { report } = await runFresh(project, { ...RANGE, cacheDir });
    const { report: again } = await runFresh(project, RANGE);
    assert.deepEqual(again.coverageBounds, [RANGE.start, RANGE.end]);
    assert.deepStrictEqual(await storedTables(project.cacheDir, again), await storedTables(cacheDir, report));
  }

  it('never feed a changed node: they are set aside and computed again, with a message', async () => {
    await alter('sum');
    project.write({ 'main.ts': strategy(3) });
    const { report, lines } = await runFresh(project, RANGE);
    assert.deepEqual(states(report), { price: 'hit', sum: 'computed', scaled: 'computed' });
    const said = lines.filter((line) => line.includes('damaged'));
    assert.equal(said.length, 1, lines.join('\n'));
    assert.match(
      said[0] ?? '',
      /^Rows of (?:scaled of Main \(.*\), )?sum of Main \(.*\) were damaged in the cache, and were set aside\. What/,
    );
    await assertLikeCold();
  });

  it('of a stream are read from its source again', async () => {
    await alter('price');
    project.write({ 'main.ts': strategy(2).replace('period: 3', 'period: 4') });
    const { report, lines } = await runFresh(project, RANGE);
    assert.equal(nodeOf(report, 'price').state, 'computed');
    assert.ok(lines.some((line) => line.startsWith('Rows of price of Main')));
    await assertLikeCold();
  });

  it('are not shown: a reader is told to run again', async () => {
    await alter('scaled');
    await withChild(async (child) => {
      const sentence =
        /Rows of scaled of Main .*, sum of Main .* set aside\. Run again to rebuild what is needed\.$/;
      await refused(child.read(project, 'Main', 'scaled'), 'cache', sentence);
      const report = await child.materialize(project, RANGE);
      // The two lie in one pack.
      assert.deepEqual(states(report), { price: 'hit', sum: 'computed', scaled: 'computed' });
    });
    await assertLikeCold();
  });

  it('a file damaged beyond that is set aside in the middle of a run, which goes on with a new one', async () => {
    await checkpoint(file());
    const bytes = readFileSync(file());
    // A checksum of DuckDB guards each block of 256 kB; the first ones hold the catalog, which opening reads.
    for (let at = 12_288 + 262_144; at < bytes.length; at += 262_144)
      bytes[at + 5000] = ~(bytes[at + 5000] ?? 0);
    writeFileSync(file(), bytes);
    project.write({ 'main.ts': strategy(5) });
    const { report, lines } = await runFresh(project, RANGE);
    assert.deepEqual(report.coverageBounds, [RANGE.start, RANGE.end]);
    assert.ok(
      lines.some((line) => /damaged.*set aside as cache\.duckdb\.damaged-/.test(line)),
      lines.join('\n'),
    );
    assert.equal(readdirSync(project.cacheDir).filter((name) => name.includes('.damaged-')).length, 1);
    await assertLikeCold();
  });
});
