import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RowBuilder } from '../../../../../src/hosts/typescript/compute/rows/rows.js';
import type { Schema } from '../../../../../src/engine/ports/host.js';
import { SeamlessError } from '../../../../../src/sdk/errors.js';
import { concatTables, type RowValue, type Table } from '../../../../../src/sdk/table.js';
import { cases } from '../../../../support/profile.js';
import { schemaOf, valuesOf } from '../support.js';

const START = 1_677_628_800;

function build(values: readonly unknown[], expected: Schema | null = null, first = 0): Table {
  const opens = Float64Array.from(values, (_, i) => START + (first + i) * 60);
  const builder = new RowBuilder({ node: 'fast', opens, expected });
  values.forEach((value, i) => builder.add(START + (first + i + 1) * 60, value));
  return builder.finish();
}

function refusal(values: readonly unknown[], expected: Schema | null = null): SeamlessError {
  try {
    build(values, expected);
  } catch (error) {
    if (error instanceof SeamlessError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('RowBuilder', () => {
  it('stamps rows with the open of their bar, and leaves out undefined', () => {
    const table = build([1, undefined, 3]);
    assert.deepEqual([...table.ts], [START, START + 120]);
    assert.deepEqual(valuesOf(table), [1, 3]);
    assert.deepEqual(schemaOf(table), { shape: 'value', names: ['value'], types: ['number'] });
    assert.equal(table.columns[0]?.valid, null);
  });

  it('keeps NaN, infinities and the sign of zero', () => {
    const values = [Number.NaN, Infinity, -Infinity, -0, 0];
    assert.ok(valuesOf(build(values)).every((value, i) => Object.is(value, values[i])));
  });

  it('marks null rows in the mask, with NaN in their place', () => {
    const table = build([null, 1, null, -0]);
    assert.deepEqual(valuesOf(table), [null, 1, null, -0]);
    assert.deepEqual([...(table.columns[0]?.values ?? [])], [Number.NaN, 1, Number.NaN, -0]);
    assert.deepEqual([...(table.columns[0]?.valid ?? [])], [0, 1, 0, 1]);
  });

  it('gives records one column per field, by name, whatever order the rows of a range have them in', () => {
    const names = fc.uniqueArray(
      fc.string({ minLength: 1, maxLength: 3 }).filter((name) => name !== 'ts'),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    const orders = names.chain((fields) =>
      fc.array(fc.shuffledSubarray(fields, { minLength: fields.length }), { minLength: 1, maxLength: 6 }),
    );
    fc.assert(
      fc.property(orders, fc.nat(), (rows, at) => {
        const values = rows.map((order) => Object.fromEntries(order.map((name) => [name, name.length])));
        const from = at % values.length;
        const whole = build(values);
        const part = build(values.slice(from), null, from);
        assert.deepEqual(part.names, whole.names);
        assert.equal(JSON.stringify(valuesOf(part)), JSON.stringify(valuesOf(whole).slice(from)));
      }),
      cases(400),
    );
    const table = build([{ b: 1, a: 'x' }, null, { a: null, b: -0 }]);
    assert.deepEqual(schemaOf(table), { shape: 'record', names: ['a', 'b'], types: ['string', 'number'] });
    assert.deepEqual([...(table.present ?? [])], [1, 0, 1]);
    assert.deepEqual(valuesOf(table), [{ b: 1, a: 'x' }, null, { b: -0, a: null }]);
  });

  it('takes records after rows of null alone', () => {
    const table = build([null, null, { a: true }]);
    assert.deepEqual(valuesOf(table), [null, null, { a: true }]);
    assert.deepEqual([...(table.present ?? [])], [0, 0, 1]);
  });

  it('stores arrays and nested objects as JSON', () => {
    const values = [[1, [2, null]], { levels: [1, -0] }, { flat: 1 }, null, {}, { toJSON: 5, a: [] }];
    const table = build(values);
    assert.deepEqual(schemaOf(table), { shape: 'value', names: ['value'], types: ['json'] });
    assert.deepEqual(valuesOf(table), values);
  });

  it('leaves the type of nothing but nulls open', () => {
    assert.deepEqual(schemaOf(build([null, null])), { shape: 'value', names: ['value'], types: ['null'] });
    assert.equal(build([undefined]).ts.length, 0);
  });

  it('continues the columns of earlier rows', () => {
    const expected: Schema = { shape: 'record', names: ['a', 'b'], types: ['number', 'string'] };
    const table = build([null, { b: 'x', a: 1 }], expected);
    assert.deepEqual(schemaOf(table), expected);
    assert.deepEqual(valuesOf(table), [null, { a: 1, b: 'x' }]);
    assert.deepEqual(schemaOf(build([], expected)), expected);
  });

  it('keeps whole characters of any kind, and half ones within JSON, which writes them as escapes', () => {
    const texts = ['\u{1f600}', 'é', '\u0000', '\ufeff', ''];
    assert.deepEqual(valuesOf(build(texts)), texts);
    assert.deepEqual(valuesOf(build([['\ud800'], { '\udc00': '\ud800' }])), [
      ['\ud800'],
      { '\udc00': '\ud800' },
    ]);
  });

  const at = '2023-03-01T00:02:00Z';
  const refused: readonly [string, readonly unknown[], RegExp][] = [
    ['a promise', [1, Promise.resolve(1)], /gave a promise at .*: a computeFn must be synchronous/],
    ['a thenable', [1, { then: () => undefined }], /gave a promise at .*must be synchronous/],
    ['a change of type', [1, 'x'], /gave a text at .*: its rows so far hold numbers; return one type/],
    ['a number among booleans', [true, 1], /gave a number at .* hold booleans/],
    ['a number among texts', ['x', 1], /gave a number at .* hold texts/],
    ['a number among arrays', [[1], 1], /gave a number at .* hold arrays or nested objects/],
    ['an array among numbers', [1, [1]], /gave an array at .* hold numbers/],
    ['a record among numbers', [1, { a: 1 }], /gave a record \(a\) at .* hold numbers/],
    ['a number among records', [{ a: 1 }, 1], /gave a number at .* hold records \(a\)/],
    [
      'a nested object among records',
      [{ a: 1 }, { a: [1] }],
      /gave a nested object at .* hold records \(a\)/,
    ],
    ['a field of another type', [{ a: 1 }, { a: 'x' }], /gave a text in field a at .* hold numbers there/],
    ['other fields', [{ a: 1 }, { b: 1 }], /gave a record \(b\) at .* have the fields \(a\)/],
    ['more fields', [{ a: 1 }, { a: 1, b: 1 }], /gave a record \(a, b\) at .* have the fields \(a\)/],
    ['no fields', [{ a: 1 }, {}], /gave a record \(\) at .* have the fields \(a\)/],
    ['an undefined field', [{ a: 1 }, { a: undefined }], /a record whose field a is undefined at/],
    ['a first undefined field', [null, { a: undefined }], /a record whose field a is undefined at/],
    ['a function', [1, () => 1], /gave a function at/],
    ['a symbol', [1, Symbol('x')], /gave a symbol at/],
    ['a bigint', [1, 1n], /gave a bigint at .*Number\(value\)/],
    ['a Date', [1, new Date(0)], /gave a Date at .*getTime/],
    ['a Date in a field', [null, { a: new Date(0) }], /gave a Date in field a at/],
    ['a Map', [1, new Map()], /gave an instance of Map at/],
    ['an instance', [1, new (class Signal {})()], /gave an instance of Signal at/],
    ['a typed array', [1, new Float64Array(2)], /gave an instance of Float64Array at .*Array\.from/],
    ['NaN in JSON', [null, [Number.NaN]], /JSON that contains NaN at/],
    ['undefined in JSON', [null, [undefined]], /JSON that contains undefined at/],
    ['a hole in JSON', [null, new Array(2)], /JSON that contains undefined at/],
    ['an instance in JSON', [null, [new Map()]], /gave an instance of Map within JSON at/],
    [
      'half of a character',
      ['x', 'a\ud83d'],
      /gave a text with half of a character .* at .*toWellFormed\(\)/,
    ],
    [
      'half of a character in a field',
      [{ a: 'x' }, { a: '\udc00b' }],
      /half of a character .* in field a at/,
    ],
    ['half of a character in a name', [null, { 'a\ud800': 1 }], /half of a character .* name of a field at/],
    ['a field called ts', [null, { ts: 1 }], /a field named "ts" at .*choose another/],
  ];
  for (const [what, values, sentence] of refused) {
    it(`refuses ${what}, naming node and bar`, () => {
      const error = refusal(values);
      assert.equal(error.code, 'value');
      assert.match(error.message, sentence);
      assert.match(error.message, /^Node fast gave /);
      assert.ok(error.message.includes(at), error.message);
      assert.equal(error.node, 'fast');
      assert.equal(error.asOf, START + 120);
    });
  }

  it('refuses a value that contains itself', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    assert.match(refusal([loop]).message, /contains itself/);
  });

  it('does not let a refused promise that rejects end the process', async () => {
    assert.equal(refusal([Promise.reject(new Error('later'))]).code, 'value');
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('refuses another type than stored rows have', () => {
    const expected: Schema = { shape: 'value', names: ['value'], types: ['string'] };
    assert.match(refusal([1], expected).message, /gave a number at .* hold texts/);
    assert.match(refusal([{ a: 1 }], expected).message, /gave a record \(a\) at .* hold texts/);
    const record: Schema = { shape: 'record', names: ['a'], types: ['number'] };
    assert.match(refusal([1], record).message, /gave a number at .* hold records \(a\)/);
    assert.match(refusal([{ a: 'x' }], record).message, /gave a text in field a/);
  });

  it('keeps the rows before a refused one', () => {
    const opens = Float64Array.of(0, 60, 120);
    const builder = new RowBuilder({ node: 'fast', opens, expected: null });
    builder.add(60, { a: 1, b: null });
    assert.throws(() => builder.add(120, { a: null, b: [] }), SeamlessError);
    assert.deepEqual(valuesOf(builder.finish()), [{ a: 1, b: null }]);
  });

  it('takes a column of numbers as it takes them one by one', () => {
    const values = Float64Array.of(1, Number.NaN, -0);
    const asOf = Float64Array.of(60, 120, 240);
    const opens = Float64Array.of(0, 60, 180);
    const builder = new RowBuilder({ node: 'fast', opens, expected: null });
    builder.addNumbers(asOf, values);
    values.fill(7);
    const table = builder.finish();
    assert.deepEqual([...table.ts], [0, 60, 180]);
    assert.deepEqual(valuesOf(table), [1, Number.NaN, -0]);
  });
});

const scalars = {
  number: fc.double(),
  boolean: fc.boolean(),
  string: fc.string(),
};
const key = fc.string({ minLength: 1 }).filter((name) => name !== 'ts' && name !== '__proto__');
const kinds: fc.Arbitrary<fc.Arbitrary<RowValue>> = fc.oneof(
  fc.constantFrom<fc.Arbitrary<RowValue>>(scalars.number, scalars.boolean, scalars.string),
  fc.constant(fc.array(fc.jsonValue()) as fc.Arbitrary<RowValue>),
  fc
    .dictionary(key, fc.constantFrom<keyof typeof scalars>('number', 'boolean', 'string'), {
      minKeys: 1,
      maxKeys: 4,
      noNullPrototype: true,
    })
    .map(
      (model) =>
        fc.record(
          Object.fromEntries(
            Object.entries(model).map(([name, kind]) => [
              name,
              fc.option<RowValue>(scalars[kind] as fc.Arbitrary<RowValue>),
            ]),
          ),
        ) as fc.Arbitrary<RowValue>,
    ),
);
const sequences = kinds.chain((kind) =>
  fc.array(fc.oneof({ weight: 5, arbitrary: kind }, fc.constant(null), fc.constant(undefined)), {
    maxLength: 20,
  }),
);

describe('RowBuilder, any rows', () => {
  it('gives back what was put in', () => {
    fc.assert(
      fc.property(sequences, (values) => {
        const kept = values.filter((value) => value !== undefined);
        assert.deepEqual(plain(valuesOf(build(values))), plain(kept));
      }),
    );
  });

  it('builds the same table in one piece and in two', () => {
    fc.assert(
      fc.property(sequences, fc.nat(20), (values, cut) => {
        const first = build(values.slice(0, cut));
        const expected = first.ts.length > 0 ? schemaOf(first) : null;
        const both = concatTables([first, build(values.slice(cut), expected, cut)]);
        const whole = build(values);
        assert.deepEqual([...both.ts], [...whole.ts]);
        assert.deepEqual(plain(valuesOf(both)), plain(valuesOf(whole)));
      }),
    );
  });
});

/** Without the prototypes that generators vary, so that only values are compared; strict equality tells −0 from 0. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
