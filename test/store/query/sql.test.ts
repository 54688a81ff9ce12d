import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Column, Table } from '../../../src/sdk/table.js';
import { openStore, querySql } from '../../../src/store/store.js';
import { everyTable } from '../odd-values.js';
import {
  ALL_TIME,
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

/** A value as SQL has it, by its type. */
function asSql(table: Table, column: Column, index: number): Record<string, unknown> {
  const given = table.present?.[index] !== 0 && column.valid?.[index] !== 0;
  const { type, values } = column;
  return {
    number: given && type === 'number' ? exact(values[index]) : null,
    flag: given && type === 'boolean' ? values[index] === 1 : null,
    text: given && (type === 'string' || type === 'json') ? readable(values[index] ?? '') : null,
  };
}

/** What becomes of a text on its way through SQL and the client that the test reads with, which drops a mark at the beginning. */
function readable(text: string): string {
  const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
  return text.replace(/^\uFEFF/, '').replaceAll(lone, '\uFFFD');
}

describe('store: export', () => {
  it('joins nodes by time, through columns that were nulls at first', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      const nulls = valueTable([0, 60], {
        type: 'null',
        values: new Float64Array(2).fill(NaN),
        valid: new Uint8Array(2),
      });
      await store.register([record('signal', 'f'), record('price', 'g')]);
      const fields = {
        action: { type: 'string', values: ['buy', 'sell'], valid: null },
        targetPercent: numbers([0.5, -0]),
      } as const;
      await store.commit({
        ...EMPTY_COMMIT,
        segments: [
          segment('f', 0, 120, nulls),
          segment('f', 120, 240, recordTable([120, 180], fields, [1, 0])),
          segment('g', 60, 240, valueTable([60, 180], numbers([1, 2]))),
        ],
      });
      const path = join(dir, 'out', 'both.csv');
      const request = {
        strategy: 'Momentum',
        nodes: [],
        format: 'csv',
        path,
        range: { start: 60, end: 240 },
      } as const;
      assert.deepEqual(await store.exportNodes(request), { path, rows: 3 });
      assert.equal(
        readFileSync(path, 'utf8'),
        [
          'time,ts,signal.action,signal.targetPercent,price',
          '1970-01-01T00:01:00Z,60,,,1.0',
          '1970-01-01T00:02:00Z,120,buy,0.5,',
          '1970-01-01T00:03:00Z,180,,,2.0',
          '',
        ].join('\n'),
      );
      await store.exportNodes({ ...request, nodes: ['signal'], range: { start: 120, end: 180 } });
      assert.equal(
        readFileSync(path, 'utf8'),
        'time,ts,action,targetPercent\n1970-01-01T00:02:00Z,120,buy,0.5\n',
      );
      await store.close();
    });
  });

  it('exports Parquet with NaN, signed zeros, nulls, and columns called like its own', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await store.register([record('odd', 'f')]);
      const values = Array.from(
        { length: 4000 },
        (_, index) => [0, -0, NaN, 1.5, -Infinity][index % 5] as number,
      );
      const times = values.map((_, index) => index * 60);
      const valid = values.map((_, index) => (index % 11 === 0 ? 0 : 1));
      const table = recordTable(times, { ts: numbers(values), Time: numbers(values, valid) });
      await store.commit({ ...EMPTY_COMMIT, segments: [segment('f', 0, 4000 * 60, table)] });
      const path = join(dir, "it's.parquet");
      await store.exportNodes({
        strategy: 'Momentum',
        nodes: ['odd'],
        range: ALL_TIME,
        format: 'parquet',
        path,
      });
      await store.close();
      const rows = await query(':memory:', `SELECT * FROM '${path.replaceAll("'", "''")}'`);
      assert.deepEqual(Object.keys(rows[0] ?? {}), ['time', 'ts', 'ts_1', 'Time_1']);
      assert.deepEqual(rows[1]?.['time'], new Date(60_000));
      assert.deepEqual(
        rows.map((row) => [Number(row['ts']), exact(row['ts_1']), exact(row['Time_1'])]),
        values.map((value, index) => [times[index], exact(value), valid[index] === 0 ? null : exact(value)]),
      );
    });
  });

  it('exports any text as it is, and many rows in steps', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await store.register([record('all', 'f', { interval: 60 })]);
      const tables = everyTable();
      const odd = tables['record with null rows'] ?? assert.fail('no table');
      const many = tables['several blocks'] ?? assert.fail('no table');
      const path = join(dir, 'x.parquet');
      const request = {
        strategy: 'Momentum',
        nodes: ['all'],
        range: ALL_TIME,
        format: 'parquet',
        path,
      } as const;
      for (const table of [odd, many]) {
        await store.commit({
          ...EMPTY_COMMIT,
          invalidations: [{ fingerprint: 'f', range: ALL_TIME }],
          segments: [segment('f', 0, 1e6, table)],
        });
        assert.equal((await store.exportNodes(request)).rows, table.ts.length);
        const rows = await query(':memory:', `SELECT * FROM '${path}'`);
        const expected = Array.from(table.ts, (_, index) =>
          table.columns.map((column) => {
            const { number, flag, text } = asSql(table, column, index);
            return number ?? flag ?? text;
          }),
        );
        assert.deepEqual(
          rows.map((row) => Object.values(row).slice(2).map(exact)),
          expected,
        );
      }
      await store.close();
    });
  });

  it('shows any node one value a row, in queries that name node_rows', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await store.register([record('all', 'f', { interval: 60 }), record('none', 'g', { interval: 60 })]);
      const table = everyTable()['record with null rows'] ?? assert.fail('no table');
      await store.commit({ ...EMPTY_COMMIT, segments: [segment('f', 0, 1e6, table)] });
      await store.close();
      const { rows } = await querySql({
        dir,
        projectRoot: dir,
        most: 1e6,
        sql: 'SELECT node, ts, "column", number, flag, text FROM node_rows ORDER BY "column", ts',
      });
      const cells = table.columns.flatMap((column, at) =>
        Array.from(table.ts, (ts, index) => {
          const { number, flag, text } = asSql(table, column, index);
          return ['all', ts, table.names[at] ?? '', number, flag, text] as const;
        }),
      );
      assert.equal(rows.length, cells.length);
      const key = (row: readonly unknown[]): string => JSON.stringify([row[2], row[1]]);
      const found = new Map(rows.map((row) => [key(row), row]));
      for (const cell of cells) {
        const row = found.get(key(cell)) ?? assert.fail(key(cell));
        assert.deepEqual([row[0], exact(row[3]), row[4]], [cell[0], cell[3], cell[4]]);
      }
    });
  });

  it('says what it cannot export', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await store.register([record('fast', 'f')]);
      const request = {
        strategy: 'Momentum',
        nodes: ['slow'],
        range: ALL_TIME,
        format: 'csv',
        path: join(dir, 'x.csv'),
      } as const;
      await assert.rejects(store.exportNodes(request), {
        code: 'not-found',
        message: /Nothing of node slow of Momentum/,
      });
      await assert.rejects(store.exportNodes({ ...request, strategy: 'Other', nodes: [] }), {
        code: 'not-found',
      });
      writeFileSync(join(dir, 'file'), '');
      const below = join(dir, 'file', 'x.csv');
      await assert.rejects(store.exportNodes({ ...request, nodes: ['fast'], path: below }), {
        code: 'usage',
        message: /x\.csv/,
      });
      assert.deepEqual(await store.exportNodes({ ...request, nodes: ['fast'] }), {
        path: request.path,
        rows: 0,
      });
      assert.equal(existsSync(`${request.path}.part`), false);
      await store.close();
    });
  });
});
