import assert from 'node:assert/strict';
import fc from 'fast-check';
import * as v from 'valibot';
import { deserialize, serialize } from 'node:v8';
import { alike, packAlike } from '../../../src/protocol/nodes/alike.js';
import { counts, listsOfCounts, spans, texts, textsOrAbsent } from '../../../src/protocol/shapes.js';
import { cases } from '../../support/profile.js';

interface Entry {
  readonly name: string;
  readonly rows: number;
  readonly coverage: readonly (readonly [number, number])[];
  readonly label: string | null;
  readonly text?: string | undefined;
}

const FIELDS = {
  name: v.string(),
  rows: v.number(),
  coverage: spans,
  label: v.nullable(v.string()),
  text: v.optional(v.string()),
};
const NAMES = Object.keys(FIELDS) as (keyof Entry)[];
const OWN = ['name', 'rows'] as const;
const schema = alike<Entry>(FIELDS, { name: texts, rows: counts });

const time = fc.constantFrom(-Infinity, -0, 0, 1.5, Infinity);
const entry: fc.Arbitrary<Entry> = fc.record(
  {
    name: fc.string(),
    rows: fc.nat(3),
    coverage: fc.array(fc.tuple(time, time), { maxLength: 2 }),
    label: fc.constantFrom(null, 'a', 'b'),
    text: fc.constantFrom('x', 'y'),
  },
  { requiredKeys: ['name', 'rows', 'coverage', 'label'], noNullPrototype: true },
);

describe('protocol: entries that differ in a few fields', () => {
  it('arrive as they were sent, bit for bit, whatever they have in common', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
        const sent = deserialize(serialize(packAlike(entries, NAMES, OWN))) as unknown;
        assert.deepEqual(v.parse(schema, sent), entries);
      }),
      cases(200),
    );
  });

  it('are sent once for those that are alike', () => {
    const member = (name: string): Entry => ({ name, rows: 1, coverage: [[0, 60]], label: 'a' });
    const { rests, at } = packAlike<Entry>(['A', 'B', 'C'].map(member), NAMES, OWN);
    assert.deepEqual([rests.length, at], [1, [0, 0, 0]]);
  });

  it('are refused when a rest, a field or an entry is wrong or missing', () => {
    const sent = packAlike<Entry>([{ name: 'A', rows: 1, coverage: [], label: null }], NAMES, OWN);
    const wrong = [
      { ...sent, at: [1] },
      { ...sent, at: [0, 0] },
      { ...sent, columns: { ...sent.columns, rows: ['1'] } },
      { ...sent, columns: { name: ['A'] } },
      { ...sent, rests: [{ ...sent.rests[0], coverage: [[0]] }] },
    ];
    for (const each of wrong) assert.equal(v.safeParse(schema, each).success, false, JSON.stringify(each));
  });

  it('are refused when a column has something else, or a hole', () => {
    const hole = <T>(list: T[]): T[] => {
      const holed = [...list];
      holed.length += 1;
      return holed;
    };
    assert.equal(v.is(texts, ['a', '']) && v.is(textsOrAbsent, ['a', undefined]), true);
    assert.equal(v.is(counts, [0, 2 ** 40]) && v.is(listsOfCounts, [[], [1]]), true);
    for (const wrong of [['a', 1], ['a', null], hole(['a']), 'a', { length: 0 }, undefined]) {
      assert.equal(v.is(texts, wrong), false, JSON.stringify(wrong));
    }
    for (const wrong of [[-1], [1.5], [NaN], [Infinity], ['1'], hole([1]), null]) {
      assert.equal(v.is(counts, wrong) || v.is(listsOfCounts, [wrong]), false, JSON.stringify(wrong));
    }
  });
});
