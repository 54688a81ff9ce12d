import { WHOLE, type Edit } from './rows.js';
import { SAMPLE, wasm } from './sample.js';

/** What has a period of its own, or needs none. */
const OWN_PERIOD = ['T', 'top', 'lone', 'average'];

/** Edits to what is around the code: the strategy, files, packages and built-in objects. */
export const PROJECT_EDITS: readonly Edit[] = [
  // ---- what stands in the strategy
  {
    what: 'an object, mutated before the node was made',
    from: 'before.n += 11',
    to: 'before.n += 12',
    changes: ['mutatedBefore'],
  },
  {
    what: 'an object, mutated after the node was made',
    from: 'after.n += 12',
    to: 'after.n += 13',
    changes: ['mutatedAfter'],
  },
  {
    what: 'a list, added to after the node was made',
    from: 'after.list.push(13)',
    to: 'after.list.push(13, 14)',
    changes: ['mutatedAfter'],
  },
  {
    what: 'a node that another one reads',
    from: '.close > 14',
    to: '.close > 15',
    changes: ['top', 'bottom'],
  },
  {
    what: 'a node whose computeFn another one calls',
    from: 'computeFn: () => 15',
    to: 'computeFn: () => 16',
    changes: ['lone', 'calling'],
  },
  {
    what: 'the name of a node',
    from: "name: 'lone'",
    to: "name: 'alone'",
    changes: ['calling', 'secret', 'thisDynamic'],
  },
  { what: 'the period of a node', from: 'period: [3]', to: 'period: [2]', changes: ['lone'] },
  {
    what: 'the period of a node others read',
    from: 'period: 2,',
    to: 'period: 3,',
    changes: ['top', 'bottom'],
  },
  { what: 'a parameter of an indicator', from: 'period: 16', to: 'period: 17', changes: ['average'] },
  { what: 'the column of an indicator', from: "column: 'close'", to: "column: 'open'", changes: ['average'] },
  {
    what: 'an option of a provider',
    from: 'seed: 2',
    to: 'seed: 3',
    changes: ['B', 'spread', 'top', 'bottom'],
  },
  {
    what: 'the order of the options of a provider',
    from: 'seed: 2, holes: 0.1',
    to: 'holes: 0.1, seed: 2',
    changes: [],
  },
  {
    what: 'the interval of a stream',
    from: "tags: ['T'], interval: '1m'",
    to: "tags: ['T'], interval: '5m'",
    changes: ['T', 'onTicks'],
  },
  {
    what: 'how an interval is written',
    from: "tags: ['T'], interval: '1m'",
    to: "tags: ['T'], interval: 60",
    changes: [],
  },
  {
    what: 'what a custom provider was made with',
    from: 'Ticks(5)',
    to: 'Ticks(6)',
    changes: ['T', 'onTicks'],
  },
  {
    what: 'a helper of the fetch of a custom provider',
    file: 'lib/closes.ts',
    from: '% 7',
    to: '% 8',
    changes: ['T', 'onTicks'],
  },
  {
    what: 'the fetch of a custom provider',
    file: 'lib/ticks.ts',
    from: 'ts += interval',
    to: 'ts += 2 * interval',
    changes: ['T', 'onTicks'],
  },
  {
    what: 'the version of a custom provider',
    file: 'lib/ticks.ts',
    from: "'v1'",
    to: "'v2'",
    changes: ['T', 'onTicks'],
  },
  {
    what: 'the bounds of a custom provider',
    file: 'lib/ticks.ts',
    from: '600',
    to: '660',
    changes: ['T', 'onTicks'],
  },
  {
    what: 'what no part of a custom provider reads',
    file: 'lib/ticks.ts',
    from: 'unread = 1',
    to: 'unread = 2',
    changes: [],
  },
  {
    what: "the strategy's default period",
    from: 'period = 4',
    to: 'period = 5',
    changes: 'all',
    but: OWN_PERIOD,
  },
  {
    what: 'the order in which nodes are added',
    from: '[bottom, lone,',
    to: '[lone, bottom,',
    changes: ['secret', 'thisDynamic'],
  },
  {
    what: 'a new node',
    from: "add('plain',",
    to: "add('newcomer', () => 3); add('plain',",
    changes: ['secret', 'thisDynamic'],
  },
  { what: 'another strategy in the file', from: '=> 66', to: '=> 67', changes: [] },
  {
    what: 'a print in setup()',
    from: 'const after = {',
    to: "console.log('set up'); const after = {",
    changes: [],
  },
  { what: 'a private method', from: 'return x - 91', to: 'return x - 92', changes: WHOLE },
  {
    what: 'two private methods that swap their names',
    files: { 'main.ts': swapped('#plus(x: number)', '#minus(x: number)') },
    changes: WHOLE,
  },
  { what: 'a static field', from: 'limit = 101', to: 'limit = 102', changes: WHOLE },
  {
    what: 'the order of the methods of the strategy',
    files: {
      'main.ts': swapped(
        'private helper(x: number) { return x * this.ratio; }',
        'private other(x: number) { return x + this.idle; }',
      ),
    },
    changes: [],
  },
  {
    what: 'the order of the members of a captured class',
    file: 'lib/meter.ts',
    from: /( {2}constructor\(level.*\n)( {2}read\(\).*\n)/,
    to: '$2$1',
    changes: [],
  },
  {
    what: 'the order of two fields of a captured class, which is that of its keys',
    file: 'lib/meter.ts',
    from: 'gain = 2;',
    to: 'gain = 2; bias = 0;',
    changes: ['instance'],
  },
  // ---- kinds of values
  { what: 'a table read by a computed key', from: 'long: [8, 9]', to: 'long: [8, 10]', changes: ['lags'] },
  { what: 'a function in a Map', from: '(x) => x * 2]', to: '(x) => x * 3]', changes: ['handlers'] },
  { what: 'the message of a captured error', from: "'out of range'", to: "'beyond'", changes: ['error'] },
  { what: 'the kind of a captured error', from: 'new RangeError', to: 'new TypeError', changes: ['error'] },
  { what: 'a captured URL', from: 'example.com/a', to: 'example.com/b', changes: ['url'] },
  { what: 'an object without a prototype', from: 'weight: 21', to: 'weight: 22', changes: ['bare'] },
  { what: 'a class made by a function', from: 'this.gain * 31', to: 'this.gain * 33', changes: ['mixin'] },
  { what: 'the base a class was made from', from: 'gain = 32', to: 'gain = 34', changes: ['mixin'] },
  {
    what: 'a variable of a function that ran at once',
    from: 'start = 41',
    to: 'start = 42',
    changes: ['iife'],
  },
  { what: 'the prototype of an older class', from: 'this.n * 2; };', to: 'this.n * 3; };', changes: ['old'] },
  { what: 'an older constructor', from: 'this.n = n; }', to: 'this.n = n + 1; }', changes: ['old'] },
  { what: 'a property of a function', from: 'weight: 61', to: 'weight: 62', changes: ['weighed'] },
  { what: 'what a pattern took out of an object', from: 'first: 81', to: 'first: 83', changes: ['taken'] },
  { what: 'what a pattern left of an object', from: 'second: 82', to: 'second: 84', changes: ['rest'] },
  { what: 'a class inside a computeFn', from: 'return 111', to: 'return 112', changes: ['inner'] },
  {
    what: 'a case of a switch',
    from: 'v.asOf > 5: return 1',
    to: 'v.asOf > 5: return 3',
    changes: ['branch'],
  },
  { what: 'a default argument of a computeFn', from: 'by = 121', to: 'by = 122', changes: ['ownDefault'] },
  {
    what: 'a computeFn made asynchronous',
    from: "add('plain', () =>",
    to: "add('plain', async () =>",
    changes: ['plain'],
  },
  {
    what: 'a bar form made a column form',
    from: '() => 77',
    to: 'columns((() => 77) as any)',
    changes: ['plain'],
  },
  // ---- files and packages
  {
    what: 'a value of a JSON file by its name',
    file: 'settings.json',
    from: '"depth": 2',
    to: '"depth": 3',
    changes: ['json', 'depth'],
  },
  {
    what: 'a value of a JSON file that comes with all of it',
    file: 'settings.json',
    from: 'nobody',
    to: 'no one',
    changes: ['json'],
  },
  { what: 'the layout of a JSON file', file: 'settings.json', from: ': 20, ', to: ':\n  20,\n', changes: [] },
  { what: 'the bytes of a wasm file', files: { 'lib/answer.wasm': wasm(43) }, changes: ['wasm'] },
  {
    what: 'a constant of a package of modules',
    file: 'node_modules/@quant/ewm/src/constants.js',
    from: '0.3',
    to: '0.35',
    changes: ['scoped'],
  },
  {
    what: 'a constant of a package that is not used',
    file: 'node_modules/@quant/ewm/src/constants.js',
    from: '0.4',
    to: '0.45',
    changes: [],
  },
  {
    what: 'an upgrade of a package that moves its files and changes no code',
    files: {
      'node_modules/@quant/ewm/package.json':
        '{ "name": "@quant/ewm", "version": "3.0.0", "type": "module", "exports": "./dist/index.mjs" }',
      'node_modules/@quant/ewm/dist/index.mjs': 'const A = 0.3;\nexport const ewm = (value) => value * A;',
    },
    changes: [],
  },
  {
    what: 'an upgrade of a package that changes its code',
    files: {
      'node_modules/@quant/ewm/package.json':
        '{ "name": "@quant/ewm", "version": "3.0.0", "type": "module", "exports": "./dist/index.mjs" }',
      'node_modules/@quant/ewm/dist/index.mjs': 'export const ewm = (x) => x * 0.3 + 0;',
    },
    changes: ['scoped'],
  },
  {
    what: 'a helper that moved to another file',
    files: {
      'lib/score.ts': `export { score } from './moved';`,
      'lib/moved.ts': `import { factor } from './factor';\nexport const unrelated = 1;\nexport function score(x: number) { const bonus = 1; return x * factor() + bonus; }`,
    },
    changes: [],
  },
  {
    what: 'a re-export under another name',
    files: {
      'lib/index.ts': `export { minus as spread } from './spread';\nexport { Side, Mode } from './sides';`,
      'lib/spread.ts': `const spread = (a: number, b: number) => a - b;\nexport { spread as minus };`,
    },
    changes: [],
  },
  {
    what: 'a re-export of another function',
    files: {
      'lib/index.ts': `export { sum as spread } from './spread';\nexport { Side, Mode } from './sides';`,
      'lib/spread.ts': `export const sum = (a: number, b: number) => a + b;`,
    },
    changes: ['spread'],
  },
  {
    what: 'an interface',
    file: 'lib/types.ts',
    from: 'size: number',
    to: 'size: number; color?: string',
    changes: [],
  },
  { what: 'a type annotation', from: 'const box: Shape =', to: 'const box =', changes: [] },
  {
    what: 'the order of two imports',
    files: {
      'main.ts': swapped("import { score } from './lib/score';", "import * as kit from './lib/kit';"),
    },
    changes: [],
  },
  // ---- built-in objects
  {
    what: 'a patched function of the language',
    from: 'const limits',
    to: 'Math.hypot = () => 5;\nconst limits',
    changes: 'all',
  },
  {
    what: 'a method added to all arrays',
    from: 'const limits',
    to: '(Array.prototype as any).last = function () { return this.at(-1); };\nconst limits',
    changes: 'all',
  },
  {
    what: 'a number hung on a built-in object',
    from: 'const limits',
    to: '(Math as any).scale = 3;\nconst limits',
    changes: 'all',
  },
  {
    what: 'a method added to URL',
    from: 'const limits',
    to: '(URL.prototype as any).short = function () { return this.href.slice(0, 3); };\nconst limits',
    changes: 'all',
  },
  {
    what: 'a method added to Buffer',
    from: 'const limits',
    to: '(Buffer.prototype as any).first = function () { return this[0]; };\nconst limits',
    changes: 'all',
  },
  {
    what: 'a method added to EventEmitter',
    from: 'const limits',
    to: "import { EventEmitter } from 'node:events';\n(EventEmitter.prototype as any).total = function () { return 1; };\nconst limits",
    changes: 'all',
  },
  {
    what: 'a property put on the process by a symbol',
    from: 'const limits',
    to: "(process as any)[Symbol.for('limit')] = 4;\nconst limits",
    changes: 'all',
  },
  {
    what: 'a property put on a module of Node',
    from: 'const limits',
    to: "import util from 'node:util';\n(util as any).limit = 4;\nconst limits",
    changes: 'all',
  },
  {
    what: 'a property of a built-in object that may not be written any more',
    from: 'const limits',
    to: "Object.defineProperty(Math, 'hypot', { writable: false });\nconst limits",
    changes: 'all',
  },
  {
    what: 'a method of the SDK replaced',
    from: 'const limits',
    to: '(StreamInput as any).made = 1;\nconst limits',
    changes: 'all',
  },
  // ---- what is the same
  { what: 'all line breaks and indents', from: /\n\s*/g, to: '\n\n    ', changes: [] },
  { what: 'a comment before each line', from: /\n(?=const )/g, to: '\n/** What follows. */\n', changes: [] },
  { what: 'the name of a variable that holds a node', from: /\bquote\b/g, to: 'other', changes: [] },
  { what: 'the name of a parameter of all computeFns', from: /(?<!`)\bv\b/g, to: 'view', changes: [] },
  {
    what: 'the names of captured values',
    from: /\b(lazy|kernel|big)\b/g,
    to: '$1Renamed',
    changes: [],
  },
  { what: 'the way a number is grouped', from: '86400000', to: '86_400_000', changes: [] },
  { what: 'parentheses', from: '() => 77', to: '() => (77)', changes: [] },
  {
    what: 'semicolons and commas',
    from: 'since = new Date(86400000);',
    to: 'since = new Date(86400000,)',
    changes: [],
  },
];

/** The main file with two of its texts in each other's place. */
function swapped(a: string, b: string): string {
  const text = SAMPLE['main.ts'] as string;
  return text
    .replace(a, '<a>')
    .replace(b, () => a)
    .replace('<a>', () => b);
}
