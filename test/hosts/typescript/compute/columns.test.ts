import assert from 'node:assert/strict';
import { columns, type ColumnOutput } from '../../../../src/sdk/node.js';
import type { Series } from '../../../../src/sdk/series.js';
import type { ComputeResult, ComputeInput } from '../../../../src/engine/ports/host.js';
import { failureIn, numbers, OpenContext, run, sliding, stream, valuesOf } from './support.js';

const price = stream();

/** A seeded walk, which repeats nowhere. */
function walk(length: number): number[] {
  return Array.from({ length }, (_, i) => 100 + 10 * Math.sin(i * 1.7) + Math.cos(i * i));
}

/** A function of each firing's window. */
function perWindow(of: (window: Float64Array, end: number, column: Float64Array) => number) {
  return columns((series: Series): Float64Array => {
    const { end, period, column } = series.of(price);
    const all = column();
    return Float64Array.from(end, (last) => of(all.subarray(last - period, last), last, all));
  });
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

const mean = perWindow((window) => sum(window) / window.length);

/** Firing `i` sees the mean of rows around its last one. */
const centred = perWindow((_window, end, all) => sum(all.subarray(end - 2, end + 1)) / 3);

const normalized = columns((series: Series): Float64Array => {
  const { end, column } = series.of(price);
  const all = column();
  const average = sum(all) / all.length;
  const deviation = Math.sqrt(all.reduce((total, value) => total + (value - average) ** 2, 0) / all.length);
  return Float64Array.from(end, (last) => ((all[last - 1] as number) - average) / deviation);
});

const accumulated = columns((series: Series): Float64Array => {
  const { end, column } = series.of(price);
  const all = column();
  const sums = all.slice();
  for (let i = 1; i < sums.length; i++) sums[i] = (sums[i - 1] as number) + (all[i] as number);
  return Float64Array.from(end, (last) => sums[last - 1] as number);
});

function returning(output: (series: Series) => unknown): Promise<ComputeResult> {
  const compute = columns((series) => output(series) as ColumnOutput);
  return run(compute, price, [sliding(numbers([1, 2, 3]), 1)]);
}

function chunk(rows: number, lookback = 3): ComputeInput[] {
  return [sliding(numbers(walk(rows)), lookback)];
}

describe('the column form', () => {
  it('is checked when a record that it gave has a getter that keeps state', async () => {
    let count = 0;
    const counting = columns((): ColumnOutput => [
      {
        get value() {
          return ++count;
        },
      },
    ]);
    const guard = { changed: () => (count > 0 ? { variable: 'count', location: null } : null) };
    const result = await run(counting, price, [sliding(numbers([1]), 1)], { guard });
    assert.match(failureIn(result).message, /keeps state.*count/);
  });

  it('gives one value per firing', async () => {
    const { table, failure } = await run(mean, price, [sliding(numbers([1, 2, 3, 4]), 2)]);
    assert.equal(failure, null);
    assert.deepEqual(valuesOf(table), [1.5, 2.5, 3.5]);
    assert.deepEqual([...table.ts], [60, 120, 180]);
  });

  it('takes arrays, records of arrays, and undefined for no row', async () => {
    const texts = new Map([
      [60, 'a'],
      [180, null],
    ]);
    const some = await returning((series) => Array.from(series.asOf, (at) => texts.get(at)));
    assert.deepEqual([...some.table.ts], [0, 120]);
    assert.deepEqual(valuesOf(some.table), ['a', null]);
    const record = await returning((series) => {
      const { end, column } = series.of(price);
      const last = Float64Array.from(end, (each) => column()[each - 1] as number);
      return { last, up: Array.from(last, (value) => (value === 2 ? null : value > 2)) };
    });
    assert.deepEqual(valuesOf(record.table), [
      { last: 1, up: false },
      { last: 2, up: null },
      { last: 3, up: true },
    ]);
    const numeric = await returning((series) => ({
      zero: new Float64Array(series.length),
      asOf: series.asOf,
    }));
    assert.deepEqual(valuesOf(numeric.table), [
      { zero: 0, asOf: 60 },
      { zero: 0, asOf: 120 },
      { zero: 0, asOf: 180 },
    ]);
    const sparse = await returning((series) => {
      const odd = Array.from(series.asOf, (at) => (at === 120 ? undefined : at));
      return { odd, same: odd };
    });
    assert.deepEqual([...sparse.table.ts], [0, 120]);
  });

  const wrong: readonly [string, (series: Series) => unknown, RegExp][] = [
    [
      'too few values',
      () => new Float64Array(2),
      /returned 2 values for 3 firings: return one value for each firing/,
    ],
    ['too few values in a field', () => ({ a: [1] }), /returned 1 value in field a for 3 firings/],
    ['a promise', () => Promise.resolve([1, 2, 3]), /returned a promise: a computeFn must be synchronous/],
    ['a number', () => 1, /returned 1: return a Float64Array/],
    ['nothing', () => undefined, /returned undefined: return a Float64Array/],
    ['an instance', () => new Map(), /returned an object of another kind/],
    ['a field that is no column', () => ({ a: 1 }), /returned 1 as field a: each field must be/],
    ['a record without fields', () => ({}), /returned a record without fields/],
  ];
  for (const [what, output, sentence] of wrong) {
    it(`refuses ${what}`, async () => {
      const result = await returning(output);
      const failure = failureIn(result);
      assert.match(failure.message, sentence);
      assert.deepEqual([failure.code, failure.asOf, result.table.ts.length], ['value', null, 0]);
    });
  }

  it('refuses a field whose name is taken', async () => {
    for (const name of ['ts', '__proto__']) {
      const failure = failureIn(
        await returning((series) => Object.fromEntries([[name, new Float64Array(series.length)]])),
      );
      assert.match(failure.message, new RegExp(`gave a record with a field named "${name}" at`));
    }
  });

  it('voids the chunk when it throws, naming node and line', async () => {
    const failure = failureIn(
      await returning(() => {
        throw new Error('boom');
      }),
    );
    assert.match(failure.message, /^Node fast failed: boom \(.*columns\.test\.ts:\d+\)\.$/);
    assert.deepEqual([failure.code, failure.asOf], ['compute', null]);
  });

  it('refuses nodes that are no input', async () => {
    const failure = failureIn(await returning((series) => series.of(stream('other')).column()));
    assert.equal(failure.code, 'undeclared-input');
    assert.match(failure.message, /^Node fast asked for other, which is not among its inputs \(price\)/);
  });

  it('keeps the rows before a value that cannot be stored', async () => {
    const values = new Map<number, unknown>([
      [60, 1],
      [120, 'x'],
      [180, 1],
    ]);
    const result = await returning((series) => Array.from(series.asOf, (at) => values.get(at)));
    assert.match(
      failureIn(result).message,
      /^Node fast gave a text at the bar 1970-01-01T00:01:00Z \(asOf 1970-01-01T00:02:00Z\): its rows so far hold numbers/,
    );
    assert.equal(failureIn(result).asOf, 120);
    assert.deepEqual(valuesOf(result.table), [1]);
  });

  it('fails for a violation that its code swallowed', async () => {
    const context = new OpenContext();
    const compute = columns((series) => {
      context.violation = { message: 'Node fast called fetch().', location: null };
      return new Float64Array(series.length);
    });
    const result = await run(compute, price, chunk(10), { context });
    assert.deepEqual(result.failure, {
      code: 'compute-only',
      message: 'Node fast called fetch().',
      asOf: null,
      location: null,
    });
    assert.equal(result.table.ts.length, 0);
  });

  it('may return the same scratch array each time', async () => {
    const scratch = new Float64Array(100);
    const compute = columns((series) => {
      const { end, column } = series.of(price);
      end.forEach((last, i) => (scratch[i] = column()[last - 1] as number));
      return scratch.subarray(0, series.length);
    });
    const { table, failure } = await run(compute, price, chunk(40, 1));
    assert.equal(failure, null);
    assert.deepEqual(valuesOf(table), walk(40));
  });
});

describe('the look-ahead probe', () => {
  for (const rows of [4, 5, 6, 10, 11, 12, 40, 1000, 16_000]) {
    it(`accepts what depends on windows alone, over ${rows} rows`, async () => {
      assert.equal((await run(mean, price, chunk(rows))).failure, null);
    });
    for (const [what, compute] of [
      ['a centred window', centred],
      ['a whole-column normalization', normalized],
    ] as const) {
      it(`catches ${what} over ${rows} rows`, async () => {
        const result = await run(compute, price, chunk(rows));
        const failure = failureIn(result);
        assert.deepEqual([failure.code, failure.asOf, result.table.ts.length], ['look-ahead', null, 0]);
        assert.match(
          failure.message,
          /^Node fast looks ahead: for the bar 1970-01-\S+ \(asOf 1970-01-\S+\) its column form gives \S+ over many bars, but \S+ \S+ when its input ends there\..*\(.*support\.ts:\d+\)\.$/,
        );
      });
    }
    it(`tells an accumulator apart, over ${rows} rows`, async () => {
      const result = await run(accumulated, price, chunk(rows));
      assert.equal(failureIn(result).code, 'look-ahead');
      assert.match(failureIn(result).message, /^Node fast depends on bars before its window: /);
      assert.equal(result.table.ts.length, 0);
    });
  }

  it('accepts values that are NaN, undefined, records or JSON', async () => {
    const outputs: ((series: Series) => ColumnOutput)[] = [
      (series) => new Float64Array(series.length).fill(Number.NaN),
      (series) => Array.from(series.asOf, (at) => (at % 120 === 0 ? undefined : at)),
      (series) => ({ a: series.asOf, b: Array.from(series.asOf, String) }),
      (series) => Array.from(series.asOf, (at) => ({ list: [at, { deep: -0 }] })),
    ];
    for (const output of outputs) assert.equal((await run(columns(output), price, chunk(100))).failure, null);
  });

  it('tells 0 from −0, and sees into records and JSON', async () => {
    const ahead = (series: Series): number[] =>
      Array.from(series.asOf, (_, i) => (i + 1 < series.length ? 0 : -0));
    const outputs: ((series: Series) => ColumnOutput)[] = [
      (series) => ahead(series),
      (series) => ({ a: series.asOf, b: ahead(series) }),
      (series) => ahead(series).map((value) => ({ list: [{ value }] })),
      (series) => ahead(series).map((value) => (Object.is(value, 0) ? undefined : 1)),
    ];
    for (const output of outputs) {
      assert.match(failureIn(await run(columns(output), price, chunk(20))).message, /^Node fast looks ahead/);
    }
  });

  it('reads nothing beyond truncated inputs, not even the memory behind them', async () => {
    const behind = columns((series) => {
      const all = new Float64Array(series.of(price).column().buffer);
      return Float64Array.from(series.of(price).end, (end) => all[end] ?? 0);
    });
    assert.match(failureIn(await run(behind, price, chunk(20))).message, /^Node fast looks ahead/);
  });

  it('catches a function that throws when its input ends early', async () => {
    const compute = columns((series) => {
      if (series.length < 5) throw new Error('too short');
      return new Float64Array(series.length);
    });
    const failure = failureIn(await run(compute, price, chunk(20)));
    assert.equal(failure.code, 'look-ahead');
    assert.match(failure.message, /but throws \(too short\) when/);
  });

  it('catches looking ahead in the slower of two inputs', async () => {
    const hourly = stream('hourly');
    const end = Int32Array.from({ length: 120 }, (_, i) => 2 + Math.floor(i / 60));
    const slow = { table: numbers(walk(6)), interval: 3600, end, lookback: 2, period: 2 };
    const next = (ahead: number) =>
      columns((series) => {
        const { end: ends, column } = series.of(hourly);
        return Float64Array.from(ends, (last) => column()[last - 1 + ahead] ?? 0);
      });
    const inputs = [sliding(numbers(walk(120)), 1), slow];
    assert.equal((await run(next(0), [price, hourly], inputs)).failure, null);
    assert.match(failureIn(await run(next(1), [price, hourly], inputs)).message, /^Node fast looks ahead/);
  });

  it('does not call a function twice for one bar whose window is all there is', async () => {
    const lengths: number[] = [];
    const compute = columns((series) => {
      lengths.push(series.length);
      return new Float64Array(series.length);
    });
    await run(compute, price, chunk(3, 3));
    assert.deepEqual(lengths, [1]);
  });
});
