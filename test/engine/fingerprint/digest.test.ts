import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cases } from '../../support/profile.js';
import { textDigest, textsDigest } from '../../../src/engine/fingerprint/digest.js';

describe('digest of a column of texts', () => {
  it('is that of the joined text, however long the parts and wherever they are cut', () => {
    const long = fc
      .tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.integer({ min: 1, max: 2 ** 17 }))
      .map(([text, times]) => text.repeat(times).slice(0, 2 ** 19));
    const texts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), long), { maxLength: 12 });
    fc.assert(
      fc.property(texts, (list) => {
        assert.equal(textsDigest(list), textDigest(list));
      }),
      cases(100, 15),
    );
  });
});
