import { nullColumn, type Column, type Table } from '../../src/sdk/table.js';
import { numbers, recordTable, valueTable } from './support.js';

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

export const COLUMNS: Readonly<Record<string, Column>> = {
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

/** A table for each kind of column, with the values that are easily lost. */
export function everyTable(): Record<string, Table> {
  const tables: Record<string, Table> = {};
  for (const [name, column] of Object.entries(COLUMNS)) tables[name] = valueTable(TIMES, column);
  tables['record'] = recordTable(TIMES, COLUMNS);
  tables['record with null rows'] = recordTable(TIMES, COLUMNS, [...MASK]);
  tables['one row'] = valueTable([0], numbers([-0]));
  tables['short text'] = valueTable([0], { type: 'string', values: ['a'], valid: null });
  tables['several blocks'] = severalBlocks(3 * 2048 + 7);
  tables['just two blocks'] = severalBlocks(2 * 2048);
  tables['no rows'] = valueTable([], numbers([]));
  tables['mixed zeros'] = valueTable(
    Array.from({ length: 5000 }, (_, index) => index),
    numbers(Array.from({ length: 5000 }, (_, index) => (index % 7 === 0 ? -0 : 0))),
  );
  return tables;
}

/** Rows enough to be stored in several blocks, some of them without nulls, some with. */
function severalBlocks(rows: number): Table {
  const indexes = Array.from({ length: rows }, (_, index) => index);
  const someNull = indexes.map((index) => (index > 2048 && index < 4096 && index % 2 === 0 ? 0 : 1));
  return recordTable(
    indexes.map((index) => index * 60),
    {
      number: numbers(
        indexes.map((index) => (index % 7 === 0 ? -0 : index / 3)),
        someNull,
      ),
      boolean: {
        type: 'boolean',
        values: Uint8Array.from(indexes, (index) => index & 1),
        valid: Uint8Array.from(someNull),
      },
      string: {
        type: 'string',
        values: indexes.map((index) => `text ${index % 99}`),
        valid: Uint8Array.from(someNull),
      },
      null: nullColumn(rows),
    },
    indexes.map((index) => (index === 5000 || index === 1 ? 0 : 1)),
  );
}
