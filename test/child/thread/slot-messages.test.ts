import assert from 'node:assert/strict';
import fc from 'fast-check';
import { safeParse } from 'valibot';

import { packTables, sentSlots, unpackTables } from '../../../src/child/thread/slot-messages.js';
import type { Column, Table } from '../../../src/sdk/table.js';
import { cases } from '../../support/profile.js';

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

const table: fc.Arbitrary<Table> = fc
  .record({
    rows: fc.constantFrom(0, 1, 1, 1, 2, 7),
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

describe('the tables of a slot as they cross', () => {
  it('come out as they were', () => {
    fc.assert(
      fc.property(fc.array(table), (all) => {
        const tables = new Map(all.map((each, node) => [node, each]));
        const sent = structuredClone(packTables(tables));
        assert.ok(safeParse(sentSlots, { tables: sent, failures: [] }).success);
        const expected = [...tables].filter(([, { ts }]) => ts.length > 0);
        assert.deepStrictEqual(
          [...unpackTables(sent)].sort(([a], [b]) => a - b),
          expected,
        );
      }),
      cases(2000, 300),
    );
  });

  it('are refused if cells and rows differ in number', () => {
    const ts = Float64Array.of(0);
    const numbers = {
      shape: 'value',
      names: ['value'],
      nodes: Int32Array.of(0),
      counts: Int32Array.of(1),
      ts,
    };
    for (const wrong of [
      { ...numbers, values: new Float64Array(2) },
      { ...numbers, values: new Float64Array(1), counts: Int32Array.of(2) },
      { ...numbers, values: new Float64Array(1), nodes: Int32Array.of(0, 1) },
    ])
      assert.ok(!safeParse(sentSlots, { tables: { numbers: [wrong], others: [] }, failures: [] }).success);
  });
});
