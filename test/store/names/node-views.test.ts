// Slow (5 s): properties of the store.
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { querySql, openStore, type SqlResult } from '../../../src/store/store.js';
import { rowValue, type Table } from '../../../src/sdk/table.js';
import { everyTable } from '../odd-values.js';
import {
  EMPTY_COMMIT,
  exact,
  inFolder,
  numbers,
  query,
  record,
  recordTable,
  segment,
  valueTable,
} from '../support.js';

const MOMENTUM = { strategy: 'src/momentum.ts#Momentum' };

/** What becomes of a text on its way through SQL and the client that the test reads with. */
function readable(value: unknown): unknown {
  const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
  return typeof value === 'string' ? value.replace(/^\uFEFF/, '').replaceAll(lone, '\uFFFD') : exact(value);
}

/** The columns of a node at a row, by their names, as SQL has them. */
function expectedRow(table: Table, index: number): Record<string, unknown> {
  const value = rowValue(table, index);
  const fields = table.names.map((name, position): [string, unknown] => {
    const column = table.columns[position];
    if (!column || column.type === 'null') return [name, null];
    if (table.present?.[index] === 0 || column.valid?.[index] === 0) return [name, null];
    if (column.type === 'json') return [name, readable(column.values[index])];
    const field = table.shape === 'record' ? (value as Record<string, unknown>)[name] : value;
    return [name, readable(field)];
  });
  return Object.fromEntries(fields);
}

describe('store: a view for each node', () => {
  it('is made again without a pack that is gone, whose rows are then not covered', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await store.register(['a', 'b'].map((name) => record(name, name, MOMENTUM)));
      await store.commit({ ...EMPTY_COMMIT, segments: [segment('a', 0, 60, valueTable([0], numbers([1])))] });
      await store.publishViews();
      for (const name of readdirSync(join(dir, 'packs'))) rmSync(join(dir, 'packs', name));
      // A view of both packs is asked for, and of one the file is gone.
      await store.commit({
        ...EMPTY_COMMIT,
        segments: [segment('a', 60, 120, valueTable([60], numbers([2])))],
      });
      await assert.rejects(store.publishViews(), /Rows of a of Momentum .* were set aside\. Run again/);
      await store.publishViews();
      assert.deepEqual(
        (await store.coverage(['a'])).get('a')?.map(({ start, end }) => [start, end]),
        [[60, 120]],
      );
      await store.close();
      assert.equal((await query(store.file, 'SELECT * FROM "Momentum".a')).length, 1);
    });
  });

  it('gives any client its rows by name, with every value as it is', async () => {
    await inFolder(async (dir) => {
      const tables = everyTable();
      const store = await openStore({ dir });
      await store.register(Object.keys(tables).map((name) => record(name, name, MOMENTUM)));
      const segments = Object.entries(tables).map(([name, table]) => segment(name, 0, 1e6, table));
      await store.commit({ ...EMPTY_COMMIT, segments });
      await store.publishViews();
      await store.close();
      for (const [name, table] of Object.entries(tables)) {
        const rows = await query(store.file, `SELECT * FROM "Momentum"."${name}" ORDER BY ts`);
        assert.equal(rows.length, table.ts.length, name);
        rows.forEach((row, index) => {
          assert.equal(Number(row['ts']), table.ts[index]);
          assert.deepEqual(row['time'], new Date((table.ts[index] as number) * 1000));
          const { ts: _ts, time: _time, ...columns } = row;
          const shown = Object.fromEntries(
            Object.entries(columns).map(([key, value]) => [key, readable(value)]),
          );
          const expected = expectedRow(table, index);
          for (const [column, value] of Object.entries(expected)) {
            assert.deepEqual(
              column in shown && column !== 'ts' ? shown[column] : shown[`${column}_1`],
              value,
              `${name} ${column} ${index}`,
            );
          }
        });
      }
    });
  });

  it('keeps up with columns, nodes and strategies, survives a file written anew, and is read from elsewhere too', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      const fields = {
        side: { type: 'string', values: ['long', 'flat'], valid: null },
        size: numbers([0.5, -0]),
      } as const;
      await store.register([record('fast', 'f', MOMENTUM), record('names', 'g', MOMENTUM)]);
      await store.commit({
        ...EMPTY_COMMIT,
        segments: [
          segment(
            'f',
            0,
            120,
            valueTable([0, 60], { type: 'null', values: new Float64Array(2), valid: new Uint8Array(2) }),
          ),
          segment('g', 0, 120, valueTable([0, 60], numbers([1, 2]))),
        ],
      });
      await store.publishViews();
      // The node's first rows were null: now it emits records.
      await store.commit({
        ...EMPTY_COMMIT,
        segments: [segment('f', 120, 240, recordTable([120, 180], fields, null))],
      });
      await store.register([
        record('fast', 'f', MOMENTUM),
        record('names', 'g', MOMENTUM),
        record('fast', 'f', { strategy: 'lib/other.ts#Other' }),
      ]);
      await store.publishViews();
      await store.clean({ maxBytes: 1e9 });
      await store.clear('lib/other.ts');
      await store.close();
      const wanted = 'SELECT ts::INTEGER AS ts, side, size FROM "Momentum".fast ORDER BY ts';
      const rows = [
        { ts: 0, side: null, size: null },
        { ts: 60, side: null, size: null },
        { ts: 120, side: 'long', size: 0.5 },
        { ts: 180, side: 'flat', size: -0 },
      ];
      assert.deepEqual(await query(store.file, wanted), rows);
      // A node may be called as one of the cache's own tables is.
      assert.deepEqual(await query(store.file, 'SELECT value FROM "Momentum"."names" ORDER BY ts'), [
        { value: 1 },
        { value: 2 },
      ]);
      const attached = `SET file_search_path = '${dirname(dir)}'; ATTACH '${store.file}' AS held (READ_ONLY); ${wanted.replace('FROM ', 'FROM held.')}`;
      assert.deepEqual(await query(':memory:', attached), rows);
      const schemas = await query(
        store.file,
        'SELECT DISTINCT schema_name AS name FROM duckdb_views() WHERE NOT internal ORDER BY 1',
      );
      assert.deepEqual(schemas, [{ name: 'Momentum' }]);
    });
  });

  it('reaches nodes whatever they are called, and none by the name of another', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      const names = ['n', 'N', 'd"q', "it's", 'a.b', 'select'];
      await store.register(names.map((name, index) => record(name, `f ${index}`, MOMENTUM)));
      const segments = names.map((_, index) =>
        segment(`f ${index}`, 0, 60, valueTable([0], numbers([index]))),
      );
      await store.commit({ ...EMPTY_COMMIT, segments });
      await store.publishViews();
      await store.close();
      const views = ['"n_1"', 'N_2', '"d""q"', '"it\'s"', '"a.b"', '"select"'];
      for (const [index, view] of views.entries()) {
        const sql = `SELECT value FROM "Momentum".${view}`;
        assert.deepEqual(await query(store.file, sql), [{ value: index }], view);
        const asked = await querySql({ dir, projectRoot: dir, sql, most: 1 });
        assert.deepEqual(asked.rows, [[index]], view);
      }
      const either = querySql({ dir, projectRoot: dir, sql: 'SELECT value FROM "N"', most: 1 });
      await assert.rejects(either, /no node or table N\. Did you mean .*N_2/);
    });
  });

  it('shows a strategy that was renamed, though nothing was computed', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await store.register([record('fast', 'f', MOMENTUM)]);
      await store.commit({ ...EMPTY_COMMIT, segments: [segment('f', 0, 60, valueTable([0], numbers([1])))] });
      await store.publishViews();
      await store.register([record('fast', 'f', { strategy: 'src/momentum.ts#Other' })]);
      await store.publishViews();
      await store.close();
      assert.deepEqual(await query(store.file, 'SELECT value FROM Other.fast'), [{ value: 1 }]);
    });
  });

  it('goes by the full name where two strategies have one class', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      const other = { strategy: 'lib/momentum.ts#Momentum' };
      await store.register([record('fast', 'f', MOMENTUM)]);
      await store.commit({ ...EMPTY_COMMIT, segments: [segment('f', 0, 60, valueTable([0], numbers([1])))] });
      await store.publishViews();
      await store.register([record('fast', 'g', other)]);
      await store.commit({ ...EMPTY_COMMIT, segments: [segment('g', 0, 60, valueTable([0], numbers([2])))] });
      await store.publishViews();
      await store.close();
      const both =
        'SELECT a.value AS a, b.value AS b FROM "src/momentum.ts#Momentum".fast a JOIN "lib/momentum.ts#Momentum".fast b USING (ts)';
      assert.deepEqual(await query(store.file, both), [{ a: 1, b: 2 }]);
    });
  });

  it('numbers strategies whose names differ in case alone, so that none answers for another', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await store.register([record('fast', 'f', { strategy: 's.ts#Rise' })]);
      await store.register([record('fast', 'g', { strategy: 's.ts#rise' })]);
      const segments = ['f', 'g'].map((name, index) =>
        segment(name, 0, 60, valueTable([0], numbers([index]))),
      );
      await store.commit({ ...EMPTY_COMMIT, segments });
      await store.publishViews();
      await store.close();
      const both =
        'SELECT a.value AS a, b.value AS b FROM "s.ts#Rise_1".fast a JOIN "s.ts#rise_2".fast b USING (ts)';
      assert.deepEqual(await query(store.file, both), [{ a: 0, b: 1 }]);
      const asked = await querySql({ dir, projectRoot: dir, sql: both, most: 10 });
      assert.deepEqual(asked.rows, [[0, 1]]);
      const either = querySql({ dir, projectRoot: dir, sql: 'SELECT value FROM "s.ts#rise".fast', most: 10 });
      await assert.rejects(either, /Did you mean .*"s\.ts#rise_2"\.fast/);
    });
  });
});

describe('store: queries', () => {
  const held = async (
    work: (ask: (sql: string, strategy?: string, most?: number) => Promise<SqlResult>) => Promise<void>,
  ): Promise<void> =>
    inFolder(async (dir) => {
      const store = await openStore({ dir });
      await store.register([record('price', 'f', MOMENTUM), record('fast', 'g', MOMENTUM)]);
      await store.commit({
        ...EMPTY_COMMIT,
        segments: [
          segment('f', 0, 180, recordTable([0, 60, 120], { close: numbers([10, NaN, -0]) }, null)),
          segment('g', 60, 180, valueTable([60, 120], numbers([1.5, Infinity]))),
        ],
      });
      await store.close();
      await work((sql, strategy, most = 100) => querySql({ dir, projectRoot: dir, sql, strategy, most }));
    });

  it('join a signal with its price, by the names of the nodes', async () => {
    await held(async (ask) => {
      const { columns, rows } = await ask(
        'SELECT time, ts, close, fast.value AS fast FROM fast JOIN price USING (time, ts) ORDER BY ts',
      );
      assert.deepEqual(
        columns.map(({ name }) => name),
        ['time', 'ts', 'close', 'fast'],
      );
      assert.deepEqual(rows, [
        ['1970-01-01T00:01:00Z', 60, NaN, 1.5],
        ['1970-01-01T00:02:00Z', 120, -0, Infinity],
      ]);
      const full = await ask('SELECT count(*) AS n FROM "src/momentum.ts#Momentum".price');
      assert.deepEqual(full.rows, [[3]]);
      assert.deepEqual(await ask('SELECT ts FROM Momentum.price ORDER BY ts', 'Momentum', 2), {
        columns: [{ name: 'ts', type: 'BIGINT' }],
        rows: [[0], [60]],
        more: true,
      });
    });
  });

  it('over what is not there name the nodes that are, not tables of DuckDB', async () => {
    await held(async (ask) => {
      const listing = ' .tables at the prompt of `seamless sql` lists all.';
      for (const [sql, words] of [
        ['SELECT * FROM prise', 'The cache has no node or table prise. Did you mean price?'],
        ['SELECT * FROM Momentum.fat', 'The cache has no node or table fat. Did you mean fast?'],
        [
          'SELECT * FROM Momentun.fast',
          'The cache has no node or table Momentun.fast. Did you mean fast or price?',
        ],
        ['SELECT * FROM "a b c d"', 'The cache has no node or table a b c d. It has price, fast.'],
      ] as const) {
        await assert.rejects(ask(sql), { code: 'usage', message: words + listing });
      }
      await assert.rejects(ask('SELECT clse FROM price'), { code: 'usage', message: /"clse".*\n.*"close"/ });
    });
  });

  it('of several strategies name nodes with their strategy, quoted where SQL needs it', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      const names = ['price.close', 'fast', 'slow', 'rsi'];
      for (const strategy of ['src/a.ts#Momentum', 'src/b.ts#Reversal'])
        await store.register(names.map((name) => record(name, `${strategy} ${name}`, { strategy })));
      await store.close();
      const ask = (sql: string) => querySql({ dir, projectRoot: dir, sql, most: 1 });
      await assert.rejects(ask('SELECT * FROM fasst'), /Did you mean Momentum\.fast or Reversal\.fast\?/);
      await assert.rejects(ask('SELECT * FROM "price_close"'), /Did you mean Momentum\."price\.close" or /);
      await assert.rejects(
        ask('SELECT * FROM wholly_other_thing'),
        /It has Momentum\."price\.close", Momentum\.fast, Momentum\.slow and 5 more\./,
      );
    });
  });

  it('change nothing, and say what is wrong with them', async () => {
    await held(async (ask) => {
      for (const [sql, words] of [
        ['DELETE FROM cache.main.names', /read-only/i],
        ["ATTACH 'other.duckdb' AS other", /may not attach/],
        ['SELECT nothing FROM fast', /The query failed: .*nothing/],
        ['SELEKT', /The query failed: .*SELEKT/],
      ] as const) {
        await assert.rejects(
          ask(sql),
          (error: Error & { code: string }) => error.code === 'usage' && words.test(error.message),
        );
      }
      await assert.rejects(
        ask('SELECT 1', 'Other'),
        /Nothing of Other is materialized yet\. The cache holds Momentum\./,
      );
      assert.deepEqual((await ask('SELECT count(*) AS n FROM fast')).rows, [[2]]);
    });
  });
});
