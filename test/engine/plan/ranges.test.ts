import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  common,
  difference,
  longest,
  union,
  within,
  type RangeSet,
} from '../../../src/engine/plan/ranges.js';

const SPAN = 30;
const rangeArbitrary = fc
  .tuple(fc.integer({ min: 0, max: SPAN }), fc.integer({ min: 0, max: SPAN }))
  .map(([start, end]) => ({ start, end }));
const rangesArbitrary = fc.array(rangeArbitrary, { maxLength: 8 });

/** A set of ranges as the points it holds: what everything is compared with. */
function points(set: RangeSet): boolean[] {
  return Array.from({ length: SPAN }, (_, point) =>
    set.some(({ start, end }) => point >= start && point < end),
  );
}

function isSet(set: RangeSet): boolean {
  return set.every(
    ({ start, end }, index) => start < end && (index === 0 || (set[index - 1]?.end ?? 0) < start),
  );
}

describe('sets of ranges', () => {
  it('hold the points they should, ascending and merged', () => {
    fc.assert(
      fc.property(rangesArbitrary, rangesArbitrary, rangeArbitrary, (first, second, part) => {
        const a = union(first);
        const b = union(second);
        const inA = points(first);
        const inB = points(second);
        assert.ok(isSet(a));
        assert.deepEqual(points(a), inA);
        assert.ok(isSet(difference(a, b)));
        assert.deepEqual(
          points(difference(a, b)),
          inA.map((inside, point) => inside && !inB[point]),
        );
        assert.deepEqual(
          points(common(a, b)),
          inA.map((inside, point) => inside && inB[point]),
        );
        const inPart = points([part]);
        assert.deepEqual(
          points(within(a, part)),
          inA.map((inside, point) => inside && inPart[point]),
        );
      }),
    );
  });

  it('know their longest range', () => {
    assert.equal(longest([]), null);
    assert.deepEqual(
      longest([
        { start: 0, end: 2 },
        { start: 5, end: 9 },
        { start: 10, end: 14 },
      ]),
      { start: 5, end: 9 },
    );
  });
});
