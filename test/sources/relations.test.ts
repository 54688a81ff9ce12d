// Slow (6 s): a property.
import assert from 'node:assert/strict';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { mkdirSync } from 'node:fs';
import type { SkippedRow } from '../../src/engine/ports/source.js';
import { checkSlices, EVERYTHING, Project, fails, readAll, rowsOf } from './support.js';

const MINUTE = 60;

describe('parquet and sql sources', () => {
  const project = new Project();
  let duckdb: DuckDBConnection;

  before(async () => {
    duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    await duckdb.run("SET TimeZone = 'UTC'");
    // 20 000 minutes with holes: over a change of clocks and several row groups.
    await duckdb.run(`CREATE TABLE bars AS
      SELECT to_timestamp(1678000000 // 60 * 60 + i * 60) AS open_time, i * 0.5 AS close, i % 3 = 0 AS up, 'n' || i AS name
      FROM range(20000) AS r(i) WHERE i % 11 != 0`);
    await duckdb.run(`COPY bars TO '${project.path('bars.parquet')}' (ROW_GROUP_SIZE 2048)`);
    await duckdb.run(`COPY bars TO '${project.path('bars.csv')}'`);
  });
  after(() => {
    duckdb.closeSync();
    project.remove();
  });

  const parquet = async (name: string, query: string) => {
    await duckdb.run(`COPY (${query}) TO '${project.path(name)}' (FORMAT parquet)`);
    return { path: name };
  };

  const sources: [string, Record<string, unknown>][] = [
    ['parquet', { path: 'bars.parquet' }],
    ['parquet', { path: '*.parquet' }],
    ['sql', { query: "SELECT * FROM 'bars.parquet';" }],
    ['sql', { query: "FROM read_csv(['bars.csv']) ORDER BY close DESC -- newest first" }],
    ['demo', { start: 1_678_000_000, end: 1_679_200_000, holes: 0.1 }],
  ];
  for (const [kind, options] of sources) {
    it(`${kind} ${JSON.stringify(options)}: any range is a slice of the whole`, async () => {
      const reader = await project.open(kind, options);
      const whole = rowsOf(await readAll(reader));
      assert.ok(whole.length > 17_000);
      const [first, last] = [whole[0]?.[0] as number, whole.at(-1)?.[0] as number];
      assert.deepEqual(await reader.bounds(), { first, last });
      await checkSlices(reader, whole, 90_000, 8);
    });
  }

  it('a zone in the name of a column of local times is asked about, and is no part of dates', async () => {
    const local = (name: string, type: string): string =>
      `SELECT (TIMESTAMP '2024-03-04 09:30' + INTERVAL (i) MINUTE)::${type} AS "${name}", i AS close FROM range(9) AS r(i)`;
    for (const [name, zone] of [
      ['time_et', 'America/New_York'],
      ['Timestamp (CET)', 'Europe/Berlin'],
      ['bar_time_eastern', 'America/New_York'],
    ] as const) {
      const options = await parquet('zoned.parquet', local(name, 'TIMESTAMP'));
      await fails(project.read('parquet', options), 'source', new RegExp(`say timeZone: '${zone}'`));
      const read = rowsOf(await project.read('parquet', { ...options, timeZone: zone }));
      assert.equal(
        read[0]?.[0],
        Date.parse(`2024-03-04T09:30:00${zone === 'Europe/Berlin' ? '+01:00' : '-05:00'}`) / 1000,
      );
      assert.equal(rowsOf(await project.read('parquet', { ...options, timeZone: 'UTC' })).length, 9);
    }
    // An instant has its zone.
    const instants = await parquet('instants.parquet', local('time_et', 'TIMESTAMPTZ'));
    assert.equal(rowsOf(await project.read('parquet', instants)).length, 9);
    const days = await parquet(
      'days.parquet',
      `SELECT (DATE '2024-03-04' + i::INTEGER)::TIMESTAMP AS date_et, i AS close FROM range(9) AS r(i)`,
    );
    const [day] = rowsOf(await project.read('parquet', days, { interval: 86_400 }));
    assert.equal(day?.[0], Date.UTC(2024, 2, 4) / 1000);
  });

  it('agree with the same bars as CSV', async () => {
    const csv = rowsOf(await project.read('csv', { path: 'bars.csv' }));
    assert.deepEqual(rowsOf(await project.read('parquet', { path: 'bars.parquet' })), csv);
    assert.deepEqual(rowsOf(await project.read('sql', { query: 'select * from "bars.csv"' })), csv);
  });

  it('read every type of time', async () => {
    const expected = [1_678_060_800, 1_678_147_200];
    const cases: [string, Record<string, unknown>][] = [
      ['DATE', {}],
      ['TIMESTAMP', {}],
      ['TIMESTAMP_S', {}],
      ['TIMESTAMP_MS', {}],
      ['TIMESTAMP_NS', {}],
      ['TIMESTAMPTZ', {}],
      ['VARCHAR', {}],
    ];
    for (const [type, options] of cases) {
      const query = `SELECT CAST(TIMESTAMP '2023-03-06' + INTERVAL (i) DAY AS ${type}) AS time, i AS x FROM range(2) r(i)`;
      for (const [kind, source] of [
        ['parquet', await parquet('types.parquet', query)],
        ['sql', { query }],
      ] as const) {
        const reader = await project.open(kind, { ...source, ...options }, { interval: 86_400 });
        assert.deepEqual([...(await readAll(reader)).ts], expected, type);
        assert.deepEqual(
          [...(await readAll(reader, { start: expected[1] as number, end: 2e9 })).ts],
          [expected[1]],
          type,
        );
      }
    }
    for (const [type, factor] of [
      ['INTEGER', 1],
      ['DOUBLE', 1],
      ['BIGINT', 1000],
      ['UBIGINT', 1e6],
      ['BIGINT', 1e9],
      ['DECIMAL(20, 3)', 1],
    ]) {
      const query = `SELECT CAST((1678060800 + i * 86400)::HUGEINT * ${factor} AS ${type}) AS time, i AS x FROM range(2) r(i)`;
      const reader = await project.open('parquet', await parquet('types.parquet', query), {
        interval: 86_400,
      });
      assert.deepEqual([...(await readAll(reader)).ts], expected, `${type} ${factor}`);
      assert.deepEqual(
        [...(await readAll(reader, { start: expected[1] as number, end: 2e9 })).ts],
        [expected[1]],
      );
    }
  });

  it('read local times in their zone, and bars stamped by their close', async () => {
    const local = "SELECT TIMESTAMP '2023-03-11 16:00' + INTERVAL (i) DAY AS time, i AS x FROM range(3) r(i)";
    const at = (iso: string) => Date.parse(iso) / 1000;
    for (const type of ['TIMESTAMP', 'VARCHAR']) {
      const query = `SELECT CAST(time AS ${type}) AS time, x FROM (${local})`;
      const options = { query, timeZone: 'America/New_York', stamp: 'close' };
      const reader = await project.open('sql', options, { interval: 3600 });
      const opens = [at('2023-03-11T20:00Z'), at('2023-03-12T19:00Z'), at('2023-03-13T19:00Z')];
      assert.deepEqual([...(await readAll(reader)).ts], opens);
      assert.deepEqual(
        [...(await readAll(reader, { start: opens[1] as number, end: opens[2] as number })).ts],
        [opens[1]],
      );
    }
  });

  it('read numbers, truths, texts, dates, nested values and nulls', async () => {
    const query = `SELECT 0 AS time, 1.5::DECIMAL(9,3) AS d, 7::UTINYINT AS n, true AS b, 'x' AS s, DATE '2020-01-02' AS day,
      [1, 2] AS list, {'a': 1} AS rec, NULL::DOUBLE AS nil`;
    const options = { ...(await parquet('cells.parquet', query)), time: 'time' };
    const table = await project.read('parquet', options);
    assert.deepEqual(
      table.columns.map((column) => column.type),
      ['number', 'number', 'boolean', 'string', 'string', 'json', 'json', 'number'],
    );
    assert.deepEqual(rowsOf(table), [
      [0, { d: 1.5, n: 7, b: true, s: 'x', day: '2020-01-02', list: [1, 2], rec: { a: 1 }, nil: null }],
    ]);
  });

  it('read the files of a pattern in the order of their names', async () => {
    mkdirSync(project.path('[parts]'));
    for (const part of [0, 1, 2]) {
      await duckdb.run(
        `COPY (SELECT ${part * 2} * 60 + i * 60 AS time, i AS x FROM range(2) r(i)) TO '${project.path(`[parts]/${part}.parquet`)}'`,
      );
    }
    const nested = new Project({ projectRoot: project.path('[parts]') });
    const reader = await nested.open('parquet', { path: '?.parquet' });
    assert.deepEqual(
      [...(await readAll(reader)).ts],
      [0, 1, 2, 3, 4, 5].map((i) => i * MINUTE),
    );
    nested.remove();
  });

  it('start relative paths of a query at the project root, in every place a path can stand', async () => {
    const queries = [
      "SELECT * FROM 'bars.csv'",
      "SELECT * FROM read_csv('bars.csv', header = true)",
      "SELECT * FROM read_parquet(['bars.parquet'])",
      "WITH b AS (FROM parquet_scan('bars.parquet')) SELECT * FROM b WHERE name != 'bars.csv'",
      "SELECT 'é' AS e, * FROM 'bars.csv' UNION ALL SELECT 'ü', * FROM 'bars.parquet' WHERE false",
      `FROM '${project.path('bars.csv')}'`,
    ];
    for (const query of queries) {
      const reader = await project.open('sql', { query });
      assert.deepEqual(await reader.bounds(), { first: 1_678_000_020, last: 1_679_199_900 }, query);
    }
  });

  it('say nothing of a version for a query, and have none and no bounds without rows', async () => {
    const reader = await project.open('sql', { query: 'SELECT 0 AS time, 1 AS x WHERE false' });
    assert.equal(await reader.version(), null);
    assert.equal(await reader.bounds(), null);
    assert.equal((await readAll(reader)).ts.length, 0);
  });

  it('refuse a file that is missing, or no Parquet', async () => {
    await fails(
      project.open('parquet', { path: 'bar.parquet' }),
      'source',
      /no file bar\.parquet/,
      /there is .*bars\.parquet/,
    );
    await fails(project.open('parquet', { path: 'none-*.parquet' }), 'source', /no file none-\*\.parquet/);
    project.write('text.parquet', 'time,x\n');
    await fails(
      project.read('parquet', { path: 'text.parquet' }),
      'source',
      /text\.parquet cannot be read as Parquet/,
    );
    project.write('text.parquet', 'time,x\n2023-03-01,1\n2023-03-02,2\n');
    await fails(
      project.read('parquet', { path: 'text.parquet' }),
      'source',
      /text\.parquet is not a Parquet or Arrow file.* Use csvHistory for text\./,
    );
  });

  it('refuse a query that is wrong, several, or does more than read', async () => {
    const open = (query: string) => project.read('sql', { query });
    await fails(open('SELEC 1'), 'source', /not SQL: .*SELEC.*, at character 1/);
    await fails(open('SELECT nothing FROM bars'), 'source', /its query failed: .*bars/s);
    await fails(open("FROM 'none.csv'"), 'source', /its query failed: .*none\.csv/s);
    await fails(open('CREATE TABLE t(a INT)'), 'source', /must be a SELECT/);
    await fails(open('SELECT 1; SELECT 2'), 'source', /not several statements/);
    await fails(open(''), 'source', /has no query|must be a text/);
    await fails(
      open("SELECT 0 AS time, CAST('x' || random() AS DOUBLE) AS x"),
      'source-row',
      /its query failed: Conversion/,
    );
    await fails(open("FROM 'https://example.org/a.csv'"), 'source', /its query failed/);
  });

  it('refuse columns that cannot be bars', async () => {
    const read = (query: string, options = {}) => project.read('sql', { query, ...options });
    await fails(
      read('SELECT 0 AS time, 1 AS x', { time: 'tim' }),
      'source',
      /no column tim; it has time, x\. Did you mean time\?/,
    );
    await fails(
      read('SELECT true AS time, 1 AS x'),
      'source',
      /column time of its query holds no times: name another column with time: '…'/,
    );
    await fails(read('SELECT 0 AS time'), 'source', /no column but time/);
  });

  it('without a time hide the bars beside them in a file, and are left out and counted where that was asked for', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => (i === 7 ? '(NULL, 7)' : `(${i * 60}, ${i})`)).join();
    const options = await parquet('untimed.parquet', `FROM (VALUES ${rows}) AS t(time, x)`);
    const reader = await project.open('parquet', options);
    assert.deepEqual(await reader.bounds(), { first: 0, last: 1140 });
    await fails(readAll(reader), 'source-row', /a row of untimed\.parquet has no time/);
    await fails(readAll(reader, { start: 360, end: 420 }), 'source-row', /has no time/);
    await fails(readAll(reader, { start: 480, end: 540 }), 'source-row', /has no time/);
    assert.equal((await readAll(reader, { start: 0, end: 360 })).ts.length, 6);
    assert.equal((await readAll(reader, { start: 540, end: 1200 })).ts.length, 11);
    const skipped: SkippedRow[] = [];
    for await (const table of reader.read(EVERYTHING, (each) => skipped.push(each)))
      assert.equal(table.ts.length, 19);
    assert.deepEqual(
      skipped.map(({ range }) => range),
      [{ start: 360, end: 540 }],
    );
    for (const [kind, asked] of [
      ['parquet', options],
      ['sql', { query: "FROM 'untimed.parquet'" }],
    ] as const) {
      const permissive = await project.open(kind, { ...asked, conformance: 'permissive' });
      // Each range counts what is in it, so that none is counted twice.
      const parts = [
        { start: 0, end: 300 },
        { start: 300, end: 900 },
        { start: 900, end: Infinity },
      ];
      let read = 0;
      for (const part of parts) read += (await readAll(permissive, part)).ts.length;
      assert.equal(read, 19);
      const notes = permissive.notes?.() ?? [];
      assert.deepEqual(
        notes.map(({ what, count }) => [what, count]),
        [['rows without a time left out', 1]],
        kind,
      );
    }
    // Texts, too, with what stands there.
    const texts = "FROM (VALUES ('2024-01-01', 1), ('soon', 2), ('2024-01-02', 3)) AS t(date, x)";
    const dated = await parquet('soon.parquet', texts);
    const DAYS = { interval: 86_400 };
    await fails(project.read('parquet', dated, DAYS), 'source-row', /"soon" for a time/);
    const sound = await project.read('parquet', { ...dated, conformance: 'permissive' }, DAYS);
    assert.equal(sound.ts.length, 2);
  });

  it('refuse rows without a time, off the grid, twice or unsorted', async () => {
    const sql = (values: string) => project.read('sql', { query: `FROM (VALUES ${values}) AS t(time, x)` });
    await fails(sql('(0, 1), (NULL, 2)'), 'source-row', /a row of its query has no time/);
    await fails(sql("('2023-03-01', 1), ('hello', 2)"), 'source-row', /"hello" for a time/);
    await fails(
      sql('(0, 1), (90, 2), (120, 3)'),
      'source-row',
      /1970-01-01T00:01:30Z, which is not on the stream's grid/,
    );
    await fails(sql('(0, 1), (60, 2), (60, 3)'), 'source-row', /like the row before/);
    await fails(sql("(0, 1), ('NaN'::DOUBLE, 2)"), 'source-row', /has no time/);
    const options = await parquet(
      'unsorted.parquet',
      'FROM (VALUES (60, 1), (0, 2), (120, 3)) AS t(time, x)',
    );
    await fails(
      project.read('parquet', options),
      'source-row',
      /a row of unsorted\.parquet .*comes after 1970-01-01T00:01:00Z/,
      /sorted by time, or read it through sqlHistory/,
    );
    assert.deepEqual([...(await project.read('sql', { query: "FROM 'unsorted.parquet'" })).ts], [0, 60, 120]);
  });
});
