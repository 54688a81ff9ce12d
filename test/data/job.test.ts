import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

import type { Table } from '../../src/sdk/table.js';
import { Child, nodeOf, Project, refused, states, storedTables } from '../support/project.js';

const DATA = resolve(import.meta.dirname, '../../../shared/data');
const PERIOD = 20;

interface File {
  readonly name: string;
  readonly interval: string;
  readonly rows: number;
  readonly start: string;
  readonly end: string;
}

const FILES: readonly File[] = [
  { name: 'btcusdt-1m.csv', interval: '1m', rows: 30_240, start: '2023-03-01', end: '2023-03-22' },
  { name: 'btcusdc-1m.csv', interval: '1m', rows: 30_240, start: '2023-03-01', end: '2023-03-22' },
  { name: 'goog-1d.csv', interval: '1d', rows: 2148, start: '2004-08-19', end: '2013-03-02' },
];

/** Rolling values by the SDK's indicators, and by a function of the author's own. */
function strategy(path: string, interval: string): string {
  return `
import { csvHistory, Node, rollingMax, rollingMin, rollingStd, sma, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '${interval}', historyProvider: csvHistory('${path}') });
    const of = (name: string) => ({ name, input: price, column: 'close', period: ${PERIOD} });
    const own = new Node({ name: 'own', input: price, period: ${PERIOD}, computeFn: (view) => {
      const closes = view.window(price).column('close');
      return closes.reduce((sum, close) => sum + close, 0) / closes.length;
    } });
    this.addNodes([own, sma(of('mean')), rollingMin(of('min')), rollingMax(of('max')), rollingStd(of('std'))]);
  }
}
`;
}

const ORACLES: Readonly<Record<string, string>> = {
  own: 'avg(close)',
  mean: 'avg(close)',
  min: 'min(close)',
  max: 'max(close)',
  std: 'stddev_samp(close)',
};

function seconds(date: string): number {
  return Date.parse(date) / 1000;
}

describe('a strategy over the recorded market data', () => {
  let child: Child;
  let duckdb: DuckDBConnection;
  before(async () => {
    child = new Child();
    duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  });
  after(async () => {
    duckdb.closeSync();
    await child.end();
  });

  /** What DuckDB's window function gives where there are enough bars, by the open of the bar. */
  async function oracle(path: string, expression: string): Promise<readonly (readonly [number, number])[]> {
    const answer = await duckdb.runAndReadAll(
      `SELECT ts, value FROM (
         SELECT epoch(time::TIMESTAMPTZ) AS ts, row_number() OVER (ORDER BY time) AS n,
           (${expression} OVER (ORDER BY time ROWS ${PERIOD - 1} PRECEDING))::DOUBLE AS value
         FROM read_csv('${path}', header = true, names = ['time', 'open', 'high', 'low', 'close', 'volume']))
       WHERE n >= ${PERIOD} ORDER BY ts`,
    );
    return answer.getRows().map(([ts, value]) => [Number(ts), Number(value)]);
  }

  function assertClose(table: Table | undefined, expected: readonly (readonly [number, number])[]): void {
    assert.ok(table);
    assert.equal(table.ts.length, expected.length);
    const [column] = table.columns;
    expected.forEach(([ts, value], index) => {
      assert.equal(table.ts[index], ts);
      const found = Number(column?.values[index]);
      const tolerance = 1e-9 * Math.max(1, Math.abs(value));
      assert.ok(Math.abs(found - value) <= tolerance, `${found} is not ${value}, at ${ts}`);
    });
  }

  for (const { name, interval, rows, start, end } of FILES) {
    it(`${name}: rolling values as DuckDB's window functions give them, read through the cache`, async () => {
      const path = join(DATA, name);
      assert.ok(
        existsSync(path),
        `${path} is missing: this suite reads the recorded bars, put them beside the repository.`,
      );
      const project = new Project({ 'main.ts': strategy(path, interval) });
      try {
        const range = { start: seconds(start), end: seconds(end) };
        const report = await child.materialize(project, range);
        assert.deepEqual(report.coverageBounds, [range.start, range.end]);
        assert.equal(nodeOf(report, 'price').rows, rows);
        const tables = await storedTables(project.cacheDir, report);
        for (const [node, expression] of Object.entries(ORACLES)) {
          assertClose(tables.get(node), await oracle(path, expression));
        }
        const again = await child.materialize(project, range);
        assert.deepEqual(new Set(Object.values(states(again))), new Set(['hit']));
      } finally {
        project.remove();
      }
    });
  }

  it('the first bar of a short run equals the same bar of a long one, across weekends', async () => {
    const project = new Project({ 'main.ts': strategy(join(DATA, 'goog-1d.csv'), '1d') });
    try {
      const short = await child.materialize(project, {
        start: seconds('2010-01-04'),
        end: seconds('2010-02-01'),
      });
      const cacheDir = project.path('long');
      await child.materialize(project, {
        start: seconds('2004-08-19'),
        end: seconds('2013-03-02'),
        cacheDir,
      });
      assert.deepStrictEqual(
        await storedTables(project.cacheDir, short),
        await storedTables(cacheDir, short),
      );
    } finally {
      project.remove();
    }
  });

  it('a file that is missing is told with its path', async () => {
    const project = new Project({ 'main.ts': strategy(join(DATA, 'btcusdx-1m.csv'), '1m') });
    try {
      const run = child.materialize(project, { start: seconds('2023-03-01'), end: seconds('2023-03-02') });
      const { location } = await refused(run, 'source', /price.*btcusdx-1m\.csv/);
      assert.equal(location?.line, 5);
    } finally {
      project.remove();
    }
  });
});
