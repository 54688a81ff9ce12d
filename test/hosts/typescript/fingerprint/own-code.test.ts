// Slow (7 s): a load of a strategy for every case.
import assert from 'node:assert/strict';
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
