import assert from 'node:assert/strict';
import { plainGrid } from '../../../src/sdk/time/grid.js';
import fc from 'fast-check';

import { differenceOf } from '../../../src/engine/history/difference.js';
import type { Table } from '../../../src/sdk/table.js';

function history(rows: readonly (readonly [bar: number, value: number])[]): Table {
  return {
    shape: 'value',
    ts: Float64Array.from(rows, ([bar]) => bar * 60),
    names: ['value'],
    columns: [{ type: 'number', values: Float64Array.from(rows, ([, value]) => value), valid: null }],
    present: null,
  };
}

const MINUTES = plainGrid(60);

describe('the difference of two histories', () => {
  it('says where, by how much, and which bars only one of them has', () => {
    const before = history([
      [0, 1],
      [1, 2],
      [2, 3],
      [5, 4],
    ]);
    const after = history([
      [1, 2],
      [2, 3.5],
      [3, 7],
      [5, 4],
    ]);
    assert.deepEqual(differenceOf(before, after, MINUTES), {
      common: 3,
      changed: 1,
      onlyBefore: 1,
      onlyAfter: 1,
      largest: { ts: 120, column: 'value', difference: 0.5 },
      first: { ts: 0, before: 1, after: null },
      spans: [
        [0, 60],
        [120, 240],
      ],
    });
  });

  it('takes NaN for NaN, and tells −0 from 0', () => {
    assert.equal(differenceOf(history([[0, Number.NaN]]), history([[0, Number.NaN]]), MINUTES).changed, 0);
    assert.equal(differenceOf(history([[0, 0]]), history([[0, -0]]), MINUTES).changed, 1);
  });

  it('compares records by their fields, and structures in depth', () => {
    const json = (text: string): Table => ({
      shape: 'value',
      ts: new Float64Array([0]),
      names: ['value'],
      columns: [{ type: 'json', values: [text], valid: null }],
      present: null,
    });
    assert.equal(differenceOf(json('{"a":[1,2]}'), json('{"a":[1,2]}'), MINUTES).changed, 0);
    assert.equal(differenceOf(json('{"a":[1,2]}'), json('{"a":[1,3]}'), MINUTES).changed, 1);
  });

  it('counts as a comparison bar by bar does, whatever the rows', () => {
    const rows = fc
      .uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 30 })
      .chain((bars) =>
        fc
          .array(fc.integer({ min: 0, max: 2 }), { minLength: bars.length, maxLength: bars.length })
          .map((values) => bars.sort((a, b) => a - b).map((bar, at) => [bar, values[at]!] as const)),
      );
    fc.assert(
      fc.property(rows, rows, (before, after) => {
        const [a, b] = [new Map(before), new Map(after)];
        const bars = [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y);
        const differing = bars.filter((bar) => a.get(bar) !== b.get(bar));
        const found = differenceOf(history(before), history(after), MINUTES);
        assert.equal(found.common, bars.filter((bar) => a.has(bar) && b.has(bar)).length);
        assert.equal(found.changed + found.onlyBefore + found.onlyAfter, differing.length);
        assert.equal(found.first?.ts, differing[0] === undefined ? undefined : differing[0] * 60);
        for (const bar of differing) {
          assert.ok(found.spans.some(([start, end]) => bar * 60 >= start && bar * 60 < end));
        }
      }),
    );
  });
});
