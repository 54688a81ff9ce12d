import assert from 'node:assert/strict';
import { tableFromArrays, tableToIPC } from '@uwdata/flechette';
import { mkdirSync, readFileSync } from 'node:fs';
import vm from 'node:vm';
import * as providers from '../../src/sdk/providers/providers.js';
import { TICKS } from '../../src/sdk/time/grid.js';
import { ccxtHistory } from '../../src/sdk/wire/ccxt-history.js';
import { httpHistory } from '../../src/sdk/wire/http-history.js';
import { postgresHistory } from '../../src/sdk/wire/postgres-history.js';
import type { HistoryProvider } from '../../src/sdk/providers/providers.js';
import { TICK } from '../../src/sdk/time/time.js';
import { Database } from '../../src/sources/sql/database.js';
import { installCcxt } from '../support/exchange/ccxt.js';
import { Exchange, klines } from '../support/exchange/exchange.js';
import { Postgres } from '../support/postgres/postgres.js';
import { Project, readAll } from './support.js';
import { sqlText } from '../../src/sdk/sql-text.js';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The lines of the README's table of sources. */
const LINES = [
  ...README.matchAll(/^\|[^|]*\| `((?:csv|parquet|sql|demo|http|ccxt|postgres)History\(.*\))` +\|$/gm),
].map(([, line]) => line ?? '');

const DAY = 86_400;
const first = Date.parse('2024-01-12T00:00:00Z') / 1000;

/** A file for each line, and the open of its first bar where that is not the 12th of January 2024 at midnight. */
const FILES: Readonly<Record<string, { text: string | Buffer; first?: number; interval?: number }>> = {
  'data/bars.csv': { text: 'date,close\n2024-01-12,1\n2024-01-13,2\n' },
  'data/klines.csv': { text: `${first},1,1,1,1,1\n${first + DAY},1,1,1,1,1\n` },
  'data/btc-1.csv': { text: 'date,close\n2024-01-13,2\n' },
  'data/btc-2.csv': { text: 'date,close\n2024-01-12,1\n' },
  'data/months/1.csv': { text: 'date,close\n2024-01-12,1\n' },
  'data/months/2.csv': { text: 'date,close\n2024-01-13,2\n' },
  'data/yahoo.csv': { text: 'Date,Close,Adj Close\n2024-01-12,9,1\n2024-01-13,9,2\n' },
  'data/trades.csv': {
    text: `timestamp,price,size\n${first}000001,1,1\n${first}000001,1,2\n`,
    first: (first * 1e6 + 1) / 1e6,
    interval: TICK,
  },
  'data/local.csv': {
    text: 'time,close\n2024-01-12 09:30:00,1\n2024-01-12 09:31:00,2\n',
    first: Date.parse('2024-01-12T14:30:00Z') / 1000,
    interval: 60,
  },
  'data/bars.feather': {
    text: Buffer.from(
      tableToIPC(tableFromArrays({ ts: [first, first + DAY], close: [1, 2] }), { format: 'file' }) ?? [],
    ),
  },
  'data/uk.csv': { text: 'date,close\n12/01/2024,1\n' },
  'data/german.csv': { text: 'Datum;close\n12.01.2024;1,234\n13.01.2024;2,345\n' },
  'data/korea.csv': { text: Buffer.from([...Buffer.from('date,close,name\n2024-01-12,1,'), 0xbb, 0xef]) },
  'data/closes.csv': { text: 'date,close\n2024-01-13,1\n2024-01-14,2\n' },
  'data/late.csv': { text: 'time,close\n2024-01-12T00:00:00.002Z,1\n2024-01-13T00:00:00.001Z,2\n' },
  'data/dirty.csv': { text: 'date,close\n2024-01-13,2\n2024-01-12,1\n2024-01-12,1\n' },
  'data/long.csv': { text: 'date,symbol,close\n2024-01-12,AAPL,1\n2024-01-12,MSFT,2\n2024-01-13,AAPL,3\n' },
};

describe("the README's table of sources", () => {
  const project = new Project();
  let exchange: Exchange;
  let postgres: Postgres;
  after(async () => {
    project.remove();
    await exchange.close();
    await postgres.stop();
    delete process.env['PGURL'];
    delete process.env['SEAMLESS_TEST_EXCHANGE'];
  });

  before(async () => {
    exchange = await Exchange.open(klines(first, 5, { interval: DAY }));
    installCcxt(project.root);
    process.env['SEAMLESS_TEST_EXCHANGE'] = exchange.origin;
    postgres = await Postgres.start();
    process.env['PGURL'] = postgres.url;
    await postgres.run(
      `CREATE TABLE bars AS SELECT to_timestamp(${first} + i * ${DAY}) AS time, 1.5 AS close FROM generate_series(0, 3) i`,
    );
    mkdirSync(project.path('data/months'), { recursive: true });
    for (const [name, { text }] of Object.entries(FILES)) project.write(name, text);
    const database = new Database(project.root);
    for (const name of ['data/bars-1.parquet', 'data/bars.parquet']) {
      const bars = `SELECT ${first} + i * ${DAY} AS ts, 1.5 AS close FROM range(2) r(i)`;
      await database.rows(`COPY (${bars}) TO ${sqlText(project.path(name))} (FORMAT parquet)`);
    }
    database.close();
  });

  it('has a line for every kind of source', () => assert.ok(LINES.length >= 15, String(LINES.length)));

  for (const line of LINES) {
    it(line, async () => {
      const provider = vm.runInNewContext(line.replace(/https:\/\/[^/]+/, exchange.origin), {
        ...providers,
        ccxtHistory,
        httpHistory,
        postgresHistory,
      }) as HistoryProvider;
      const path = typeof provider.options['path'] === 'string' ? provider.options['path'] : '';
      const file = FILES[path];
      const options = JSON.parse(JSON.stringify(provider.options)) as Record<string, unknown>;
      const interval = file?.interval ?? DAY;
      const grid = interval === TICK ? TICKS : { interval };
      const reader = await project.open(provider.kind, options, grid);
      const table = await readAll(reader, { start: first - DAY, end: first + 4 * DAY });
      assert.ok(table.ts.length > 0);
      assert.ok(table.names.length > 0);
      if (provider.kind !== 'demo') assert.equal(table.ts[0], file?.first ?? first);
    });
  }
});
