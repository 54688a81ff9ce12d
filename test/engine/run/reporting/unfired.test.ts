// Slow (7 s): small worlds, one by one.
import assert from 'node:assert/strict';
import type { Unfired } from '../../../../src/engine/run/reporting/report.js';
import { node, type MadeStream } from '../../../support/worlds/made.js';
import type { Spec } from '../../../support/worlds/spec.js';
import { barsAt, DAY, day, days, reported } from './unfired-support.js';

describe('slots that did not fire', () => {
  const price = barsAt(DAY, days(0, 1282));
  const late = barsAt(DAY, days(1012, 1282));
  const weeks = barsAt(7 * DAY, days(0, 1282, 7));

  const cases: [string, Spec[], number, Pick<Unfired, 'slots' | 'of' | 'missing'> | null, RegExp?][] = [
    [
      'for want of earnings that come each quarter',
      [price, barsAt(DAY, days(0, 1282, 91)), node(DAY, { 0: 1, 1: 1 })],
      15,
      { slots: 1267, of: 1282, missing: [{ input: 'n1', slots: 1267 }] },
      /^1,267 of 1,282 slots after its warm-up did not fire, missing n1 in 1,267\.$/,
    ],
    [
      'for want of one asset of ten that is listed late',
      [
        ...Array.from({ length: 9 }, () => price),
        late,
        node(
          DAY,
          Array.from({ length: 10 }, (_, at) => [at, 1] as const),
        ),
      ],
      270,
      { slots: 1012, of: 1282, missing: [{ input: 'n9', slots: 1012 }] },
    ],
    [
      'for want of an average of one that is listed late',
      [price, late, node(DAY, { 1: 20 }), node(DAY, { 0: 1, 2: 1 })],
      251,
      // The average has a warm-up of its own, which is nobody's fault.
      { slots: 1012, of: 1263, missing: [{ input: 'n2', slots: 1012 }] },
    ],
    [
      'for want of a slow input that begins late',
      [price, barsAt(7 * DAY, days(700, 1282, 7)), node(DAY, { 0: 1, 1: 2 })],
      569,
      { slots: 700, of: 1269, missing: [{ input: 'n1', slots: 700 }] },
    ],
    [
      'for want of a slow input that ends early',
      [price, barsAt(7 * DAY, days(0, 700, 7)), node(DAY, { 0: 1, 1: 1 })],
      700,
      { slots: 576, of: 1276, missing: [{ input: 'n1', slots: 576 }] },
    ],
    [
      'for want of a day here and there',
      [
        price,
        barsAt(
          DAY,
          days(0, 1282).filter((_, at) => at % 100 !== 50),
        ),
        node(DAY, { 0: 3, 1: 1 }),
      ],
      1267,
      { slots: 13, of: 1280, missing: [{ input: 'n1', slots: 13 }] },
    ],
    [
      'for want of either of two',
      [barsAt(DAY, days(0, 10, 2)), barsAt(DAY, days(0, 10, 3)), node(DAY, { 0: 1, 1: 1 })],
      2,
      {
        slots: 5,
        of: 7,
        missing: [
          { input: 'n1', slots: 3 },
          { input: 'n0', slots: 2 },
        ],
      },
    ],
    [
      'as two that never meet',
      [barsAt(DAY, days(0, 20, 2)), barsAt(DAY, days(1, 20, 2)), node(DAY, { 0: 1, 1: 1 })],
      0,
      {
        slots: 20,
        of: 20,
        missing: [
          { input: 'n0', slots: 10 },
          { input: 'n1', slots: 10 },
        ],
      },
    ],
    [
      'for a period longer than the data',
      [price, node(DAY, { 0: 5000 })],
      0,
      { slots: 1282, of: 1282, missing: [{ input: 'n0', slots: 1282 }] },
      /^It never fires in this range: its window is 5,000 bars of n0, which has 1,282 up to its end\.$/,
    ],
    [
      'for an input that never fires itself',
      [price, node(DAY, { 0: 5000 }), node(DAY, { 0: 1, 1: 1 })],
      0,
      { slots: 1282, of: 1282, missing: [{ input: 'n1', slots: 1282 }] },
      /its input n1 has no rows up to its end/,
    ],
    [
      'of a warm-up are none',
      [price, node(DAY, { 0: 5 }), node(DAY, { 0: 50 }), node(DAY, { 1: 1, 2: 1 })],
      1233,
      null,
    ],
    ['of a slow input as it goes are none', [price, weeks, node(DAY, { 0: 1, 1: 1 })], 1276, null],
    ['of weeks made of days are none', [price, node(7 * DAY, { 0: 5 })], 183, null],
    ['of one input with holes are none', [barsAt(DAY, days(0, 900, 3)), node(DAY, { 0: 2 })], 299, null],
  ];
  for (const [what, specs, rows, expected, text] of cases) {
    it(what, async () => {
      const found = await reported(specs);
      const { slots, of, missing } = found.unfired ?? {};
      assert.deepEqual([found.rows, found.unfired && { slots, of, missing }], [rows, expected]);
      if (text) assert.match(found.unfired?.text ?? '', text);
    });
  }

  it('are those of the range alone', async () => {
    const holes = barsAt(
      DAY,
      days(0, 1282).filter((_, at) => at < 100 || at > 110),
    );
    const specs = [price, holes, node(DAY, { 0: 3, 1: 3 })];
    const within = await reported(specs, { start: day(105), end: day(200) });
    assert.deepEqual([within.unfired?.slots, within.unfired?.of], [6, 95]);
    assert.equal((await reported(specs, { start: day(200), end: day(300) })).unfired, null);
    assert.equal((await reported(specs, { start: day(20), end: day(90) })).unfired, null);
  });

  describe('for a window longer than its source, if the range begins later than the source', () => {
    const later = { start: day(1000), end: day(1282) };
    const told: [string, (price: MadeStream) => Spec[], RegExp | null][] = [
      [
        'a stream',
        (price) => [price, node(DAY, { 0: 5000 })],
        /^It never fires in this range: its window is 5,000 bars of n0, which has 1,282 up to its end\.$/,
      ],
      [
        'an average, which has at most a bar of each of its own windows',
        (price) => [price, node(DAY, { 0: 20 }), node(DAY, { 1: 1264 })],
        /its window is 1,264 bars of n1, which has at most 1,263 up to its end\.$/,
      ],
      [
        'an average that is just long enough',
        (price) => [price, node(DAY, { 0: 20 }), node(DAY, { 1: 1263 })],
        null,
      ],
      [
        'weeks made of days',
        (price) => [price, node(7 * DAY, { 0: 1 }), node(7 * DAY, { 1: 200 })],
        /its window is 200 bars of n1, which has at most 183 up to its end\.$/,
      ],
      [
        'an average of what never fires',
        (price) => [price, node(DAY, { 0: 5000 }), node(DAY, { 1: 3 }), node(DAY, { 2: 1 })],
        /^It never fires in this range: nor does its input n2\.$/,
      ],
      [
        'one of several inputs',
        (price) => [price, barsAt(DAY, days(900, 1282), price.whole), node(DAY, { 0: 10, 1: 383 })],
        /its window is 383 bars of n1, which has 382 up to its end\.$/,
      ],
      [
        'an average, beside a price that is there',
        (price) => [price, node(DAY, { 0: 20 }), node(DAY, { 0: 1, 1: 1264 })],
        /its window is 1,264 bars of n1, which has at most 1,263 up to its end\.$/,
      ],
    ];
    for (const [what, specs, text] of told) {
      for (const whole of [true, false]) {
        it(`${what}, ${whole ? 'read at once' : 'read as asked'}`, async () => {
          const all = specs(barsAt(DAY, days(0, 1282), whole));
          const cold = await reported(all, later);
          if (text) {
            assert.match(cold.unfired?.text ?? '', text);
            assert.equal(cold.rows, 0);
          } else assert.deepEqual([cold.unfired, cold.rows], [null, 1]);
          for (const earlier of [
            { start: day(0), end: day(2000) },
            { start: day(1100), end: day(1110) },
            { start: day(-20), end: day(40) },
          ]) {
            assert.deepEqual((await reported(all, later, earlier)).unfired, cold.unfired);
          }
        });
      }
    }
  });
});
