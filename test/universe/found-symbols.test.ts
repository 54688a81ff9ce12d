// Slow (45 s): runs in a child process.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { nodeOf, type Files } from '../support/project.js';
import { csvOf, day as dateOf, market, projectOf, SYMBOLS, type Quote } from './market.js';
import { filesOf, foundStrategy, inProject, rowsOf, run, useChild, WHOLE } from './projects.js';
import { sqlText } from '../../src/sdk/sql-text.js';

const quotes = market();
const named = (prices: readonly Quote[]): ReturnType<typeof rowsOf> =>
  inProject(projectOf(prices), (project) => rowsOf(project));
const inFiles = (ticker: string): string => `data/daily/${ticker}.csv`;

describe('a universe whose symbols are found', () => {
  useChild();
  let wanted: Awaited<ReturnType<typeof rowsOf>>;
  before(async () => {
    wanted = await named(quotes);
  });

  it('comes to the same, bit for bit, as one that names them, in a table', async () => {
    const files = {
      'prices.csv': csvOf(quotes),
      'main.ts': foundStrategy("csvHistory('prices.csv')", "symbol: 'ticker'"),
    };
    await inProject(files, async (project) => {
      assert.deepEqual(await rowsOf(project), wanted);
      // A number that DuckDB would take for one is a symbol where the reader is told.
      const sql = foundStrategy(
        `sqlHistory("SELECT * FROM read_csv('prices.csv', types = {'ticker': 'VARCHAR'})")`,
        "symbol: 'ticker'",
      );
      project.write({ 'main.ts': sql });
      assert.deepEqual(await rowsOf(project), wanted);
    });
  });

  it('comes to the same from a file per symbol, and from two, by their names', async () => {
    for (const [history, nameOf] of [
      ["csvHistory('data/daily/*.csv')", inFiles],
      ["csvHistory('data/{symbol}/{symbol}-1d.csv')", (ticker: string) => `data/${ticker}/${ticker}-1d.csv`],
      ["csvHistory('data/ticker=*/part-*.csv')", (ticker: string) => `data/ticker=${ticker}/part-0.csv`],
    ] as const) {
      await inProject({ ...filesOf(quotes, nameOf), 'main.ts': foundStrategy(history) }, async (project) => {
        assert.deepEqual(await rowsOf(project), wanted, history);
      });
    }
    const early = filesOf(
      quotes.filter(({ day }) => day < 80),
      (ticker) => `data/2019/${ticker}.csv`,
    );
    const late = filesOf(
      quotes.filter(({ day }) => day >= 80),
      (ticker) => `data/2020/${ticker}.csv`,
    );
    const years = { ...early, ...late, 'main.ts': foundStrategy("csvHistory('data/*/*.csv')") };
    await inProject(years, async (project) => assert.deepEqual(await rowsOf(project), wanted));
  });

  it('comes to the same from a table in UTF-16, and packed, which are decoded once for all symbols', async () => {
    const text = csvOf(quotes);
    for (const [name, bytes] of [
      ['prices.csv', Buffer.from(`\ufeff${text}`, 'utf16le')],
      ['prices.csv.gz', gzipSync(text)],
    ] as const) {
      const main = foundStrategy(`csvHistory('${name}')`, "symbol: 'ticker'");
      await inProject({ 'main.ts': main }, async (project) => {
        await writeFile(project.path(name), bytes);
        assert.deepEqual(await rowsOf(project), wanted, name);
      });
    }
  });

  it('comes to the same from a table with a column for each symbol, by the query that the page has', async () => {
    const days = [...new Set(quotes.map(({ day }) => day))].sort((a, b) => a - b);
    const tickers = [...new Set(quotes.map(({ ticker }) => ticker))];
    const of = new Map(quotes.map(({ day, ticker, close }) => [`${day} ${ticker}`, close]));
    const lines = days.map((day) =>
      [
        new Date(dateOf(day) * 1000).toISOString().slice(0, 10),
        ...tickers.map((each) => of.get(`${day} ${each}`) ?? ''),
      ].join(','),
    );
    const [, query] = /sqlHistory\("(UNPIVOT [^"]+)"/.exec(await readFile('docs/universes.md', 'utf8')) ?? [];
    const long = quotes.map((quote) => ({ ...quote, volume: 1 }));
    const closes = ({ ...rows }: Awaited<ReturnType<typeof rowsOf>>): unknown =>
      Object.fromEntries(Object.entries(rows).filter(([name]) => !name.startsWith('prices')));
    const files = {
      'data/wide.csv': `date,${tickers.join(',')}\n${lines.join('\n')}\n`,
      'main.ts': foundStrategy(`sqlHistory("${query}")`, "symbol: 'ticker'"),
    };
    await inProject(files, async (project) => {
      assert.deepEqual(closes(await rowsOf(project)), closes(await named(long)));
    });
  });

  it('comes to the same from partitions of Parquet', async () => {
    const main = foundStrategy("parquetHistory('data/ticker=*/*.parquet')", "symbol: 'ticker'");
    await inProject({ 'prices.csv': csvOf(quotes), 'main.ts': main }, async (project) => {
      const instance = await DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      const csv = `read_csv(${sqlText(project.path('prices.csv'))}, types = {'ticker': 'VARCHAR', 'volume': 'DOUBLE'})`;
      await connection.run(
        `COPY (FROM ${csv} ORDER BY ticker, date) TO ${sqlText(project.path('data'))} (FORMAT parquet, PARTITION_BY (ticker))`,
      );
      connection.closeSync();
      instance.closeSync();
      assert.deepEqual(await rowsOf(project), wanted);
      project.write({ 'main.ts': foundStrategy("parquetHistory('data/ticker={symbol}/*.parquet')") });
      assert.deepEqual(await rowsOf(project), wanted);
    });
  });

  for (const [how, history, symbol, filesFrom] of [
    [
      'a table',
      "csvHistory('prices.csv')",
      "symbol: 'ticker'",
      (all: readonly Quote[]) => ({ 'prices.csv': csvOf(all) }),
    ],
    [
      'files of their own',
      "csvHistory('data/daily/*.csv')",
      '',
      (all: readonly Quote[]) => filesOf(all, inFiles),
    ],
  ] as const) {
    it(`sees a symbol that joins, a day more and a correction, in ${how}`, async () => {
      const begun = quotes.filter(({ ticker, day }) => ticker !== 'LATE' && day < 158);
      await inProject({ ...filesFrom(begun), 'main.ts': foundStrategy(history, symbol) }, async (project) => {
        const before = { start: WHOLE.start, end: WHOLE.end - 2 * 86_400 };
        assert.equal('mom[LATE]' in (await rowsOf(project, before)), false);
        const joined = quotes.filter(({ day }) => day < 158);
        project.write(filesFrom(joined));
        const report = await run(project, before);
        assert.equal(nodeOf(report, 'mom[LATE]').state, 'computed');
        assert.equal(nodeOf(report, 'mom[AAA]').state, 'hit');
        assert.equal(nodeOf(report, 'place[*]').state, 'computed');
        const corrected = quotes.map((quote) =>
          quote.ticker === 'BBB' && quote.day === 100 ? { ...quote, close: quote.close * 1.5 } : quote,
        );
        project.write(filesFrom(corrected));
        assert.deepEqual(await rowsOf(project), await named(corrected));
        const again = await run(project, WHOLE);
        assert.equal(again.hits, again.nodeCount);
      });
    });
  }

  it('stops a symbol whose file is bad alone, and says so', async () => {
    const files = { ...filesOf(quotes, inFiles), 'main.ts': foundStrategy("csvHistory('data/daily/*.csv')") };
    await inProject({ ...files, [inFiles('BBB')]: 'close\n1\n' }, async (project) => {
      const report = await run(project, WHOLE);
      const { state, reason } = nodeOf(report, 'prices[BBB]');
      assert.equal(state, 'failed');
      assert.match(reason, /data\/daily\/BBB\.csv/);
      assert.equal(nodeOf(report, 'mom[AAA]').state, 'computed');
      assert.equal(nodeOf(report, 'place[*]').state, 'blocked');
    });
  });

  it('says what is wrong with files of which none can be read, of each its own', async () => {
    const main = foundStrategy("csvHistory('data/daily/*.csv')");
    const files = filesOf(quotes, inFiles);
    const late = Object.entries(files).map(([name, text]): [string, string] => [
      name,
      text.replace(/^(\d{4}-\d\d-\d\d),/gm, '$1T07:00:00,'),
    ]);
    await inProject({ ...Object.fromEntries(late), 'main.ts': main }, async (project) => {
      await assert.rejects(
        run(project, WHOLE),
        /prices\[0007\]: .*0007\.csv has the time 2020-01-01T07:00:00Z/,
      );
    });
  });

  it('says how many rows have no symbol; each way out gives the others', async () => {
    const csv = csvOf([
      ...quotes,
      { ...(quotes[0] as Quote), ticker: '' },
      { ...(quotes[1] as Quote), ticker: '' },
    ]);
    const sql = `sqlHistory("SELECT * FROM read_csv('prices.csv', types = {'ticker': 'VARCHAR'})"OPTIONS)`;
    for (const [source, shown] of [
      ["csvHistory('prices.csv'OPTIONS)", 'prices\\.csv'],
      [sql, 'its query'],
    ] as const) {
      const text = (options: string, symbol = "symbol: 'ticker'"): string =>
        foundStrategy(source.replace('OPTIONS', options), symbol);
      await inProject({ 'prices.csv': csv, 'main.ts': text('') }, async (project) => {
        await assert.rejects(
          run(project, WHOLE),
          new RegExp(
            `${shown} has 2 rows without a symbol in the column ticker\\. Fill it in, list the symbols`,
          ),
        );
        project.write({ 'main.ts': text(", { conformance: 'permissive' }") });
        assert.deepEqual(await rowsOf(project), wanted);
        project.write({ 'main.ts': text('', `symbol: 'ticker', symbols: ${JSON.stringify(SYMBOLS)}`) });
        assert.deepEqual(await rowsOf(project), wanted);
      });
    }
  });

  it('has a symbol that is written as a missing value is', async () => {
    const named = (ticker: string): Quote[] =>
      quotes.map((quote) => (quote.ticker === 'BBB' ? { ...quote, ticker } : quote));
    const csv = (ticker: string): string =>
      csvOf(named(ticker)).replace(/^(2020-02-0[3-5],(?:NA|BBB|AAA),[^,]+),.*$/gm, '$1,NA');
    const files = (ticker: string, options = '', symbol = "symbol: 'ticker'"): Files => ({
      'prices.csv': csv(ticker),
      'main.ts': foundStrategy(`csvHistory('prices.csv'${options})`, symbol),
    });
    const renamed = await inProject(files('BBB'), rowsOf);
    const pricesOf = (rows: typeof renamed, ticker: string): unknown =>
      ['prices', 'mom', 'mean', 'gap'].map((name) => rows[`${name}[${ticker}]`] ?? assert.fail(name));
    for (const options of ['', ", { missing: ['NA'] }", ", { conformance: 'permissive' }"]) {
      for (const symbol of ["symbol: 'ticker'", "symbol: 'ticker', symbols: ['NA', 'AAA']"]) {
        await inProject(files('NA', options, symbol), async (project) => {
          const rows = await rowsOf(project);
          assert.deepEqual(pricesOf(rows, 'NA'), pricesOf(renamed, 'BBB'), options);
          assert.deepEqual(pricesOf(rows, 'AAA'), pricesOf(renamed, 'AAA'), options);
        });
      }
    }
  });

  const refused = async (text: string, message: RegExp): Promise<void> => {
    await inProject({ 'prices.csv': csvOf(quotes), 'main.ts': text }, async (project) => {
      await assert.rejects(run(project, WHOLE), message);
    });
  };
  it('says that no file is there', () =>
    refused(foundStrategy("csvHistory('data/daily/*.csv')"), /there is no file data\/daily\/\*\.csv/));
  it('says which columns there are', () =>
    refused(
      foundStrategy("csvHistory('prices.csv')", "symbol: 'tikker'"),
      /prices\.csv has no column tikker that names symbols; it has date, ticker/,
    ));
  it('says where a path should name the symbol', () =>
    refused(foundStrategy("csvHistory('*/*/x.csv')"), /write \{symbol\} in its place/));
  it('says that symbols are not known in setup()', () =>
    refused(
      foundStrategy("csvHistory('prices.csv')", "symbol: 'ticker'").replace(
        'const mom',
        'prices.symbols.length; const mom',
      ),
      /symbols of prices are found in its source once setup\(\) is done/,
    ));
});
