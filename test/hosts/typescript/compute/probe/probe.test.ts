// Slow (5 s): a property.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  FREE_ROWS,
  planProbe,
  ProbeAllowance,
} from '../../../../../src/hosts/typescript/compute/probe/probe-plan.js';
import { probe } from '../../../../../src/hosts/typescript/compute/probe/probe.js';
import { Draw } from '../../../../../src/hosts/typescript/compute/probe/seeds.js';
import type { ComputeInput } from '../../../../../src/engine/ports/host.js';
import { columns } from '../../../../../src/sdk/node.js';
import type { Series } from '../../../../../src/sdk/series.js';
import type { Table } from '../../../../../src/sdk/table.js';
import { failureIn, MINUTE, numbers, run, sliding, stream } from '../support.js';
import { cases as howOften } from '../../../../support/profile.js';

const price = stream();

/** A number that follows from another, as if at random, in [0, 1). */
function noise(at: number): number {
  return Math.abs(Math.sin(at * 12.9898 + 1) * 43_758.5453) % 1;
}

function walk(length: number): number[] {
  return Array.from({ length }, (_, i) => 100 + 10 * Math.sin(i * 1.7) + noise(i));
}

function withNulls(length: number, share: number): number[] {
  return walk(length).map((value, i) => (noise(i + 0.5) < share ? Number.NaN : value));
}

/** A table of one number per minute, some minutes missing. */
function withGaps(length: number, share: number): Table {
  const minutes = Array.from({ length }, (_, i) => i).filter((i) => noise(i + 0.25) >= share);
  const table = numbers(walk(minutes.length));
  return { ...table, ts: Float64Array.from(minutes, (i) => i * MINUTE) };
}

/** What firing `i` gives, from all there is. */
type PerFiring = (i: number, all: Float64Array, end: Int32Array, series: Series) => number;

function each(of: PerFiring) {
  return columns((series: Series): Float64Array => {
    const { end, column } = series.of(price);
    const all = column();
    return Float64Array.from(end, (_, i) => of(i, all, end, series));
  });
}

/** The last value, or at some bars what comes `ahead` rows later. */
function peeking(at: (asOf: number, period: number) => boolean, ahead = 1): PerFiring {
  return (i, all, end, series) => {
    const last = (end[i] as number) - 1;
    const seen = at(series.asOf[i] as number, series.of(price).period)
      ? (all[last + ahead] ?? all[last])
      : all[last];
    return seen as number;
  };
}

/** With long windows a run sees fewer bars, so that it takes more that peek to be sure of the outcome. */
const seldom = (count: number) => (asOf: number, period: number) =>
  everyMinute(period > 1 ? count / 5 : count)(asOf);

const everyMinute = (count: number) => (asOf: number) => (asOf / MINUTE) % count === 0;

const rare: readonly [string, (period: number) => ComputeInput, PerFiring][] = [
  [
    'a backfill of nulls',
    (period) => sliding(numbers(withNulls(20_000, 0.002)), period),
    (i, all, end) => {
      let at = (end[i] as number) - 1;
      while (at < all.length - 1 && Number.isNaN(all[at])) at++;
      return all[at] as number;
    },
  ],
  ['one bar in ten', (period) => sliding(numbers(walk(5000)), period), peeking(everyMinute(10))],
  ['one bar in a thousand', (period) => sliding(numbers(walk(40_000)), period), peeking(seldom(1000))],
  [
    'one bar in five hundred, by three rows',
    (period) => sliding(numbers(walk(40_000)), period),
    peeking(seldom(500), 3),
  ],
  [
    'the bar before the last',
    (period) => sliding(numbers(walk(9000)), period),
    (i, all, end, series) => all[(end[i] as number) - (i === series.length - 2 ? 0 : 1)] as number,
  ],
  [
    'the last row of all, at one bar in a hundred',
    (period) => sliding(numbers(walk(9000)), period),
    (i, all, end, { asOf }) =>
      everyMinute(100)(asOf[i] as number)
        ? (all[(end[i] as number) - 1] as number) - (all.at(-1) as number)
        : (all[(end[i] as number) - 1] as number),
  ],
  [
    'how long a gap will be, which the next asOf says',
    (period) => sliding(withGaps(9000, 0.001), period),
    (i, _all, _end, { asOf }) => ((asOf[i + 1] ?? 0) > (asOf[i] as number) + MINUTE ? 1 : 0),
  ],
  [
    'the piece of a buffer that is filled at once',
    (period) => sliding(numbers(walk(9000)), period),
    (i, all, end) => Math.max(...all.subarray((end[i] as number) - 1, (((end[i] as number) + 63) >> 6) << 6)),
  ],
  [
    'whether a rare change comes next',
    (period) => sliding(numbers(walk(9000).map((_, i) => Math.floor(i / 700))), period),
    (i, all, end) => (all[end[i] as number] !== all[(end[i] as number) - 1] ? 1 : 0),
  ],
];

describe('a look ahead that is rare', () => {
  for (const [what, input, of] of rare) {
    for (const period of [1, 5, 20]) {
      it(`is found: ${what}, with a period of ${period}`, async () => {
        const result = await run(each(of), price, [input(period)]);
        const failure = failureIn(result);
        assert.deepEqual([failure.code, result.table.ts.length], ['look-ahead', 0]);
        assert.match(failure.message, /SEAMLESS_PROBE_SEED=\d+ has it look at these again \(/);
      });
    }
  }

  it('is found in the slower of two inputs', async () => {
    const hourly = stream('hourly');
    const count = 6000;
    const end = Int32Array.from({ length: count }, (_, i) => 2 + Math.floor(i / 60));
    const slow = { table: numbers(walk(count / 60 + 2)), end, lookback: 2, period: 2, interval: 3600 };
    const next = columns((series) => {
      const { end: ends, column } = series.of(hourly);
      return Float64Array.from(ends, (last, i) => {
        const peeks = (series.asOf[i] as number) % (5 * 3600) === 600;
        return column()[last - (peeks ? 0 : 1)] ?? 0;
      });
    });
    const result = await run(next, [price, hourly], [sliding(numbers(walk(count)), 1), slow]);
    assert.equal(failureIn(result).code, 'look-ahead');
  });
});

/** Functions of windows alone, in the ways people write them. */
const honest: readonly [string, PerFiring][] = [
  ['the last value', (i, all, end) => all[(end[i] as number) - 1] as number],
  [
    'a mean',
    (i, all, end, series) => {
      const { period } = series.of(price);
      return (
        all.subarray((end[i] as number) - period, end[i]).reduce((sum, value) => sum + value, 0) / period
      );
    },
  ],
  [
    'a mean that takes each row for a firing',
    (i, all, _end, series) =>
      all.subarray(i, i + series.of(price).period).reduce((sum, value) => sum + value, 0),
  ],
  [
    'seconds within the window',
    (i, _all, end, series) => {
      const { ts, period } = series.of(price);
      return (ts[(end[i] as number) - 1] as number) - (ts[(end[i] as number) - period] as number);
    },
  ],
  ['the time', (i, _all, _end, { asOf }) => asOf[i] as number],
  [
    'a last value that must not jump',
    (i, all, end) => {
      for (let row = 1; row < all.length; row++) {
        if (Math.abs((all[row] as number) - (all[row - 1] as number)) > 25) throw new Error('a jump');
      }
      return all[(end[i] as number) - 1] as number;
    },
  ],
];

describe('a function of windows alone', () => {
  for (const [what, of] of honest) {
    it(`is never accused: ${what}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 600 }),
          fc.constantFrom(1, 2, 5, 30),
          fc.constantFrom(0, 0.1),
          fc.constantFrom(0, 0.1),
          async (rows, period, gaps, nulls) => {
            const table = withGaps(rows + period, gaps);
            const values = withNulls(table.ts.length, what.includes('jump') ? 0 : nulls);
            const input = sliding({ ...table, columns: numbers(values).columns }, period);
            const { failure } = await run(each(of), price, [input]);
            assert.equal(failure, null);
          },
        ),
        howOften(60),
      );
    });
  }
});

describe('where it looks', () => {
  const cases = fc.record({
    rows: fc.integer({ min: 1, max: 30_000 }),
    period: fc.constantFrom(1, 2, 7, 60, 900),
    seed: fc.nat(),
    spent: fc.boolean(),
  });

  function chunk(rows: number, period: number) {
    const inputs = [{ ...sliding(numbers(walk(rows + period)), period), name: 'price' }];
    const asOf = Float64Array.from(inputs[0]?.end ?? [], (end) => end * MINUTE);
    return { asOf, inputs, read: [[0, 0] as const] };
  }

  it('follows from the seed, lies within the chunk, and has its ends', () => {
    fc.assert(
      fc.property(cases, ({ rows, period, seed }) => {
        const probed = chunk(rows, period);
        const plan = planProbe(probed, new Draw(seed, 7), new ProbeAllowance());
        assert.deepEqual(planProbe(probed, new Draw(seed, 7), new ProbeAllowance()), plan);
        const firings = [...plan.alone, ...plan.blocks.flatMap(({ tested }) => [...tested])];
        assert.ok(firings.every((firing) => firing >= 0 && firing < probed.asOf.length));
        assert.ok([0, probed.asOf.length - 1].every((end) => plan.alone.includes(end)));
      }),
      howOften(60),
    );
  });

  it('is elsewhere with another seed', () => {
    const probed = chunk(30_000, 20);
    const places = [1, 2, 3].map((seed) =>
      JSON.stringify(planProbe(probed, new Draw(seed), new ProbeAllowance()).alone),
    );
    assert.equal(new Set(places).size, 3);
  });

  it('is most bars of a short history', () => {
    const { asOf, inputs, read } = chunk(1282, 20);
    const { blocks } = planProbe({ asOf, inputs, read }, new Draw(5), new ProbeAllowance());
    const tested = new Set(blocks.flatMap((each) => [...each.tested]));
    assert.ok(tested.size > 0.7 * asOf.length, `${tested.size} of ${asOf.length}`);
  });

  it('goes through few rows of a long history again, and through a bounded number of a short one', () => {
    fc.assert(
      fc.property(cases, ({ rows, period, seed, spent }) => {
        const probed = chunk(rows, period);
        const allowance = new ProbeAllowance();
        if (spent) allowance.spend(0, FREE_ROWS);
        const plan = planProbe(probed, new Draw(seed), allowance);
        let read = 0;
        probe(
          { ...probed, given: { values: new Float64Array(probed.asOf.length) } },
          plan,
          (from, to, [input]) => {
            read += input?.table.ts.length ?? 0;
            return { values: new Float64Array(to - from) };
          },
        );
        // Eight firings at the most, each as prefix and as window, come on top.
        const least = 8 * (2 * period + 64);
        const most = 0.04 * (rows + period) + (spent ? 0 : FREE_ROWS) + least;
        assert.ok(read <= most, `${read} of at most ${most}`);
      }),
      howOften(100),
    );
  });
});
