import assert from 'node:assert/strict';

import fc from 'fast-check';

import { SeamlessError, type ErrorCode } from '../../../src/sdk/errors.js';
import {
  ceilToGrid,
  defaultPhase,
  floorToGrid,
  formatInterval,
  formatRange,
  formatTime,
  MONTH,
  parseInterval,
  parseRange,
  parseTime,
  type TimeInput,
} from '../../../src/sdk/time/time.js';

const MARCH = 1_677_628_800;

function refused(work: () => unknown, code: ErrorCode, sentence: RegExp): void {
  assert.throws(work, (error) => {
    assert.ok(error instanceof SeamlessError);
    assert.equal(error.code, code);
    assert.match(error.message, sentence);
    return true;
  });
}

describe('times', () => {
  const same: readonly (readonly [input: TimeInput, seconds: number])[] = [
    [MARCH, MARCH],
    [String(MARCH), MARCH],
    [`${MARCH}.5`, MARCH + 0.5],
    [new Date(MARCH * 1000), MARCH],
    ['2023-03-01', MARCH],
    ['2023-03-01T00:00', MARCH],
    ['2023-03-01 00:00:00', MARCH],
    ['2023-03-01T00:00:00Z', MARCH],
    ['2023-03-01T00:00:00.250Z', MARCH + 0.25],
    ['2023-03-01T01:00:00+01:00', MARCH],
    ['2023-02-28 19:00-0500', MARCH],
    [' 2023-03-01 ', MARCH],
    [0, 0],
    [-86_400, -86_400],
    ['1969-12-31', -86_400],
  ];
  for (const [input, seconds] of same) {
    it(`reads ${input instanceof Date ? 'a Date' : JSON.stringify(input)}`, () => {
      assert.equal(parseTime(input), seconds);
    });
  }

  it('reads a time without an offset as UTC, wherever the process is', () => {
    const zone = process.env.TZ;
    process.env.TZ = 'America/New_York';
    try {
      assert.equal(parseTime('2023-03-01T00:00:00'), MARCH);
      assert.equal(parseTime('2023-03-01'), MARCH);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('refuses milliseconds, and gives the seconds to write instead', () => {
    const sentence =
      /^The start 1677628800000 can only be milliseconds; Seamless counts in seconds: write 1677628800\.$/;
    refused(() => parseTime(MARCH * 1000, 'The start'), 'time', sentence);
    refused(() => parseTime(String(MARCH * 1000), 'The start'), 'time', sentence);
    refused(() => parseRange(MARCH, (MARCH + 60) * 1000), 'time', /^The end .* can only be milliseconds/);
  });

  const none: readonly TimeInput[] = [
    'soon',
    '',

    '2023-3-1',
    '01.03.2023',
    '2023-13-01',
    '2023-02-30',
    '2023-03-01T25:00',
    // As a script in JavaScript may have it.
    undefined as unknown as TimeInput,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    new Date(Number.NaN),
  ];
  for (const input of none) {
    it(`refuses ${input instanceof Date ? 'an invalid Date' : JSON.stringify(input)} (${typeof input})`, () => {
      const code = 'time';
      const error =
        /^The time .* (?:is not a time: write epoch seconds, or ISO-8601|can only be milliseconds)/;
      refused(() => parseTime(input), code, error);
    });
  }

  it('are shown as they can be typed', () => {
    assert.equal(formatTime(MARCH), '2023-03-01');
    assert.equal(formatTime(MARCH + 90), '2023-03-01T00:01:30Z');
    assert.equal(formatTime(MARCH + 0.5), '2023-03-01T00:00:00.500Z');
    assert.equal(formatTime(-Infinity), 'the beginning');
    assert.equal(formatTime(Infinity), 'the end');
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800, max: 99_999_999_999 }), (seconds) => {
        const shown = formatTime(seconds);
        return !/^\d{4}-/.test(shown) || parseTime(shown) === seconds;
      }),
    );
  });
});

describe('ranges', () => {
  it('are half-open, from whatever times', () => {
    assert.deepEqual(parseRange('2023-03-01', new Date((MARCH + 60) * 1000)), {
      start: MARCH,
      end: MARCH + 60,
    });
  });

  it('that are reversed or empty are refused, each in its words', () => {
    const exclusive = 'the start must come before the end, which is exclusive\\.$';
    refused(
      () => parseRange('2023-03-02', '2023-03-01'),
      'range',
      new RegExp(`^The range 2023-03-02 → 2023-03-01 ends before it starts: ${exclusive}`),
    );
    refused(
      () => parseRange(MARCH, '2023-03-01'),
      'range',
      new RegExp(`^The range 2023-03-01 → 2023-03-01 is empty: ${exclusive}`),
    );
  });

  it('say which of their ends is wrong', () => {
    refused(() => parseRange('soon', MARCH), 'time', /^The start "soon" is not a time/);
    refused(() => parseRange(MARCH, 'later'), 'time', /^The end "later" is not a time/);
  });

  it('are shown with their exclusive end', () => {
    assert.equal(formatRange({ start: MARCH, end: MARCH + 86_400 }), '2023-03-01 → 2023-03-02');
  });
});

describe('intervals', () => {
  it('are seconds, or a number of units', () => {
    assert.deepEqual(
      ['30s', '1m', '4h', '1d', '1w', '1M', '1q', '2y', ' 15 m ', 90].map((interval) =>
        parseInterval(interval),
      ),
      [30, 60, 14_400, 86_400, 604_800, MONTH, 3 * MONTH, 24 * MONTH, 900, 90],
    );
  });

  for (const interval of [
    '1 minute',
    '1201M',
    '101y',
    '1Y',
    '',
    'm',
    '0s',
    '-1m',
    '1.5h',
    0,
    -60,
    0.5,
    Number.NaN,
  ]) {
    it(`refuses ${JSON.stringify(interval)} (${typeof interval})`, () => {
      refused(
        () => parseInterval(interval, 'The interval of x'),
        'interval',
        /^The interval of x .* is not an interval/,
      );
    });
  }

  it('are shown in the largest unit that fits', () => {
    assert.deepEqual(
      [30, 90, 60, 900, 14_400, 86_400, 172_800, MONTH, 3 * MONTH, 12 * MONTH].map(formatInterval),
      ['30s', '90s', '1m', '15m', '4h', '1d', '2d', '1M', '1q', '1y'],
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e7 }),
        (seconds) => parseInterval(formatInterval(seconds)) === seconds,
      ),
    );
  });
});

describe('the grid', () => {
  it('of weeks starts on a Monday, others at the epoch', () => {
    assert.equal(new Date(defaultPhase(604_800) * 1000).getUTCDay(), 1);
    assert.equal(new Date(defaultPhase(2 * 604_800) * 1000).getUTCDay(), 1);
    assert.equal(defaultPhase(86_400), 0);
  });

  it('has points on both sides of a time, at most an interval apart', () => {
    const at = { time: fc.integer({ min: -1e9, max: 2e9 }), interval: fc.integer({ min: 1, max: 1e5 }) };
    fc.assert(
      fc.property(at.time, at.interval, fc.integer({ min: 0, max: 1e5 }), (time, interval, phase) => {
        const [below, above] = [floorToGrid(time, interval, phase), ceilToGrid(time, interval, phase)];
        assert.ok(below <= time && time <= above);
        assert.ok(above - below === (below === time ? 0 : interval));
        assert.ok(Number.isInteger((below - phase) / interval));
      }),
    );
  });
});
