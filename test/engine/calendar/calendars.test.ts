// Slow (20 s): decades of sessions and changes of clocks.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  calendarSlots,
  calendarText,
  calendarWarning,
  keptCalendarSlots,
} from '../../../src/engine/calendar/calendars.js';
import type { Calendar } from '../../../src/sdk/time/calendar.js';
import {
  ceilToSlot,
  closeBefore,
  closeOf,
  floorToSlot,
  isOnGrid,
  lastOpenBy,
  longestSlot,
  nextOpen,
  openOf,
  plainGrid,
  sameGrid,
  slotOfBars,
  slotSeeing,
  slotsIn,
  type Grid,
} from '../../../src/sdk/time/grid.js';
import { formatTime, MONTH, parseTime, type Seconds } from '../../../src/sdk/time/time.js';
import { cases } from '../../support/profile.js';

const DAY = 86_400;
const HOUR = 3600;

function gridOn(calendar: Calendar, interval: Seconds): Grid {
  return { interval, phase: 0, calendar: calendarSlots(calendar, interval) };
}

/** Zones whose clocks change by an hour, by half of one, at midnight, twice a year more than usual, and never. */
const ZONES = [
  'America/New_York',
  'Europe/London',
  'Asia/Seoul',
  'Australia/Lord_Howe',
  'America/Santiago',
  'America/Havana',
  'Africa/Cairo',
  'Asia/Kolkata',
  'Pacific/Apia',
  'UTC',
];

const calendars: fc.Arbitrary<Calendar> = fc.oneof(
  fc.constantFrom('XNYS', 'XNAS', 'XLON', 'XKRX', 'FX'),
  fc.record({ zone: fc.constantFrom(...ZONES), dayStart: fc.constantFrom('00:00', '02:30', '17:00') }),
  fc.record({
    zone: fc.constantFrom(...ZONES),
    session: fc.constantFrom(
      { open: '09:30', close: '16:00' },
      { open: '18:00', close: '17:00', weekdays: [1, 3, 7] },
    ),
    holidays: fc.constantFrom([], ['2024-01-01', '2024-03-11']),
  }),
);
const intervals = fc.constantFrom(900, HOUR, 4 * HOUR, 7 * HOUR, DAY, 7 * DAY, MONTH, 3 * MONTH);
const grids = fc.tuple(calendars, intervals, fc.nat(6)).map(([calendar, interval, later]): Grid => {
  if (interval < 7 * DAY || later === 0) return gridOn(calendar, interval);
  const phase = interval === 7 * DAY ? later * DAY : (later * MONTH) % interval;
  return { interval, phase, calendar: calendarSlots(calendar, interval, phase) };
});
/** From 1972 to 2035, many of them close to where clocks change. */
const times = fc.oneof(
  fc.integer({ min: 63_072_000, max: 2_051_222_400 }),
  fc
    .tuple(fc.integer({ min: 2, max: 64 }), fc.constantFrom(2, 3, 9, 10), fc.nat(31 * 24))
    .map(([year, month, hours]) => Date.UTC(1970 + year, month, 1, hours) / 1000),
);

/** What a clock of a zone shows, by the runtime alone. */
function clock(zone: string): (time: Seconds) => string {
  const format = new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  return (time) => format.format(time * 1000);
}

describe('a grid on a calendar', () => {
  it('has slots one after the other, each time in or before one of them', () => {
    const holds = fc.property(grids, times, (grid, time) => {
      const open = floorToSlot(time, grid);
      const close = closeOf(open, grid);
      const before = openOf(close, grid);
      assert.equal(before, open);
      assert.ok(time < close && open < close && close - open <= longestSlot(grid));
      const next = nextOpen(open, grid);
      assert.ok(close <= next);
      const previous = lastOpenBy(time, grid);
      assert.ok(previous < open && closeOf(previous, grid) <= Math.min(time, open));
      assert.equal(nextOpen(previous, grid), open);
      assert.equal(closeBefore(open, grid), closeOf(previous, grid));
      assert.equal(ceilToSlot(time, grid), time <= open ? open : next);
      assert.equal(slotSeeing(close, grid), open);
      assert.equal(slotSeeing(close + 1, grid), next);
      assert.equal(slotSeeing(time, grid), closeOf(previous, grid) === time ? previous : open);
      assert.ok(isOnGrid(open, grid) && isOnGrid(next, grid));
      assert.equal(isOnGrid(time, grid), time === open);
      assert.equal(slotsIn({ start: previous, end: next }, grid), 2);
    });
    fc.assert(holds, cases(20_000, 300));
  });

  it('opens and closes by the clocks of its zone, whenever those change', () => {
    const wanted = fc.tuple(fc.constantFrom(...ZONES), fc.constantFrom('00:00', '17:00', '02:30'), times);
    const holds = fc.property(wanted, ([zone, dayStart, time]) => {
      const shown = clock(zone);
      const days = gridOn({ zone, dayStart }, DAY);
      let open = floorToSlot(time, days);
      for (let day = 0; day < 40; day++) {
        const next = nextOpen(open, days);
        assert.equal(closeOf(open, days), next);
        // Where clocks skip the start of a day, it begins as much later as they skip.
        if (shown(open).slice(11, 16) !== dayStart) {
          const wall = (time: Seconds): Seconds => Date.parse(`${shown(time)}Z`) / 1000;
          const skipped = wall(open) - wall(open - 3 * HOUR) - 3 * HOUR;
          assert.ok(skipped > 0);
          assert.equal(shown(open).slice(0, 11) + dayStart, clock('UTC')(wall(open) - skipped).slice(0, 16));
        }
        assert.ok(next - open >= 23 * HOUR - 1800 || zone === 'Pacific/Apia');
        assert.ok(next - open <= 25 * HOUR);
        open = next;
      }
    });
    fc.assert(holds, cases(400, 60));
  });

  it('has hours that open at whole hours of the clock, two where it is set back', () => {
    const shown = clock('America/New_York');
    const grid = gridOn({ zone: 'America/New_York' }, 4 * HOUR);
    const opens: string[] = [];
    let open = floorToSlot(parseTime('2024-03-10T05:00:00Z'), grid);
    for (; open < parseTime('2024-03-12T04:00:00Z'); open = nextOpen(open, grid))
      opens.push(shown(open).slice(11, 13));
    assert.deepEqual(opens, ['00', '04', '08', '12', '16', '20', '00', '04', '08', '12', '16', '20']);
    const hours = gridOn({ zone: 'America/New_York' }, HOUR);
    const autumn = { start: parseTime('2024-11-03T04:00:00Z'), end: parseTime('2024-11-04T05:00:00Z') };
    assert.equal(slotsIn(autumn, hours), 25);
    assert.equal(slotsIn(autumn, gridOn({ zone: 'America/New_York' }, 4 * HOUR)), 6);
  });

  it('has the sessions of exchanges as they were', () => {
    const sessions = [
      ['XNYS', '2024-03-08', '2024-03-08T14:30:00Z', '2024-03-08T21:00:00Z'],
      ['XNAS', '2024-03-11', '2024-03-11T13:30:00Z', '2024-03-11T20:00:00Z'],
      ['XNYS', '2023-11-24', '2023-11-24T14:30:00Z', '2023-11-24T18:00:00Z'],
      ['XNYS', '2024-07-03', '2024-07-03T13:30:00Z', '2024-07-03T17:00:00Z'],
      // Closed from the 11th to the 14th, and for a storm.
      ['XNYS', '2001-09-11', '2001-09-17T13:30:00Z', '2001-09-17T20:00:00Z'],
      ['XNYS', '2012-10-29', '2012-10-31T13:30:00Z', '2012-10-31T20:00:00Z'],
      ['XLON', '2023-12-22', '2023-12-22T08:00:00Z', '2023-12-22T12:30:00Z'],
      ['XLON', '2024-03-29', '2024-04-02T07:00:00Z', '2024-04-02T15:30:00Z'],
      ['XKRX', '2024-03-08', '2024-03-08T00:00:00Z', '2024-03-08T06:30:00Z'],
      // The first day of a year, and hours until July 2016.
      ['XKRX', '2022-01-03', '2022-01-03T01:00:00Z', '2022-01-03T06:30:00Z'],
      ['XKRX', '2016-07-29', '2016-07-29T00:00:00Z', '2016-07-29T06:00:00Z'],
      ['FX', '2024-03-11', '2024-03-10T21:00:00Z', '2024-03-11T21:00:00Z'],
      ['FX', '2024-03-08', '2024-03-07T22:00:00Z', '2024-03-08T22:00:00Z'],
    ] as const;
    for (const [name, date, opens, closes] of sessions) {
      const grid = gridOn(name, DAY);
      // Noon of the zone's date, or before it.
      const open = floorToSlot(parseTime(date) + (name === 'FX' ? 12 * HOUR : 0), grid);
      assert.deepEqual(
        [formatTime(open), formatTime(closeOf(open, grid))],
        [opens, closes].map((text) => formatTime(parseTime(text))),
        `${name} ${date}`,
      );
    }
    const year = { start: parseTime('2024-01-01'), end: parseTime('2025-01-01') };
    const inYear = (name: string, interval: Seconds): number => {
      const grid = gridOn(name, interval);
      return slotsIn({ start: ceilToSlot(year.start, grid), end: ceilToSlot(year.end, grid) }, grid);
    };
    assert.deepEqual(
      ['XNYS', 'XLON', 'XKRX', 'FX'].map((name) => inYear(name, DAY)),
      [252, 254, 244, 262],
    );
    assert.equal(inYear('XNYS', MONTH), 12);
    // Six hours and a half make seven slots, three hours and a half make four.
    assert.equal(inYear('XNYS', HOUR), 249 * 7 + 3 * 4);
  });

  it('is in which slot a bar closes, for many in a row as for each alone', () => {
    const bars = fc.oneof(
      grids,
      fc.constantFrom(60, 900, DAY).map((interval) => plainGrid(interval)),
    );
    const holds = fc.property(grids, bars, times, (grid, own, time) => {
      const sees = slotOfBars(own, grid);
      let open = floorToSlot(time, own);
      for (let bar = 0; bar < 30; bar++) {
        assert.equal(sees(open), slotSeeing(closeOf(open, own), grid));
        open = nextOpen(open, own);
      }
    });
    fc.assert(holds, cases(2000, 200));
  });

  it('is one and the same for equal rules, kept or written, and for no other', () => {
    const at = (calendar: Calendar): Grid['calendar'] => calendarSlots(calendar, DAY);
    const { key } = at('XNYS') ?? assert.fail();
    assert.equal(at('XNAS')?.key, key);
    const kept = keptCalendarSlots(calendarText(at('XNYS') ?? assert.fail()), DAY, 0);
    assert.deepEqual([kept.key, kept.name], [key, 'XNYS']);
    // Each is called what its author wrote, whichever came first.
    assert.deepEqual([at('XNYS')?.name, at('XNAS')?.name, at('XNYS')?.name], ['XNYS', 'XNAS', 'XNYS']);
    const [nyse, nasdaq] = (['XNYS', 'XNAS'] as const).map((name) => ({
      interval: DAY,
      phase: 0,
      calendar: at(name),
    }));
    assert.ok(nyse && nasdaq && sameGrid(nyse, nasdaq));
    assert.equal(
      at({ zone: 'America/New_York', session: { open: '17:00', close: '17:00' } })?.key,
      at('FX')?.key,
    );
    const sessions = { zone: 'America/New_York', session: { open: '09:30', close: '16:00' } };
    const others = [
      sessions,
      { ...sessions, holidays: ['2024-12-25'] },
      { ...sessions, zone: 'America/Toronto' },
    ];
    assert.equal(new Set([key, ...others.map((each) => at(each)?.key)]).size, 4);
    assert.equal(at('24/7'), null);
  });

  it('says where its holidays end', () => {
    const days = calendarSlots('XLON', DAY) ?? assert.fail();
    const warning = (start: string, end: string): string | null =>
      calendarWarning(days, { start: parseTime(start), end: parseTime(end) });
    assert.equal(warning('2020-01-01', '2036-01-01'), null);
    assert.match(
      warning('2020-01-01', '2036-01-02') ?? '',
      /The holidays of calendar XLON end with 2035-12-31/,
    );
    assert.match(warning('1965-01-01', '1980-01-01') ?? '', /begin with 1970-01-01/);
  });

  it('refuses what is no calendar, with the way out', () => {
    const refusals: readonly (readonly [unknown, Seconds, RegExp])[] = [
      ['XNYC', DAY, /There is no calendar "XNYC": did you mean 'XNYS'\?/],
      [{ zone: 'Mars/Olympus' }, DAY, /"Mars\/Olympus" is no time zone/],
      [{ zone: 'UTC', dayStart: '5pm' }, DAY, /The dayStart is "5pm": write hours and minutes/],
      [{ zone: 'UTC', session: { open: '9', close: '16:00' } }, DAY, /The open of a session is "9"/],
      [{ zone: 'UTC', session: { open: '09:00', close: '16:00', weekdays: [0] } }, DAY, /weekdays.*\[0\]/],
      [
        { zone: 'UTC', dayStart: '01:00', session: { open: '09:00', close: '16:00' } },
        DAY,
        /a dayStart and a session/,
      ],
      [{ zone: 'UTC', holidays: ['25.12.2024'] }, DAY, /In holidays of a calendar stands "25\.12\.2024"/],
      ['XNYS', 2 * DAY, /Bars of 2d do not follow a calendar: write '1d'/],
    ];
    for (const [calendar, interval, message] of refusals)
      assert.throws(() => calendarSlots(calendar as Calendar, interval), { code: 'interval', message });
  });
});
