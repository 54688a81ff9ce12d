import assert from 'node:assert/strict';
import fc from 'fast-check';

import { decodeLine, encodeLine } from '../../src/live/journal/codec.js';
import type { RunEventBody } from '../../src/sdk/live/live.js';
import { cases } from '../support/profile.js';

const number = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 1e21, 1e-7, 5e-324),
);
const text = fc.string({ unit: 'binary' });
const event = fc.oneof(
  fc.record(
    {
      type: fc.constant('value' as const),
      node: fc.oneof(text, fc.constantFrom('weight[BTC]', '"', 'line\n', '\u2028')),
      ts: fc.integer({ min: -1e9, max: 2e9 }).map((seconds) => seconds / 8),
      value: fc.oneof(number, text, fc.boolean(), fc.constant(null), fc.array(number)),
    },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      type: fc.constant('bar' as const),
      stream: text,
      ts: fc.integer(),
      row: fc.dictionary(fc.constantFrom('open', 'close'), number, { noNullPrototype: true }),
    },
    { noNullPrototype: true },
  ),
) as fc.Arbitrary<RunEventBody>;

describe('a line of a journal', () => {
  it('is JSON, and reads as what was written, to the bit', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer(), fc.array(event), (seq, asOf, events) => {
        const written = encodeLine({ seq, asOf, events });
        assert.equal(written, `${JSON.stringify(JSON.parse(written))}\n`);
        assert.deepStrictEqual(decodeLine(written.trimEnd()), { seq, asOf, events });
      }),
      cases(5000, 1000),
    );
  });
});
