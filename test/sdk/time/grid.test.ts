import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ceilToSlot,
  closeOf,
  floorToSlot,
  isOnGrid,
  lastOpenBy,
  longestSlot,
  openOf,
  plainGrid,
  slotOfBars,
  slotSeeing,
  slotsIn,
  type Grid,
} from '../../../src/sdk/time/grid.js';
import { MONTH, parseTime } from '../../../src/sdk/time/time.js';
import { cases } from '../../support/profile.js';

const grids: fc.Arbitrary<Grid> = fc.oneof(
  fc
    .tuple(fc.constantFrom(1, 2, 3, 5, 12, 24), fc.nat(23))
    .map(([months, first]) => plainGrid(months * MONTH, (first % months) * MONTH)),
  fc
    .tuple(fc.constantFrom(1, 60, 900, 86_400, 604_800), fc.nat(604_799))
    .map(([interval, phase]) => plainGrid(interval, phase % interval)),
);
/** Years 0 to 9999, also between seconds. */
const times = fc.oneof(
  fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }),
  fc.integer({ min: -4e9, max: 16e9 }).map((quarters) => quarters / 4),
);

describe('a grid', () => {
  it('of months has the dates of the calendar', () => {
    const months = plainGrid(MONTH);
    const slots = [
      ['2024-02-29T12:00:00Z', '2024-02-01', '2024-03-01'],
      ['2023-12-31T23:59:59Z', '2023-12-01', '2024-01-01'],
      ['1969-12-31', '1969-12-01', '1970-01-01'],
      ['1900-02-28', '1900-02-01', '1900-03-01'],
    ] as const;
    for (const [time, open, close] of slots) {
      assert.equal(floorToSlot(parseTime(time), months), parseTime(open));
      assert.equal(closeOf(parseTime(open), months), parseTime(close));
    }
    assert.equal(
      floorToSlot(parseTime('2024-05-31'), { ...months, interval: 3 * MONTH }),
      parseTime('2024-04-01'),
    );
    assert.equal(
      floorToSlot(parseTime('2024-05-31'), { ...months, interval: 12 * MONTH }),
      parseTime('2024-01-01'),
    );
    const years = { start: parseTime('2020-01-01'), end: parseTime('2024-01-01') };
    assert.equal(slotsIn(years, { ...months, interval: 3 * MONTH }), 16);
  });

  it('of months agrees with the dates of JavaScript at any time', () => {
    const at = fc.tuple(times, fc.constantFrom(1, 3, 12));
    const same = fc.property(at, ([time, months]) => {
      const date = new Date(Math.floor(time) * 1000);
      const month = date.getUTCMonth() - (date.getUTCMonth() % months);
      const open = new Date(0);
      open.setUTCFullYear(date.getUTCFullYear(), month, 1);
      assert.equal(floorToSlot(time, plainGrid(months * MONTH)), open.getTime() / 1000);
    });
    fc.assert(same, cases(2000));
  });

  it('has one slot for each time, and slots follow each other without a gap', () => {
    const holds = fc.property(grids, times, (grid, time) => {
      const open = floorToSlot(time, grid);
      const close = closeOf(open, grid);
      assert.ok(open <= time && time < close);
      assert.ok(close - open <= longestSlot(grid));
      assert.ok(isOnGrid(open, grid) && isOnGrid(close, grid));
      assert.equal(isOnGrid(time, grid), time === open);
      assert.equal(openOf(close, grid), open);
      assert.equal(floorToSlot(close, grid), close);
      assert.equal(ceilToSlot(time, grid), time === open ? open : close);
      assert.equal(slotSeeing(time, grid), time === open ? openOf(open, grid) : open);
      assert.equal(slotsIn({ start: open, end: close }, grid), 1);
    });
    fc.assert(holds, cases(5000));
  });

  it('knows which bars have closed, and in which slot', () => {
    const holds = fc.property(grids, grids, times, fc.nat(40), (grid, bars, time, count) => {
      const opens = [floorToSlot(time, bars)];
      for (let i = 0; i < count; i++) opens.push(closeOf(opens[i] as number, bars));
      const seen = slotOfBars(bars, grid);
      for (const open of opens) {
        const close = closeOf(open, bars);
        assert.equal(seen(open), slotSeeing(close, grid));
        assert.equal(open <= lastOpenBy(time, bars), close <= time);
      }
    });
    fc.assert(holds, cases(2000));
  });

  it('leaves what is no time as it is', () => {
    const months = plainGrid(MONTH);
    assert.deepEqual(
      [-Infinity, Infinity].flatMap((time) => [
        floorToSlot(time, months),
        ceilToSlot(time, months),
        closeOf(time, months),
        openOf(time, months),
      ]),
      [-Infinity, -Infinity, -Infinity, -Infinity, Infinity, Infinity, Infinity, Infinity],
    );
    assert.ok(!isOnGrid(Number.NaN, months));
  });
});
