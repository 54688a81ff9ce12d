import assert from 'node:assert/strict';

import { formatNumber, lastValueText, shorterNumbers, valueText } from '../../src/present/values.js';
import { emptyTable } from '../../src/sdk/table.js';

describe('values in words', () => {
  it('numbers without long tails', () => {
    const cases: readonly [number, string][] = [
      [0, '0'],
      [-0, '-0'],
      [0.1 + 0.2, '0.3'],
      [2863.0914, '2,863.091'],
      [1 / 3, '0.3333333'],
      [123_456_789.125, '123,456,789.13'],
      [0.000_012_345_678, '1.2346e-5'],
      [1e20, '1.0000e+20'],
      [NaN, 'NaN'],
      [Infinity, '∞'],
      [-Infinity, '−∞'],
    ];
    for (const [value, text] of cases) assert.equal(formatNumber(value), text);
  });

  it('records by field, texts and structures cut short', () => {
    assert.equal(valueText({ open: 1.5, close: null, up: true }), 'open 1.5, close null, up true');
    assert.equal(valueText('up'), 'up');
    assert.equal(valueText([1, 2]), '[1,2]');
    assert.equal(valueText('x'.repeat(80)), `${'x'.repeat(59)}…`);
  });

  it('the last row, with its bar', () => {
    const ts = new Float64Array([0, 86_400]);
    const columns = [{ type: 'number' as const, values: new Float64Array([1, 2.5]), valid: null }];
    const table = { shape: 'value' as const, ts, names: ['value'], columns, present: null };
    assert.equal(lastValueText(table), '`2.5` (1970-01-02)');
    assert.equal(lastValueText(emptyTable()), null);
  });

  it('of a number get shorter, with a mark for what is cut; of anything else they are empty', () => {
    assert.deepEqual(shorterNumbers('1,234,567.89'), ['≈1.2346M', '≈1.235M', '≈1.23M', '≈1.2M', '≈1M']);
    assert.deepEqual(shorterNumbers('-0.0012345678').at(1), '≈-0.001235');
    assert.deepEqual(shorterNumbers('1.2346e-7').at(-1), '≈1e-7');
    for (const text of ['', 'NaN', '∞', 'bull', 'open 1, close 2'])
      assert.deepEqual(shorterNumbers(text), []);
  });
});
