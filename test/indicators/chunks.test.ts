import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ema,
  Node,
  rollingCorrelation,
  rollingMax,
  rollingMin,
  rollingStd,
  rsi,
  sma,
} from '../../src/index.js';
import { run, sliding, valuesOf } from '../hosts/typescript/compute/support.js';
import { closes, compute, computeChunk, firingsOf, MINUTE, periodOf, stream, walk } from './support.js';
import { cases } from '../support/profile.js';

const a = stream('a');
const b = stream('b');

/** Each indicator with a window of about `n` bars. */
const makers: Readonly<Record<string, (n: number) => Node<number>>> = {
  sma: (period) => sma({ name: 'sma', input: a, period }),
  ema: (period) => ema({ name: 'ema', input: a, span: 1 + period / 3, period }),
  rsi: (n) => rsi({ name: 'rsi', input: a, length: Math.ceil(n / 2), period: n + 1 }),
  rollingMin: (period) => rollingMin({ name: 'min', input: a, period }),
  rollingMax: (period) => rollingMax({ name: 'max', input: a, period }),
  rollingStd: (n) => rollingStd({ name: 'std', input: a, period: n + 1 }),
  rollingCorrelation: (n) => rollingCorrelation({ name: 'corr', input: [a, b], period: n + 1 }),
};

const cell = fc.oneof(
  { weight: 12, arbitrary: fc.double({ min: -1e3, max: 1e3, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 1e300, 5e-324) },
  { weight: 1, arbitrary: fc.constant(null) },
);

/** A value for each minute, or no row. */
const minutes = fc
  .array(fc.option(cell, { freq: 8, nil: undefined }), { minLength: 1, maxLength: 80 })
  .map((cells) => {
    const rows = cells.flatMap((value, slot) => (value === undefined ? [] : [{ slot, value }]));
    return closes(
      rows.map(({ slot }) => slot * MINUTE),
      rows.map(({ value }) => value),
    );
  });

describe('indicators are functions of their windows alone', () => {
  for (const [name, make] of Object.entries(makers)) {
    it(`${name}: any split of the firings, with any warm-up, gives the same bit for bit`, () => {
      const period = fc.integer({ min: 1, max: 12 });
      const cuts = fc.array(fc.nat(80), { maxLength: 6 });
      fc.assert(
        fc.property(period, minutes, minutes, cuts, fc.nat(20), (n, left, right, wanted, extra) => {
          const node = make(n);
          const tables = node.inputs.length === 2 ? [left, right] : [left];
          const firings = firingsOf(node, tables);
          const whole = compute(node, tables, firings);
          const count = firings.asOf.length;
          const bounds = [0, ...wanted.filter((cut) => cut < count).sort((x, y) => x - y), count];
          const parts = bounds
            .slice(1)
            .flatMap((to, k) => [
              ...computeChunk(node, tables, firings, { from: bounds[k] as number, to, extra }),
            ]);
          assert.deepEqual(parts, [...whole]);
        }),
        cases(300),
      );
    });

    it(`${name}: a run that is computed in strips gives the same bit for bit`, () => {
      const node = make(15);
      const tables = [1, 2].slice(0, node.inputs.length).map((seed) => {
        const { values } = walk(seed, 40_000);
        const rows = values.flatMap((value, slot) => (slot % (seed + 6) === 0 ? [] : [{ slot, value }]));
        return closes(
          rows.map(({ slot }) => slot * MINUTE),
          rows.map(({ value }) => value),
        );
      });
      const firings = firingsOf(node, tables);
      const count = firings.asOf.length;
      const whole = compute(node, tables, firings);
      for (let from = 0; from < count; from += 5000) {
        const to = Math.min(from + 5000, count);
        assert.deepEqual(whole.slice(from, to), computeChunk(node, tables, firings, { from, to, extra: 0 }));
      }
    });

    it(`${name}: passes the host's probe for look-ahead over a long run`, async () => {
      const node = make(15);
      const tables = [1, 2].map((seed) => {
        const { values } = walk(seed, 3000);
        return closes(
          values.map((_, k) => k * MINUTE),
          values,
        );
      });
      const rows = Math.min(...tables.map(({ ts }) => ts.length));
      const even = tables.map((table) =>
        closes(table.ts.slice(0, rows), [...columnOf(table)].slice(0, rows)),
      );
      const inputs = node.inputs.map((_, k) => sliding(even[k] as (typeof even)[0], periodOf(node)));
      const result = await run(node.computeFn, node.inputs, inputs);
      assert.equal(result.failure, null);
      assert.equal(valuesOf(result.table).length, rows - periodOf(node) + 1);
    });
  }
});

function columnOf(table: ReturnType<typeof closes>): Float64Array {
  return table.columns[0]?.values as Float64Array;
}
