// Slow (15 s): runs in a child process.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { cacheText } from '../../src/cli/commands/cache.js';
import { Child, Project, refused } from '../support/project.js';
import { day, market, projectOf, SYMBOLS } from './market.js';
import { sqlText } from '../../src/sdk/sql-text.js';

const RANGE = { start: day(0), end: day(160) };
const STRATEGY = 'main.ts#Factors';

describe("a family's name in place of a node's", () => {
  let child: Child;
  let project: Project;
  before(async () => {
    child = new Child();
    project = new Project(projectOf(market()));
    await child.materialize(project, RANGE);
  });
  after(async () => {
    await child.end();
    project.remove();
  });

  const exported = (nodes: readonly string[], path: string, range = {}): Promise<{ readonly rows: number }> =>
    child.request('export', {
      projectRoot: project.root,
      strategy: STRATEGY,
      nodes,
      format: path.endsWith('.csv') ? 'csv' : 'parquet',
      path: project.path(path),
      ...range,
    });

  it('exports its long table, symbol after symbol, as the view in SQL has it', async () => {
    const { rows } = await exported(['mom'], 'mom.parquet');
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    const read = await duckdb.runAndReadAll(
      `SELECT symbol, ts::DOUBLE, value FROM ${sqlText(project.path('mom.parquet'))}`,
    );
    duckdb.closeSync();
    const { rows: viewed } = await child.request('sql', {
      projectRoot: project.root,
      sql: 'SELECT symbol, ts::DOUBLE, value FROM mom ORDER BY symbol, ts',
      most: 10_000,
    });
    assert.equal(rows, viewed.length);
    assert.ok(rows > 300);
    assert.deepEqual(read.getRowsJS(), viewed);
  });

  it('exports a range of it as CSV, in which a spreadsheet runs nothing', async () => {
    await exported(['prices'], 'out.csv', { start: day(70), end: day(72), spreadsheet: true });
    const [heading, ...lines] = readFileSync(project.path('out.csv'), 'utf8').trim().split('\n');
    assert.equal(heading, 'time,ts,symbol,close,volume');
    const symbols = new Set(lines.map((line) => line.split(',')[2]));
    // SHORT is listed later.
    assert.deepEqual([...symbols].sort(), SYMBOLS.filter((symbol) => symbol !== 'SHORT').sort());
    assert.ok(
      lines.every((line) => /^2020-03-1[12]T/.test(line)),
      lines[0],
    );
  });

  it('is none beside other nodes, and a name that is none says which there are', async () => {
    await refused(exported(['mom', 'breadth'], 'no.csv'), 'not-found', /no node mom.*mom\[/);
    await refused(exported(['mon'], 'no.csv'), 'not-found', /no node mon/);
  });

  it('is no node that versions can be compared of, which is said with one that is', async () => {
    const diff = (node: string): Promise<unknown> =>
      child.request('diff', { projectRoot: project.root, strategy: STRATEGY, node });
    await refused(
      diff('mom'),
      'not-found',
      /no node mom in the cache\. It is a family of 6: .*mom\[0007\]\.$/,
    );
    await diff('mom[0007]');
    await refused(diff('nothing'), 'not-found', /It has prices, mom, .*hold/);
    await refused(diff('nothing'), 'not-found', /^(?!.*mom\[).*$/);
  });

  it('pins each of its symbols, and lets go of each', async () => {
    for (const action of ['pin', 'unpin'] as const) {
      const change = { projectRoot: project.root, action, strategy: STRATEGY, node: 'mom' };
      const { strategies } = await child.request('cache', change);
      const pins = strategies.flatMap(({ nodes }) => nodes.filter(({ pinned }) => pinned));
      const wanted = [...SYMBOLS].sort().map((symbol) => `mom[${symbol}]`);
      assert.deepEqual(pins.map(({ name }) => name).sort(), action === 'pin' ? wanted : []);
    }
  });

  it('verifies each of its symbols', async () => {
    const { nodes } = await child.request('verify', {
      strategy: project.strategy('main.ts'),
      nodes: ['mom'],
      sample: null,
      ...RANGE,
    });
    assert.deepEqual(
      nodes.map(({ name }) => name),
      [...SYMBOLS].sort().map((symbol) => `mom[${symbol}]`),
    );
    assert.ok(
      nodes.every(({ state }) => state === 'verified'),
      JSON.stringify(nodes[0]),
    );
  });

  it('is one line of what the cache holds', async () => {
    const report = await child.request('cache', { projectRoot: project.root, action: 'show' });
    const text = cacheText(report, (_, each) => each);
    assert.match(text, /mom × 6 +[\d,]+ +[\d.]+ kB/);
    assert.doesNotMatch(text, /mom\[AAA\]/);
    assert.match(text, /breadth +[\d,]+/);
  });
});
