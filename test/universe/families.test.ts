// Slow (60 s): runs in a child process.
import assert from 'node:assert/strict';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { resolve } from 'node:path';
import { MaterializeSeamlessJob, type MaterializeReport } from '../../src/client/materialize-job.js';
import { keptChild } from '../support/kept-child.js';
import { chunksOf, nodeOf, Project, storedTables, withChild, type Child } from '../support/project.js';
import { bytesOf } from '../support/worlds/runs.js';
import {
  csvOf,
  day,
  dayByDay,
  market,
  projectOf,
  reversedSymbols,
  strategyOf,
  SYMBOLS,
  type Quote,
} from './market.js';
import { factorsSql } from './oracle.js';
import { sqlText } from '../../src/sdk/sql-text.js';

const PROGRAMS = { childPath: resolve(import.meta.dirname, '../../dist/child.js') };
const WHOLE = { start: day(0), end: day(160) };

/** All rows of a run, by node, with every bit. */
async function rowsOf(
  child: Child,
  project: Project,
  range = WHOLE,
): Promise<Record<string, readonly string[]>> {
  const report = await child.materialize(project, range);
  assert.deepEqual(report.coverageBounds, [range.start, range.end]);
  const tables = await storedTables(project.cacheDir, report);
  return Object.fromEntries([...tables].map(([name, table]) => [name, bytesOf(table)]));
}

async function withProject<T>(quotes: readonly Quote[], work: (project: Project) => Promise<T>): Promise<T> {
  const project = new Project(projectOf(quotes));
  try {
    return await work(project);
  } finally {
    project.remove();
  }
}

function jobOf(project: Project, range = WHOLE): Promise<MaterializeReport> {
  return new MaterializeSeamlessJob({ strategy: project.path('main.ts'), ...range }, PROGRAMS).run();
}

describe('a universe of symbols that are listed late, delisted and full of holes', () => {
  const quotes = market();
  const child = keptChild();
  let duckdb: DuckDBConnection;
  before(async () => {
    duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    await duckdb.run("SET TimeZone = 'UTC'");
  });
  after(() => duckdb.closeSync());

  /** Compares all families of a report with what DuckDB makes of a table. */
  async function assertFactors(report: MaterializeReport, prices: string): Promise<void> {
    for (const [name, sql] of Object.entries(factorsSql(prices))) {
      const wanted = (await duckdb.runAndReadAll(sql)).getRowsJS() as [number, string, number][];
      const rows = report.node(name).rows();
      assert.deepEqual(
        rows.map(({ ts, symbol }) => `${symbol ?? ''} ${ts}`),
        wanted.map(([ts, symbol]) => `${symbol} ${ts}`),
        name,
      );
      assert.ok(rows.length > 0);
      rows.forEach(({ value, ts, symbol }, index) => {
        const [, , expected] = wanted[index] as [number, string, number];
        const close = Math.abs((value as number) - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
        assert.ok(close, `${name} of ${symbol ?? ''} at ${ts} is ${value as number}, not ${expected}`);
      });
    }
  }

  it('has the factors that DuckDB has, from CSV and from Parquet', async () => {
    await withProject(dayByDay(quotes), async (project) => {
      const csv = `(SELECT * REPLACE (date::TIMESTAMP AS date) FROM read_csv(${sqlText(project.path('prices.csv'))}, types = {'ticker': 'VARCHAR'}))`;
      await assertFactors(await jobOf(project), csv);
      await duckdb.run(
        `COPY ${csv} TO ${sqlText(project.path('prices.parquet'))} (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
      );
      project.write({ 'main.ts': strategyOf("parquetHistory('prices.parquet')") });
      await assertFactors(await jobOf(project), csv);
      project.write({ 'main.ts': strategyOf(`sqlHistory("FROM 'prices.parquet'")`) });
      await assertFactors(await jobOf(project), csv);
    });
  });

  it('has the factors that DuckDB has of a symbol that is renamed: as two, or as one whose history goes on', async () => {
    const renamed = quotes.map((quote) =>
      quote.ticker === 'BBB' && quote.day >= 80 ? { ...quote, ticker: 'RENAMED' } : quote,
    );
    const text = "read_csv('prices.csv', types = {'ticker': 'VARCHAR', 'date': 'TIMESTAMP'})";
    const symbols = [...SYMBOLS, 'RENAMED'];
    await withProject(dayByDay(renamed), async (project) => {
      const table = `read_csv(${sqlText(project.path('prices.csv'))}, types = {'ticker': 'VARCHAR', 'date': 'TIMESTAMP'})`;
      const main = strategyOf("csvHistory('prices.csv')").replace(
        JSON.stringify(SYMBOLS),
        JSON.stringify(symbols),
      );
      project.write({ 'main.ts': main });
      const two = await jobOf(project);
      await assertFactors(two, `(FROM ${table})`);
      assert.equal(
        two.node('mom').symbol('RENAMED').rows()[0]?.ts,
        (two.node('prices').symbol('RENAMED').rows()[10] as { ts: number }).ts,
      );
      const goesOn =
        "SELECT * REPLACE (CASE ticker WHEN 'RENAMED' THEN 'BBB' ELSE ticker END AS ticker) FROM ";
      project.write({ 'main.ts': strategyOf(`sqlHistory("${goesOn} ${text}")`) });
      await assertFactors(await jobOf(project), `(${goesOn} ${table})`);
    });
  });

  it('comes to the same, bit for bit, whatever the order of symbols in the file', async () => {
    const rows = (each: readonly Quote[]) => withProject(each, (project) => rowsOf(child(), project));
    const first = await rows(quotes);
    for (const other of [dayByDay(quotes), reversedSymbols(quotes)])
      assert.deepEqual(await rows(other), first);
  });

  describe('in small chunks', () => {
    chunksOf(64);
    const child = keptChild();

    it('comes to the same, bit for bit, and so it does range by range', async () => {
      const whole = await withProject(quotes, (project) => rowsOf(child(), project));
      await withProject(quotes, async (project) => {
        for (const [start, end] of [
          [95, 120],
          [20, 60],
        ] as const) {
          await rowsOf(child(), project, { start: day(start), end: day(end) });
        }
        assert.deepEqual(await rowsOf(child(), project), whole);
      });
    });
  });

  it('after corrections, and a day more, is as in an empty cache, and computes no other symbol anew', async () => {
    const corrected = quotes.map((quote) =>
      quote.ticker === 'AAA' && quote.day === 60 ? { ...quote, close: quote.close * 1.01 } : quote,
    );
    const cold = await withProject(corrected, (project) => rowsOf(child(), project));
    await withProject(quotes, async (project) => {
      await rowsOf(child(), project);
      project.write({ 'prices.csv': csvOf(corrected) });
      const report = await child().materialize(project, WHOLE);
      const reached: [number, number][] = [[day(60), day(71)]];
      assert.deepEqual(nodeOf(report, 'mom[AAA]').computedRanges, reached);
      assert.deepEqual(nodeOf(report, 'place[*]').computedRanges, reached);
      for (const { name, symbol, computedRanges } of report.nodes) {
        if (['mom', 'mean', 'gap'].includes(name.replace(/\[.*/, '')) && symbol !== 'AAA')
          assert.deepEqual(computedRanges, [], name);
      }
      assert.deepEqual(await rowsOf(child(), project), cold);
    });
  });

  it('keeps the histories of all others when a symbol joins, and forgets none when one leaves', async () => {
    await withProject(quotes, async (project) => {
      const all = await rowsOf(child(), project);
      const without = strategyOf("csvHistory('prices.csv')").replace(
        /symbols: .*\]/,
        `symbols: ["LATE","BBB","AAA"]`,
      );
      project.write({ 'main.ts': without });
      const report = await child().materialize(project, WHOLE);
      assert.equal(nodeOf(report, 'gap[AAA]').state, 'hit');
      assert.equal(nodeOf(report, 'place[*]').state, 'computed');
      project.write({ 'main.ts': strategyOf("csvHistory('prices.csv')") });
      assert.deepEqual(await rowsOf(child(), project), all);
      const again = await child().materialize(project, WHOLE);
      assert.equal(again.hits, again.nodeCount);
    });
  });

  it('has sections read the last value of inputs without symbols: a stream, and a value of all members', async () => {
    const days = Array.from({ length: 160 }, (_, index) => index);
    const rate = (at: number): number => 1000 + at * at;
    const files = {
      'prices.csv': csvOf(quotes),
      'rate.csv': `date,close\n${days.map((at) => `${new Date(day(at) * 1000).toISOString()},${rate(at)}`).join('\n')}\n`,
      'main.ts': `import { CrossNode, csvHistory, Strategy, StreamInput, Universe } from 'seamless-dag';
export class Broadcast extends Strategy {
  setup() {
    const rate = new StreamInput({ name: 'rate', interval: '1d', historyProvider: csvHistory('rate.csv') });
    const prices = new Universe({ name: 'prices', interval: '1d', history: csvHistory('prices.csv'), symbol: 'ticker' });
    const breadth = new CrossNode({ name: 'breadth', input: prices, gives: 'one', computeFn: (section) => section.length });
    const before = new CrossNode({ name: 'before', input: [rate, breadth, prices], computeFn: (section) =>
      section.column(prices, 'close').map((close) => close + section.latest(rate).close + section.latest(breadth) / 8) });
    const after = new CrossNode({ name: 'after', input: [prices, before, breadth, rate], gives: 'one', computeFn: (section) =>
      [section.latest(rate).close, section.latest(breadth)] });
    this.addNodes([after]);
  }
}
`,
    };
    const project = new Project(files);
    try {
      const report = await jobOf(project);
      const members = (at: number): number => quotes.filter((quote) => quote.day === at).length;
      for (const symbol of SYMBOLS) {
        const own = quotes.filter(({ ticker }) => ticker === symbol);
        assert.deepEqual(
          report.node('before').symbol(symbol).rows(),
          own.map(({ day: at, close }) => ({ ts: day(at), value: close + rate(at) + members(at) / 8 })),
        );
      }
      assert.deepEqual(
        report.node('after').rows(),
        days.map((at) => ({ ts: day(at), value: [rate(at), members(at)] })),
      );
    } finally {
      project.remove();
    }
  });

  it('gives a family as a long table, by symbol, and as a panel', async () => {
    await withProject(quotes, async (project) => {
      const report = await jobOf(project);
      const mom = report.node('mom');
      assert.deepEqual(mom.symbols, [...SYMBOLS].sort());
      const { ts, symbol, value } = mom.columns();
      assert.equal(mom.rowCount, ts.length);
      assert.equal((symbol as readonly string[]).length, ts.length);
      const one = mom.symbol('GONE');
      assert.equal(one.name, 'mom[GONE]');
      assert.equal(one.rowCount, 80);
      const from = (symbol as readonly string[]).indexOf('GONE');
      assert.deepEqual(one.columns()['value'], (value as Float64Array).slice(from, from + 80));
      const panel = mom.panel();
      assert.equal(panel.ts.length, 150);
      assert.ok(panel.values['GONE']?.slice(80).every(Number.isNaN));
      assert.deepEqual(panel.values['GONE']?.slice(0, 80), one.columns()['value']);
      assert.deepEqual(Object.keys(report.node('prices').panel('close').values).sort(), [...SYMBOLS].sort());
      assert.throws(() => mom.symbol('GOME'), /mom has no symbol GOME\. Did you mean GONE/);
      assert.throws(() => mom.panel('clos'), /mom has no column clos, it has value/);
      assert.throws(() => report.node('breadth').symbol('AAA'), /breadth has no symbols/);
      assert.throws(() => report.node('mon'), /has no node mon\. Did you mean mom/);
    });
  });
});

describe('a family in SQL', () => {
  const ROWS = 'SELECT symbol, count(*)::DOUBLE AS n, min(ts)::DOUBLE AS first, sum(value) AS total FROM';

  it('is one view with a column of symbols, for seamless sql and for any DuckDB client', async () => {
    await withProject(market(), async (project) => {
      const report = await jobOf(project);
      const wanted = (family: string): unknown[][] =>
        report
          .node(family)
          .symbols.map((symbol) => report.node(family).symbol(symbol))
          .map((member, at) => {
            const { ts, value } = member.columns();
            const total = (value as Float64Array).reduce((sum, each) => sum + each, 0);
            return [report.node(family).symbols[at], ts.length, ts[0], total];
          });
      const same = (found: readonly (readonly unknown[])[], family: string): void => {
        const rounded = (rows: readonly (readonly unknown[])[]): unknown[] =>
          rows.map((row) => row.map((cell) => (typeof cell === 'number' ? Number(cell.toFixed(9)) : cell)));
        assert.deepEqual(rounded(found), rounded(wanted(family)), family);
      };
      await withChild(async (child) => {
        for (const family of ['mom', 'place', 'share']) {
          const { columns, rows } = await child.request('sql', {
            projectRoot: project.root,
            sql: `${ROWS} ${family} GROUP BY ALL ORDER BY ALL`,
            most: 100,
          });
          assert.deepEqual(
            columns.map(({ name }) => name),
            ['symbol', 'n', 'first', 'total'],
          );
          same(rows, family);
        }
        const { columns } = await child.request('sql', {
          projectRoot: project.root,
          sql: 'FROM prices ORDER BY symbol, ts LIMIT 1',
          most: 1,
        });
        assert.deepEqual(
          columns.map(({ name }) => name),
          ['time', 'ts', 'symbol', 'close', 'volume'],
        );
      });
      // Whoever reads the report waits until no other has the cache open.
      const instance = await DuckDBInstance.create(':memory:');
      const client = await instance.connect();
      await client.run(`SET file_search_path = ${sqlText(project.root)}`);
      await client.run(`ATTACH ${sqlText(`${project.cacheDir}/cache.duckdb`)} AS cache (READ_ONLY)`);
      const read = await client.runAndReadAll(`${ROWS} cache."Factors".mom GROUP BY ALL ORDER BY ALL`);
      client.closeSync();
      instance.closeSync();
      same(read.getRowsJS(), 'mom');
    });
  });
});

describe('a universe that goes wrong', () => {
  const quotes = market();
  const child = keptChild();

  it('stops the symbol with a bad row alone, and the sections with it', async () => {
    const twice = [...quotes, quotes.find(({ ticker }) => ticker === 'AAA') as Quote];
    await withProject(twice, async (project) => {
      const report = await child().materialize(project, WHOLE);
      const { state, reason } = nodeOf(report, 'prices[AAA]');
      assert.equal(state, 'failed');
      assert.match(reason, /row \d+ of AAA in prices\.csv has the time 2020-01-01/);
      assert.equal(nodeOf(report, 'mom[BBB]').state, 'computed');
      assert.equal(nodeOf(report, 'place[*]').state, 'blocked');
    });
  });

  it('stops the symbol that throws alone', async () => {
    await withProject(quotes, async (project) => {
      const text = strategyOf("csvHistory('prices.csv')").replace(
        'return close[10]!',
        "if (close[10]! < 45) throw new Error('too low'); return close[10]!",
      );
      project.write({ 'main.ts': text });
      const report = await child().materialize(project, WHOLE);
      const failed = report.nodes.filter(({ state }) => state === 'failed').map(({ name }) => name);
      assert.ok(failed.length > 0 && failed.every((name) => /^mom\[/.test(name)), failed.join());
      assert.ok(report.nodes.some(({ name, state }) => /^mom\[/.test(name) && state === 'computed'));
    });
  });

  const wrong = async (from: RegExp | string, to: string, message: RegExp): Promise<void> => {
    await withProject(quotes, async (project) => {
      project.write({ 'main.ts': strategyOf("csvHistory('prices.csv')").replace(from, to) });
      try {
        const report = await child().materialize(project, WHOLE);
        const reasons = report.nodes.map(({ reason }) => reason);
        assert.ok(
          reasons.some((reason) => message.test(reason)),
          reasons.join('\n'),
        );
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assert.match((error as Error).message, message);
      }
    });
  };

  it('says which symbol the table does not have', () =>
    wrong(
      '"LATE",',
      '"LATTE",',
      /prices\.csv has no row with "LATTE" in its column ticker: did you mean LATE/,
    ));
  it('says that a column is not there', () =>
    wrong(
      "symbol: 'ticker'",
      "symbol: 'name'",
      /prices\.csv has no column name that names symbols; it has date, ticker/,
    ));
  it('refuses a section with too few values, naming the bar', () =>
    wrong(
      'rank(section.column(mom))',
      '[1, 2]',
      /CrossNode place gave 2 values at asOf 2020-01-12.*where it sees \d/,
    ));
  it('refuses a section that asks for what is not its input', () =>
    wrong(
      'zscore(section.column(mom))',
      'zscore(section.column(prices, "close"))',
      /score asked for prices/,
    ));
  it('refuses a section of what has no symbols', () =>
    wrong(
      'input: score, computeFn',
      'input: breadth, computeFn',
      /CrossNode hold has no universe among its inputs/,
    ));
  it('refuses code that keeps state from section to section', () =>
    wrong(
      "gives: 'one', computeFn: (section) => section.length",
      "gives: 'one', computeFn: (section) => { SECTORS['count'] = String(section.length); return section.length; }",
      /breadth keeps state between bars/,
    ));
  it('refuses to trade a family at the prices of another', () =>
    wrong(
      'this.addNodes([share',
      'this.trade(share, mom as never); this.addNodes([share',
      /Factors\.trade takes a node that decides and the StreamInput or Universe/,
    ));
});
