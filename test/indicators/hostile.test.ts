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
import { cases } from '../support/profile.js';
import { closes, compute, firingsOf, MINUTE, stream, windowOf } from './support.js';

const a = stream('a');
const b = stream('b');
const made = { name: 'made', input: a };

type Definition = (...windows: readonly (readonly number[])[]) => number;

const least = (x: readonly number[]): number => x.reduce((found, value) => Math.min(found, value), Infinity);
const most = (x: readonly number[]): number => x.reduce((found, value) => Math.max(found, value), -Infinity);

/** From the first value on: exact where all are near to each other. */
const mean = (x: readonly number[]): number =>
  (x[0] as number) + x.reduce((sum, value) => sum + (value - (x[0] as number)), 0) / x.length;

function products(x: readonly number[], y: readonly number[]): number {
  const [u, v] = [x, y].map((side) => side.map((value) => value - (side[0] as number))) as [
    number[],
    number[],
  ];
  const [p, q] = [mean(u), mean(v)];
  return u.reduce((sum, value, k) => sum + (value - p) * ((v[k] as number) - q), 0);
}

const step = (x: readonly number[], start: number, weight: number): number =>
  x.reduce((average, value) => average + weight * (value - average), start);

const indicators: Readonly<Record<string, readonly [(n: number) => Node<number>, Definition]>> = {
  sma: [(period) => sma({ ...made, period }), (x = []) => mean(x)],
  ema: [
    (period) => ema({ ...made, span: 1 + period / 3, period }),
    (x = []) => step(x.slice(1), x[0] as number, 2 / (2 + x.length / 3)),
  ],
  rsi: [
    (n) => rsi({ ...made, length: Math.ceil(n / 2), period: n + 1 }),
    (x = []) => {
      const length = Math.ceil((x.length - 1) / 2);
      const changes = x.slice(1).map((value, k) => value - (x[k] as number));
      const wilder = (each: readonly number[]): number =>
        step(
          each.slice(length),
          each.slice(0, length).reduce((sum, value) => sum + value, 0) / length,
          1 / length,
        );
      const gain = wilder(changes.map((change) => Math.max(change, 0)));
      const move = wilder(changes.map(Math.abs));
      return (100 * gain) / move;
    },
  ],
  rollingMin: [(period) => rollingMin({ ...made, period }), (x = []) => least(x)],
  rollingMax: [(period) => rollingMax({ ...made, period }), (x = []) => most(x)],
  rollingStd: [
    (n) => rollingStd({ ...made, period: n + 1 }),
    (x = []) => Math.sqrt(products(x, x) / (x.length - 1)),
  ],
  rollingCorrelation: [
    (n) => rollingCorrelation({ name: 'made', input: [a, b], period: n + 1 }),
    (x = [], y = []) => products(x, y) / (Math.sqrt(products(x, x)) * Math.sqrt(products(y, y))),
  ],
};

/** Prices as a hostile source has them: large beside their changes, constant, negative, with jumps of many sizes. */
const walks = fc
  .record({
    base: fc.constantFrom(0, 1, 100, 1e9, -1e9, 1e-9),
    scale: fc.constantFrom(0, 1e-3, 1, 1e3),
    moves: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 30, maxLength: 200 }),
    jumps: fc.array(fc.nat(199), { maxLength: 3 }),
    bad: fc.array(fc.tuple(fc.nat(199), fc.constantFrom(Number.NaN, Infinity, -Infinity, null)), {
      maxLength: 3,
    }),
  })
  .map(({ base, scale, moves, jumps, bad }) => {
    let price = base;
    const values: (number | null)[] = moves.map((move, at) => {
      price += scale * move * (jumps.includes(at) ? 1000 : 1);
      return price;
    });
    for (const [at, value] of bad) if (at < values.length) values[at] = value;
    return values;
  });

describe('indicators on hostile prices', () => {
  for (const [name, [make, define]] of Object.entries(indicators)) {
    it(`${name}: as defined, to 1e-9, and a bad value leaves with its row`, () => {
      const holes = fc.array(fc.nat(199), { maxLength: 40 });
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 40 }), walks, walks, holes, (n, left, right, missing) => {
          const rows = Math.min(left.length, right.length);
          const slots = Array.from({ length: rows }, (_, slot) => slot).filter(
            (slot) => !missing.includes(slot),
          );
          const tables = [left, right].map((values) =>
            closes(
              slots.map((slot) => slot * MINUTE),
              slots.map((slot) => values[slot] as number | null),
            ),
          );
          const node = make(n);
          const used = tables.slice(0, node.inputs.length);
          const firings = firingsOf(node, used);
          const found = compute(node, used, firings);
          found.forEach((value, i) => {
            const windows = used.map((table, k) => windowOf(node, table, firings.ends[k]?.[i] as number));
            const finite = windows.flat().every(Number.isFinite);
            const expected = define(...windows);
            if (!finite && name !== 'sma' && !name.startsWith('rollingM')) {
              // Nothing but the last value of a window could be infinite and yet say something.
              assert.ok(!Number.isFinite(value), `${value} from ${windows.join(' | ')}`);
            } else if (!finite) {
              const sum = windows[0]?.reduce((total, each) => total + each, 0) as number;
              assert.ok(
                Object.is(value, name === 'sma' ? sum : expected),
                `${value} from ${windows.join(' | ')}`,
              );
            } else if (conditioned(windows)) {
              assert.ok(
                Object.is(value, expected) ||
                  Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
                `${value}, not ${expected}, from ${windows.join(' | ')}`,
              );
            }
          });
        }),
        cases(300),
      );
    });
  }
});

/** Whether the definition itself says something: a side whose movements are lost in the last bits of its size does not. */
function conditioned(windows: readonly (readonly number[])[]): boolean {
  return windows.every((window) => {
    const spread = most(window) - least(window);
    const size = Math.max(...window.map(Math.abs));
    return spread === 0 || spread > size * 1e-13;
  });
}
