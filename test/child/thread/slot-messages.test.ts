import assert from 'node:assert/strict';
import fc from 'fast-check';
import { safeParse } from 'valibot';

import { packTables, sentSlots, unpackTables } from '../../../src/child/thread/slot-messages.js';
import { cases } from '../../support/profile.js';
import { anyTable } from './tables.js';

const table = anyTable([0, 1, 1, 1, 2, 7]);

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
