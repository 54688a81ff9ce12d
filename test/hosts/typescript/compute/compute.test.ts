import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { ComputeOnlyViolation, SeamlessError } from '../../../../src/sdk/errors.js';
import type { FlatRecord } from '../../../../src/sdk/table.js';
import type { View } from '../../../../src/sdk/view.js';
import { failureIn, numbers, OpenContext, records, run, sliding, stream, valuesOf } from './support.js';

const HERE = 'compute.test.ts';
const price = stream();
const five = [sliding(numbers([1, 2, 3, 4, 5]), 2)];

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Works for that long, as a heavy function would. */
function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('the per-bar form', () => {
  it('gives each firing its window, and stamps rows with the open of the slot', async () => {
    const { table, failure } = await run((view) => mean(view.window(price).column()), price, five);
    assert.equal(failure, null);
    assert.deepEqual(valuesOf(table), [1.5, 2.5, 3.5, 4.5]);
    assert.deepEqual([...table.ts], [60, 120, 180, 240]);
  });

  it('shows latest values, shorter windows, rows, times and masks', async () => {
    const bars = stream<{ close: number }>('bars');
    const seen: unknown[] = [];
    await run(
      (view) => {
        const window = view.window(bars);
        seen.push([
          view.asOf,
          view.latest(bars).close,
          [...window.ts],
          { ...(window.row(-1) as FlatRecord) },
        ]);
        seen.push([
          window.length,
          window.values('close'),
          [...window.valid('close')],
          [...view.window(bars, 1).column('CLOSE')],
        ]);
        return undefined;
      },
      bars,
      [sliding(records({ close: [1, 2], high: [3, 4] }), 2)],
    );
    assert.deepEqual(seen, [
      [120, 2, [0, 60], { close: 2, high: 4 }],
      [2, [1, 2], [1, 1], [2]],
    ]);
  });

  it('emits nothing for undefined, and no call for no firing', async () => {
    const { table } = await run(() => undefined, price, five);
    assert.equal(table.ts.length, 0);
    const none = await run(() => assert.fail('called'), price, [sliding(numbers([1]), 2)]);
    assert.deepEqual([none.table.ts.length, none.failure], [0, null]);
  });

  it('tells the context of each bar before it is computed', async () => {
    const context = new OpenContext();
    const { table } = await run((view) => Number(context.bars.at(-1) === view.asOf), price, five, {
      context,
    });
    assert.deepEqual(valuesOf(table), [1, 1, 1, 1]);
    assert.deepEqual(context.bars, [120, 180, 240, 300]);
  });

  it('keeps the rows before a throw, and names node, bar, message and line', async () => {
    const result = await run(
      (view) => {
        if (view.asOf === 240) throw new TypeError('no price');
        return 1;
      },
      price,
      five,
    );
    const failure = failureIn(result);
    assert.deepEqual(valuesOf(result.table), [1, 1]);
    assert.equal(failure.code, 'compute');
    assert.equal(failure.asOf, 240);
    assert.match(
      failure.message,
      /^Node fast failed at the bar 1970-01-01T00:03:00Z \(asOf 1970-01-01T00:04:00Z\): TypeError: no price \(.*compute\.test\.ts:\d+\)\.$/,
    );
    assert.ok(failure.location?.file.endsWith(HERE));
  });

  it('takes what is thrown without being an Error', async () => {
    const anything: unknown[] = ['text', null, undefined, { toString: () => assert.fail('was run') }];
    for (const thrown of anything) {
      const failure = failureIn(
        await run(
          () => {
            throw thrown;
          },
          price,
          five,
        ),
      );
      assert.equal(failure.code, 'compute');
      assert.match(
        failure.message,
        /^Node fast failed at .*: it threw .*, which is not an Error \(.*support\.ts:\d+\)\.$/,
      );
    }
  });

  it('refuses nodes that are no input, at the line that asks', async () => {
    const failure = failureIn(await run((view) => view.latest(stream('other')), price, five));
    assert.equal(failure.code, 'undeclared-input');
    assert.equal(failure.asOf, 120);
    assert.match(
      failure.message,
      /^Node fast asked for other at .*, which is not among its inputs \(price\): add it to "input" \(.*compute\.test\.ts:\d+\)\.$/,
    );
  });

  it('refuses windows beyond the period, and lengths that are none', async () => {
    for (const bars of [3, 0, -1, 1.5, Number.NaN]) {
      const failure = failureIn(await run((view) => view.window(price, bars).length, price, five));
      assert.equal(failure.code, 'undeclared-input');
      assert.match(failure.message, /^Node fast asked for .* bars of price at .*, but its period gives it 2/);
    }
  });

  it('refuses rows outside of a window', async () => {
    for (const index of [2, -3, 0.5, Number.NaN]) {
      const failure = failureIn(await run((view) => view.window(price).row(index), price, five));
      assert.match(failure.message, /RangeError: Row .* is outside a window of 2 bars of price/);
    }
  });

  it('names the columns there are for one there is not', async () => {
    const failure = failureIn(await run((view) => mean(view.window(price).column('close')), price, five));
    assert.equal(failure.code, 'unknown-column');
    assert.match(failure.message, /^Node fast failed at .*: price has no column "close"; it has value \(/);
  });

  it('refuses values that cannot be stored, and keeps the rows before', async () => {
    const result = await run((view) => (view.asOf < 200 ? 1 : 'x'), price, five);
    assert.equal(failureIn(result).code, 'value');
    assert.match(
      failureIn(result).message,
      /^Node fast gave a text at .*: its rows so far hold numbers; .*\(.*support\.ts:\d+\)\.$/,
    );
    assert.deepEqual(valuesOf(result.table), [1, 1]);
    const asynchronous = failureIn(await run(async () => 1, price, five));
    assert.match(asynchronous.message, /gave a promise at .*must be synchronous/);
  });
});

describe('a computation that reaches outside', () => {
  const location = { file: '/strategies/a.ts', line: 7 };

  it('fails although its code swallowed the error', async () => {
    const context = new OpenContext();
    const result = await run(
      (view) => {
        if (view.asOf === 180) context.violation = { message: 'Node fast called fetch().', location };
        return 1;
      },
      price,
      five,
      { context },
    );
    assert.deepEqual(valuesOf(result.table), [1]);
    assert.deepEqual(result.failure, {
      code: 'compute-only',
      message: 'Node fast called fetch() (/strategies/a.ts:7).',
      asOf: 180,
      location,
    });
  });

  it('fails with what it reached for, whatever it threw afterwards', async () => {
    const context = new OpenContext();
    const swallow = (): number => {
      context.violation = { message: 'Node fast called fetch()', location };
      throw new Error('something else');
    };
    assert.equal(failureIn(await run(swallow, price, five, { context })).code, 'compute-only');
  });

  it('keeps the place that a violation carries', async () => {
    const failure = failureIn(
      await run(
        () => {
          throw new ComputeOnlyViolation('Node fast called fetch().', { node: 'fast', location });
        },
        price,
        five,
      ),
    );
    assert.deepEqual([failure.code, failure.location], ['compute-only', location]);
    assert.equal(failure.message, 'Node fast called fetch() (/strategies/a.ts:7).');
  });
});

describe('a long computation', () => {
  const many = [sliding(numbers(Array.from({ length: 50 }, (_, i) => i)), 1)];
  const slow = (view: View): number => {
    spin(view.asOf === 600 ? 60 : 0);
    return view.asOf;
  };

  it('reports progress and lets messages in', async () => {
    const done: number[] = [];
    let turns = 0;
    setImmediate(() => turns++);
    const { table } = await run(slow, price, many, { progress: (firings) => done.push(firings) });
    assert.equal(table.ts.length, 50);
    assert.ok(turns > 0);
    assert.ok(done.length > 0 && done.every((firings) => firings > 0 && firings < 50));
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    let last = 0;
    setImmediate(() => controller.abort());
    const computing = run(
      (view) => {
        last = view.asOf;
        return slow(view);
      },
      price,
      many,
      { signal: controller.signal },
    );
    await assert.rejects(computing, (error) => error instanceof SeamlessError && error.code === 'cancelled');
    assert.ok(last < 3000, String(last));
  });

  it('does not begin when it is cancelled already', async () => {
    const computing = run(() => assert.fail('called'), price, five, { signal: AbortSignal.abort() });
    await assert.rejects(computing, { code: 'cancelled', node: 'fast' });
  });
});
