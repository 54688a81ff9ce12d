// Slow (17 s): a real PostgreSQL.
import assert from 'node:assert/strict';
import type { OpenStream, SourceReader } from '../../../src/engine/ports/source.js';
import { postgresHistory, type PostgresOptions } from '../../../src/sdk/wire/postgres-history.js';
import {
  Child,
  nodeOf,
  Project as ChildProject,
  refused,
  storedTables,
  withChild,
} from '../../support/project.js';
import { Postgres } from '../../support/postgres/postgres.js';
import { fails, Project, readAll, rowsOf } from '../support.js';

const FIRST = Date.parse('2023-03-01T00:00:00Z') / 1000;
const at = (bar: number): number => FIRST + bar * 60;
const RANGE = { start: at(0), end: at(100_000) };
const SERIES = `SELECT to_timestamp(${FIRST} + i * 60) AS time, 100 + i * 0.1::float8 AS close, i % 97 AS volume, i % 2 = 0 AS even,
  CASE WHEN i % 5 = 0 THEN NULL ELSE 'n' || i END AS note FROM generate_series(0, 19999) AS i WHERE i % 1000 <> 7`;

const MAIN = `
import { Node, postgresHistory, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: postgresHistory({ connection: 'SEAMLESS_TEST_PG', table: 'live' }) });
    this.addNodes([new Node({ name: 'sum', input: price, period: 9, computeFn: (view) => view.window(price).column('close').reduce((a, b) => a + b, 0) })]);
  }
}`;

describe('bars of PostgreSQL', () => {
  const project = new Project();
  let postgres: Postgres;
  before(async () => {
    postgres = await Postgres.start();
    process.env['SEAMLESS_TEST_PG'] = postgres.url;
    await postgres.run(
      `CREATE TABLE bars AS ${SERIES}`,
      'CREATE INDEX ON bars (time)',
      'CREATE SCHEMA market',
      `CREATE TABLE market.days AS SELECT DATE '2023-03-01' + i AS date, 'AAPL' AS symbol, i::numeric AS close FROM generate_series(0, 9) i
       UNION ALL SELECT DATE '2023-03-01' + i, 'MSFT', 100 + i FROM generate_series(0, 9) i`,
      `CREATE TABLE numbers AS SELECT ${FIRST}::bigint * 1000 + i * 60000 AS ts, i AS close FROM generate_series(0, 9) i`,
      `CREATE TABLE "local" AS SELECT TIMESTAMP '2023-03-01 09:30' + i * INTERVAL '1 minute' AS at, i AS close FROM generate_series(0, 9) i`,
      `CREATE TABLE doubled AS SELECT to_timestamp(${FIRST}) AS time, 1 AS close FROM generate_series(0, 1)`,
      'CREATE TABLE plain (a int, b int)',
      `CREATE ROLE guest LOGIN PASSWORD 'guest-word'`,
    );
  });
  after(async () => {
    project.remove();
    delete process.env['SEAMLESS_TEST_PG'];
    await postgres.stop();
  });

  const reader = (
    more: Partial<PostgresOptions>,
    stream: Partial<OpenStream> = {},
  ): Promise<SourceReader> => {
    const { kind, options, transport } = postgresHistory({
      connection: 'SEAMLESS_TEST_PG',
      attempts: 1,
      ...more,
    });
    return project.open(kind, options, { source: { kind, options, transport: transport ?? {} }, ...stream });
  };

  it('come with their types, nulls and all, from the range that is asked for', async () => {
    const source = await reader({ table: 'bars' });
    assert.deepEqual(await source.bounds(), { first: at(0), last: at(19_999) });
    const table = await readAll(source, { start: at(5), end: at(12) });
    assert.deepEqual(rowsOf(table).slice(0, 3), [
      [at(5), { close: 100.5, volume: 5, even: false, note: null }],
      [at(6), { close: 100 + 6 * 0.1, volume: 6, even: true, note: 'n6' }],
      [at(8), { close: 100.8, volume: 8, even: true, note: 'n8' }],
    ]);
    assert.equal((await readAll(source, RANGE)).ts.length, 19_980);
  });

  it('may be of a schema, a symbol, a date, numbers or local times, renamed or of a query', async () => {
    const days = await reader({ table: 'market.days', symbol: 'MSFT' }, { interval: 86_400 });
    assert.deepEqual(rowsOf(await readAll(days, RANGE))[3], [FIRST + 3 * 86_400, { close: 103 }]);
    const numbers = await reader({ table: 'numbers', timeUnit: 'ms', columns: { price: 'close' } });
    assert.deepEqual(rowsOf(await readAll(numbers, { start: at(3), end: at(5) })), [
      [at(3), { price: 3 }],
      [at(4), { price: 4 }],
    ]);
    const local = await reader({ table: 'local', timeZone: 'America/New_York' });
    assert.equal((await readAll(local, RANGE)).ts[0], Date.parse('2023-03-01T14:30:00Z') / 1000);
    const query = await reader({ query: 'SELECT time, close * 2 AS close FROM bars WHERE close > 2000;' });
    assert.equal((await query.bounds())?.first, at(19_001));
  });

  it('that changed are told by block', async () => {
    await postgres.run(`CREATE TABLE changing AS SELECT * FROM bars`);
    const source = await reader({ table: 'changing' });
    const before = (await source.version()) ?? '';
    assert.equal(await source.version(before), before);
    await postgres.run(`UPDATE changing SET close = -1 WHERE time = to_timestamp(${at(15_000)})`);
    // One run sees one moment.
    assert.equal(await source.version(before), before);
    const later = await reader({ table: 'changing' });
    assert.notEqual(await later.version(before), before);
    const same = (await later.sameUntil?.(before)) ?? 0;
    assert.ok(same > at(0) && same <= at(15_000), String(same));
  });

  for (const [what, more, pattern] of [
    [
      'a table that is not there',
      { table: 'bras' },
      /PostgreSQL at 127\.0\.0\.1:\d+\/postgres has no table bras\. Did you mean bars\?/,
    ],
    [
      'a column that is not there',
      { table: 'bars', time: 'tiem' },
      /table bars has no column tiem for the time: did you mean time\?/,
    ],
    ['a table without a time', { table: 'plain' }, /does not say which column is the time: name one of a, b/],
    ['a time that is a text', { table: 'bars', time: 'note' }, /is text, not a time.*note::timestamptz/],
    ['what is not SQL', { query: 'SELEC 1' }, /its query is not SQL that PostgreSQL/],
    [
      'a column that a query does not know',
      { query: 'SELECT tme FROM bars' },
      /does not know a column of its query: column "tme" does not exist/,
    ],
    [
      'an address in place of its name',
      { connection: 'postgres://a:b@c/d', table: 'bars' },
      /must be the name of an environment variable/,
    ],
    [
      'a variable that is not set',
      { connection: 'NOT_SET_AT_ALL', table: 'bars' },
      /environment variable NOT_SET_AT_ALL, which is not set/,
    ],
    ['a table and a query', { table: 'bars', query: 'SELECT 1' }, /but not both/],
    ['nothing to read', {}, /needs a table or a query/],
    [
      'a misspelt option',
      { table: 'bars', symbl: 'x' } as Partial<PostgresOptions>,
      /no option symbl: did you mean symbol/,
    ],
  ] as readonly [string, Partial<PostgresOptions>, RegExp][]) {
    it(`refuse ${what}`, async () => {
      await fails(
        reader(more).then((source) => source.bounds()),
        'source',
        pattern,
      );
    });
  }

  it('refuse two rows of one time', async () => {
    await fails(
      reader({ table: 'doubled' }).then((source) => readAll(source, RANGE)),
      'source-row',
      /table doubled.* like the row before it/,
    );
  });

  for (const [what, change, pattern] of [
    [
      'a wrong password',
      (url: string) => url.replace('se%2Fcret-word', 'wrong-word'),
      /refuses user or password .*correct them in the environment variable SEAMLESS_OTHER_PG/,
    ],
    ['another database', (url: string) => url.replace(/postgres$/, 'nowhere'), /has no such database/],
    [
      'a host that is not there',
      (url: string) => url.replace(/:\d+\//, ':1/'),
      /127\.0\.0\.1:1\/postgres cannot be reached \(.*ECONNREFUSED.*\), at the only attempt/,
    ],
    [
      'a user without leave',
      (url: string) => url.replace('trader:se%2Fcret-word', 'guest:guest-word'),
      /does not let this user read table bars: GRANT SELECT/,
    ],
    ['no address', () => 'postgres://a b:%zz@', /is no address of a database/],
  ] as const) {
    it(`refuse ${what}, and show no password`, async () => {
      process.env['SEAMLESS_OTHER_PG'] = change(postgres.url);
      try {
        const source = await reader({ connection: 'SEAMLESS_OTHER_PG', table: 'bars' });
        await assert.rejects(source.bounds(), (error: Error) => {
          assert.match(error.message, pattern);
          assert.doesNotMatch(
            `${error.message} ${error.stack} ${JSON.stringify(error)}`,
            /cret-word|wrong-word|guest-word/,
          );
          return true;
        });
      } finally {
        delete process.env['SEAMLESS_OTHER_PG'];
      }
    });
  }

  it('are not asked for while a strategy is edited: a look says that the next run will', async () => {
    const strategies = new ChildProject({
      'main.ts': MAIN.replace('SEAMLESS_TEST_PG', 'SEAMLESS_GONE_PG').replace("'live'", "'bars'"),
    });
    process.env['SEAMLESS_GONE_PG'] = postgres.url;
    try {
      const strategy = strategies.strategy('main.ts');
      const range = { start: at(0), end: at(500) };
      await withChild((child) => child.materialize(strategies, range));
      process.env['SEAMLESS_GONE_PG'] = 'postgres://a:b@127.0.0.1:1/none';
      const status = await withChild((child) => child.request('status', { strategy, ...range }));
      const price = status.nodes.find(({ name }) => name === 'price');
      assert.match(price?.reason ?? '', /the next run asks it whether its bars changed/);
      const report = await withChild((child) =>
        child.materialize(strategies, range).catch((error: unknown) => error as Error),
      );
      assert.match(
        report instanceof Error ? report.message : nodeOf(report, 'price').reason,
        /cannot be reached/,
      );
    } finally {
      delete process.env['SEAMLESS_GONE_PG'];
      strategies.remove();
    }
  });

  it('may come to be of other columns: the node that reads one that is gone says so, and is as before once it is back', async () => {
    const strategies = new ChildProject({ 'main.ts': MAIN.replace("'live'", "'shaped'") });
    const range = { start: at(0), end: at(500) };
    const materialize = () => withChild((child) => child.materialize(strategies, range));
    try {
      await postgres.run('CREATE TABLE shaped AS SELECT time, close, volume FROM bars LIMIT 500');
      const before = await materialize();
      const sums = await storedTables(strategies.cacheDir, before);
      await postgres.run('ALTER TABLE shaped RENAME COLUMN close TO price');
      const renamed = nodeOf(await materialize(), 'sum');
      assert.equal(renamed.state, 'failed');
      assert.match(renamed.failure?.message ?? '', /price has no column "close"; it has price, volume/);
      await postgres.run('ALTER TABLE shaped RENAME COLUMN price TO close');
      assert.deepStrictEqual(await storedTables(strategies.cacheDir, await materialize()), sums);
      await postgres.run('DELETE FROM shaped');
      await withChild((child) =>
        refused(
          child.materialize(strategies, range),
          'outside-data',
          /price has no bars\. See whether its source is the right one/,
        ),
      );
    } finally {
      strategies.remove();
    }
  });

  it('are the same, byte for byte, after corrections, additions and a kill as in an empty cache', async () => {
    const strategies = new ChildProject({ 'main.ts': MAIN });
    try {
      await postgres.run('CREATE TABLE live AS SELECT time, close, volume FROM bars WHERE volume < 90');
      const cacheDir = strategies.path('warm');
      const steps = [
        `SELECT 1`,
        `UPDATE live SET close = close + 1 WHERE time BETWEEN to_timestamp(${at(9000)}) AND to_timestamp(${at(9100)})`,
        `DELETE FROM live WHERE time < to_timestamp(${at(50)}) OR time = to_timestamp(${at(16_500)})`,
        `INSERT INTO live SELECT to_timestamp(${FIRST} + i * 60), i, i FROM generate_series(20000, 20500) i`,
        'ALTER TABLE live ADD COLUMN trades int',
        'ALTER TABLE live ALTER COLUMN volume TYPE text; ALTER TABLE live DROP COLUMN trades',
      ];
      for (const [index, step] of steps.entries()) {
        await postgres.run(step);
        const killed = new Child();
        const cut = killed
          .materialize(strategies, {
            start: at(0),
            end: at(20_400),
            cacheDir,
            onProgress: ({ phase }) => {
              if (phase === 'computing' && killed.client.pid) process.kill(killed.client.pid, 'SIGKILL');
            },
          })
          .catch(() => null);
        await cut;
        await killed.end();
        const cold = strategies.path(`cold-${index}`);
        const [warm, other] = await withChild(
          async (child) =>
            [
              await child.materialize(strategies, { start: at(0), end: at(20_400), cacheDir }),
              await child.materialize(strategies, { start: at(0), end: at(20_400), cacheDir: cold }),
            ] as const,
        );
        assert.deepEqual(nodeOf(warm, 'price').coverage, nodeOf(other, 'price').coverage);
        assert.deepStrictEqual(await storedTables(cacheDir, warm), await storedTables(cold, other));
      }
    } finally {
      strategies.remove();
    }
  });
});
