import assert from 'node:assert/strict';
import fc from 'fast-check';
import { columns } from '../../../../src/sdk/node.js';
import type { Series } from '../../../../src/sdk/series.js';
import type { View } from '../../../../src/sdk/view.js';
import { failureIn, MINUTE, numbers, run, sliding, stream, valuesOf } from './support.js';

const price = stream();

function walk(length: number): number[] {
  return Array.from({ length }, (_, i) => 100 + 10 * Math.sin(i * 1.7));
}

/** The mean of a window, or of its last row and the next one at some bars. */
function meanPeeking(peeks: (asOf: number) => boolean) {
  return columns((series: Series): Float64Array => {
    const { end, period, column } = series.of(price);
    const all = column();
    return Float64Array.from(end, (last, i) => {
      const next = all[last];
      if (next !== undefined && peeks(series.asOf[i] as number)) return next;
      return all.subarray(last - period, last).reduce((sum, value) => sum + value, 0) / period;
    });
  });
}

describe('each bar from its own windows alone', () => {
  it('gives what all bars at once give, in either form, whatever the order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 9 }),
        async (rows, period) => {
          const input = sliding(numbers(walk(rows + period)), period);
          const perBar = (view: View): number =>
            view
              .window(price)
              .column()
              .reduce((sum, value) => sum + value, 0) / period;
          for (const compute of [meanPeeking(() => false), perBar]) {
            const [whole, alone] = [
              await run(compute, price, [input]),
              await run(compute, price, [input], { alone: true }),
            ];
            assert.deepEqual(alone.failure, null);
            assert.deepEqual(
              [alone.table.ts, valuesOf(alone.table)],
              [whole.table.ts, valuesOf(whole.table)],
            );
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives no bar anything later than itself, however rare', async () => {
    const input = sliding(numbers(walk(4000)), 3);
    const honest = await run(
      meanPeeking(() => false),
      price,
      [input],
    );
    for (const rare of [10, 1000, 3000]) {
      const alone = await run(
        meanPeeking((asOf) => (asOf / MINUTE) % rare === 0),
        price,
        [input],
        { alone: true },
      );
      assert.deepEqual(valuesOf(alone.table), valuesOf(honest.table));
    }
  });

  it('follows no other bar, so that state kept between bars shows', async () => {
    const input = sliding(numbers(walk(200)), 1);
    const counting = (): ((view: View) => number) => {
      let calls = 0;
      return () => ++calls;
    };
    const [whole, alone] = [
      await run(counting(), price, [input]),
      await run(counting(), price, [input], { alone: true }),
    ];
    assert.notDeepEqual(valuesOf(alone.table), valuesOf(whole.table));
  });

  it('keeps the bars before the first that fails', async () => {
    const input = sliding(numbers(walk(100)), 1);
    const failing = (view: View): number => {
      if (view.asOf >= 50 * MINUTE) throw new Error('boom');
      return view.asOf;
    };
    const result = await run(failing, price, [input], { alone: true });
    assert.deepEqual([failureIn(result).asOf, result.table.ts.length], [50 * MINUTE, 49]);
  });

  it("has no way to another bar: a function's arguments have only the members of their types", async () => {
    const members = (of: object): string[] => {
      const found = new Set<string>();
      for (let at = of; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
        for (const key of Reflect.ownKeys(at)) found.add(String(key));
      return [...found].sort();
    };
    const input = sliding(numbers([1]), 1);
    const seen: Record<string, string[]> = {};
    const perBar = (view: View): number => {
      seen['view'] = members(view);
      seen['window'] = members(view.window(price));
      return 0;
    };
    const whole = columns((series: Series) => {
      seen['series'] = members(series);
      seen['its input'] = members(series.of(price));
      return [0];
    });
    for (const compute of [perBar, whole]) assert.equal((await run(compute, price, [input])).failure, null);
    assert.deepEqual(seen, {
      view: ['asOf', 'constructor', 'latest', 'window'],
      window: ['column', 'constructor', 'length', 'row', 'ts', 'valid', 'values'],
      series: ['asOf', 'constructor', 'length', 'of', 'opens'],
      'its input': ['column', 'end', 'interval', 'names', 'period', 'ts', 'valid'],
    });
  });
});
