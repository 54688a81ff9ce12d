import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ComputeInput } from '../../../../src/engine/ports/host.js';
import { columns, type StreamInput } from '../../../../src/sdk/node.js';
import type { Table } from '../../../../src/sdk/table.js';
import type { View } from '../../../../src/sdk/view.js';
import { run, stream, valuesOf } from './support.js';

interface Feed {
  readonly interval: number;
  readonly lookback: number;
  readonly period: number;
  readonly rows: readonly { readonly ts: number; readonly value: number }[];
}

const SPAN = 40;

/** Bars on a grid with holes; values of any kind a column can hold. */
const feeds: fc.Arbitrary<Feed> = fc
  .record({
    interval: fc.constantFrom(60, 120, 300),
    lookback: fc.integer({ min: 1, max: 4 }),
    shorter: fc.nat(3),
    bars: fc.array(fc.option(fc.double({ noDefaultInfinity: true })), { minLength: SPAN, maxLength: SPAN }),
  })
  .map(({ interval, lookback, shorter, bars }) => ({
    interval,
    lookback,
    period: Math.max(1, lookback - shorter),
    rows: bars.flatMap((value, i) => (value === null ? [] : [{ ts: i * interval, value }])),
  }));

/** By definition: the bars that have closed by then. */
function closed(feed: Feed, asOf: number): Feed['rows'] {
  return feed.rows.filter(({ ts }) => ts + feed.interval <= asOf);
}

function tableOf({ rows }: Feed): Table {
  return {
    shape: 'value',
    ts: Float64Array.from(rows, ({ ts }) => ts),
    names: ['value'],
    columns: [{ type: 'number', values: Float64Array.from(rows, ({ value }) => value), valid: null }],
    present: null,
  };
}

function firingsOf(all: readonly Feed[]): Float64Array {
  const slots = Array.from({ length: SPAN * 5 }, (_, i) => (i + 1) * 60);
  return Float64Array.from(
    slots.filter((asOf) => all.every((feed) => closed(feed, asOf).length >= feed.lookback)),
  );
}

function inputsOf(all: readonly Feed[], asOf: Float64Array): ComputeInput[] {
  return all.map((feed) => ({
    table: tableOf(feed),
    interval: feed.interval,
    end: Int32Array.from(asOf, (at) => closed(feed, at).length),
    period: feed.period,
    lookback: feed.lookback,
  }));
}

describe('a view, over any inputs', () => {
  it('shows no bar that closes after asOf, and windows as they are defined', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(feeds, { minLength: 1, maxLength: 3 }), async (all) => {
        const asOf = firingsOf(all);
        const streams = all.map((_, i) => stream(`s${i}`));
        let compared = 0;
        const check = (view: View): number => {
          all.forEach((feed, i) => {
            const input = streams[i] as StreamInput<number>;
            const bars = closed(feed, view.asOf);
            assert.ok(Object.is(view.latest(input), bars.at(-1)?.value));
            for (let length = 1; length <= feed.lookback; length++) {
              const window = view.window(input, length);
              assert.ok(window.ts.every((ts) => ts + feed.interval <= view.asOf));
              assert.deepEqual(
                [...window.ts],
                bars.slice(-length).map(({ ts }) => ts),
              );
              assert.deepEqual(
                [...window.column()],
                bars.slice(-length).map(({ value }) => value),
              );
            }
            assert.deepEqual(
              view.window(input).values(),
              bars.slice(-feed.period).map(({ value }) => value),
            );
            compared++;
          });
          return 1;
        };
        const { table, failure } = await run(check, streams, inputsOf(all, asOf), { asOf });
        assert.equal(failure, null, failure?.message);
        assert.equal(table.ts.length, asOf.length);
        assert.equal(compared, asOf.length * all.length);
      }),
    );
  });

  it('gives the per-bar form what it gives the column form, bit for bit', async () => {
    await fc.assert(
      fc.asyncProperty(feeds, feeds, async (a, b) => {
        const all = [a, b];
        const asOf = firingsOf(all);
        const streams = [stream('a'), stream('b')] as const;
        const [first, second] = streams;
        const mean = (values: Float64Array): number =>
          values.reduce((sum, value) => sum + value, 0) / values.length;
        const emit = (x: Float64Array, y: Float64Array): number | undefined => {
          const difference = mean(x) - mean(y);
          return difference > 1e300 ? undefined : difference;
        };
        const perBar = await run(
          (view) => emit(view.window(first).column(), view.window(second).column()),
          streams,
          inputsOf(all, asOf),
          { asOf },
        );
        const inColumns = columns((series) => {
          const [x, y] = [series.of(first), series.of(second)];
          return Array.from(series.asOf, (_, i) => {
            const [to, until] = [x.end[i] as number, y.end[i] as number];
            return emit(x.column().subarray(to - x.period, to), y.column().subarray(until - y.period, until));
          });
        });
        const byColumn = await run(inColumns, streams, inputsOf(all, asOf), { asOf });
        assert.equal(byColumn.failure, null, byColumn.failure?.message);
        assert.deepEqual(valuesOf(byColumn.table), valuesOf(perBar.table));
        assert.deepEqual([...byColumn.table.ts], [...perBar.table.ts]);
      }),
    );
  });
});
