import assert from 'node:assert/strict';
import { DuckDBInstance } from '@duckdb/node-api';
import { nullColumn, type Column, type Table } from '../../src/sdk/table.js';
import { openStore } from '../../src/store/store.js';
import {
  ALL_TIME,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  recordTable,
  rowsOf,
  segment,
  valueTable,
} from './support.js';

const ODD_NUMBERS = [
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  2 ** -1030,
  0.1,
  -0,
  0,
  1e308,
];
const ODD_TEXTS = [
  '',
  ' ',
  'a',
  'é😀日本',
  'nul\0inside',
  '\uFEFFmark',
  'quote " and \\ud800 and \\\\',
  'line\nbreak\r',
  '\ud800',
  'x\udc00y\udc01',
  '[1,2]',
  'null',
];
const ODD_JSON = [
  'null',
  '{}',
  '[]',
  '{"a":[1,{"b":"\\u0000"}]}',
  '"\\ud800"',
  '-0',
  '1e300',
  '"é"',
  'true',
  '""',
  '[[]]',
  '{"":0}',
];
const TIMES = ODD_NUMBERS.map((_, index) => index * 60);
const MASK = Uint8Array.from(TIMES, (_, index) => (index % 3 === 0 ? 0 : 1));

const COLUMNS: Readonly<Record<string, Column>> = {
  number: numbers(ODD_NUMBERS),
  'number with nulls': { type: 'number', values: Float64Array.from(ODD_NUMBERS), valid: MASK },
  boolean: { type: 'boolean', values: Uint8Array.from(TIMES, (_, index) => index & 1), valid: null },
  'boolean with nulls': {
    type: 'boolean',
    values: Uint8Array.from(TIMES, (_, index) => index & 1),
    valid: MASK,
  },
  string: { type: 'string', values: ODD_TEXTS, valid: null },
  'string with nulls': { type: 'string', values: ODD_TEXTS, valid: MASK },
  json: { type: 'json', values: ODD_JSON, valid: null },
  'json with nulls': { type: 'json', values: ODD_JSON, valid: MASK },
  null: nullColumn(TIMES.length),
};

function everyTable(): Record<string, Table> {
  const tables: Record<string, Table> = {};
  for (const [name, column] of Object.entries(COLUMNS)) tables[name] = valueTable(TIMES, column);
  tables['record'] = recordTable(TIMES, COLUMNS);
  tables['record with null rows'] = recordTable(TIMES, COLUMNS, [...MASK]);
  tables['one row'] = valueTable([0], numbers([-0]));
  tables['short text'] = valueTable([0], { type: 'string', values: ['a'], valid: null });
  tables['no rows'] = valueTable([], numbers([]));
  tables['mixed zeros'] = valueTable(
    Array.from({ length: 5000 }, (_, index) => index),
    numbers(Array.from({ length: 5000 }, (_, index) => (index % 7 === 0 ? -0 : 0))),
  );
  return tables;
}

describe('store: every value survives', () => {
  it('after closing, checkpointing and opening again', async () => {
    await inFolder(async (dir) => {
      const tables = everyTable();
      const first = await openStore({ dir });
      await first.commit({
        ...EMPTY_COMMIT,
        segments: Object.entries(tables).map(([name, table]) => segment(name, 0, 1e6, table)),
      });
      await first.close();
      await checkpoint(first.file);
      const second = await openStore({ dir });
      for (const [name, table] of Object.entries(tables)) {
        const [found] = await second.read([{ fingerprint: name, range: ALL_TIME }]);
        assert.ok(found);
        assert.deepEqual(rowsOf(found), rowsOf(table), name);
        assert.equal(found.shape, table.shape, name);
        assert.deepEqual(found.names, table.names, name);
        assert.deepEqual(
          found.columns.map(({ type }) => type),
          table.columns.map(({ type }) => type),
          name,
        );
      }
      await second.close();
    });
  });

  it('when the memory of a column is a part of a larger one', async () => {
    await inFolder(async (dir) => {
      const all = Float64Array.from({ length: 100 }, (_, index) => index / 7);
      const mask = Uint8Array.from({ length: 100 }, (_, index) => index % 2);
      const table = valueTable([60, 120], {
        type: 'number',
        values: all.subarray(33, 35),
        valid: mask.subarray(33, 35),
      });
      const store = await openStore({ dir });
      await store.commit({ ...EMPTY_COMMIT, segments: [segment('part', 0, 600, table)] });
      const [found] = await store.read([{ fingerprint: 'part', range: ALL_TIME }]);
      assert.ok(found);
      assert.deepEqual(rowsOf(found), rowsOf(table));
      await store.close();
    });
  });
});

/** What another client of DuckDB would do; it is the checkpoint that rewrites what was stored. */
async function checkpoint(file: string): Promise<void> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await connection.run('CHECKPOINT');
  connection.closeSync();
  instance.closeSync();
}
