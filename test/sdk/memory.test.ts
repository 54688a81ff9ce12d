import assert from 'node:assert/strict';
import fc from 'fast-check';
import { floatsWithRoom } from '../../src/sdk/memory.js';
import { concatFloats } from '../../src/sdk/table.js';

const LONG = fc.integer({ min: 16_300, max: 16_500 });
const BEFORE = fc.array(fc.constantFrom(0, 1, 2, 60, 4095, 4096, 4097, 9000), { minLength: 1, maxLength: 4 });

describe('rows before a long column', () => {
  it('are joined to it as to any other, however often, and nothing joined before changes', () => {
    fc.assert(
      fc.property(LONG, BEFORE, fc.nat(3), (length, befores, cut) => {
        const column = floatsWithRoom(length).fill(0.5);
        const part = column.subarray(cut % 2, length - (cut >> 1));
        const joined = befores.map((count, at) => {
          const before = new Float64Array(count).fill(at + 1);
          const plain = Float64Array.from([...before, ...part]);
          return [concatFloats([before, part]), plain] as const;
        });
        for (const [all, plain] of joined) assert.deepEqual(all, plain);
        assert.deepEqual(column, new Float64Array(length).fill(0.5));
      }),
      { numRuns: 40 },
    );
  });
});
