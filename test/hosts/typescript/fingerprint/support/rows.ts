import type { Files } from './session.js';

/** One edit to the sample, and the nodes whose fingerprints it changes: all others must stay. */
export interface Edit {
  readonly what: string;
  /** Default: `main.ts`. */
  readonly file?: string;
  readonly from?: string | RegExp;
  readonly to?: string;
  /** What is written instead of replacing a text. */
  readonly files?: Files;
  /** `all`: all that code of the author's decides. */
  readonly changes: readonly string[] | 'all';
  /** Of all, those that stay. */
  readonly but?: readonly string[];
}

/** They use the strategy other than by the name of a property, and so depend on all of it but `setup()`. */
export const WHOLE = ['secret', 'static', 'thisDynamic'];

/** Edits to code, and to the values it captured. */
export const CODE_EDITS: readonly Edit[] = [
  {
    what: 'a literal in a helper two files away',
    file: 'lib/factor.ts',
    from: '1.25',
    to: '1.5',
    changes: ['score'],
  },
  { what: 'a helper of a barrel', file: 'lib/spread.ts', from: 'a - b', to: 'b - a', changes: ['spread'] },
  {
    what: 'a barrel that names its exports',
    file: 'lib/index.ts',
    from: "export * from './spread'",
    to: "export { spread } from './spread'",
    changes: [],
  },
  { what: 'one value of a captured loop variable', from: "['far', 8]", to: "['far', 9]", changes: ['far'] },
  { what: 'a captured object', from: 'low: 1', to: 'low: 1.1', changes: ['object', 'method'] },
  { what: 'deep in a captured object', from: 'high: 9', to: 'high: 9.1', changes: ['object', 'method'] },
  {
    what: 'a captured array',
    from: 'steps = [1, 2, 3]',
    to: 'steps = [1, 3, 2]',
    changes: ['array', 'template'],
  },
  { what: 'a captured Map', from: "['a', 1]", to: "['a', -1]", changes: ['map'] },
  { what: 'deep in a captured Map', from: 'c: 2', to: 'c: 3', changes: ['map'] },
  { what: 'a captured Set', from: "['x', 'y']", to: "['x', 'z']", changes: ['set'] },
  { what: 'a captured Date', from: '86400000', to: '86400001', changes: ['date'] },
  { what: 'a captured RegExp', from: '/ab+c/i', to: '/ab+c/', changes: ['regexp'] },
  { what: 'a captured typed array', from: '[0.25, 0.5, 0.25]', to: '[0.25, 0.5, 0.26]', changes: ['typed'] },
  { what: 'the kind of a typed array', from: 'Float64Array', to: 'Float32Array', changes: ['typed'] },
  { what: 'a private field of a captured instance', from: 'Meter(4)', to: 'Meter(5)', changes: ['instance'] },
  {
    what: 'a method of a captured instance',
    file: 'lib/meter.ts',
    from: '* Meter.unit',
    to: '/ Meter.unit',
    changes: ['instance'],
  },
  {
    what: 'an inherited method of a captured instance',
    file: 'lib/meter.ts',
    from: 'x * this.gain',
    to: 'x / this.gain',
    changes: ['instance'],
  },
  {
    what: 'an inherited field of a captured instance',
    file: 'lib/meter.ts',
    from: 'gain = 2',
    to: 'gain = 3',
    changes: ['instance'],
  },
  {
    what: 'a static property',
    file: 'lib/meter.ts',
    from: 'unit = 10',
    to: 'unit = 100',
    changes: ['instance'],
  },
  {
    what: 'what an arrow in a field reads',
    from: 'FieldMeter(6)',
    to: 'FieldMeter(7)',
    changes: ['fieldArrow'],
  },
  { what: 'a bound argument', from: 'bind(null, 2)', to: 'bind(null, 3)', changes: ['bound'] },
  { what: 'a bound function', from: '=> a + b', to: '=> b + a + 0', changes: ['bound'] },
  { what: 'the description of a symbol', from: "Symbol('mark')", to: "Symbol('mark2')", changes: ['symbol'] },
  {
    what: 'a symbol made a registered one',
    from: "Symbol('mark')",
    to: "Symbol.for('mark')",
    changes: ['symbol'],
  },
  { what: 'the code of a getter', from: 'return 11', to: 'return 12', changes: ['getter'] },
  { what: 'a template literal', from: '}w`', to: '}ww`', changes: ['template'] },
  { what: 'a tagged template', from: 'tag`p', to: 'tag`pp', changes: ['tagged'] },
  { what: 'raw text of a tagged template alone', from: 'tag`p', to: 'tag`\\\\x70', changes: ['tagged'] },
  { what: 'the tag function', from: "join('|')", to: "join('/')", changes: ['tagged'] },
  {
    what: 'a captured bigint',
    from: '12345678901234567890n',
    to: '12345678901234567891n',
    changes: ['bigint'],
  },
  {
    what: 'one of two mutually recursive helpers',
    from: '? false : isEven(n - 1)',
    to: '? false : isEven(n - 3)',
    changes: ['mutual'],
  },
  { what: 'a recursive helper', from: 'n < 2 ? 1', to: 'n < 3 ? 1', changes: ['recursive'] },
  { what: 'a variable of an outer closure', from: 'makeScale(3)', to: 'makeScale(4)', changes: ['closure'] },
  { what: 'the code of an inner closure', from: 'x * by;', to: 'x / by;', changes: ['closure'] },
  { what: 'a default argument', from: 'by = 7', to: 'by = 8', changes: ['default'] },
  { what: 'an enum', file: 'lib/sides.ts', from: 'Long = 1', to: 'Long = 2', changes: ['side'] },
  { what: 'a const enum', file: 'lib/sides.ts', from: 'Fast = 3', to: 'Fast = 5', changes: ['mode'] },
  { what: 'a JSON import', file: 'settings.json', from: '20', to: '21', changes: ['json'] },
  {
    what: 'a package',
    file: 'node_modules/fake-smooth/core.js',
    from: 'x / 2',
    to: 'x * 0.5',
    changes: ['package'],
  },
  {
    what: "a package's version number alone",
    file: 'node_modules/fake-smooth/package.json',
    from: '1.0.0',
    to: '1.0.1',
    changes: [],
  },
  {
    what: 'the order of two inputs',
    from: 'v.latest(quote)), [price, quote]',
    to: 'v.latest(quote)), [quote, price]',
    changes: ['spread'],
  },
  {
    what: 'inputs swapped in the code',
    from: 'spread(v.latest(price), v.latest(quote))',
    to: 'spread(v.latest(quote), v.latest(price))',
    changes: ['spread'],
  },
  { what: 'the tags of an input', from: "tags: ['A']", to: "tags: ['C']", changes: ['named'] },
  {
    what: 'a field read of this',
    from: 'ratio = 1.5',
    to: 'ratio = 1.6',
    changes: ['this', 'thisMethod', 'thisGetter', 'thisPattern', 'field', ...WHOLE],
  },
  { what: 'a field that few read', from: 'idle = 2.5', to: 'idle = 2.6', changes: WHOLE },
  {
    what: 'deep in a field read of this',
    from: 'b: 2 }] }',
    to: 'b: 3 }] }',
    changes: ['thisDeep', ...WHOLE],
  },
  {
    what: 'a private field of this',
    from: '#hidden = 8',
    to: '#hidden = 9',
    changes: ['thisPrivate', ...WHOLE],
  },
  {
    what: 'a method called on this',
    from: 'x * this.ratio',
    to: 'this.ratio * x',
    changes: ['thisMethod', ...WHOLE],
  },
  { what: 'a method nobody calls', from: 'x + this.idle', to: 'x - this.idle', changes: WHOLE },
  {
    what: 'a getter of this',
    from: 'this.ratio * 2',
    to: 'this.ratio * 3',
    changes: ['thisGetter', ...WHOLE],
  },
  {
    what: 'an inherited method of this',
    file: 'lib/meter.ts',
    from: 'x + this.offset',
    to: 'x - this.offset',
    changes: ['inherited', ...WHOLE],
  },
  {
    what: 'what an inherited method reads',
    file: 'lib/meter.ts',
    from: 'offset = 13',
    to: 'offset = 14',
    changes: ['inherited', ...WHOLE],
  },
  {
    what: 'a namespace used dynamically',
    file: 'lib/kit.ts',
    from: '=> 2',
    to: '=> 3',
    changes: ['namespace'],
  },
  {
    what: 'a method of a captured object',
    from: 'x - limits.low',
    to: 'x + limits.low',
    changes: ['method'],
  },
  { what: 'a computed key', from: "key = 'late'", to: "key = 'early'", changes: ['method'] },
  { what: 'the column form', from: 'x + 42', to: 'x + 43', changes: ['columns'] },
  { what: 'the flags of a regular expression', from: '/x+/g', to: '/x+/y', changes: ['regexLiteral'] },
  { what: 'another built-in function', from: 'Math.max', to: 'Math.min', changes: ['global'] },
  { what: 'another built-in object', from: 'Number.EPSILON', to: 'Math.EPSILON', changes: ['global'] },
  { what: 'a constant of one node', from: '=> 77', to: '=> 78', changes: ['plain'] },
  { what: 'a comment', from: 'function factorial', to: '/* counts */ function factorial', changes: [] },
  {
    what: 'a comment inside a function',
    from: 'const bonus = 1;',
    file: 'lib/score.ts',
    to: 'const bonus = 1; // why\n',
    changes: [],
  },
  {
    what: 'the layout',
    file: 'lib/score.ts',
    from: '{ const bonus = 1; return',
    to: '{\n\n  const bonus =\n    1\n  return',
    changes: [],
  },
  { what: 'the name of a local', file: 'lib/score.ts', from: /bonus/g, to: 'extra', changes: [] },
  {
    what: 'the name of a parameter',
    file: 'lib/spread.ts',
    from: 'a: number, b: number) => a - b',
    to: 'p: number, q: number) => p - q',
    changes: [],
  },
  // Code can read the name of a function, in more ways than can be listed.
  { what: 'the name of a helper', from: /factorial/g, to: 'productTo', changes: ['recursive'] },
  { what: 'the name of a captured variable', from: /\blimits\b/g, to: 'bounds', changes: [] },
  { what: 'an unused helper', from: 'x + 1000', to: 'x + 1001', changes: [] },
  {
    what: 'another function of the file',
    file: 'lib/score.ts',
    from: '{ return x; }',
    to: '{ return -x; }',
    changes: [],
  },
  {
    what: 'a new function of a name in use elsewhere',
    file: 'lib/spread.ts',
    from: 'export const',
    to: 'const factor = () => 4; export const also = factor; export const',
    changes: [],
  },
  { what: 'the way a number is written', from: 'return 11', to: 'return 0xb', changes: [] },
  { what: 'the way a text is written', from: "join('|')", to: 'join("\\u007c")', changes: [] },
  {
    what: 'a type',
    file: 'lib/spread.ts',
    from: 'a: number',
    to: 'a: number | string & number',
    changes: [],
  },
];
