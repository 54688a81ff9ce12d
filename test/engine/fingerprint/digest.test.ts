import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cases } from '../../support/profile.js';
import { bytesDigest, textDigest, textsDigest } from '../../../src/engine/fingerprint/digest.js';

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

describe('digest of bytes', () => {
  /** Lengths around the one from which on another function is used, and larger. */
  const lengths = fc.oneof(fc.integer({ min: 16_380, max: 16_388 }), fc.integer({ min: 0, max: 2 ** 18 }));

  it('is theirs wherever they lie, and differs with each bit and with their number', () => {
    fc.assert(
      fc.property(lengths, fc.integer(), fc.nat(), (length, seed, at) => {
        const bytes = Uint8Array.from({ length }, (_, index) => Math.imul(index ^ seed, 0x9e3779b1) >>> 24);
        const digest = bytesDigest(bytes);
        assert.match(digest, /^[0-9a-f]{32}$/);
        const shared = new Uint8Array(new SharedArrayBuffer(length + 1), 1);
        shared.set(bytes);
        assert.equal(bytesDigest(shared), digest);
        assert.notEqual(bytesDigest(Buffer.concat([bytes, Buffer.alloc(1)])), digest);
        if (length === 0) return;
        assert.notEqual(bytesDigest(bytes.subarray(1)), digest);
        const bit = at % (length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        assert.notEqual(bytesDigest(bytes), digest);
      }),
      cases(200, 10),
    );
  });
});
