import assert from 'node:assert/strict';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import type { SourceReader } from '../../../src/engine/ports/source.js';
import { cases } from '../../support/profile.js';
import { bytesOf } from '../../support/worlds/runs.js';
import { EVERYTHING, fails, Project, readAll, rowsOf } from '../support.js';

/** In an order that is another one in UTF-8 and in UTF-16, and with what SQL would take for something else. */
const SYMBOLS = ['AAPL', "O'NEIL", '0007', 'ÄÖ', '\u{1F600}', '\uFF5E', 'z'];
const MINUTES = 60;

interface Row {
  readonly symbol: string;
  readonly time: number;
  readonly x: number | null;
  readonly word: string | null;
}

const rowArbitrary = fc.record({
  symbol: fc.nat(SYMBOLS.length - 1).map((at) => SYMBOLS[at] as string),
  minute: fc.nat(MINUTES - 1),
  x: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { freq: 8 }),
  word: fc.option(fc.constantFrom('up', 'down', ''), { freq: 8 }),
});

/** Each symbol has a time once, and its times in order; how rows of different symbols are mixed is open. */
const tableArbitrary = fc
  .tuple(
    fc.uniqueArray(rowArbitrary, {
      minLength: 1,
      maxLength: 120,
      selector: ({ symbol, minute }) => `${symbol} ${minute}`,
    }),
    fc.constantFrom<'mixed' | 'by symbol' | 'backwards' | 'by time'>(
      'mixed',
      'by symbol',
      'backwards',
      'by time',
    ),
  )
  .map(([drawn, order]): Row[] => {
    const rows = drawn.map(({ minute, ...row }) => ({ ...row, time: minute * 60 }));
    if (order === 'by time') return rows.sort((a, b) => a.time - b.time);
    const times = new Map<string, number[]>();
    for (const { symbol, time } of rows) times.set(symbol, [...(times.get(symbol) ?? []), time]);
    for (const list of times.values()) list.sort((a, b) => b - a);
    const mixed = rows.map((row) => ({ ...row, time: times.get(row.symbol)?.pop() as number }));
    if (order === 'mixed') return mixed;
    const sorted = mixed.sort((a, b) => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0));
    if (order === 'by symbol') return sorted;
    return SYMBOLS.toReversed().flatMap((symbol) => sorted.filter((row) => row.symbol === symbol));
  });

const readArbitrary = fc.record({
  pick: fc.nat(),
  range: fc.option(
    fc
      .tuple(fc.nat(MINUTES), fc.nat(MINUTES))
      .map(([a, b]) => ({ start: Math.min(a, b) * 60, end: Math.max(a, b) * 60 })),
    { nil: EVERYTHING },
  ),
});

describe('a Parquet table of many symbols', () => {
  let duckdb: DuckDBConnection;
  before(async () => (duckdb = await (await DuckDBInstance.create(':memory:')).connect()));
  after(() => duckdb.closeSync());

  async function write(path: string, rows: readonly Row[]): Promise<void> {
    await duckdb.run('CREATE OR REPLACE TABLE bars (symbol VARCHAR, time BIGINT, x DOUBLE, word VARCHAR)');
    const appender = await duckdb.createAppender('bars');
    for (const { symbol, time, x, word } of rows) {
      appender.appendVarchar(symbol);
      appender.appendBigInt(BigInt(time));
      if (x === null) appender.appendNull();
      else appender.appendDouble(x);
      if (word === null) appender.appendNull();
      else appender.appendVarchar(word);
      appender.endRow();
    }
    appender.closeSync();
    // One dictionary for +0 and -0 is DuckDB's own doing.
    await duckdb.run(`COPY bars TO '${path}' (FORMAT parquet, DICTIONARY_SIZE_LIMIT 1)`);
  }

  function rowsIn(rows: readonly Row[], wanted: string, { start, end } = EVERYTHING): unknown[] {
    return rows.flatMap(({ symbol, time, x, word }) =>
      symbol === wanted && time >= start && time < end ? [[time, { x, word }]] : [],
    );
  }

  it('gives each symbol its own rows, whoever is read when and how the table mixes them', async () => {
    await fc.assert(
      fc.asyncProperty(
        tableArbitrary,
        tableArbitrary,
        fc.array(readArbitrary, { minLength: 1, maxLength: 12 }),
        async (first, second, reads) => {
          const project = new Project();
          try {
            // The same library sees the file become another one.
            for (const rows of [first, second]) {
              await write(project.path('bars.parquet'), rows);
              const symbols = [...new Set(rows.map(({ symbol }) => symbol))];
              const readers = new Map<string, SourceReader>();
              for (const symbol of symbols) {
                const reader = await project.open('parquet', {
                  path: 'bars.parquet',
                  symbol,
                  symbolColumn: 'symbol',
                });
                await reader.version();
                readers.set(symbol, reader);
              }
              for (const { pick, range } of reads) {
                const symbol = symbols[pick % symbols.length] as string;
                const reader = readers.get(symbol) as SourceReader;
                const times = rows.map(({ time }) => time);
                assert.deepEqual(await reader.bounds(), {
                  first: Math.min(...times),
                  last: Math.max(...times),
                });
                assert.deepEqual(rowsOf(await readAll(reader, range)), rowsIn(rows, symbol, range));
              }
            }
          } finally {
            project.remove();
          }
        },
      ),
      cases(200, 15),
    );
  });
});

describe('a query with rows of many symbols', () => {
  const project = new Project();
  after(() => project.remove());

  const minutes =
    "SELECT TIMESTAMP '2020-01-01' + INTERVAL (i // 3) MINUTE AS time, [' A', 'a', 'A'][i % 3 + 1] AS ticker";
  for (const [what, columns] of [
    [
      'numbers, whole and not',
      "[-0.0, 0.0, 'NaN'::DOUBLE, '-inf'::DOUBLE, 5e-324][i % 5 + 1] AS x, i::DECIMAL(9, 3) / 8 AS d, (2 ** 60 + i)::BIGINT AS large, i::FLOAT / 3 AS f",
    ],
    [
      'texts, days, truths and nulls',
      "'' || i AS text, DATE '2020-01-01' + i::INTEGER AS day, i % 2 = 0 AS up, NULLIF(i % 4, 1) AS hole",
    ],
    ['a column called place', 'i AS place, -i AS "Place of it"'],
    [
      'what a copy would not give back',
      'i::HUGEINT * 10::HUGEINT ** 20 AS huge, INTERVAL (i) HOUR AS span, [i, -i] AS pair',
    ],
  ] as const) {
    it(`gives each symbol, bit for bit, what the query gives of it alone: ${what}`, async () => {
      const query = `${minutes}, ${columns} FROM range(90) AS r(i)`;
      for (const symbol of [' A', 'a', 'A']) {
        const own = await project.read('sql', { query, symbolColumn: 'ticker', symbol });
        const alone = `SELECT * EXCLUDE (ticker) FROM (${query}) WHERE ticker = '${symbol}'`;
        assert.equal(own.ts.length, 30);
        assert.deepEqual(bytesOf(own), bytesOf(await project.read('sql', { query: alone })), symbol);
      }
    });
  }

  it('says that it has no row of a symbol, and which are like it', async () => {
    const query = `${minutes}, i AS x FROM range(9) AS r(i)`;
    const options = { query, symbolColumn: 'ticker', symbol: 'AA' };
    await fails(
      project.read('sql', options),
      'source',
      /no row with "AA" in its column ticker: did you mean/,
    );
  });

  it('says what is wrong with a query whose rows cannot be computed', async () => {
    const query = `${minutes}, ('x' || i)::INTEGER AS x FROM range(9) AS r(i)`;
    const options = { query, symbolColumn: 'ticker', symbol: 'A' };
    await fails(project.read('sql', options), 'source-row', /its query failed: .*Could not convert string/);
  });
});
