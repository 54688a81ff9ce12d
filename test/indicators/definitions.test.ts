import assert from 'node:assert/strict';
import { ema, rollingCorrelation, rollingMax, rollingMin, rollingStd, rsi, sma } from '../../src/index.js';
import type { Node } from '../../src/index.js';
import { closes, compute, firingsOf, MINUTE, stream, walk, windowOf } from './support.js';

/** An indicator as its definition has it, of one window. Written for plainness, in other terms than the indicator. */
type Definition = (window: readonly number[]) => number;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function pairwise(x: readonly number[], y: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      total += ((x[i] as number) - (x[j] as number)) * ((y[i] as number) - (y[j] as number));
    }
  }
  return total;
}

/** Σ over pairs of (xᵢ − xⱼ)² is n times the sum of squares about the mean. */
const variance = (window: readonly number[], degrees: number): number =>
  pairwise(window, window) / window.length / degrees;

const correlation = (x: readonly number[], y: readonly number[]): number =>
  pairwise(x, y) / Math.sqrt(pairwise(x, x) * pairwise(y, y));

/** The average as the weights that each value has in the end. */
const emaOf =
  (span: number): Definition =>
  (window) => {
    const alpha = 2 / (span + 1);
    const last = window.length - 1;
    return sum(
      window.map((value, k) => value * (k === 0 ? (1 - alpha) ** last : alpha * (1 - alpha) ** (last - k))),
    );
  };

const rsiOf =
  (length: number): Definition =>
  (window) => {
    const changes = window.slice(1).map((value, k) => value - (window[k] as number));
    const wilder = (values: readonly number[]): number =>
      values
        .slice(length)
        .reduce(
          (average, value) => (average * (length - 1) + value) / length,
          sum(values.slice(0, length)) / length,
        );
    const up = wilder(changes.map((change) => Math.max(change, 0)));
    const down = wilder(changes.map((change) => Math.max(-change, 0)));
    return 100 - 100 / (1 + up / down);
  };

const price = stream('price');
const made = { name: 'made', input: price };

const cases: readonly (readonly [string, Node<number>, Definition])[] = [
  ['sma', sma({ ...made, period: 7 }), (window) => sum(window.map((value) => value / 7))],
  ['sma of one bar', sma({ ...made, period: 1 }), (window) => window[0] as number],
  ['ema', ema({ ...made, span: 9 }), emaOf(9)],
  ['ema over a window of its own', ema({ ...made, span: 9, period: 5 }), emaOf(9)],
  ['ema of a fractional span', ema({ ...made, span: 2.5 }), emaOf(2.5)],
  ['rsi', rsi({ ...made, length: 5 }), rsiOf(5)],
  ['rsi of its seed alone', rsi({ ...made, length: 5, period: 6 }), rsiOf(5)],
  [
    'rollingMin',
    rollingMin({ ...made, period: 6 }),
    (window) => [...window].sort((a, b) => a - b)[0] as number,
  ],
  [
    'rollingMax',
    rollingMax({ ...made, period: 6 }),
    (window) => [...window].sort((a, b) => b - a)[0] as number,
  ],
  ['rollingStd', rollingStd({ ...made, period: 8 }), (window) => Math.sqrt(variance(window, 7))],
  [
    'rollingStd of a population',
    rollingStd({ ...made, period: 8, sample: false }),
    (window) => Math.sqrt(variance(window, 8)),
  ],
];

function assertClose(actual: number, expected: number, what: string): void {
  if (Number.isNaN(expected)) {
    assert.ok(Number.isNaN(actual), `${what}: ${actual} is not NaN`);
    return;
  }
  const error = Math.abs(actual - expected);
  assert.ok(error <= 1e-11 * Math.max(1, Math.abs(expected)), `${what}: ${actual} is not ${expected}`);
}

describe('indicators and their definitions', () => {
  const { ts, values } = walk(1, 700);
  const table = closes(ts, values);

  for (const [name, node, definition] of cases) {
    it(`${name}: every bar over a walk with holes and nulls`, () => {
      const firings = firingsOf(node, [table]);
      const actual = compute(node, [table], firings);
      assert.ok(actual.length > 500);
      assert.ok(actual.some((value) => !Number.isNaN(value)));
      (firings.ends[0] as Int32Array).forEach((end, i) => {
        const window = windowOf(node, table, end);
        const expected = window.some(Number.isNaN) ? Number.NaN : definition(window);
        assertClose(actual[i] as number, expected, `bar ${end - 1}`);
      });
    });
  }

  it('rollingCorrelation: pairs bars by time, over walks with holes in different places', () => {
    const other = walk(2, 700);
    const right = closes(other.ts, other.values);
    const period = 12;
    const node = rollingCorrelation({ name: 'corr', input: [price, stream('other')], period });
    const firings = firingsOf(node, [table, right]);
    const actual = compute(node, [table, right], firings);
    assert.ok(actual.length > 500);
    actual.forEach((value, i) => {
      const [endA, endB] = firings.ends.map((ends) => ends[i] as number) as [number, number];
      const times = new Map(
        [...table.ts.subarray(endA - period, endA)].map((time, k) => [time, values[endA - period + k]]),
      );
      const pairs = other.ts
        .slice(endB - period, endB)
        .flatMap((time, k) => (times.has(time) ? [[times.get(time), other.values[endB - period + k]]] : []));
      const x = pairs.map(([each]) => each ?? Number.NaN);
      const y = pairs.map(([, each]) => each ?? Number.NaN);
      assertClose(value, correlation(x, y), `firing ${i}, ${pairs.length} pairs`);
    });
  });
});

describe('indicators on particular windows', () => {
  const other = stream('other');
  const valueOf = (node: Node<number>, ...columns: readonly number[][]): number => {
    const tables = columns.map((values) =>
      closes(
        values.map((_, k) => k * MINUTE),
        values,
      ),
    );
    return compute(node, tables, firingsOf(node, tables)).at(-1) as number;
  };

  it('rsi: 100 when it only rises, 0 when it only falls, NaN when nothing moves', () => {
    const node = rsi({ ...made, length: 2, period: 4 });
    assert.equal(valueOf(node, [1, 2, 3, 4]), 100);
    assert.equal(valueOf(node, [4, 3, 2, 1]), 0);
    assert.ok(Number.isNaN(valueOf(node, [3, 3, 3, 3])));
  });

  it('rsi: Wilder by hand, gains 2, 0, 3 and losses 0, 1, 0', () => {
    // Averages of two changes 1 and 0.5; then (1 + 3) / 2 = 2 and (0.5 + 0) / 2 = 0.25.
    assertClose(valueOf(rsi({ ...made, length: 2, period: 4 }), [10, 12, 11, 14]), (100 * 2) / 2.25, 'rsi');
  });

  it('ema: by hand, α = 1/2', () => {
    assert.equal(valueOf(ema({ ...made, span: 3, period: 3 }), [8, 4, 2]), 4);
  });

  it('ema: the start of its default window weighs less than 0.05 %, whatever the span', () => {
    for (const span of [1, 2, 3, 10, 100, 1000]) {
      const node = ema({ ...made, span });
      const impulse = [1, ...Array.from({ length: (node.period as number) - 1 }, () => 0)];
      assert.ok(valueOf(node, impulse) < 0.0005, `span ${span}`);
    }
  });

  it('rsi: the start of its default window weighs less than 0.013 %, whatever the length', () => {
    for (const length of [1, 2, 3, 14, 100]) {
      const { period } = rsi({ ...made, length });
      assert.ok((1 - 1 / length) ** ((period as number) - 1 - length) < 0.00013, `length ${length}`);
    }
  });

  it('rollingStd: exactly 0 on equal values, and accurate on a price large beside its movements', () => {
    const node = rollingStd({ ...made, period: 3 });
    assert.equal(valueOf(node, [0.1, 0.1, 0.1]), 0);
    assert.equal(valueOf(node, [1e9 + 1, 1e9 + 2, 1e9 + 3]), 1);
  });

  it('rollingCorrelation: ±1 on straight lines, NaN where a side is constant', () => {
    const node = rollingCorrelation({ name: 'corr', input: [price, other], period: 4 });
    assertClose(valueOf(node, [1, 2, 3, 5], [10, 20, 30, 50]), 1, 'rising');
    assertClose(valueOf(node, [1, 2, 3, 5], [9, 8, 7, 5]), -1, 'falling');
    assert.ok(Number.isNaN(valueOf(node, [1, 2, 3, 5], [0.1, 0.1, 0.1, 0.1])));
    assert.ok(Number.isNaN(valueOf(node, [0.1, 0.1, 0.1, 0.1], [1, 2, 3, 5])));
  });

  it('rollingMin and rollingMax keep −0, 0 and infinities apart', () => {
    const [least, most] = [rollingMin({ ...made, period: 2 }), rollingMax({ ...made, period: 2 })];
    assert.ok(Object.is(valueOf(least, [0, -0]), -0));
    assert.ok(Object.is(valueOf(least, [-0, 0]), -0));
    assert.ok(Object.is(valueOf(most, [-0, 0]), 0));
    assert.ok(Object.is(valueOf(most, [0, -0]), 0));
    assert.equal(valueOf(least, [1, -Infinity]), -Infinity);
    assert.equal(valueOf(most, [Infinity, 1]), Infinity);
  });
});
