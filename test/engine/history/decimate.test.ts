import assert from 'node:assert/strict';
import fc from 'fast-check';

import { decimate } from '../../../src/engine/history/decimate.js';
import type { Column, Table } from '../../../src/sdk/table.js';
import { cases } from '../../support/profile.js';

function table(names: readonly string[], columns: readonly Column[], rows: number): Table {
  const ts = Float64Array.from({ length: rows }, (_, row) => row * 60);
  return { shape: names.length === 1 ? 'value' : 'record', ts, names, columns, present: null };
}

const numbers = (values: readonly number[]): Column => ({
  type: 'number',
  values: Float64Array.from(values),
  valid: null,
});

/** Least and greatest number of each part of the range, as a screen would draw them. */
function extremes({ ts, columns }: Table, end: number, ranges: number): string[] {
  const found = Array.from({ length: ranges }, () => [Infinity, -Infinity]);
  const values = columns[0]?.values as Float64Array;
  ts.forEach((time, row) => {
    const range = found[Math.min(ranges - 1, Math.floor((time * ranges) / end))]!;
    const value = values[row]!;
    if (Number.isNaN(value)) return;
    range[0] = Math.min(range[0]!, value);
    range[1] = Math.max(range[1]!, value);
  });
  return found.map((pair) => pair.join());
}

describe('decimation', () => {
  it('keeps the least and the greatest number of each piece, in order, and no more than four rows of it', () => {
    const value = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(Number.NaN));
    const values = fc.array(value, { minLength: 100, maxLength: 400 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 20 }), (all, ranges) => {
        const whole = table(['value'], [numbers(all)], all.length);
        const end = all.length * 60;
        const few = decimate(whole, { start: 0, end }, ranges);
        assert.ok(few.ts.length <= 4 * ranges);
        assert.deepEqual(
          [...few.ts],
          [...few.ts].sort((a, b) => a - b),
        );
        assert.deepEqual(extremes(few, end, ranges), extremes(whole, end, ranges));
      }),
      cases(300),
    );
  });

  it('leaves a table as it is that is small enough', () => {
    const small = table(['value'], [numbers([1, 2, 3, 4])], 4);
    assert.equal(decimate(small, { start: 0, end: 240 }, 2), small);
  });

  it('puts candles together', () => {
    const columns = [
      [1, 5, 3],
      [2, 9, 4],
      [0, 4, 2],
      [2, 6, 3],
      [10, 20, 30],
    ].map((each) => numbers([...each, ...each, ...each]));
    const names = ['open', 'high', 'low', 'close', 'volume'];
    const few = decimate(table(names, columns, 9), { start: 0, end: 540 }, 3);
    assert.deepEqual([...few.ts], [0, 180, 360]);
    assert.deepEqual(
      few.columns.map(({ values }) => values[1]),
      [1, 9, 0, 3, 60],
    );
  });

  it('shows that a text changed', () => {
    const values = Array.from({ length: 100 }, (_, row) => (row < 37 ? 'down' : 'up'));
    const few = decimate(
      table(['value'], [{ type: 'string', values, valid: null }], 100),
      { start: 0, end: 6000 },
      5,
    );
    assert.ok([...few.ts].includes(37 * 60));
    assert.ok(few.ts.length < 20);
  });

  it('keeps nulls where they are', () => {
    const valid = Uint8Array.from({ length: 50 }, (_, row) => (row % 2 === 0 ? 1 : 0));
    const column = numbers(Array.from({ length: 50 }, (_, row) => (row % 2 === 0 ? row : Number.NaN)));
    const few = decimate(table(['value'], [{ ...column, valid }], 50), { start: 0, end: 3000 }, 5);
    for (const [row, ts] of few.ts.entries()) assert.equal(few.columns[0]?.valid?.[row], valid[ts / 60]);
  });
});
