// Slow (5 s): a load of a strategy for every case.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Inspection, type Closure } from '../../../../src/hosts/typescript/fingerprint/inspection.js';
import { hasher } from './support/project.js';
import { cases } from '../../../support/profile.js';

/** How a closure is made, over the closures that were made before it. */
interface Made {
  readonly form: 'arrow' | 'function' | 'bound' | 'class' | 'native' | 'nested' | 'counter';
  readonly value: number;
  /** Which of those before it captures. */
  readonly over: number;
}

const made: fc.Arbitrary<Made> = fc.record({
  form: fc.constantFrom<Made['form']>('arrow', 'function', 'bound', 'class', 'native', 'nested', 'counter'),
  value: fc.integer({ min: -3, max: 3 }),
  over: fc.nat(600),
});

function make({ form, value, over }: Made, before: readonly object[]): object {
  const helper = before[over % Math.max(1, before.length)];
  switch (form) {
    case 'arrow':
      return () => [value, helper];
    case 'function':
      return function named(bar = value): unknown {
        return [bar, helper];
      };
    case 'bound':
      return Object.bind(helper, value);
    case 'class':
      return class {
        static read(): unknown {
          return [value, helper];
        }
      };
    case 'native':
      return Math.max;
    case 'nested': {
      const low = { value };
      return ((high: number) => () => [low, high, helper])(value + 1);
    }
    case 'counter': {
      let count = value;
      return () => [count++, helper];
    }
  }
}

function makeAll(list: readonly Made[]): object[] {
  const all: object[] = [];
  for (const each of list) all.push(make(each, all));
  return all;
}

function plain({ scopes, place }: Closure): unknown {
  return {
    place,
    scopes: scopes.map(({ description, object }) =>
      description === 'Global' ? description : [description, { ...object }],
    ),
  };
}

describe('closures read ahead', () => {
  it('are those that are read one by one, however many', () => {
    const inspection = new Inspection();
    try {
      fc.assert(
        fc.property(fc.array(made, { minLength: 1, maxLength: 600, size: 'max' }), (list) => {
          const fns = makeAll(list).slice(0, 600);
          const single = fns.map((fn) => plain(inspection.closure(fn)));
          inspection.readAhead(fns);
          const ahead = fns.map((fn) => plain(inspection.closure(fn)));
          inspection.forgetAhead();
          assert.deepEqual(ahead, single);
        }),
        cases(4),
      );
    } finally {
      inspection.close();
    }
  });

  it('give the hashes that reading one by one gives', () => {
    fc.assert(
      fc.property(fc.array(made, { minLength: 1, maxLength: 12 }), (list) => {
        const fns = makeAll(list);
        const hashes = (ahead: boolean): unknown[] => {
          const codes = hasher();
          const read = (): unknown[] =>
            fns.map((fn) => {
              const { hash, unhashable } = codes.ownCode(fn, { inputs: new Map(), describe: 'node' });
              return hash ?? unhashable;
            });
          const found = ahead ? codes.withReadAhead(fns, read) : read();
          codes.close();
          return found;
        };
        assert.deepEqual(hashes(true), hashes(false));
      }),
      cases(60),
    );
  });

  it('serve one look, and none after the work they were read for', () => {
    const inspection = new Inspection();
    try {
      let count = 1;
      const step = (): number => count++;
      const seen = (): unknown =>
        inspection
          .closure(step)
          .scopes.map(({ object }) => (object as Readonly<Record<string, unknown>>)['count'])
          .find((value) => value !== undefined);
      inspection.readAhead([step]);
      assert.equal(seen(), 1);
      step();
      assert.equal(seen(), 2);
      inspection.readAhead([step]);
      inspection.forgetAhead();
      step();
      assert.equal(seen(), 3);
    } finally {
      inspection.close();
    }
  });
});
