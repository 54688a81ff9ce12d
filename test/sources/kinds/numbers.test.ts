import assert from 'node:assert/strict';
import { plainGrid } from '../../../src/sdk/time/grid.js';
import { Project, fails, rowsOf } from '../support.js';

const DAY = 86_400;
const days = (cells: readonly string[], delimiter = ','): string =>
  `date${delimiter}x\n${cells.map((cell, at) => `2024-01-${String(at + 15)}${delimiter}${cell}\n`).join('')}`;

/** Numbers as terminals, banks and spreadsheets write them. */
describe('numbers in files', () => {
  const project = new Project();
  after(() => project.remove());

  const read = async (cells: readonly string[], options = {}, delimiter = ',') =>
    rowsOf(await project.csv(days(cells, delimiter), options, plainGrid(DAY))).map(
      ([, row]) => (row as { x: unknown }).x,
    );

  const CELLS: readonly (readonly [kind: string, cells: readonly string[], values: readonly unknown[]])[] = [
    ['negative in parentheses', ['1.5', '(2.25)', '"(1,234.5)"', '($3)'], [1.5, -2.25, -1234.5, -3]],
    ['with a minus behind', ['1.5', '2.25-'], [1.5, -2.25]],
    ['with a typographic minus', ['1.5', '−2.25', '–3'], [1.5, -2.25, -3]],
    ['all with a typographic minus', ['−1.5', '−2.25'], [-1.5, -2.25]],
    ['with a currency code', ['"1,234.50 USD"', '999.25 USD'], [1234.5, 999.25]],
    ['with a currency code in front', ['EUR 12.5', 'EUR -7.25'], [12.5, -7.25]],
    ['of small dollars, to the last digit', ['$0.00001234', '$0.00001235'], [0.00001234, 0.00001235]],
    ['in powers of ten beside percent', ['0.5%', '1.5e-05', '-2.5%'], [0.5, 0.000015, -2.5]],
    ['in thousands and millions', ['12.3K', '-1.25M', '(4K)'], [12_300, -1_250_000, -4000]],
    ['beside marks of banks and spreadsheets', ['1.5', 'ND', 'n.a.', ':'], [1.5, null, null, null]],
    ['beside errors of formulas', ['1.5', '#DIV/0!', '#VALUE!', '1.#QNAN'], [1.5, null, null, null]],
    ['beside dashes', ['1.5', '—', '–', '..'], [1.5, null, null, null]],
  ];
  for (const [kind, cells, values] of CELLS)
    it(`are read: ${kind}`, async () => assert.deepEqual(await read(cells), values));

  it('with spaces of several bytes for thousands, and a decimal comma', async () => {
    assert.deepEqual(await read(['16\u202f409,5', '999,25'], {}, ';'), [16_409.5, 999.25]);
    assert.deepEqual(await read(['16\u00a0409,5 kr', '−7\u00a0000,25 kr'], {}, ';'), [16_409.5, -7000.25]);
  });

  it('of the same kind are read by a permissive read, and a faulty one is refused by a strict one', async () => {
    assert.deepEqual(await read(['(1.5)', 'oops', '2'], { conformance: 'permissive' }), [-1.5, null, 2]);
    await fails(read(['(1.5)', '2', '3', 'oops']), 'source', /oops/);
  });

  it('in thirty-seconds are not taken for thousands', async () => {
    await fails(
      read(["110'165", "110'000"]),
      'source',
      /110'165, which may be 110165, or 110 points and 16\.5 thirty-seconds: say thousands: "'"/,
    );
    assert.deepEqual(await read(["110'165", "110'000"], { thousands: "'" }), [110_165, 110_000]);
    assert.deepEqual(await read(["11'234", "11'648"]), [11_234, 11_648]);
  });

  it('of lengths of time are texts', async () => {
    const text = 'date,tenor,rate\n2024-01-15,3M,5.25\n2024-01-16,3M,5.5\n';
    const [first] = rowsOf(await project.csv(text, {}, plainGrid(DAY)));
    assert.deepEqual(first?.[1], { tenor: '3M', rate: 5.25 });
  });
});
