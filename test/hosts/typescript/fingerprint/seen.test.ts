import assert from 'node:assert/strict';
import { codeOf } from './support/project.js';

/** Two modules that give other values, though what is written of the function itself is the same. */
interface Pair {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly code: string;
}

const pair = (what: string, text: string, [from, to]: readonly [string, string], code: string): Pair => {
  assert.ok(text.includes(from), what);
  return { what, before: text, after: text.replace(from, () => to), code };
};

const RULES = 'const one = (x: any) => x > 0; const two = (x: any) => x > 0; const rules = [one, two];';

/** Which of several equal things code has. */
const WHICH: readonly Pair[] = [
  pair(
    'which class an error is of',
    'class Missing extends Error {} class Outdated extends Error {} const check = () => { throw new Missing(); };',
    ['new Missing', 'new Outdated'],
    '() => { try { check() } catch (e) { return e instanceof Missing } }',
  ),
  pair(
    'which class an object is of',
    'class Long {} class Short {} const leg = new Long();',
    ['new Long', 'new Short'],
    '() => (leg instanceof Long ? 1 : -1)',
  ),
  pair(
    'which symbol is meant',
    'const Side = { long: Symbol(), short: Symbol() }; const side = Side.long;',
    ['Side.long', 'Side.short'],
    '() => (side === Side.long ? 1 : -1)',
  ),
  pair(
    'which symbol of one description is meant',
    "const a = Symbol('x'), b = Symbol('x'); const side = a;",
    ['side = a', 'side = b'],
    '() => [side === a, b]',
  ),
  pair(
    'which symbol is a key',
    'const a = Symbol(), b = Symbol(); const o = { [a]: 1 };',
    ['[a]: 1', '[b]: 1'],
    '() => [(o as any)[a], b]',
  ),
  pair(
    'which rule is active',
    `${RULES} const active = rules[0];`,
    ['rules[0]', 'rules[1]'],
    '() => rules.indexOf(active)',
  ),
  pair(
    'which frozen object is meant',
    'const UP = Object.freeze({}), DOWN = Object.freeze({}); const trend = UP;',
    ['= UP', '= DOWN'],
    '() => [trend === UP, DOWN]',
  ),
  pair(
    'which key a Map has',
    'const a = {}, b = {}; const m = new Map([[a, 1], [b, 2]]); const at = a;',
    ['at = a', 'at = b'],
    '() => m.get(at)',
  ),
  pair(
    'what a Set has',
    'const a = {}, b = {}; const s = new Set([a]); const all = [a, b];',
    ['Set([a])', 'Set([b])'],
    '() => all.map((x) => s.has(x))',
  ),
  pair(
    'the place of an object in a list',
    'const a = {}, b = {}; const list = [a, b];',
    ['[a, b]', '[b, a]'],
    '() => [list.indexOf(a), b]',
  ),
  pair(
    'one list shared, and two equal ones',
    'const a = [1], b = [1]; const o = { p: a, q: a };',
    ['q: a', 'q: b'],
    '() => o.p === o.q',
  ),
  pair(
    'what a cycle leads back to',
    'const a: any = {}, b: any = {}; a.next = b; b.next = a;',
    ['b.next = a', 'b.next = b'],
    '() => a.next.next === a',
  ),
  pair(
    'a case of a switch over constructors',
    'class A {} class B {} const kinds = [A, B]; const made = new A();',
    ['new A', 'new B'],
    '() => { switch (made.constructor) { case A: return 1; case B: return 2; } return kinds }',
  ),
  pair(
    'which argument was bound',
    'const a = {}, b = {}; const is = ((x: any, y: any) => x === y).bind(null, a);',
    ['(null, a)', '(null, b)'],
    '() => [is(a), b]',
  ),
  pair(
    'which of two made by one function',
    'const make = () => () => 1; const a = make(), b = make(); const c = a;',
    ['c = a', 'c = b'],
    '() => [c === a, b]',
  ),
];

/** What reflection sees. */
const REFLECTED: readonly Pair[] = [
  pair(
    'computed names of methods swapped',
    "const A = 'up', B = 'down'; class T { [A]() { return 1 } [B]() { return 2 } } const t: any = new T();",
    ["A = 'up', B = 'down'", "A = 'down', B = 'up'"],
    '() => t.up()',
  ),
  pair(
    'computed names of getters swapped',
    "const A = 'up', B = 'down'; class T { get [A]() { return 1 } get [B]() { return 2 } } const t: any = new T();",
    ["A = 'up', B = 'down'", "A = 'down', B = 'up'"],
    '() => t.up',
  ),
  pair(
    'computed names of static methods swapped',
    "const A = 'up', B = 'down'; class T { static [A]() { return 1 } static [B]() { return 2 } }",
    ["A = 'up', B = 'down'", "A = 'down', B = 'up'"],
    '() => (T as any).up()',
  ),
  pair(
    'a method that stands in for another',
    "class T { up() { return 1 } down() { return 2 } } const t: any = new T(); const name = 'none'; Object.defineProperty(T.prototype, name, { value: T.prototype.down, enumerable: false, writable: true, configurable: true });",
    ["'none'", "'up'"],
    '() => t.up()',
  ),
  pair(
    'a method of the same text from another class',
    "const make = (n: number) => class { get() { return n } }; const A = make(1), B = make(2), C = make(3); Object.defineProperty(A.prototype, 'get', Object.getOwnPropertyDescriptor(B.prototype, 'get')!);",
    ['(B.prototype', '(C.prototype'],
    '() => new A().get()',
  ),
  pair(
    'an object frozen',
    'const o = { n: 1 };',
    ['= { n: 1 }', '= Object.freeze({ n: 1 })'],
    '() => Object.isFrozen(o)',
  ),
  pair(
    'an object sealed',
    'const o = { n: 1 };',
    ['= { n: 1 }', '= Object.seal({ n: 1 })'],
    '() => Object.isSealed(o)',
  ),
  pair(
    'an object that takes no more properties',
    'const o = {};',
    ['= {}', '= Object.preventExtensions({})'],
    '() => Object.isExtensible(o)',
  ),
  pair('a list frozen', 'const o = [1];', ['= [1]', '= Object.freeze([1])'], '() => Object.isFrozen(o)'),
  pair(
    'a function frozen',
    'const o = () => 1;',
    ['= () => 1', '= Object.freeze(() => 1)'],
    '() => Object.isFrozen(o)',
  ),
  pair(
    'a property that may not be written',
    "const o: any = {}; Object.defineProperty(o, 'n', { value: 1, enumerable: true, configurable: true, writable: true });",
    ['writable: true', 'writable: false'],
    '() => { try { o.n = 1; return 1 } catch { return 2 } }',
  ),
  pair(
    'a property that may not be removed',
    "const o: any = {}; Object.defineProperty(o, 'n', { value: 1, enumerable: true, writable: true, configurable: true });",
    ['configurable: true', 'configurable: false'],
    '() => Object.getOwnPropertyDescriptor(o, "n")!.configurable',
  ),
  pair(
    'a setter without a getter',
    'const o = { get x() { return 1 }, set x(v) {} };',
    ['set x(v) {}', ''],
    '() => Object.getOwnPropertyDescriptor(o, "x")!.set',
  ),
  pair(
    'the text of a helper',
    'const helper = (a: any) => a + 1;',
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    '() => helper.toString().length + helper.toString().charCodeAt(1)',
  ),
  pair(
    'a helper in a template',
    'const helper = (a: any) => a + 1;',
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    '() => `${helper}`',
  ),
  pair(
    'a helper added to a text',
    'const helper = (a: any) => a + 1;',
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    "() => '' + helper",
  ),
  pair(
    'a helper made a text by String',
    'const helper = (a: any) => a + 1;',
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    '() => String(helper)',
  ),
  pair(
    'a helper in a list made a text',
    'const helper = (a: any) => a + 1;',
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    '() => [helper].join()',
  ),
  pair(
    'a helper made a text by another',
    'const helper = (a: any) => a + 1; const show = (x: unknown) => `${x}`;',
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    '() => show(helper)',
  ),
  pair(
    'a helper made a text under another name',
    'const helper = (a: any) => a + 1;',
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    "() => { const f = helper; let s = ''; s += f; return s }",
  ),
  pair(
    'helpers of a table made texts',
    'const table = { helper: (a: any) => a + 1 };',
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    "() => Object.values(table).map((f) => `${f}`).join('')",
  ),
  pair(
    'a method made a text',
    'class T { up(a: any) { return a } } const t = new T();',
    ['up(a: any) { return a }', 'up(b: any) { return b }'],
    '() => `${t.up}`',
  ),
  pair(
    'a class made a text',
    'class T { up(a: any) { return a } }',
    ['up(a: any) { return a }', 'up(b: any) { return b }'],
    '() => `${T}`',
  ),
  pair(
    'a text by a key that is worked out',
    "const helper = (a: any) => a + 1; const key = 'toString';",
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    '() => (helper as any)[key]()',
  ),
  pair(
    'a name by a computed key',
    "const one = () => 1, two = () => 1; const active = one; const key = ['na', 'me'].join('');",
    ['active = one', 'active = two'],
    '() => (active as any)[key]',
  ),
  pair(
    'a name by a computed key that ends in a number',
    "const rule1 = () => 1, rule2 = () => 1; const active = rule1; const key = ['na', 'me'].join('');",
    ['active = rule1', 'active = rule2'],
    '() => (active as any)[key]',
  ),
  pair(
    'a name by Reflect.get',
    'const one = () => 1, two = () => 1; const active = one;',
    ['active = one', 'active = two'],
    "() => Reflect.get(active, 'name')",
  ),
  pair(
    "a class's name by util.inspect",
    "import { inspect } from 'node:util'; class One {} class Two {} const o = new One();",
    ['new One', 'new Two'],
    '() => inspect(o)',
  ),
  pair(
    "a class's name by util.format",
    "import { format } from 'node:util'; class One {} class Two {} const o = new One();",
    ['new One', 'new Two'],
    "() => format('%s', o)",
  ),
  pair(
    'a global seen by a function made from a text',
    '(globalThis as any).seamlessSeenLimit = 1; const helper = () => 1;',
    ['= 1; const', '= 2; const'],
    "() => (helper as any).constructor('return seamlessSeenLimit')()",
  ),
  pair(
    '__proto__ as a computed key',
    'const base = { n: 1 }; const make = () => ({ __proto__: base });',
    ['__proto__: base', "['__proto__']: base"],
    '() => (make() as any).n',
  ),
  pair(
    '__proto__ by its short form',
    'const __proto__ = { n: 1 }; const make = () => ({ __proto__: __proto__ });',
    ['__proto__: __proto__ }', '__proto__ }'],
    '() => (make() as any).n',
  ),
  pair(
    'memory beside a captured view',
    'const all = new Float64Array([1, 2, 3]); const view = all.subarray(0, 1);',
    ['[1, 2, 3]', '[1, 2, 4]'],
    '() => new Float64Array(view.buffer)[2]',
  ),
  pair(
    'what a class inherits from, changed later',
    'class A {} class B { n = 1 } class C extends A {} Object.setPrototypeOf(C.prototype, A.prototype);',
    ['C.prototype, A.prototype', 'C.prototype, B.prototype'],
    '() => [new C() instanceof A, A, B]',
  ),
  pair(
    'the length of a function',
    "const f = () => 1; Object.defineProperty(f, 'length', { value: 1 });",
    ['value: 1', 'value: 2'],
    '() => f.length',
  ),
];

/** What cannot be told from outside, and so is computed each time. */
const REFUSED: readonly Pair[] = [
  pair(
    'computed names of fields swapped',
    "const A = 'up', B = 'down'; class T { [A] = 1; [B] = 2 }",
    ["A = 'up', B = 'down'", "A = 'down', B = 'up'"],
    '() => (new T() as any).up',
  ),
  pair(
    'a text by Function.prototype.toString',
    'const helper = (a: any) => a + 1;',
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    '() => Function.prototype.toString.call(helper)',
  ),
];

/** An edit of the layout, which no code here can see. */
const UNSEEN: readonly Pair[] = [
  pair(
    'the layout of a helper that is called',
    'const helper = (a: any) => a + 1;',
    ['a + 1', '/* why */ a +\n 1'],
    '() => helper(1)',
  ),
  pair(
    'the name of a parameter, beside a template',
    'const helper = (a: any) => a + 1;',
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    '(view: any) => { if (!view) throw new Error(`no view: ${view}`); return helper(1) }',
  ),
  pair(
    'the name of a parameter of what is called back',
    'const helper = (a: any) => a + 1;',
    ['(a: any) => a + 1', '(b: any) => b + 1'],
    '(view: any) => `${view.map(helper)}`',
  ),
  pair(
    'the name of a local',
    'const helper = (a: any) => { const n = 1; return a + n };',
    ['{ const n = 1; return a + n }', '{ const m = 1; return a + m }'],
    '(view: any) => `${helper(view)}`',
  ),
];

describe('what code sees besides what it calls', () => {
  for (const { what, before, after, code } of [...WHICH, ...REFLECTED]) {
    it(`counts: ${what}`, async () => {
      const [first, second, same] = [
        await codeOf(before, code),
        await codeOf(after, code),
        await codeOf(before, code),
      ];
      assert.deepEqual([first.unhashable, second.unhashable], [undefined, undefined]);
      assert.notEqual(first.hash, second.hash);
      assert.equal(same.hash, first.hash);
    });
  }

  for (const { what, before, after, code } of REFUSED) {
    it(`vouches for nothing: ${what}`, async () => {
      const [first, second] = [await codeOf(before, code), await codeOf(after, code)];
      assert.deepEqual([first.hash, second.hash], [undefined, undefined]);
    });
  }

  for (const { what, before, after, code } of UNSEEN) {
    it(`does not count: ${what}`, async () => {
      const [first, second] = [await codeOf(before, code), await codeOf(after, code)];
      assert.equal(first.unhashable, undefined);
      assert.equal(first.hash, second.hash);
    });
  }

  it("counts the name of an author's function if a name is read", async () => {
    const reading = (name: string): string => `() => { const ${name} = () => 1; return ${name}.name }`;
    assert.notEqual((await codeOf('', reading('a'))).hash, (await codeOf('', reading('b'))).hash);
    const calling = (name: string): string => `() => { const ${name} = () => 1; return ${name}() }`;
    assert.equal((await codeOf('', calling('a'))).hash, (await codeOf('', calling('b'))).hash);
  });

  it('refuses a field whose name is worked out from what a class does not keep', async () => {
    const code = await codeOf(
      "const make = (key: string) => class { [key] = 1 }; const C = make('a');",
      '() => new C()',
    );
    assert.match(code.unhashable ?? '', /has a field whose name is worked out from key/);
  });
});
