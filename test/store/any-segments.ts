import fc from 'fast-check';
import type { NewSegment } from '../../src/engine/ports/store.js';
import type { Column, Table } from '../../src/sdk/table.js';

/** Any 64 bits: payloads of NaN, denormals, both zeros. */
const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = fc.oneof(
  fc.constantFrom('', '\uFEFF', 'a\0b', '\ud800', 'x\udc00', 'é😀'),
  fc.string({ unit: 'binary' }),
);

function columnOf(rows: number): fc.Arbitrary<Column> {
  const valid = fc.option(fc.uint8Array({ min: 0, max: 1, minLength: rows, maxLength: rows }));
  const list = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
    fc.array(each, { minLength: rows, maxLength: rows });
  return valid.chain((mask) =>
    fc.oneof(
      list(bits).map((values): Column => {
        const numbers = new Float64Array(BigUint64Array.from(values).buffer);
        if (mask) numbers.forEach((_, row) => mask[row] === 0 && (numbers[row] = Number.NaN));
        return { type: 'number', values: numbers, valid: mask };
      }),
      list(fc.nat(1)).map((flags): Column => {
        const values = Uint8Array.from(flags, (flag, row) => (mask?.[row] === 0 ? 0 : flag));
        return { type: 'boolean', values, valid: mask };
      }),
      list(text).map((texts): Column => {
        const values = texts.map((each, row) => (mask?.[row] === 0 ? '' : each));
        return { type: 'string', values, valid: mask };
      }),
    ),
  );
}

/** Segments of one pack: each has a part of the pack's times. */
export const segments: fc.Arbitrary<NewSegment[]> = fc.integer({ min: 1, max: 40 }).chain((rows) => {
  const ts = Float64Array.from({ length: rows }, (_, row) => row * 60);
  const segment = fc.tuple(fc.nat(rows - 1), fc.nat(rows), fc.boolean()).chain(([from, length, record]) => {
    const times = ts.subarray(from, Math.min(rows, from + length));
    const present = fc.option(
      fc.uint8Array({ min: 0, max: 1, minLength: times.length, maxLength: times.length }),
    );
    const columns = fc.array(columnOf(times.length), { minLength: 1, maxLength: record ? 3 : 1 });
    return fc.tuple(columns, present).map(([list, mask]): Table => ({
      shape: record ? 'record' : 'value',
      ts: times,
      names: list.map((_, index) => (record ? `field ${index}` : 'value')),
      columns: list,
      present: record ? mask : null,
    }));
  });
  return fc.array(segment, { minLength: 1, maxLength: 4 }).map((tables) =>
    [
      {
        table: {
          ...(tables[0] as Table),
          shape: 'value',
          names: ['value'],
          present: null,
          ts,
          columns: [{ type: 'number', values: ts, valid: null }],
        } as Table,
        name: 'whole',
      },
      ...tables.map((table, index) => ({ table, name: `f${index}` })),
    ].map(({ table, name }): NewSegment => ({
      fingerprint: name,
      codeHash: `own of ${name}`,
      range: { start: 0, end: rows * 60 },
      table,
      inputDigests: [],
    })),
  );
});
