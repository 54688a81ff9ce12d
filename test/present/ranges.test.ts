import assert from 'node:assert/strict';

import { dataUntil, parseTypedRange, presetsOrigin, rangePresets } from '../../src/present/ranges.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { formatRange, parseTime } from '../../src/sdk/time/time.js';

const named = (data: readonly [string, string] | null, now: string): Record<string, string> =>
  Object.fromEntries(
    rangePresets(data && [parseTime(data[0]), parseTime(data[1])], parseTime(now)).map(({ id, range }) => [
      id,
      formatRange(range),
    ]),
  );

describe('range presets', () => {
  it('end with the data, on whole days', () => {
    assert.deepEqual(named(['2000-01-03', '2020-04-18'], '2026-11-22T12:00:00Z'), {
      'last-day': '2020-04-17 → 2020-04-18',
      'last-week': '2020-04-11 → 2020-04-18',
      'last-month': '2020-03-18 → 2020-04-18',
      'year-to-date': '2020-01-01 → 2020-04-18',
      all: '2000-01-03 → 2020-04-18',
    });
  });

  it('take in the day that has begun', () => {
    const presets = named(['2023-03-01T00:30:00Z', '2023-03-21T10:00:00Z'], '2026-11-22');
    assert.equal(presets['all'], '2023-03-01 → 2023-03-22');
    assert.equal(presets['last-day'], '2023-03-21 → 2023-03-22');
  });

  it('end today if the sources cannot tell, and offer no "all"', () => {
    const presets = named(null, '2026-11-22T12:00:00Z');
    assert.equal(presets['last-day'], '2026-11-22 → 2026-11-23');
    assert.equal(presets['all'], undefined);
  });

  it('count a month by the calendar, and a year from its first day', () => {
    const presets = named(['2020-01-01', '2023-01-01'], '2026-11-22');
    assert.equal(presets['last-month'], '2022-12-01 → 2023-01-01');
    assert.equal(presets['year-to-date'], '2022-01-01 → 2023-01-01');
    assert.equal(named(['2020-01-01', '2023-03-31'], '2026-11-22')['last-month'], '2023-02-28 → 2023-03-31');
  });
});

describe('a range as it is typed', () => {
  const cases: readonly [text: string, range: string][] = [
    ['2023-03-01 → 2023-03-22', '2023-03-01 → 2023-03-22'],
    ['2023-03-01 2023-03-22', '2023-03-01 → 2023-03-22'],
    ['2023-03-01..2023-03-22', '2023-03-01 → 2023-03-22'],
    ['2023-03-01, 2023-03-22', '2023-03-01 → 2023-03-22'],
    ['2023-03-01 to 2023-03-22', '2023-03-01 → 2023-03-22'],
    ['  1677628800 1679443200 ', '2023-03-01 → 2023-03-22'],
    ['2023-03-01 09:30 → 2023-03-01 16:00', '2023-03-01T09:30:00Z → 2023-03-01T16:00:00Z'],
    ['2023-03-01T09:30:00Z -> 2023-03-02', '2023-03-01T09:30:00Z → 2023-03-02'],
  ];
  for (const [text, range] of cases) {
    it(JSON.stringify(text), () => assert.equal(formatRange(parseTypedRange(text)), range));
  }

  const mistakes: readonly [text: string, sentence: RegExp][] = [
    ['2023-03-01', /Type a start and an exclusive end/],
    ['2023-03-01 2023-03-02 2023-03-03', /Type a start and an exclusive end/],
    ['2023-03-22 2023-03-01', /ends before it starts/],
    ['2023-03-01 2023-03-01', /is empty/],
    ['2023-02-30 2023-03-01', /is not a time/],
    ['1677628800000 1679443200000', /can only be milliseconds/],
  ];
  for (const [text, sentence] of mistakes) {
    it(`${JSON.stringify(text)} is none, and says why`, () => {
      assert.throws(
        () => parseTypedRange(text),
        (error) => error instanceof SeamlessError && sentence.test(error.message),
      );
    });
  }
});

describe('the time that presets count back from', () => {
  const now = parseTime('2026-11-22T12:00:00Z');
  const span = (start: string, end: string) => [parseTime(start), parseTime(end)] as const;

  it('is the end of the data', () => {
    const data = span('2000-01-03', '2020-04-18');
    assert.equal(presetsOrigin(data, now), 'counted back from the end of the data, 2020-04-18');
  });

  it('is today if data go on into the future, as in a made-up market', () => {
    const data = span('2015-01-01', '2100-01-01');
    assert.equal(
      presetsOrigin(data, now),
      'counted back from today, 2026-11-23 (the data goes on to 2100-01-01)',
    );
    assert.equal(
      named(['2015-01-01', '2100-01-01'], '2026-11-22T12:00:00Z')['all'],
      '2015-01-01 → 2026-11-23',
    );
    assert.deepEqual(dataUntil(data, now), span('2015-01-01', '2026-11-23'));
  });

  it('is today if the sources cannot tell, with a note', () => {
    assert.match(presetsOrigin(null, now), /today, 2026-11-23 \(the end of the data is not known\)/);
  });

  it('is the end of the data if all of it is in the future', () => {
    const data = span('2030-01-01', '2031-01-01');
    assert.deepEqual(dataUntil(data, now), data);
    assert.equal(named(['2030-01-01', '2031-01-01'], '2026-11-22')['all'], '2030-01-01 → 2031-01-01');
  });
});
