import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  csvHistory,
  ema,
  rollingCorrelation,
  rollingMax,
  rollingMin,
  rollingStd,
  rsi,
  sma,
  type Table,
} from '../../src/index.js';
import { concatTables } from '../../src/sdk/table.js';
import { openSourceLibrary } from '../../src/sources/library.js';
import {
  compare,
  connect,
  emaSql,
  isConstant,
  rollingSql,
  rsiSql,
  type Comparison,
} from '../indicators/duckdb.js';
import { stream } from '../indicators/support.js';

const DATA = resolve(import.meta.dirname, '../../../shared/data');
const FILES: Readonly<Record<string, { readonly interval: number; readonly rows: number }>> = {
  'btcusdt-1m.csv': { interval: 60, rows: 30_240 },
  'btcusdc-1m.csv': { interval: 60, rows: 30_240 },
  'goog-1d.csv': { interval: 86_400, rows: 2148 },
};

async function readBars(name: string, interval: number): Promise<Table> {
  const library = openSourceLibrary({ projectRoot: DATA });
  const source = csvHistory(name);
  const reader = await library.open({
    node: 0,
    name,
    interval,
    phase: 0,
    calendar: null,
    source,
    location: null,
  });
  const tables: Table[] = [];
  for await (const table of reader.read({ start: -Infinity, end: Infinity })) tables.push(table);
  library.close();
  return concatTables(tables);
}

const price = stream('price');
const made = { name: 'node', input: price };

function comparisonsOver(period: number): readonly Comparison[] {
  const rolling = (expression: string): string => rollingSql(expression, 'close', period);
  return [
    { node: sma({ ...made, period }), sql: rolling('avg(close) OVER w') },
    { node: rollingMin({ ...made, period }), sql: rolling('min(close) OVER w') },
    { node: rollingMax({ ...made, period }), sql: rolling('max(close) OVER w') },
    { node: rollingStd({ ...made, period }), sql: rolling('stddev_samp(close) OVER w') },
    {
      node: rollingCorrelation({ name: 'corr', input: [price, price], column: ['close', 'volume'], period }),
      sql: rolling('corr(close, volume) OVER w'),
      scale: 1,
      undefinedAt: (windows) => windows.some(isConstant),
    },
    { node: ema({ ...made, span: period }), sql: emaSql('close', period, 4 * period) },
  ];
}

for (const [file, { interval, rows }] of Object.entries(FILES)) {
  describe(`indicators and DuckDB, over ${file}`, () => {
    let duckdb: DuckDBConnection;
    let table: Table;

    before(async () => {
      const path = join(DATA, file);
      assert.ok(
        existsSync(path),
        `${path} is missing: this suite reads the recorded bars, put them beside the repository.`,
      );
      table = await readBars(file, interval);
      duckdb = await connect();
      await duckdb.run(`CREATE TABLE bars AS SELECT epoch(time::TIMESTAMPTZ) AS ts, close, volume::DOUBLE AS volume
        FROM read_csv('${path}', header = true, names = ['time', 'open', 'high', 'low', 'close', 'volume'])`);
    });
    after(() => duckdb.closeSync());

    for (const period of [5, 60]) {
      for (const comparison of comparisonsOver(period)) {
        it(`${comparison.node.indicator?.kind} of ${period}: every bar`, async () => {
          const tables = comparison.node.inputs.map(() => table);
          const compared = await compare(duckdb, tables, interval, comparison);
          assert.ok(compared > rows * 0.8, `only ${compared} bars`);
        });
      }
    }

    it('rsi of 14: every bar', async () => {
      const comparison = { node: rsi({ ...made, length: 14 }), sql: rsiSql('close', 14, 141) };
      assert.equal(await compare(duckdb, [table], interval, comparison), rows - 140);
    });
  });
}
