import assert from 'node:assert/strict';
import { csvHistory, Node, StreamInput } from '../../src/index.js';
import { SeamlessError } from '../../src/sdk/errors.js';

/** What plain JavaScript may pass for anything. */
const anything = (value: unknown): never => value as never;
const stream = new StreamInput({ tags: ['A'], interval: '1m', historyProvider: csvHistory('a.csv') });

describe('options that plain JavaScript gets wrong', () => {
  const node = { name: 'x', input: stream, computeFn: () => 1 };
  const source = { tags: ['A'], historyProvider: csvHistory('a.csv') };
  const CASES: readonly [what: string, make: () => unknown, message: RegExp][] = [
    [
      'a number as name',
      () => new Node({ ...node, name: anything(5) }),
      /^The name of a node is 5, .* in quotes/,
    ],
    ['a list as name', () => new Node({ ...node, name: anything(['x']) }), /^The name of a node is a list/],
    ['no name', () => new Node({ ...node, name: anything(undefined) }), /^A Node has no name/],
    [
      'a number as name of a stream',
      () => new StreamInput({ ...source, name: anything(7) }),
      /^The name of a node is 7/,
    ],
    [
      'half a character in a name',
      () => new Node({ ...node, name: 'a\ud800' }),
      /"a\\ud800" has half of a character/,
    ],
    [
      'a text as tags',
      () => new StreamInput({ ...source, tags: anything('A') }),
      /^The tags of a StreamInput are "A"/,
    ],
    [
      'a number among tags',
      () => new StreamInput({ ...source, tags: anything(['A', 1]) }),
      /^Tag 2 of a StreamInput is 1/,
    ],
    [
      'a text as period',
      () => new Node({ ...node, period: anything('3') }),
      /^The period of x "3" is not an interval/,
    ],
    ['an object as period', () => new Node({ ...node, period: anything({}) }), /^x has period an object/],
    [
      'a number as computeFn',
      () => new Node({ ...node, computeFn: anything(5) }),
      /^Node x has no computeFn/,
    ],
    [
      'a text as input',
      () => new Node({ ...node, input: anything('price') }),
      /^Input 1 of node x is "price", not a node/,
    ],
  ];
  for (const [what, make, message] of CASES) {
    it(`${what} is an error in words`, () => {
      assert.throws(make, (error) => error instanceof SeamlessError && message.test(error.message));
    });
  }
});
