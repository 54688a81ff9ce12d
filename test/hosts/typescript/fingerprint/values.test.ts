import assert from 'node:assert/strict';
import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { CodeHasher } from '../../../../src/hosts/typescript/fingerprint/own-code.js';
import { hasher } from './support/project.js';
import { cases } from '../../../support/profile.js';

/** The hash of a function that captured the value. */
function hashOf(hashes: CodeHasher, value: unknown): string {
  const code = hashes.ownCode(() => value, { inputs: new Map(), describe: 'fn' });
  assert.equal(code.unhashable, undefined);
  return code.hash;
}

/** Deep equality, and the same order of keys and entries: code sees that too. */
function same(a: unknown, b: unknown): boolean {
  const shown = (value: unknown): string =>
    inspect(value, {
      depth: Number.POSITIVE_INFINITY,
      maxArrayLength: null,
      maxStringLength: null,
      showHidden: true,
    });
  return isDeepStrictEqual(a, b) && shown(a) === shown(b);
}

describe('hashes of values', () => {
  let hashes: CodeHasher;
  before(() => {
    hashes = hasher();
  });
  after(() => hashes.close());

  const scalar = fc.constantFrom<unknown>(
    0,
    -0,
    1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    '0',
    'a',
    true,
    false,
    null,
    undefined,
    1n,
  );
  const small = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      scalar,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', '0'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
      fc.array(fc.tuple(scalar, tie('value')), { maxLength: 2 }).map((entries) => new Map(entries)),
      fc.array(tie('value'), { maxLength: 2 }).map((items) => new Set(items)),
      fc.integer({ min: 0, max: 2 }).map((time) => new Date(time)),
      fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 2 }).map((items) => Uint8Array.from(items)),
    ),
  })).value;

  it('are equal for JSON-like values exactly if the values are', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        assert.equal(hashOf(hashes, a) === hashOf(hashes, b), same(a, b));
      }),
      cases(200),
    );
  });

  it('are equal for near-equal values of all kinds exactly if the values are', () => {
    fc.assert(
      fc.property(small, small, (a, b) => {
        assert.equal(hashOf(hashes, a) === hashOf(hashes, b), same(a, b));
        assert.equal(hashOf(hashes, structuredClone(a)), hashOf(hashes, a));
      }),
      cases(1000),
    );
  });
});
