import assert from 'node:assert/strict';
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  ema,
  rollingCorrelation,
  rollingMax,
  rollingMin,
  rollingStd,
  rsi,
  sma,
  StreamInput,
  demoHistory,
  type Table,
} from '../../src/index.js';
import { compare, connect, emaSql, query, rollingSql, rsiSql, type Comparison } from './duckdb.js';
import { closes, compute, firingsOf, MINUTE, stream, walk } from './support.js';

const price = stream('price');
const made = { name: 'node', input: price };
const period = 20;

const comparisons: Readonly<Record<string, Comparison>> = {
  'avg and sma': { node: sma({ ...made, period }), sql: rollingSql('avg(close) OVER w', 'close', period) },
  'min and rollingMin': {
    node: rollingMin({ ...made, period }),
    sql: rollingSql('min(close) OVER w', 'close', period),
  },
  'max and rollingMax': {
    node: rollingMax({ ...made, period }),
    sql: rollingSql('max(close) OVER w', 'close', period),
  },
  'stddev_samp and rollingStd': {
    node: rollingStd({ ...made, period }),
    sql: rollingSql('stddev_samp(close) OVER w', 'close', period),
  },
  'stddev_pop and rollingStd': {
    node: rollingStd({ ...made, period, sample: false }),
    sql: rollingSql('stddev_pop(close) OVER w', 'close', period),
  },
  'a fold and ema': { node: ema({ ...made, span: 9 }), sql: emaSql('close', 9, 36) },
  'folds and rsi': { node: rsi({ ...made, length: 7 }), sql: rsiSql('close', 7, 71) },
};

describe('indicators and DuckDB, over a seeded walk with holes and nulls', () => {
  let duckdb: DuckDBConnection;
  const { ts, values } = walk(3, 4000);
  const other = walk(4, 4000);
  const tables: Readonly<Record<string, Table>> = {
    bars: closes(ts, values),
    others: closes(other.ts, other.values),
  };

  before(async () => {
    duckdb = await connect();
    for (const [name, table] of Object.entries(tables)) {
      await duckdb.run(`CREATE TABLE ${name} (ts DOUBLE, close DOUBLE)`);
      const appender = await duckdb.createAppender(name);
      const column = (name === 'bars' ? values : other.values) as readonly (number | null)[];
      column.forEach((close, row) => {
        appender.appendDouble(table.ts[row] as number);
        if (close === null) appender.appendNull();
        else appender.appendDouble(close);
        appender.endRow();
      });
      appender.closeSync();
    }
  });
  after(() => duckdb.closeSync());

  for (const [name, comparison] of Object.entries(comparisons)) {
    it(`${name} agree on every bar`, async () => {
      const compared = await compare(duckdb, [tables['bars'] as Table], MINUTE, comparison);
      assert.ok(compared > 1500, `only ${compared} bars`);
    });
  }

  it('corr and rollingCorrelation agree on every bar, even if both inputs have holes', async () => {
    const input = [price, new StreamInput({ tags: ['other'], historyProvider: demoHistory() })] as const;
    const node = rollingCorrelation({ name: 'corr', input, period });
    const both = [tables['bars'] as Table, tables['others'] as Table];
    const firings = firingsOf(node, both);
    const actual = compute(node, both, firings);
    const expected = await query(
      duckdb,
      `WITH a AS (SELECT *, row_number() OVER (ORDER BY ts) AS row FROM bars),
            b AS (SELECT *, row_number() OVER (ORDER BY ts) AS row FROM others),
            pairs AS (SELECT ts, a.close AS x, b.close AS y, a.row AS rowA, b.row AS rowB FROM a JOIN b USING (ts))
       SELECT now.ts, corr(was.x, was.y) AS value, count(*) = count(was.x + was.y) AS filled
       FROM pairs AS now JOIN pairs AS was
         ON was.rowA BETWEEN now.rowA - ${period - 1} AND now.rowA
        AND was.rowB BETWEEN now.rowB - ${period - 1} AND now.rowB
       WHERE now.rowA >= ${period} AND now.rowB >= ${period}
       GROUP BY now.ts ORDER BY now.ts`,
    );
    assert.deepEqual(
      expected['ts'],
      [...firings.asOf].map((asOf) => asOf - MINUTE),
    );
    actual.forEach((value, i) => {
      if (!expected['filled']?.[i]) {
        assert.ok(Number.isNaN(value));
        return;
      }
      const difference = Math.abs(value - (expected['value']?.[i] ?? Number.NaN));
      assert.ok(difference <= 1e-9, `${value}, by DuckDB ${expected['value']?.[i]}`);
    });
  });
});
