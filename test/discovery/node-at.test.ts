import assert from 'node:assert/strict';

import { nodeAt, type TextRange } from '../../src/discovery/node-at.js';

/** `|` is the position asked for, `«…»` the expression that made the node; without one there is no answer. */
interface Case {
  readonly what: string;
  readonly text: string;
  readonly name?: string;
  readonly className?: string | null;
  readonly file?: string;
}

const inSetup = (body: string): string => `export class A extends Strategy { setup() { ${body} } }`;

const found: readonly Case[] = [
  { what: 'a declaration', text: inSetup('const fa|st = «new Node({ name: "f" })»;') },
  { what: 'its end', text: inSetup('const fast| = «new Node({})»;') },
  { what: 'its beginning', text: inSetup('const |fast = «new Node({})»;') },
  { what: 'a call', text: inSetup('let |fast = «ema(price, { period: 5 })»;') },
  { what: 'one with a type', text: inSetup('const |fast: Node<number> = «new Node<number>({})»;') },
  { what: 'a cast', text: inSetup('const |fast = («new Node({})» as unknown as Node)!;') },
  { what: 'an input', text: inSetup('const fast = «new Node({})»; new Node({ input: fa|st });') },
  {
    what: 'an input in a list',
    text: inSetup('const fast = «new Node({})»; new Node({ inputs: [price,|fast] });'),
  },
  {
    what: 'a window in a function',
    text: inSetup('const fast = «new Node({})»; new Node({ computeFn: (view) => view.window(|fast).last });'),
  },
  { what: 'shorthand', text: inSetup('const fast = «new Node({})»; const all = { |fast };') },
  { what: 'a property of an object', text: inSetup('const all = { fast: «new Node({})» }; use(all.|fast);') },
  { what: 'the key of an object', text: inSetup('const all = { |fast: «new Node({})» };') },
  { what: 'an alias', text: inSetup('const a = «new Node({})»; const fast = a; use(|fast);') },
  { what: 'a conditional', text: inSetup('const |fast = «quick ? new Node({}) : ema(price)»;') },
  {
    what: 'a shadowed name',
    text: inSetup('const fast = new Node({}); { const fast = «ema(price)»; use(|fast); }'),
  },
  {
    what: 'a name that another function has too',
    text: inSetup('const fast = «new Node({})»; (function () { const fast = ema(price); })(); use(|fast);'),
  },
  {
    what: 'the value given last',
    text: inSetup('let x = ema(price); x = «sma(price)»; use(|x); x = new Node({});'),
  },
  { what: 'a value given later', text: inSetup('let |x; x = «new Node({})»;') },
  { what: 'an assignment', text: inSetup('let x; |x = «new Node({})»;') },
  { what: 'a default of a parameter', text: inSetup('const f = (fast = «new Node({})») => |fast;') },
  { what: 'the top level', text: 'const price = «new StreamInput({})»;\nuse(|price);', className: null },
  { what: 'this', text: inSetup('this.fast = «new Node({})»; use(this.|fast);') },
  { what: 'the setting of this', text: inSetup('this.|fast = «new Node({})»;') },
  { what: 'a property', text: 'class A extends S { readonly |fast: Node = «new Node({})»; }' },
  {
    what: 'a property by this',
    text: 'class A extends S { private readonly fast = «new Node({})»; setup() { use(this.fas|t!); } }',
  },
  {
    what: 'a private property',
    text: 'class A extends S { #fast = «new Node({})»; setup() { use(this.|#fast); } }',
    name: '#fast',
  },
  {
    what: 'a property of a base class',
    text: 'abstract class B extends S { fast = «new Node({})»; abstract b(): void; } class A extends B { setup() { use(this.|fast); } }',
  },
  {
    what: 'this in an arrow within another class’s reach',
    text: 'class B { fast = new Node({}); } class A extends S { fast = «ema(price)»; setup() { on(() => this.|fast); } }',
  },
  {
    what: 'this set to a variable',
    text: inSetup('const f = «new Node({})»; this.fast = f; use(this.|fast);'),
  },
  { what: 'the name it is given', text: inSetup("const f = «new Node({ name: '|fast' })»;") },
  { what: 'the name a call is given', text: inSetup("this.addNodes([«ema(price, { name: 'fa|st' })»]);") },
  {
    what: 'a class in a constant',
    text: 'export const A = class extends S { setup() { const |fast = «new Node({})»; } };',
  },
  {
    what: 'a class without a name',
    text: 'export default class extends S { setup() { const |fast = «new Node({})»; } }',
    className: null,
  },
  {
    what: 'an inner class, by the outer one',
    text: inSetup('class Inner { m() { const |fast = «new Node({})»; } }'),
  },
  {
    what: 'TypeScript all around',
    text: `enum E { a } namespace N { export const z = 1 } declare function f(fast: string): void; interface I { fast: Node }
      function g<T>(this: T, @dec() fast?: Node): asserts fast is Node;
      function g(): void {}
      @dec() export class A extends S<I> implements I { constructor(readonly other = ema()) { super(); }
        declare y: number; get z(): Node { return this.fast } abstract;
        override setup(): void { const fast = «new Node<E>({})» satisfies Node; this.addNodes(<Node[]>[|fast]); } }`,
  },
  { what: 'JSX', text: `const v = <b>x</b>; ${inSetup('const |fast = «new Node({})»;')}`, file: 'a.tsx' },
  { what: 'JavaScript', text: inSetup('const fast = «new Node({})»; use(fast?.x, |fast);'), file: 'a.mjs' },
  {
    what: 'lines of several kinds',
    text: 'export class A {\r\n  setup() {\r    const x = 1;\n    const fast = «new Node({\n    })»;\r\n    use(|fast);\n } }',
  },
];

const absent: readonly Case[] = [
  { what: 'a class', text: inSetup('const fast = new |Node({});') },
  { what: 'a function', text: inSetup('const |make = () => new Node({});') },
  { what: 'a number', text: inSetup('const |n = 5;') },
  { what: 'a list', text: inSetup('const |all = [new Node({})];') },
  { what: 'a part of a result', text: inSetup('const { |fast } = helper();') },
  { what: 'an element of a result', text: inSetup('const [|fast] = helper();') },
  { what: 'what a loop goes through', text: inSetup('for (const |fast of helper()) use(fast);') },
  { what: 'a sum', text: inSetup('let x = 1; |x += f();') },
  { what: 'an import', text: `import { fast } from './nodes'; ${inSetup('use(|fast);')}` },
  { what: 'a parameter', text: inSetup('new Node({ computeFn: (view) => |view.now });') },
  { what: 'a name nobody declared', text: inSetup('use(|fast);') },
  { what: 'a method', text: 'class A extends S { |setup() {} }' },
  { what: 'a property of something else', text: inSetup('const fast = new Node({}); use(other.|fast);') },
  { what: 'this of a class without it', text: inSetup('use(this.|fast);') },
  { what: 'names that go in a circle', text: inSetup('let a = b; let b = a; use(|a);') },
  { what: 'another text', text: inSetup("const f = new Node({ title: '|fast' });") },
  { what: 'a comment', text: inSetup('/* fa|st */ const fast = new Node({});') },
  { what: 'a type', text: inSetup('const a: fa|st = new Node({});') },
  { what: 'a text that does not parse', text: 'const |fast = new Node({' },
  { what: 'an empty text', text: '|' },
];

interface Marked {
  readonly text: string;
  readonly line: number;
  readonly column: number;
  readonly made: TextRange | null;
}

function marked(source: string): Marked {
  const text = source.replace(/[|«»]/g, '');
  const place = (mark: string): readonly [number, number] => {
    const before = source.slice(0, source.indexOf(mark)).replace(/[|«»]/g, '');
    const lines = before.split(/\r\n|\r|\n/);
    return [lines.length, (lines.at(-1) ?? '').length + 1];
  };
  const [line, column] = place('|');
  if (!source.includes('«')) return { text, line, column, made: null };
  const [[startLine, startColumn], [endLine, endColumn]] = [place('«'), place('»')];
  return { text, line, column, made: { startLine, startColumn, endLine, endColumn } };
}

/** The text of a range. */
function cut(text: string, range: TextRange): string {
  const lines = text.split(/\r\n|\r|\n/);
  assert.strictEqual(range.startLine, range.endLine);
  return (lines[range.startLine - 1] ?? '').slice(range.startColumn - 1, range.endColumn - 1);
}

describe('the node at a position: found from', () => {
  for (const { what, text: source, name = null, className = 'A', file = 'a.ts' } of found) {
    it(what, () => {
      const { text, line, column, made } = marked(source);
      assert.ok(made, 'the case says what made it');
      const answer = nodeAt(file, text, line, column);
      assert.ok(answer, 'there is an answer');
      assert.deepStrictEqual(answer.made, made);
      assert.strictEqual(answer.className, className);
      if (name !== null) assert.strictEqual(answer.name, name);
      const shown = cut(text, answer.range);
      assert.strictEqual(shown.replace(/^['"]|['"]$/g, ''), answer.name);
      assert.ok(answer.range.startColumn <= column && column <= answer.range.endColumn);
    });
  }
});

describe('the node at a position: none for', () => {
  for (const { what, text: source } of absent) {
    it(what, () => {
      const { text, line, column } = marked(source);
      assert.strictEqual(nodeAt('a.ts', text, line, column), null);
    });
  }

  it('a position beyond the text', () => {
    assert.strictEqual(nodeAt('a.ts', 'const a = f();', 2, 1), null);
    assert.strictEqual(nodeAt('a.ts', 'const a = f();\n', 1, 99), null);
  });
});
