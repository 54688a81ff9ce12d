import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  copyState,
  decodeState,
  encodeState,
  StateCopier,
} from '../../../../../src/hosts/typescript/compute/scan/scan-state.js';
import { rowMaker } from '../../../../../src/sdk/records.js';
import { failureIn, valuesOf } from '../support.js';
import { cases } from '../../../../support/profile.js';
import { numberArbitrary, scan, stored } from './run.js';

function refuse(gave: string): never {
  throw new Error(`refused: ${gave}`);
}

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
