import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NOT_STARTED } from '../../../../../src/engine/ports/host.js';
import { computeNode, inputPositions } from '../../../../../src/hosts/typescript/compute/compute.js';
import { sameValue } from '../../../../../src/hosts/typescript/compute/rows/values.js';
import { SeamlessError } from '../../../../../src/sdk/errors.js';
import { ScanNode, type ScanNodeOptions } from '../../../../../src/sdk/scan-node.js';
import { failureIn, MINUTE, numbers, OpenContext, sliding, valuesOf } from '../support.js';
import { cases } from '../../../../support/profile.js';
import { numberArbitrary, price, scan, stored } from './run.js';

describe('a scan, bar by bar', () => {
  const sum = {
    init: () => ({ sum: 0 }),
    step: (state: { sum: number }, view: { latest(input: typeof price): number }) => {
      const next = { sum: state.sum + view.latest(price) };
      return { state: next, value: next.sum };
    },
  };

  it('hands the state of each bar to the next, and emits no row for undefined or no value', async () => {
    const result = await scan(sum, [1, 2, 3, 4]);
    assert.deepEqual([valuesOf(result.table), stored(result)], [[1, 3, 6, 10], { sum: 10 }]);
    const none = await scan({ init: () => 0, step: (count) => ({ state: count + 1 }) }, [1, 2, 3]);
    assert.deepEqual([none.table.ts.length, stored(none)], [0, 3]);
    const some = await scan(
      { init: () => 0, step: (count) => ({ state: count + 1, value: count === 1 ? null : undefined }) },
      [1, 2, 3],
    );
    assert.deepEqual([[...some.table.ts], valuesOf(some.table)], [[60], [null]]);
  });

  it('calls init at the first firing alone, and stores nothing before', async () => {
    let calls = 0;
    const counted = { ...sum, init: () => ({ sum: calls++ }) };
    const nothing = await scan(counted, []);
    assert.deepEqual([calls, nothing.state], [0, NOT_STARTED]);
    const first = await scan(counted, [1]);
    assert.ok(first.state);
    await scan(counted, [2], { state: first.state, from: 60 });
    assert.equal(calls, 1);
  });

  it('cut anywhere, with its state stored in between, gives the same bit for bit, whatever step does to the state', async () => {
    interface Kept {
      sum: number;
      seen: number[];
      ring: Float64Array;
      same: number[];
    }
    const last: number[] = [];
    const greedy = {
      init: (): Kept => ({ sum: -0, seen: last, ring: new Float64Array(3), same: last }),
      // In place; and with a question that one object in two places would answer otherwise than two that are equal.
      step: (state: Kept, view: { asOf: number; latest(input: typeof price): number }) => {
        const value = view.latest(price);
        state.sum += value;
        state.seen.push(value);
        if (state.seen.length > 4) state.seen.shift();
        state.ring[view.asOf % 3] = value / 3;
        const shared = state.same === state.seen ? 1 : 0;
        return {
          state: { ...state, same: state.seen },
          value:
            state.sum +
            state.seen.length * 1000 +
            state.same.length * 10_000 +
            shared * 1e6 +
            (state.ring[1] ?? 0),
        };
      },
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(numberArbitrary, { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(40)),
        async (values, cuts) => {
          const whole = await scan(greedy, values);
          const ends = [...new Set(cuts.map((cut) => cut % values.length)), values.length].sort(
            (a, b) => a - b,
          );
          let [state, from] = [NOT_STARTED, 0];
          const pieces: unknown[] = [];
          for (const end of ends) {
            const piece = await scan(greedy, values.slice(from, end), { state, from: from * MINUTE });
            assert.equal(piece.failure, null);
            pieces.push(...valuesOf(piece.table));
            state = piece.state ?? assert.fail();
            from = end;
          }
          const wanted = valuesOf(whole.table);
          assert.ok(
            pieces.length === wanted.length && pieces.every((value, i) => sameValue(value, wanted[i])),
          );
          assert.deepEqual(state, whole.state);
          assert.deepEqual(last, []);
        },
      ),
      cases(300),
    );
  });

  it('a step that throws leaves the state of the bar before, though it changed it in place', async () => {
    const failing = {
      init: () => ({ sum: 0, seen: [0] }),
      step: (
        state: { sum: number; seen: number[] },
        view: { asOf: number; latest(input: typeof price): number },
      ) => {
        state.sum += view.latest(price);
        state.seen.push(state.sum);
        if (view.asOf === 180) throw new RangeError('no such bar');
        return { state, value: state.sum };
      },
    };
    const result = await scan(failing, [1, 2, 3, 4]);
    assert.match(
      failureIn(result).message,
      /^Node total failed at the bar 1970-01-01T00:02:00Z \(asOf 1970-01-01T00:03:00Z\): RangeError: no such bar/,
    );
    assert.deepEqual([valuesOf(result.table), stored(result)], [[1, 3], { sum: 3, seen: [0, 1, 3] }]);
    const again = await scan(failing, [3], { state: result.state ?? assert.fail(), from: 120 });
    assert.deepEqual([again.table.ts.length, again.state], [0, result.state]);
    const first = await scan({ ...failing, init: () => assert.fail('no beginning') }, [1]);
    assert.deepEqual([failureIn(first).asOf, first.state], [60, NOT_STARTED]);
  });

  it('a value that is refused leaves the state of the bar before', async () => {
    const result = await scan(
      { init: () => 0, step: (count) => ({ state: count + 1, value: count === 2 ? new Map() : count }) },
      [1, 2, 3],
    );
    assert.deepEqual([failureIn(result).code, stored(result)], ['value', 2]);
  });

  it('refuses what is no step, in a sentence', async () => {
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [
        undefined,
        /gave undefined from its step at .*: return the next state with the value of this bar: \{ state, value \}/,
      ],
      [7, /gave 7 from its step/],
      [{ value: 1 }, /gave \{ value: 1 \} from its step/],
      [
        Promise.reject(new Error('nobody waits')),
        /gave a promise from its step at .*: step must be synchronous/,
      ],
    ];
    for (const [given, sentence] of cases) {
      const result = await scan<number>({ init: () => 0, step: () => given as { state: number } }, [1]);
      assert.match(failureIn(result).message, sentence);
    }
  });

  it('must be told its state', async () => {
    const node = new ScanNode({ name: 'total', input: price, period: 1, ...sum });
    const request = {
      node: 1,
      interval: MINUTE,
      opens: Float64Array.of(0),
      asOf: Float64Array.of(60),
      inputs: [sliding(numbers([1]), 1)],
      expected: null,
    };
    const positions = inputPositions(node as unknown as ScanNode);
    const rest = {
      context: new OpenContext(),
      progress: () => undefined,
      signal: new AbortController().signal,
    };
    await assert.rejects(
      computeNode({ node: node as unknown as ScanNode, positions, request, ...rest }),
      (error: unknown) => error instanceof SeamlessError && error.code === 'internal',
    );
  });

  it('refuses options without meaning', () => {
    const { init, step } = sum;
    assert.throws(() => new ScanNode({ name: '', input: price, init, step }), /A ScanNode has no name/);
    assert.throws(() => new ScanNode({ name: 'a', input: [], init, step }), /Node a has no input/);
    assert.throws(() => new ScanNode({ name: 'a', input: price, period: 0, init, step }), /period 0/);
    const partial = { name: 'a', input: price, init } as unknown as ScanNodeOptions<number, number>;
    assert.throws(
      () => new ScanNode(partial),
      /ScanNode a has no step: give it a function, \(state, view\) =>/,
    );
  });
});
