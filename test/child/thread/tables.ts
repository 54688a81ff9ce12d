import fc from 'fast-check';
import type { Column, Table } from '../../../src/sdk/table.js';

const column = (
  type: 'number' | 'string' | 'boolean',
  rows: number,
  masked: boolean,
): fc.Arbitrary<Column> => {
  const many = <T>(cell: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
    fc.array(cell, { minLength: rows, maxLength: rows });
  const valid = masked ? new Uint8Array(rows) : null;
  if (type === 'string') return many(fc.string()).map((values) => ({ type, values, valid }));
  if (type === 'boolean')
    return many(fc.nat(1)).map((values) => ({ type, values: Uint8Array.from(values), valid }));
  return many(fc.double()).map((values) => ({ type, values: Float64Array.from(values), valid }));
};

/** Tables of a column or several, with as many rows as one of these. */
export const anyTable = (lengths: readonly number[]): fc.Arbitrary<Table> =>
  fc
    .record({
      rows: fc.constantFrom(...lengths),
      names: fc.constantFrom(['value'], ['open', 'close'], ['close', 'open'], ['a', 'b', 'c']),
      type: fc.constantFrom(
        'number' as const,
        'number' as const,
        'number' as const,
        'string' as const,
        'boolean' as const,
      ),
      masked: fc.constantFrom(false, false, true),
      present: fc.constantFrom(false, false, true),
      first: fc.constantFrom(0, 60, 0.5),
    })
    .chain(({ rows, names, type, masked, present, first }) =>
      fc.tuple(...names.map(() => column(type, rows, masked))).map((columns): Table => ({
        shape: names.length === 1 ? 'value' : 'record',
        ts: Float64Array.from({ length: rows }, (_, row) => first + row * 60),
        names,
        columns,
        present: present ? new Uint8Array(rows) : null,
      })),
    );
