import assert from 'node:assert/strict';
import { preview } from '../../../../src/hosts/typescript/fingerprint/preview.js';

describe('preview of a value', () => {
  class Point {
    x = 1;
  }
  const cases: readonly (readonly [unknown, string])[] = [
    [-0, '-0'],
    [12n, '12n'],
    ['a "b"', '"a \\"b\\""'],
    [undefined, 'undefined'],
    [[1, [2], { a: 1 }], '[1, […], {…}]'],
    [[1, 2, 3, 4, 5, 6, 7], '[1, 2, 3, 4, 5, 6, …]'],
    [{ a: 1, b: { c: 2 } }, '{ a: 1, b: {…} }'],
    [new Point(), 'Point { x: 1 }'],
    [new Map([['k', 1]]), 'Map(1){"k"}'],
    [new Set([1]), 'Set(1){1}'],
    [new Float64Array([1.5, 2]), 'Float64Array(2)[1.5, 2]'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [/a+/g, '/a+/g'],
    [new Proxy({}, {}), 'a Proxy'],
  ];
  for (const [value, text] of cases) {
    it(`shows ${text}`, () => {
      assert.equal(preview(value), text);
    });
  }

  it('is one line of at most 80 characters', () => {
    const text = preview(Array.from({ length: 6 }, () => 'long\ntext '.repeat(10)));
    assert.ok(text.length <= 80 && !text.includes('\n'));
  });
});
