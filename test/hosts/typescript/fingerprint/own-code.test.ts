// Slow (7 s): a load of a strategy for every case.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import {
  snapshotIntrinsics,
  type Intrinsics,
} from '../../../../src/hosts/typescript/fingerprint/intrinsics.js';
import { Node, StreamInput } from '../../../../src/sdk/node.js';
import { demoHistory } from '../../../../src/sdk/providers.js';
import { codeOf, hasher, load, ownCodes } from './support/project.js';

const CHAIN = `
const a = (n: number): number => (n > 0 ? b(n - 1) + c(n) : 1);
const b = (n: number): number => (n > 1 ? c(n - 1) : a(n));
const c = (n: number): number => (n > 2 ? a(n - 1) : b(n));
const ring: any = { name: 'ring', size: 2 }; ring.self = ring; ring.list = [ring, { back: ring }];`;

describe('hashes of single functions', () => {
  const same: readonly (readonly [string, string, string, string, string])[] = [
    ['a loop over many mutually recursive functions', CHAIN, '() => a(5)', CHAIN, '() => a(5)'],
    ['an object that contains itself', CHAIN, '() => ring', CHAIN, '() => ring'],
    ['types', 'const n: number = 1;', '(x: number): number => x * n', 'const n = 1;', '(x) => x * n'],
    ['a quoted key', '', '() => ({ a: 1 })', '', "() => ({ 'a': 1 })"],
    ['a shorthand whose local is renamed', '', '({ a }: any) => a', '', '({ a: b }: any) => b'],
  ];
  for (const [what, preludeA, a, preludeB, b] of same) {
    it(`agree on ${what}`, async () => {
      const [first, second] = [await codeOf(preludeA, a), await codeOf(preludeB, b)];
      assert.equal(first.unhashable, undefined);
      assert.equal(first.hash, second.hash);
    });
  }

  const different: readonly (readonly [string, string, string, string, string])[] = [
    [
      'one of several mutually recursive functions',
      CHAIN,
      '() => a(5)',
      CHAIN.replace('n > 2', 'n > 3'),
      '() => a(5)',
    ],
    ['a value inside a cycle', CHAIN, '() => ring', CHAIN.replace('size: 2', 'size: 3'), '() => ring'],
    [
      'the shape of a cycle',
      CHAIN,
      '() => ring',
      CHAIN.replace('{ back: ring }', '{ back: ring.list }'),
      '() => ring',
    ],
    [
      'two classes in one function swapped',
      '',
      '() => { class A { x = 1 } class B { x = 2 } return new A() }',
      '',
      '() => { class A { x = 1 } class B { x = 2 } return new B() }',
    ],
    ['the order of keys', 'const o = { a: 1, b: 2 };', '() => o', 'const o = { b: 2, a: 1 };', '() => o'],
    ['zero and minus zero', 'const n = [0];', '() => n', 'const n = [-0];', '() => n'],
    ['NaN and null', 'const n = [NaN];', '() => n', 'const n = [null];', '() => n'],
    ['the name of a class', 'class A { x = 1 }', '() => new A()', 'class B { x = 1 }', '() => new B()'],
    [
      'the name of a function',
      'function f(n: number): number { return n ? f(n - 1) : 0 }',
      '() => f(2)',
      'function g(n: number): number { return n ? g(n - 1) : 0 }',
      '() => g(2)',
    ],
    ['a number and its text', 'const n = [1];', '() => n', "const n = ['1'];", '() => n'],
    ['a hole and undefined', 'const n = [, 1];', '() => n', 'const n = [undefined, 1];', '() => n'],
    ['which global is meant', '', '() => Math.sin(1)', '', '() => Math.cos(1)'],
    [
      'which variable is meant',
      'const p = [1], q = [2];',
      '() => [p, q]',
      'const p = [1], q = [2];',
      '() => [q, p]',
    ],
    [
      'a function name that the code reads',
      'function mean() { return 1 }',
      '() => mean.name',
      'function average() { return 1 }',
      '() => average.name',
    ],
    [
      'a function property',
      'const f = Object.assign(() => 1, { unit: 1 });',
      '() => f',
      'const f = Object.assign(() => 1, { unit: 2 });',
      '() => f',
    ],
    [
      'an older constructor',
      'function F() {} F.prototype.go = () => 1; const f = new (F as any)();',
      '() => f.go()',
      'function F() {} F.prototype.go = () => 2; const f = new (F as any)();',
      '() => f.go()',
    ],
    [
      'a method patched onto a class',
      'class A { go() { return 1 } } const a = new A();',
      '() => a.go()',
      'class A { go() { return 1 } } A.prototype.go = () => 2; const a = new A();',
      '() => a.go()',
    ],
    [
      'a static private field',
      'class A { static #n = 1; static get() { return A.#n } }',
      '() => A.get()',
      'class A { static #n = 2; static get() { return A.#n } }',
      '() => A.get()',
    ],
    [
      'a variable assigned after the closure was made',
      'let n = 1; n = 2;',
      '() => n',
      'let n = 1; n = 3;',
      '() => n',
    ],
    [
      'a helper replaced by a wrapper of itself',
      'let f = function self(n) { return n };',
      '() => f(1)',
      'let f = function self(n) { return n }; const g = f; f = (n) => g(n) + 1;',
      '() => f(1)',
    ],
    [
      'the class of an error',
      "const e = new TypeError('x');",
      '() => e',
      "const e = new RangeError('x');",
      '() => e',
    ],
    [
      'bytes in a buffer',
      'const b = new Uint8Array([1, 2]).buffer;',
      '() => b',
      'const b = new Uint8Array([1, 3]).buffer;',
      '() => b',
    ],
    [
      'a symbol key',
      "const o = { [Symbol('a')]: 1 };",
      '() => o',
      "const o = { [Symbol('b')]: 1 };",
      '() => o',
    ],
    ['an async function', '', '() => 1', '', 'async () => 1'],
  ];
  for (const [what, preludeA, a, preludeB, b] of different) {
    it(`differ by ${what}`, async () => {
      const [first, second] = [await codeOf(preludeA, a), await codeOf(preludeB, b)];
      assert.deepEqual([first.unhashable, second.unhashable], [undefined, undefined]);
      assert.notEqual(first.hash, second.hash);
    });
  }

  it('do not depend on which function of a cycle was hashed first', async () => {
    const alone = await codeOf(CHAIN, '() => c(5)');
    const { exports } = await load({
      'main.ts': `${CHAIN}\nconst fn = () => c(5); export const fns = [a, b, () => a(5), fn];`,
    });
    const hashes = hasher();
    const request = { inputs: new Map(), describe: 'fn' };
    const codes = (exports['fns'] as object[]).map((fn) => hashes.ownCode(fn, request).hash);
    hashes.close();
    assert.equal(codes[3], alone.hash);
  });

  it('agree between TypeScript and the same in JavaScript', async () => {
    const text = (
      types: boolean,
    ): string => `import { Strategy, StreamInput, Node, demoHistory } from 'seamless-dag';
      const weigh = (x${types ? ': number' : ''}, by = 2) => x * by;
      export class Main extends Strategy { setup() {
        const price = new StreamInput({ tags: ['A'], historyProvider: demoHistory() });
        for (const n of [1, 2]) this.addNodes([new Node({ name: 'n' + n, input: price, computeFn: (v${types ? ': any' : ''}) => weigh(v.latest(price)${types ? ' as number' : ''}, n) })]);
      } }`;
    const hashes = async (file: string, types: boolean): Promise<(string | undefined)[]> =>
      [...(await ownCodes({ [file]: text(types) }, file)).values()].map(({ hash }) => hash);
    const typed = await hashes('main.ts', true);
    assert.deepEqual(await hashes('main.js', false), typed);
    assert.equal(new Set(typed).size, 2);
  });
});

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

describe('what stands around a function', () => {
  const price = new StreamInput({ tags: ['A'], historyProvider: demoHistory() });
  const quote = new StreamInput({ tags: ['B'], historyProvider: demoHistory() });
  const request = {
    inputs: new Map([
      [price, 0],
      [quote, 1],
    ]),
    describe: 'fn',
  };

  function hashOf(fn: object, more: object = {}, known?: Intrinsics): string {
    const hashes = hasher(known);
    const code = hashes.ownCode(fn, { ...request, ...more });
    hashes.close();
    assert.equal(code.unhashable, undefined);
    return code.hash;
  }
  const reader =
    (node: unknown): object =>
    () =>
      node;
  const namer =
    (node: { name: string }): object =>
    () =>
      node.name;

  it('counts a captured input by its position', () => {
    assert.equal(hashOf(reader(price)), hashOf(reader(quote), { inputs: new Map([[quote, 0]]) }));
    assert.notEqual(hashOf(reader(price)), hashOf(reader(quote)));
  });

  it('counts a captured node that is no input by its name', () => {
    const other = (name: string): Node => new Node({ name, input: price, computeFn: () => 1 });
    assert.equal(hashOf(reader(other('x'))), hashOf(reader(other('x'))));
    assert.notEqual(hashOf(reader(other('x'))), hashOf(reader(other('y'))));
  });

  it('counts the name of an input where the code reads a name', () => {
    const [a, b] = ['a', 'b'].map(
      (name) => new StreamInput({ name, tags: [], historyProvider: demoHistory() }),
    );
    assert.ok(a && b);
    assert.equal(
      hashOf(reader(a), { inputs: new Map([[a, 0]]) }),
      hashOf(reader(b), { inputs: new Map([[b, 0]]) }),
    );
    assert.notEqual(
      hashOf(namer(a), { inputs: new Map([[a, 0]]) }),
      hashOf(namer(b), { inputs: new Map([[b, 0]]) }),
    );
  });

  it('counts all of a strategy that is used other than by the name of a property', async () => {
    const text = (
      more: string,
      read: string,
    ): string => `import { Strategy, StreamInput, Node, demoHistory } from 'seamless-dag';
      export class Main extends Strategy { a = 1; ${more}; setup() {
        const price = new StreamInput({ tags: ['A'], historyProvider: demoHistory() });
        this.addNodes([new Node({ name: 'n', input: price, computeFn: (v: any) => ${read} })]);
      } }`;
    for (const read of [
      "(this as any)[v.asOf > 0 ? 'a' : 'b']",
      'Object.keys(this).length',
      '({ ...this })',
    ]) {
      const [first, same, other] = await Promise.all(
        ['b = 2', 'b = 2', 'b = 3'].map(
          async (more) => (await ownCodes({ 'main.ts': text(more, read) })).get('n')?.hash,
        ),
      );
      assert.ok(first);
      assert.equal(same, first);
      assert.notEqual(other, first);
    }
  });

  it('counts what a method reads of the object it is called on', () => {
    const provider = (rows: number, other: number): { fetch(): number } => {
      const made = {
        rows,
        other,
        fetch(this: { rows: number }) {
          return this.rows;
        },
      };
      return made;
    };
    const hash = (receiver: { fetch: object }): string => hashOf(receiver.fetch, { receiver });
    assert.equal(hash(provider(1, 2)), hash(provider(1, 3)));
    assert.notEqual(hash(provider(1, 2)), hash(provider(2, 2)));
  });

  it('counts SDK functions by their name', async () => {
    const parts = (
      await codeOf("import { demoHistory } from 'seamless-dag';", '() => demoHistory()')
    ).parts();
    assert.ok(parts.some(({ kind, preview }) => kind === 'built-in' && preview === 'sdk:demoHistory'));
  });

  it('counts a built-in function that was replaced, whoever calls it', () => {
    const plain = hashOf(reader(1));
    const original = Math.hypot;
    try {
      Math.hypot = () => 5;
      const patched = hashOf(reader(1));
      assert.notEqual(patched, plain);
      Math.hypot = () => 6;
      assert.notEqual(hashOf(reader(1)), patched);
    } finally {
      Math.hypot = original;
    }
    assert.equal(hashOf(reader(1)), plain);
  });

  it('counts a global that was added', () => {
    const global = globalThis as unknown as { addedByTest?: number };
    const fn = (): unknown => global.addedByTest;
    // Libraries of other tests have added their own by now.
    const known = snapshotIntrinsics();
    try {
      global.addedByTest = 1;
      const one = hashOf(fn, {}, known);
      global.addedByTest = 2;
      assert.notEqual(hashOf(fn, {}, known), one);
    } finally {
      delete global.addedByTest;
    }
  });

  it('counts nothing that fetch adds', () => {
    const global = globalThis as unknown as Record<symbol, unknown>;
    const key = Symbol.for('undici.globalDispatcher.test');
    const fn = (): unknown => global;
    const known = snapshotIntrinsics();
    const before = hashOf(fn, {}, known);
    try {
      global[key] = new EventEmitter();
      assert.equal(hashOf(fn, {}, known), before);
    } finally {
      Reflect.deleteProperty(global, key);
    }
  });

  it('runs no getter and no user code', () => {
    let calls = 0;
    const trap = {
      get x() {
        return ++calls;
      },
      toString() {
        calls++;
        return '';
      },
      [Symbol.toPrimitive]() {
        calls++;
        return 1;
      },
    };
    const hashes = hasher();
    hashes.ownCode(reader(trap), request).parts();
    hashes.close();
    assert.equal(calls, 0);
  });

  it('names what a hash is made of', async () => {
    const { exports } = await load({
      'main.ts': 'const mean = (n: number) => n * rate; const rate = 0.5; export const fn = () => mean(2);',
    });
    const hashes = hasher();
    const parts = hashes.ownCode(exports['fn'] as object, { inputs: new Map(), describe: 'fast' }).parts();
    hashes.close();
    assert.deepEqual(
      parts.map(({ path, kind }) => [path, kind]),
      [
        ['fast', 'function'],
        ['mean in closure of fast', 'function'],
        ['rate in closure of mean', 'value'],
      ],
    );
    assert.equal(parts[2]?.preview, '0.5');
  });

  it('gives up on a subclass of something with hidden state', () => {
    class Bus extends EventEmitter {}
    const hashes = hasher();
    const code = hashes.ownCode(reader(new Bus()), request);
    hashes.close();
    assert.match(
      code.unhashable ?? '',
      /`node`, an instance of EventEmitter, whose inner state cannot be read/,
    );
  });
});
