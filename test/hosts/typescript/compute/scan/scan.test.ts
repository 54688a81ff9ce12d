import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NOT_STARTED, type ComputeResult, type ScanState } from '../../../../../src/engine/ports/host.js';
import { computeNode, inputPositions } from '../../../../../src/hosts/typescript/compute/compute.js';
import {
  copyState,
  decodeState,
  encodeState,
  StateCopier,
} from '../../../../../src/hosts/typescript/compute/scan/scan-state.js';
import { sameValue } from '../../../../../src/hosts/typescript/compute/rows/values.js';
import { SeamlessError } from '../../../../../src/sdk/errors.js';
import { rowMaker } from '../../../../../src/sdk/records.js';
import { ScanNode, type ScanNodeOptions } from '../../../../../src/sdk/scan-node.js';
import { failureIn, MINUTE, numbers, OpenContext, opensOf, sliding, stream, valuesOf } from '../support.js';
import { cases } from '../../../../support/profile.js';

const price = stream();

/** Runs a scan over minutes `values`, from a state on. */
function scan<S>(
  functions: Pick<ScanNodeOptions<S, unknown>, 'init' | 'step'>,
  values: readonly number[],
  { state = NOT_STARTED, from = 0 }: { readonly state?: ScanState; readonly from?: number } = {},
): Promise<ComputeResult> {
  const node = new ScanNode({ name: 'total', input: price, period: 1, ...functions });
  const input = sliding(numbers(values, from), 1);
  const asOf = Float64Array.from(input.end, (end) => from + end * MINUTE);
  return computeNode({
    // What a state is, is between init and step alone.
    node: node as ScanNode,
    positions: inputPositions(node as ScanNode),
    request: {
      node: 1,
      interval: MINUTE,
      opens: opensOf(asOf),
      asOf,
      inputs: [input],
      expected: null,
      state,
    },
    context: new OpenContext(),
    progress: () => undefined,
    signal: new AbortController().signal,
  });
}

function refuse(gave: string): never {
  throw new Error(`refused: ${gave}`);
}

const stored = ({ state }: ComputeResult): unknown => (state && state.length > 0 ? decodeState(state) : null);

const numberArbitrary = fc.oneof(
  fc.double(),
  fc.constantFrom(-0, 0, NaN, Infinity, -Infinity, 2 ** 53, 5e-324),
);
const arrayArbitrary = fc.oneof(
  fc.array(numberArbitrary).map((values) => Float64Array.from(values)),
  fc.array(numberArbitrary).map((values) => Float32Array.from(values)),
  fc.array(fc.integer()).map((values) => Int32Array.from(values)),
  fc.array(fc.nat(255)).map((values) => Uint8Array.from(values)),
  fc.array(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)).map((values) => BigInt64Array.from(values)),
);
const keyArbitrary = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', '0', '10', ''),
);
const { state: stateArbitrary } = fc.letrec<{ state: unknown }>((tie) => ({
  state: fc.oneof(
    { maxDepth: 4 },
    numberArbitrary,
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\ud800', '\ufeffa', 'array', 'record', 'number'),
    fc.boolean(),
    fc.constant(null),
    arrayArbitrary,
    fc.array(tie('state'), { maxLength: 5 }),
    fc
      .array(fc.tuple(keyArbitrary, tie('state')), { maxLength: 5 })
      .map((entries) => Object.fromEntries(entries)),
  ),
}));

/** Equal bit for bit, down to the order of keys. */
function assertSame(found: unknown, wanted: unknown): void {
  assert.deepStrictEqual(found, wanted);
  if (typeof wanted !== 'object' || wanted === null || ArrayBuffer.isView(wanted)) return;
  assert.deepStrictEqual(Object.keys(found as object), Object.keys(wanted));
  Object.values(wanted).forEach((value, index) => {
    assertSame(Object.values(found as object)[index], value);
  });
}

describe('the state of a scan', () => {
  it('comes back from its bytes as it was, whatever it is, and equal states have equal bytes', () => {
    fc.assert(
      fc.property(stateArbitrary, (state) => {
        const bytes = encodeState(state, refuse);
        assertSame(decodeState(bytes), state);
        const copy = copyState(state, refuse);
        assertSame(copy, state);
        assert.deepEqual(encodeState(copy, refuse), bytes);
        assert.deepEqual(encodeState(decodeState(bytes), refuse), bytes);
      }),
      cases(2000),
    );
  });

  it('is copied as it is, or refused, whatever states were copied before', () => {
    const rows = rowMaker('price', ['a', 'b']);
    class Pair {
      constructor(
        readonly a: number,
        readonly b: unknown,
      ) {}
    }
    const pair = fc.tuple(numberArbitrary, fc.oneof(numberArbitrary, fc.string(), fc.constant(null)));
    const alike = fc.oneof(
      pair.map(([a, b]) => ({ a, b })),
      pair.map(([a, b]) => ({ b, a })),
      pair.map(([a, b]) => rows.ofCells([a, b])),
      pair.map(([a, b]) => Object.assign(Object.create(null) as object, { a, b })),
      pair.map(([a, b]) => new Pair(a, b)),
      pair.map(([a, b]) => Object.assign([], { a, b })),
      pair.map(([a, b]) => Object.setPrototypeOf(Object.assign([], { a, b }), Object.prototype) as unknown),
      pair.map(([c, d]) => ({ c, d })),
      pair.map(([a, b]) => ({ a, b: [b] })),
      stateArbitrary,
    );
    const outcome = (copy: () => unknown): unknown => {
      try {
        const made = copy();
        return [made, typeof made === 'object' && made && Object.getPrototypeOf(made) !== Object.prototype];
      } catch (error) {
        return (error as Error).message;
      }
    };
    fc.assert(
      fc.property(fc.array(alike, { minLength: 2, maxLength: 8 }), (states) => {
        const copier = new StateCopier(refuse);
        for (const state of states) {
          const copied = outcome(() => copier.copy(state));
          const expected = outcome(() => copyState(state, refuse));
          assert.deepEqual(copied, expected);
          if (typeof state === 'object' && state !== null && Array.isArray(copied)) {
            assert.notEqual(copied[0], state);
          }
        }
      }),
      cases(2000),
    );
  });

  it('is refused as ever after a step that changed what copies work with', () => {
    const copier = new StateCopier(refuse);
    const { getPrototypeOf } = Object;
    try {
      Object.getPrototypeOf = () => Object.prototype;
      copier.copy({ changedMeanwhile: 1 });
    } finally {
      Object.getPrototypeOf = getPrototypeOf;
    }
    class Single {
      changedMeanwhile = 2;
    }
    assert.deepEqual(copier.copy({ changedMeanwhile: 3 }), { changedMeanwhile: 3 });
    assert.throws(() => copier.copy(new Single()), /refused: a state with an instance of Single/);
  });

  it('is another by its bytes when any bit of it is', () => {
    fc.assert(
      fc.property(stateArbitrary, stateArbitrary, (a, b) => {
        const same = Buffer.from(encodeState(a, refuse)).equals(encodeState(b, refuse));
        if (same) assertSame(a, b);
      }),
      cases(2000),
    );
    const bytes = [
      0,
      -0,
      NaN,
      '0',
      false,
      null,
      [0],
      { 0: 0 },
      Float64Array.of(0),
      Float32Array.of(0),
      ['array'],
      ['number', '-0'],
    ].map((state) => Buffer.from(encodeState(state, refuse)).toString());
    assert.equal(new Set(bytes).size, bytes.length);
  });

  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  class Position {
    held = 1;
  }
  const strangers: readonly (readonly [string, unknown, RegExp])[] = [
    ['undefined', undefined, /a state with undefined at/],
    ['undefined in a field', { held: undefined }, /a state with undefined in held at/],
    ['a function', { next: () => 1 }, /a state with a function in next at/],
    ['a bigint', 1n, /a state with a bigint at/],
    ['a symbol', Symbol('x'), /a state with a symbol at/],
    ['a symbol for a key', { [Symbol('x')]: 1 }, /a state with a symbol for a key at/],
    ['a Map', { seen: new Map() }, /a state with an instance of Map in seen at/],
    ['a Date', [new Date(0)], /a state with an instance of Date at/],
    ['an instance', new Position(), /a state with an instance of Position at/],
    ['a Buffer', Buffer.from('x'), /a state with an instance of Buffer at/],
    ['a promise', Promise.resolve(1), /a state with an instance of Promise at/],
    ['a hole in an array', new Array<number>(1), /a state with undefined at/],
    ['a cycle', cyclic, /a state that contains itself at/],
  ];
  for (const [what, state, sentence] of strangers) {
    it(`refuses ${what}, naming node and bar, from init and from step`, async () => {
      const init = failureIn(
        await scan<unknown>({ init: () => state, step: (given) => ({ state: given }) }, [1, 2]),
      );
      assert.match(init.message, sentence);
      assert.match(init.message, /^Node total gave .* at asOf 1970-01-01T00:01:00Z: .*\(.*\.ts:\d+\)\.$/);
      assert.deepEqual([init.code, init.asOf], ['value', 60]);
      const result = await scan<unknown>(
        { init: () => 0, step: (_state, view) => ({ state: view.asOf > 60 ? state : 7, value: 1 }) },
        [1, 2, 3],
      );
      assert.match(failureIn(result).message, sentence);
      assert.deepEqual([failureIn(result).asOf, valuesOf(result.table), stored(result)], [120, [1], 7]);
    });
  }

  it('refuses one that is too large to be stored with each block', async () => {
    const result = await scan({ init: () => '', step: () => ({ state: 'x'.repeat(17 * 1024 * 1024) }) }, [1]);
    assert.match(failureIn(result).message, /Node total gave a state of 18 MB at .* keep it below 16 MB/);
    assert.deepEqual([failureIn(result).asOf, result.table.ts.length], [null, 0]);
  });
});

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
