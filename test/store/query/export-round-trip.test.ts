// Slow (5 s): properties of the store.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openSourceLibrary } from '../../../src/sources/library.js';
import { openStore } from '../../../src/store/store.js';
import { concatTables, type Column, type Table } from '../../../src/sdk/table.js';
import {
  ALL_TIME,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  record,
  recordTable,
  rowsOf,
  segment,
} from '../support.js';
import { cases } from '../../support/profile.js';

const MOST_ROWS = 12;
const ODD_NUMBERS = [0, -0, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE, 2 ** 53 + 2, 0.1];
const ODD_TEXTS = [
  '',
  ' ',
  '1',
  '-0',
  '1e5',
  'NaN',
  'inf',
  'null',
  'true',
  'a,b',
  '"',
  'x\ny',
  "it's",
  'é😀',
];

const anyNumber = fc.oneof(fc.constantFrom(...ODD_NUMBERS), fc.double());
const anyText = fc.oneof(fc.constantFrom(...ODD_TEXTS), fc.string({ unit: 'binary' }));
/**
 * A file without types cannot tell a text that looks like a number from one, nor an empty text from none; and the provider takes
 * one with a NUL for UTF-16.
 */
const plainText = anyText.map((text) => `text ${text.replaceAll('\0', '')}`);
/** Null is told from a value by the mask alone. */
const mask = fc.array(fc.constantFrom(0, 1, 1), { minLength: MOST_ROWS, maxLength: MOST_ROWS });

function column(type: fc.Arbitrary<Column>): fc.Arbitrary<Column> {
  return fc.tuple(type, mask).map(([each, valid]): Column => {
    // One value at least: a column of nothing but nulls has no type to come back with.
    const some = valid.map((bit, index) => (index === 0 ? 1 : bit));
    return { ...each, valid: Uint8Array.from(some) };
  });
}

function cells<T>(cell: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(cell, { minLength: MOST_ROWS, maxLength: MOST_ROWS });
}

function tables(text: fc.Arbitrary<string>): fc.Arbitrary<Table> {
  return fc
    .record({
      number: column(cells(anyNumber).map((values) => numbers(values))),
      flag: column(
        cells(fc.nat(1)).map((bits) => ({ type: 'boolean', values: Uint8Array.from(bits), valid: null })),
      ),
      text: column(cells(text).map((values) => ({ type: 'string', values, valid: null }))),
    })
    .map((columns) =>
      recordTable(
        Array.from({ length: MOST_ROWS }, (_, index) => index * 60),
        columns,
      ),
    );
}

/** What a provider reads from the file that a table was exported to, beside the bar's open. */
async function throughFile(dir: string, table: Table, format: 'csv' | 'parquet'): Promise<Table> {
  const store = await openStore({ dir });
  const path = `${dir}/rows.${format}`;
  try {
    await store.register([record('node', 'f')]);
    await store.commit({
      ...EMPTY_COMMIT,
      invalidations: [{ fingerprint: 'f', range: ALL_TIME }],
      segments: [segment('f', 0, MOST_ROWS * 60, table)],
    });
    await store.exportNodes({ strategy: 'Momentum', nodes: ['node'], range: ALL_TIME, format, path });
  } finally {
    await store.close();
  }
  const library = openSourceLibrary({ projectRoot: dir });
  try {
    const reader = await library.open({
      node: 0,
      name: 'rows',
      location: null,
      interval: 60,
      phase: 0,
      calendar: null,
      source: { kind: format, options: { path, time: 'time' } },
    });
    const read: Table[] = [];
    for await (const part of reader.read(ALL_TIME)) read.push(part);
    return withoutTs(concatTables(read));
  } finally {
    library.close();
  }
}

function withoutTs(table: Table): Table {
  const kept = table.names.flatMap((name, index) => (name === 'ts' ? [] : [index]));
  return {
    ...table,
    names: kept.map((index) => table.names[index] ?? ''),
    columns: kept.map((index) => table.columns[index] ?? assert.fail('no column')),
  };
}

describe('store: what is exported is what providers read', () => {
  for (const [format, text] of [
    ['parquet', anyText],
    ['csv', plainText],
  ] as const) {
    it(`${format}: bit for bit, whatever the values`, async () => {
      await fc.assert(
        fc.asyncProperty(tables(text), async (table) => {
          await inFolder(async (dir) => {
            assert.deepEqual(rowsOf(await throughFile(dir, table, format)), rowsOf(table));
          });
        }),
        cases(30),
      );
    });
  }
});
