import assert from 'node:assert/strict';
import fc from 'fast-check';
import { tableDigest, tableDigests } from '../../src/engine/fingerprint/digest.js';
import type { Column, Table } from '../../src/sdk/table.js';
import { cases } from '../support/profile.js';

const SEQUENCES = [[], [0], [60], [0, 60, 120], [0, 60, 180]];

function numbersOf(length: number): fc.Arbitrary<Column> {
  return fc.record({
    type: fc.constant('number' as const),
    values: fc.float64Array({ minLength: length, maxLength: length }),
    valid: fc.option(fc.uint8Array({ min: 0, max: 1, minLength: length, maxLength: length })),
  });
}

function textsOf(length: number): fc.Arbitrary<Column> {
  return fc.record({
    type: fc.constant('string' as const),
    values: fc.array(fc.string(), { minLength: length, maxLength: length }),
    valid: fc.option(fc.uint8Array({ min: 0, max: 1, minLength: length, maxLength: length })),
  });
}

/** Tables that begin alike, or nearly: few sequences of times, each time in memory of its own or cut from a longer one. */
const tables: fc.Arbitrary<Table> = fc
  .record({ times: fc.constantFrom(...SEQUENCES), cut: fc.boolean(), record: fc.boolean() })
  .chain(({ times, cut, record }) =>
    fc.oneof(numbersOf(times.length), textsOf(times.length)).map((column) => ({
      shape: record ? ('record' as const) : ('value' as const),
      ts: cut ? Float64Array.of(-60, ...times).subarray(1) : Float64Array.from(times),
      names: [record ? 'close' : 'value'],
      columns: [column],
      present: null,
    })),
  );

describe('the digests of many tables', () => {
  it('are those of each alone', () => {
    fc.assert(
      fc.property(fc.array(tables, { maxLength: 12 }), (several) => {
        assert.deepEqual(
          tableDigests(several),
          several.map((table) => tableDigest(table)),
        );
      }),
      cases(2000),
    );
  });
});
