import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  demean,
  neutralize,
  quantiles,
  rank,
  topN,
  weights,
  winsorize,
  zscore,
  type Group,
} from '../../../src/sdk/cross-sections/index.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import { cases } from '../../support/profile.js';

const { NaN: none } = Number;

function near(found: Float64Array, expected: readonly number[]): void {
  assert.equal(found.length, expected.length);
  expected.forEach((value, index) => {
    const cell = found[index] as number;
    const same = Number.isNaN(value) ? Number.isNaN(cell) : Math.abs(cell - value) < 1e-12;
    assert.ok(same, `${index}: ${cell} is not ${value} in [${found.join(', ')}]`);
  });
}

describe('cross-sections by hand', () => {
  it('rank: ties share the mean of their ranks, and NaN has none', () => {
    near(rank([30, 10, 20]), [3, 1, 2]);
    near(rank([5, 1, 5, none, 7]), [2.5, 1, 2.5, none, 4]);
    near(rank([5, 1, 5, none, 7], { descending: true }), [2.5, 4, 2.5, none, 1]);
    near(rank([5, 1, 5, none, 7], { percent: true }), [0.625, 0.25, 0.625, none, 1]);
    near(rank([-0, 0, Infinity, -Infinity]), [2.5, 2.5, 4, 1]);
    near(rank([8]), [1]);
    near(rank([]), []);
    near(rank([none, none]), [none, none]);
  });

  it('quantiles: equal members share a bucket, and one alone is in the middle', () => {
    near(quantiles([1, 2, 3, 4], 2), [1, 1, 2, 2]);
    near(quantiles([4, 1, 3, 2, none], 4), [4, 1, 3, 2, none]);
    near(quantiles([7, 7, 7, 7], 4), [3, 3, 3, 3]);
    near(quantiles([3], 5), [3]);
    near(quantiles([1, 2], 10), [3, 8]);
    near(quantiles([], 3), []);
  });

  it('topN: who is equal at the cut is in, and NaN never', () => {
    near(topN([3, 1, 2, none], 2), [1, 0, 1, 0]);
    near(topN([3, 3, 3, 1], 2), [1, 1, 1, 0]);
    near(topN([3, 1, 2, none], 1, { smallest: true }), [0, 1, 0, 0]);
    near(topN([3, none], 5), [1, 0]);
    near(topN([3, 4], 0), [0, 0]);
    near(topN([none], 1), [0]);
  });

  it('demean and zscore: one alone, and equal ones, are 0', () => {
    near(demean([1, 2, 6, none]), [-2, -1, 3, none]);
    near(demean([5]), [0]);
    near(zscore([2, 4, 6]), [-1, 0, 1]);
    near(zscore([1, 3, none], { sample: false }), [-1, 1, none]);
    near(zscore([0.1, 0.1, 0.1]), [0, 0, 0]);
    near(zscore([9]), [0]);
    near(zscore([]), []);
  });

  it('winsorize: quantiles are interpolated', () => {
    near(winsorize([0, 1, 2, 3, 100], { lower: 0.25, upper: 0.75 }), [1, 1, 2, 3, 3]);
    near(winsorize([10, 0, none], { lower: 0.1, upper: 0.5 }), [5, 1, none]);
    near(winsorize([4]), [4]);
    near(winsorize([]), []);
  });

  it('neutralize: by groups, and by an exposure', () => {
    near(neutralize([1, 3, 10, 7], ['a', 'a', 'b', null]), [-1, 1, 0, none]);
    near(neutralize([1, none, 5, none], ['a', 'a', 'a', 'b']), [-2, none, 2, none]);
    // y = 1 + 2 x but for the last.
    near(neutralize([1, 3, 5, 11], Float64Array.of(0, 1, 2, 3)), [0.8, -0.4, -1.6, 1.2]);
    near(neutralize([1, 3], Float64Array.of(4, 4)), [-1, 1]);
    near(neutralize([1, 3, 5], Float64Array.of(0, none, 4)), [0, none, 0]);
    near(neutralize([], []), []);
  });

  it('weights: sizes add up to the gross, and NaN weighs nothing', () => {
    near(weights([1, -3, none]), [0.25, -0.75, 0]);
    near(weights([1, 2, 6], { neutral: true, gross: 2 }), [-2 / 3, -1 / 3, 1]);
    near(weights([0, 0]), [0, 0]);
    near(weights([5], { neutral: true }), [0]);
  });

  it('refuses what has no meaning', () => {
    const refused = (error: unknown): boolean => error instanceof SeamlessError && error.code === 'usage';
    assert.throws(() => quantiles([1], 0), refused);
    assert.throws(() => topN([1], 1.5), refused);
    assert.throws(() => winsorize([1], { lower: 0.9, upper: 0.1 }), refused);
    assert.throws(() => neutralize([1, 2], ['a']), refused);
  });
});

describe('cross-sections of any numbers', () => {
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
    { weight: 2, arbitrary: fc.constantFrom(0, -0, 1, 2, 3) },
    { weight: 1, arbitrary: fc.constant(none) },
  );
  const members = fc.array(
    fc.record({ value, group: fc.constantFrom<Group>('a', 'b', 'c', null), size: value }),
    {
      maxLength: 40,
    },
  );
  type Member = { readonly value: number; readonly group: Group; readonly size: number };

  const SECTIONS: Readonly<Record<string, (all: readonly Member[]) => Float64Array>> = {
    rank: (all) => rank(all.map((each) => each.value)),
    percent: (all) =>
      rank(
        all.map((each) => each.value),
        { percent: true, descending: true },
      ),
    quantiles: (all) =>
      quantiles(
        all.map((each) => each.value),
        5,
      ),
    topN: (all) =>
      topN(
        all.map((each) => each.value),
        4,
      ),
    demean: (all) => demean(all.map((each) => each.value)),
    zscore: (all) => zscore(all.map((each) => each.value)),
    winsorize: (all) =>
      winsorize(
        all.map((each) => each.value),
        { lower: 0.1, upper: 0.8 },
      ),
    groups: (all) =>
      neutralize(
        all.map((each) => each.value),
        all.map((each) => each.group),
      ),
    exposure: (all) =>
      neutralize(
        all.map((each) => each.value),
        Float64Array.from(all, (each) => each.size),
      ),
    weights: (all) =>
      weights(
        all.map((each) => each.value),
        { neutral: true },
      ),
  };

  for (const [name, section] of Object.entries(SECTIONS)) {
    it(`${name}: in whatever order, each member has its value, bit for bit`, () => {
      fc.assert(
        fc.property(members, fc.array(fc.nat(), { minLength: 40, maxLength: 40 }), (all, keys) => {
          const order = [...all.keys()].sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
          const moved = section(order.map((index) => all[index] as Member));
          const whole = section(all);
          const back = new Float64Array(all.length);
          order.forEach((index, at) => (back[index] = moved[at] as number));
          assert.deepEqual([...back], [...whole]);
        }),
        cases(2000),
      );
    });
  }

  it('keep to their bounds and sums', () => {
    fc.assert(
      fc.property(members, (all) => {
        const values = Float64Array.from(all, (each) => each.value);
        const there = [...values.keys()].filter((index) => !Number.isNaN(values[index]));
        const sum = (list: Float64Array): number =>
          there.reduce((total, index) => total + (list[index] as number), 0);
        const count = there.length;
        assert.equal(sum(rank(values)), (count * (count + 1)) / 2);
        assert.ok(
          quantiles(values, 5).every((bucket) => Number.isNaN(bucket) || (bucket >= 1 && bucket <= 5)),
        );
        assert.ok(sum(topN(values, 4)) >= Math.min(4, count));
        assert.ok(Math.abs(sum(demean(values))) <= 1e-6);
        const sizes = sum(weights(values).map(Math.abs));
        assert.ok(sizes === 0 || Math.abs(sizes - 1) < 1e-9);
        const clipped = winsorize(values, { lower: 0, upper: 1 });
        assert.deepEqual([...clipped], [...values]);
      }),
      cases(2000),
    );
  });
});
