import assert from 'node:assert/strict';
import fc from 'fast-check';
import { union, type RangeSet } from '../../../src/engine/plan/ranges.js';
import type { Schema } from '../../../src/engine/ports/host.js';
import type { Range } from '../../../src/sdk/time/time.js';
import { HeldCovers, type Cover } from '../../../src/store/segments/held-covers.js';
import { cases } from '../../support/profile.js';

const SCHEMAS: readonly Schema[] = ['a', 'b'].map((name) => ({
  shape: 'record',
  names: [name],
  types: ['number'],
}));

interface Step {
  readonly gap: number;
  readonly length: number;
  /** By how much its segment is longer, before and behind. */
  readonly before: number;
  readonly after: number;
  readonly rows: number;
  readonly schema: number;
  readonly reused: boolean;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    gap: fc.nat(2),
    length: fc.integer({ min: 1, max: 4 }),
    before: fc.nat(2),
    after: fc.nat(2),
    rows: fc.nat(3),
    schema: fc.nat(1),
    reused: fc.boolean(),
  }),
  { maxLength: 6 },
);

function coversOf(all: readonly Step[]): Cover[] {
  let time = 0;
  return all.map(({ gap, length, before, after, rows, schema, reused }, id): Cover => {
    const start = time + gap;
    const end = (time = start + length);
    const head = { id, start: start - before, end: end + after, rows, bytes: 8 };
    const times = rows === 0 ? { first: null, last: null } : { first: head.start, last: head.end - 1 };
    return { start, end, reused, segment: { ...head, ...times, schema: SCHEMAS[schema] as Schema } };
  });
}

function held(covers: readonly Cover[]): HeldCovers {
  const all = new HeldCovers();
  all.set(new Map([['f', covers]]));
  return all;
}

/** Cover by cover. */
function counted(covers: readonly Cover[], range: Range): ReturnType<HeldCovers['counted']> {
  const inside = covers
    .map((cover) => ({
      ...cover,
      start: Math.max(cover.start, range.start),
      end: Math.min(cover.end, range.end),
    }))
    .filter(({ start, end }) => start < end);
  const isCut = ({ start, end, segment: { first, last } }: Cover): boolean =>
    first !== null && last !== null && (start > first || end <= last);
  const rows = inside.filter((cover) => !isCut(cover)).map(({ segment }) => segment.rows);
  const schemas = covers.filter(({ segment }) => segment.rows > 0).map(({ segment }) => segment.schema);
  return {
    rows: rows.reduce((sum, each) => sum + each, 0),
    schemas: [...new Set(schemas)],
    cut: inside.filter(isCut),
  };
}

describe('coverage that is held as numbers', () => {
  it('is what it is as objects: ranges, what was reused, rows within a range', () => {
    const range = fc
      .tuple(fc.integer({ min: -2, max: 20 }), fc.nat(20))
      .map(([start, length]): Range => ({ start, end: start + length }));
    fc.assert(
      fc.property(steps, fc.oneof(range, fc.constant({ start: -Infinity, end: Infinity })), (all, asked) => {
        const covers = coversOf(all);
        const numbers = held(covers);
        const reused = covers.filter((cover) => cover.reused);
        const expected: { ranges: RangeSet; reused: RangeSet } = {
          ranges: union(covers),
          reused: union(reused),
        };
        assert.deepEqual(numbers.of('f'), covers);
        assert.deepEqual(numbers.covered('f'), expected);
        assert.deepEqual(numbers.counted('f', asked), counted(covers, asked));
      }),
      cases(500),
    );
  });

  it('is nothing for what is unknown', () => {
    assert.deepEqual(held([]).covered('g'), { ranges: [], reused: [] });
    assert.deepEqual(held([]).counted('g', { start: 0, end: 1 }), { rows: 0, schemas: [], cut: [] });
  });
});
