import assert from 'node:assert/strict';

import fc from 'fast-check';

import { replaceNumberLoops } from '../../../../src/hosts/typescript/sandbox/number-loops.js';
import { Patches } from '../../../../src/hosts/typescript/sandbox/patches.js';

const builtIn = Object.getOwnPropertyDescriptor(Float64Array.prototype, Symbol.iterator);

describe('loops over numbers in a strategy', () => {
  const patches = new Patches();

  before(() => replaceNumberLoops(patches));
  after(() => patches.undo());

  it('gives the numbers that an index gives, bit for bit, in every form of iteration', () => {
    fc.assert(
      fc.property(fc.float64Array(), (numbers) => {
        const byIndex = Array.from({ length: numbers.length }, (_, at) => numbers[at]);
        const looped: number[] = [];
        for (const number of numbers) looped.push(number);
        const [first, ...rest] = numbers;
        for (const given of [looped, [...numbers], Array.from(numbers), Array.from(numbers.values())])
          assert.deepEqual(given, byIndex);
        assert.deepEqual([first, ...rest].slice(0, numbers.length), byIndex);
      }),
    );
  });

  it('reduces as the built-in one does, with and without a start, and refuses the same', () => {
    const builtIn = Object.getPrototypeOf(Float64Array.prototype) as Float64Array;
    const said = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message}`;
      }
    };
    const listed = (before: unknown, ...rest: unknown[]): unknown => [before, ...rest];
    const given: readonly (readonly unknown[])[] = [
      [listed],
      [listed, 0],
      [listed, undefined],
      [],
      [null, 1],
    ];
    fc.assert(
      fc.property(fc.float64Array({ maxLength: 5 }), fc.constantFrom(...given), (numbers, args) => {
        const own = said(() => Reflect.apply(numbers.reduce, numbers, args) as unknown);
        assert.deepEqual(
          own,
          said(() => Reflect.apply(builtIn.reduce, numbers, args) as unknown),
        );
      }),
    );
  });

  it('goes over a part of shared memory, which is what a window is', () => {
    const numbers = new Float64Array(new SharedArrayBuffer(64)).map((_, at) => at);
    assert.deepEqual([...numbers.subarray(2, 5)], [2, 3, 4]);
  });

  it('is an iterator of its own for each loop, ends for good, and can be gone on with', () => {
    const numbers = Float64Array.of(1, 2, 3);
    const pairs: number[] = [];
    for (const a of numbers) for (const b of numbers) pairs.push(a * b);
    assert.deepEqual(pairs, [1, 2, 3, 2, 4, 6, 3, 6, 9]);
    const iterator = numbers.values();
    for (const number of iterator) if (number === 1) break;
    assert.deepEqual([...iterator], [2, 3]);
    assert.equal(iterator.next().done, true);
    assert.equal(Object.prototype.toString.call(iterator), '[object Array Iterator]');
  });

  it('leaves the built-in one in place elsewhere', () => {
    const others = new Patches();
    patches.undo();
    assert.deepEqual(Object.getOwnPropertyDescriptor(Float64Array.prototype, Symbol.iterator), builtIn);
    replaceNumberLoops(others);
    others.undo();
    assert.equal(Object.hasOwn(Float64Array.prototype, 'values'), false);
    replaceNumberLoops(patches);
  });
});
