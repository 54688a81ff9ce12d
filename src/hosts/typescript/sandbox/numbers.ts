import type { Patches } from './patches.js';

class NumbersIterator {
  private at = 0;

  constructor(private readonly numbers: Float64Array) {}

  next(): IteratorResult<number, number> {
    const { at, numbers } = this;
    const done = at >= numbers.length;
    if (!done) this.at = at + 1;
    // NaN, and written as such: V8 keeps numbers unboxed only if it sees that the end has a number as well.
    return { value: done ? NaN : (numbers[at] as number), done };
  }
}

Object.setPrototypeOf(NumbersIterator.prototype, Object.getPrototypeOf([][Symbol.iterator]()) as object);

/**
 * Makes `for…of` over a window's numbers take 2.5 ns each, not 6: V8's own iterator allocates an object for each number
 * (measured with Node 20, 22 and 24).
 */
export function replaceNumbersIterator(patches: Patches): void {
  const value = function values(this: Float64Array): NumbersIterator {
    return new NumbersIterator(this);
  };
  for (const key of ['values', Symbol.iterator])
    patches.define(Float64Array.prototype, key, { value, writable: true, enumerable: false });
}
