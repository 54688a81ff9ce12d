import assert from 'node:assert/strict';
import { codeOf } from './support/project.js';

describe('what cannot be vouched for', () => {
  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    ['a Proxy', 'const socket = new Proxy({}, {});', '() => socket', /^it captures `socket`, a Proxy$/],
    [
      'a Proxy deep in a helper',
      'const conf = { list: [new Proxy({}, {})] }; const read = () => conf;',
      '() => read()',
      /^it captures `conf\.list\[0\]` in the closure of read, a Proxy$/,
    ],
    [
      'an object below a Proxy',
      'const odd = Object.create(new Proxy({}, { getPrototypeOf() { throw new Error("ran") } }));',
      '() => odd',
      /`odd`, an object whose prototype is a Proxy/,
    ],
    ['a Promise', 'const later = Promise.resolve(1);', '() => later', /`later`, a Promise/],
    ['a WeakMap', 'const seen = new WeakMap();', '() => seen', /`seen`, a WeakMap/],
    [
      'a WeakRef',
      'const ref = new WeakRef({});',
      '() => ref',
      /`ref`, an instance of WeakRef, whose inner state/,
    ],
    ['a generator', 'const gen = (function* () { yield 1 })();', '() => gen.next()', /`gen`, a generator/],
    [
      'an iterator',
      'const it = [1][Symbol.iterator]();',
      '() => it.next()',
      /`it`, an instance of ArrayIterator/,
    ],
    [
      'a native function of unknown origin',
      'const wasm = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,7,5,1,1,102,0,0,10,6,1,4,0,65,42,11])));const f = wasm.exports.f;',
      '() => f()',
      /`f`, a native function/,
    ],
    [
      'a structure beyond all measure',
      'const huge = new Array(200_001).fill(0);',
      '() => huge',
      /`huge`, a structure of more than 200,000 values/,
    ],
    [
      'many small objects beyond all measure',
      'const many = Array.from({ length: 70_000 }, (_, i) => ({ i, j: i }));',
      '() => many',
      /`many`, a structure of more than 200,000 values/,
    ],
    [
      'a stream',
      "import { Readable } from 'node:stream'; const input = Readable.from([1]);",
      '() => input',
      /`input[^`]*`, /,
    ],
    [
      'the this of another function',
      'class Ema { constructor(private n: number) {} fn() { return () => this.n } }',
      'new Ema(3).fn()',
      /^it uses the "this" of a function around it/,
    ],
    [
      'new.target of another function',
      'function Make() { return () => new.target } const f = Make();',
      'f',
      /^it uses new\.target/,
    ],
    [
      'eval',
      'const n = 1;',
      '(x: string) => eval(x)',
      /^it calls eval, so it is not known what it depends on$/,
    ],
    [
      'eval in a helper',
      'const run = (x: string) => eval(x);',
      '() => run("1")',
      /^`run in closure of fn` calls eval, /,
    ],
    [
      'the Function constructor',
      '',
      "() => new Function('return 1')()",
      /^it uses the Function constructor, /,
    ],
    ['indirect eval', '', "() => (0, eval)('1')", /^it uses eval, /],
    ['eval of the global object', '', "() => (globalThis as any).eval('1')", /^it uses globalThis\.eval, /],
    ['import()', '', '(name: string) => import(name)', /^it calls import\(\), /],
    ['import.meta', '', '() => import.meta', /^it uses import\.meta, /],
    ['node:vm', "import vm from 'node:vm';", "() => vm.runInThisContext('1')", /^it uses node:vm, /],
    [
      'a require of its own',
      "import { createRequire } from 'node:module';",
      "() => createRequire('/')('x')",
      /^it uses node:module, /,
    ],
    [
      'a class of a native function',
      'const c = Object.create({ constructor: Math.max.bind(null) });',
      '() => c',
      /`c`, an instance of/,
    ],
  ];
  for (const [what, prelude, expression, reason] of cases) {
    it(`is ${what}`, async () => {
      const code = await codeOf(prelude, expression);
      assert.equal(code.hash, undefined);
      assert.match(code.unhashable, reason);
    });
  }
});
