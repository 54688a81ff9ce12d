// Slow (8 s): runs in a child process.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { DuckDBInstance } from '@duckdb/node-api';

import { openStore } from '../../../src/store/store.js';
import { Child, minute, nodeOf, Project, refused, states } from '../../support/project.js';
import { BARS, barsWith, RANGE, strategy } from '../nodes/momentum.js';

describe('a run that cannot be', () => {
  let project: Project;
  let child: Child;
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  beforeEach(() => {
    project = new Project({ 'main.ts': strategy(), 'bars.csv': BARS });
  });
  afterEach(() => project.remove());

  const ranges: readonly (readonly [what: string, from: number, to: number, sentence: RegExp])[] = [
    ['before the data', -900, -800, /^The range .* lies wholly outside the data: price has .* → .*\. Choose/],
    ['after the data', 100, 200, /^The range .* lies wholly outside the data: price has .* → .*\. Choose/],
    [
      'between two bars',
      50.25,
      50.75,
      /^The range .* lies between two bars: price has one each 1m, and none/,
    ],
  ];
  for (const [what, from, to, sentence] of ranges) {
    it(`a range ${what}`, async () => {
      const run = child.materialize(project, { start: minute(from), end: minute(to) });
      await refused(run, 'outside-data', sentence);
    });
  }

  it('a cache folder that cannot be written', async () => {
    const cacheDir = project.path('bars.csv/cache');
    const sentence =
      /^The cache folder .*bars\.csv\/cache cannot be written \(.*\): choose another with --cache DIR/;
    await refused(child.materialize(project, { ...RANGE, cacheDir }), 'cache', sentence);
  });

  it('a cache made by a newer version', async () => {
    await child.materialize(project, RANGE);
    // The child keeps it open for a moment, but lets go of it for whoever asks.
    await (await openStore({ dir: project.cacheDir })).close();
    await makeNewer(project.cacheDir);
    const sentence =
      /^The cache in .*\.seamless was made by a newer version of Seamless: update Seamless, or use/;
    await refused(child.materialize(project, RANGE), 'cache', sentence);
  });

  it('an unknown column is the failure of its node, and offers the names there are', async () => {
    project.write({ 'main.ts': strategy({ "'close'": "'clsoe'" }) });
    const report = await child.materialize(project, RANGE);
    const { failure } = nodeOf(report, 'fast');
    assert.equal(failure?.code, 'unknown-column');
    assert.match(
      failure.message,
      /^Momentum: Node fast failed at .*: price has no column "clsoe"; it has close, volume/,
    );
    assert.equal(failure.location?.line, 7);
    assert.deepEqual(states(report), { price: 'computed', fast: 'failed' });
  });

  it('leaves a cache that answers what is right again', async () => {
    project.write({ 'bars.csv': barsWith(42, `${minute(39)},1,1`) });
    await refused(child.materialize(project, RANGE), 'source-row', /line 42/);
    project.write({ 'bars.csv': BARS });
    const report = await child.materialize(project, RANGE);
    assert.deepEqual(report.coverageBounds, [RANGE.start, RANGE.end]);
    assert.equal(nodeOf(report, 'fast').rows, 98);
  });
});

/** Has the cache say that it is of a format to come. */
async function makeNewer(cacheDir: string): Promise<void> {
  const instance = await DuckDBInstance.create(join(cacheDir, 'cache.duckdb'));
  const connection = await instance.connect();
  await connection.run("UPDATE meta SET value = '1000' WHERE key = 'format'");
  connection.closeSync();
  instance.closeSync();
}
