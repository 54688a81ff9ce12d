import assert from 'node:assert/strict';
import fc from 'fast-check';
import { tableDigest } from '../../../src/engine/fingerprint/digest.js';
import { sliceTable, type Column, type Table } from '../../../src/sdk/table.js';
import {
  bytesOf,
  decodeTimes,
  encodeNumbers,
  encodeTimes,
  pageDigest,
} from '../../../src/store/packs/pages.js';
import { cases } from '../../support/profile.js';

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

describe('the digest of a table', () => {
  it('is that of its rows, however they were cut, and of no others', () => {
    fc.assert(
      fc.property(tables, tables, fc.nat(3), fc.nat(3), (table, other, at, length) => {
        const [from, to] = [Math.min(at, table.ts.length), Math.min(at + length, table.ts.length)];
        const digest = tableDigest(table, from, to);
        const alone = copyOf(sliceTable(table, from, to));
        assert.equal(digest, tableDigest(alone));
        assert.equal(tableDigest(table), tableDigest(copyOf(table)));
        assert.equal(tableDigest(table) === tableDigest(other), rowsOf(table) === rowsOf(other));
      }),
      cases(2000),
    );
  });

  it('of a part is that of its rows, also where tables share their times and parts were asked for before', () => {
    fc.assert(
      fc.property(tables, tables, (table, other) => {
        const fits = other.ts.length === table.ts.length;
        const all = fits ? [table, { ...other, ts: table.ts }, table] : [table, table];
        for (const each of all)
          for (let from = 0; from <= each.ts.length; from++)
            for (let to = from; to <= each.ts.length; to++)
              assert.equal(tableDigest(each, from, to), tableDigest(copyOf(sliceTable(each, from, to))));
      }),
      cases(1000),
    );
  });

  it('takes numbers as the pages of a pack do', () => {
    fc.assert(
      fc.property(fc.float64Array(), (values) => {
        assert.equal(encodeNumbers(values).digest, pageDigest(bytesOf(values)));
      }),
      cases(200),
    );
  });

  it('has times as whole numbers of 64 bits, and reads them as they were', () => {
    const times = fc.array(fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(2 ** 32, -(2 ** 32))));
    fc.assert(
      fc.property(times, (list) => {
        const page = encodeTimes(Float64Array.from(list));
        const bytes = Buffer.concat(page.load());
        const whole = list.map((_, row) => bytes.readBigInt64LE(row * 8));
        assert.deepEqual(whole, list.map(BigInt));
        const read = Float64Array.from(list, () => Number.NaN);
        bytes.copy(bytesOf(read));
        assert.deepEqual(
          [...decodeTimes(read)],
          list.map((time) => time + 0),
        );
      }),
      cases(200),
    );
  });
});

/** The same rows in memory of their own, so that nothing is known of them. */
function copyOf(table: Table): Table {
  const columns = table.columns.map((column) => ({ ...column, values: column.values.slice() }) as Column);
  return { ...table, ts: table.ts.slice(), columns };
}

/** All that a digest tells apart, as a text: cells by their bits, nulls as such, their number. */
function rowsOf({ shape, names, ts, columns: [column] }: Table): string {
  const none = !column?.valid?.includes(0);
  const open = ts.length > 0 && column?.valid !== null && !column?.valid.includes(1);
  const cells = Array.from(ts, (time, row) => {
    const value = column?.values[row];
    const bits =
      typeof value === 'number' ? Buffer.from(Float64Array.of(value).buffer).toString('hex') : value;
    return [time, bits, none || column?.valid?.[row] !== 0];
  });
  if (ts.length === 0) return 'empty';
  // Of nulls alone the type is open, and of a value the shape as well.
  if (open) return JSON.stringify([shape === 'value' ? 'null' : [shape, names], [...ts]]);
  return JSON.stringify([shape, names, column?.type, cells]);
}
