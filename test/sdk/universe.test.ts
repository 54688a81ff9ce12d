import assert from 'node:assert/strict';
import { CrossNode, csvHistory, Universe } from '../../src/index.js';
import { SeamlessError } from '../../src/sdk/errors.js';

/** What plain JavaScript may pass for anything. */
const anything = (value: unknown): never => value as never;

describe('a universe and a cross-section that are written wrong', () => {
  const universe = { name: 'prices', history: csvHistory('a.csv'), symbol: 'ticker', symbols: ['A', 'B'] };
  const prices = new Universe(universe);
  const cross = { name: 'best', input: prices, computeFn: () => 1 };
  const CASES: readonly [what: string, make: () => unknown, message: RegExp][] = [
    ['no name', () => new Universe({ ...universe, name: anything(undefined) }), /^A Universe has no name/],
    [
      'no history',
      () => new Universe({ ...universe, history: anything(undefined) }),
      /^Universe prices has no history with a kind/,
    ],
    [
      'a history of its own kind',
      () => new Universe({ ...universe, history: { kind: 'own', options: {}, fetch: () => [] } }),
      /reads tables, so give it csvHistory/,
    ],
    [
      'no column',
      () => new Universe({ ...universe, symbol: anything(undefined) }),
      /does not say which column has the symbols/,
    ],
    ['no symbols', () => new Universe({ ...universe, symbols: [] }), /^Universe prices has no symbols/],
    [
      'a number among the symbols',
      () => new Universe({ ...universe, symbols: anything(['A', 7]) }),
      /has 7 as symbol 2, which is no text/,
    ],
    [
      'a symbol twice',
      () => new Universe({ ...universe, symbols: ['A', 'b', 'B'] }),
      /has the symbols "b" and "B", which differ in letters' case alone/,
    ],
    [
      'a symbol that no column can be called',
      () => new Universe({ ...universe, symbols: ['ts'] }),
      /has the symbol "ts", which no column can be called/,
    ],
    ['a period of 0', () => new Universe({ ...universe, period: 0 }), /has period 0/],
    ['no input', () => new CrossNode({ ...cross, input: anything(undefined) }), /^Node best has no input/],
    [
      'no function',
      () => new CrossNode({ ...cross, computeFn: anything(undefined) }),
      /^CrossNode best has no computeFn/,
    ],
    [
      'neither each nor one',
      () => new CrossNode({ ...cross, gives: anything('all') }),
      /gives "all": write 'each'/,
    ],
  ];

  for (const [what, make, message] of CASES) {
    it(what, () => {
      assert.throws(make, (error) => error instanceof SeamlessError && message.test(error.message));
    });
  }

  it('has its symbols in one order, however they are listed', () => {
    assert.deepEqual(new Universe({ ...universe, symbols: ['b', 'C', 'A'] }).symbols, ['A', 'C', 'b']);
  });
});
