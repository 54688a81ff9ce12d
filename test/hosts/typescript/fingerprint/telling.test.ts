import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decode } from '@jridgewell/sourcemap-codec';
import { transform } from 'esbuild';
import fc from 'fast-check';
import { analyseText } from '../../../../src/hosts/typescript/fingerprint/text/code-text.js';
import { Inspection } from '../../../../src/hosts/typescript/fingerprint/inspection.js';
import { CodeHasher } from '../../../../src/hosts/typescript/fingerprint/own-code.js';
import {
  TOLD_KEY,
  TOLD_PRELUDE,
  ToldCaptures,
  withoutTelling,
} from '../../../../src/hosts/typescript/fingerprint/told.js';
import { tellCaptures } from '../../../../src/hosts/typescript/bundle/tell-captures.js';
import { intrinsics } from './project.js';

/** Functions in every place that one can be written in, as an object `all` of functions, or of what makes them. */
const MODULE = `
let counter = 0;
const limit = { low: 1 };
function outer(value) { return value + limit.low; }
var assigned = (value) => value * 2;
assigned = (value) => value * 3;
function replaced() { return 1; }
replaced = () => 2;
const shadow = 5;
function makeAll(n) {
  const factor = n + 1;
  const inner = (value) => outer(value) * factor;
  function declared(value) { return inner(value) - n; }
  let later = 1;
  const written = () => later++;
  const options = { computeFn: (view) => inner(view) + declared(1), step(state) { return state + factor; }, get read() { return n; },
    ['computed' + n]: () => n, 'quoted key': function () { return [n, arguments.length]; }, plain: n };
  const twice = { fn: () => n, fn: () => -n };
  const spread = { first: () => n, ...{ first: () => 'other' } };
  const nested = (a) => (b) => a + b + n;
  const named = function self(depth) { return depth > 0 ? self(depth - 1) : factor; };
  const { destructured = () => n } = {};
  const shadowed = (shadow) => shadow + n;
  const async = async (value) => { await null; return value + n; };
  function* generator() { yield n; yield* [factor]; }
  const early = () => tooLate;
  const outside = () => arguments.length;
  const known = [early];
  const tooLate = n;
  class Made { field = () => n; static make = (value) => value + n; method() { return factor; } }
  const called = [1, 2, 3].map((value) => value * n);
  for (const each of [1, 2]) known.push(() => each + n);
  return { inner, declared, written, ...options, twice: twice.fn, spread: spread.first, nested: nested(1), nestedItself: nested, named,
    destructured, shadowed, async, generator, early, outside, known0: known[1], known1: known[2], field: new Made().field, make: Made.make,
    assigned, replaced, outer, count: () => counter++, text: () => \`\${n} \${limit.low}\`, called, list: [(value) => value - n, known] };
}
export const all = [makeAll(1), makeAll(2)];
`;

async function bundled(source: string): Promise<string> {
  const { code, map } = await transform(source, {
    sourcemap: 'external',
    sourcefile: 'module.ts',
    loader: 'ts',
  });
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n`;
}

/** A bundle without its source map, and the map. */
function taken(bundle: string): { readonly code: string; readonly map: SourceMapPayload } {
  const [code = '', encoded = ''] = bundle.split('\n//# sourceMappingURL=data:application/json;base64,');
  return { code, map: JSON.parse(Buffer.from(encoded, 'base64').toString()) as SourceMapPayload };
}

type Functions = Readonly<Record<string, unknown>>;

describe('functions that tell what they captured', () => {
  let folder: string;
  let loads = 0;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'seamless-telling-'))));
  after(() => rm(folder, { recursive: true }));

  async function load(
    bundle: string,
  ): Promise<{ readonly all: readonly Functions[]; readonly told: ToldCaptures }> {
    const told = new ToldCaptures();
    const file = join(folder, `${loads++}.mjs`);
    await writeFile(file, bundle);
    const global = globalThis as unknown as Record<symbol, unknown>;
    global[TOLD_KEY] = told;
    const { all } = (await import(pathToFileURL(file).href)) as { all: readonly Functions[] };
    Reflect.deleteProperty(global, TOLD_KEY);
    told.on = false;
    return { all, told };
  }

  it('tell the variables that the inspector finds, each function its own', async () => {
    const { all, told } = await load(tellCaptures(await bundled(MODULE)));
    const inspection = new Inspection();
    let read = 0;
    for (const made of all) {
      for (const [name, fn] of Object.entries(made)) {
        const captured = typeof fn === 'function' ? told.read(fn) : null;
        if (!captured || typeof fn !== 'function') continue;
        read++;
        const { scopes } = inspection.closure(fn);
        for (const { name: variable } of analyseText(told.textOf(fn)).free) {
          const scope = scopes.find(
            (each) => each.description !== 'Global' && Object.hasOwn(each.object, variable),
          );
          assert.equal(Object.hasOwn(captured, variable), scope !== undefined, `${name}: ${variable}`);
          assert.equal(
            captured[variable],
            (scope?.object as Functions | undefined)?.[variable],
            `${name}: ${variable}`,
          );
        }
      }
    }
    inspection.close();
    assert.ok(read > 30, `Only ${read} functions told anything.`);
  });

  it('leave to the inspector those of which another may have taken the place', async () => {
    const { all, told } = await load(tellCaptures(await bundled(MODULE)));
    const [made] = all as [Functions];
    for (const name of ['named', 'assigned', 'replaced', 'outside'])
      assert.equal(told.has(made[name] as object), false, name);
  });

  it('tell a variable as it is when they are asked, and nothing before it has a value', async () => {
    const { all, told } = await load(
      tellCaptures(
        await bundled(`
          function make() {
            let count = 0;
            const reader = () => count;
            const early = () => late;
            const ask = () => 'asked';
            if (globalThis.seamlessTold.read(early) !== null) throw new Error('It told of a variable without a value.');
            const late = 7;
            return { reader, early, ask, add: () => count++ };
          }
          export const all = [make()];`),
      ).replace(
        TOLD_PRELUDE,
        `${TOLD_PRELUDE}globalThis.seamlessTold = globalThis[Symbol.for('seamless.told')];`,
      ),
    );
    delete (globalThis as unknown as Record<string, unknown>)['seamlessTold'];
    const [{ reader, early, add }] = all as [Record<string, () => unknown>];
    assert.deepEqual(told.read(early as object), { late: 7 });
    assert.deepEqual(told.read(reader as object), { count: 0 });
    add?.();
    assert.deepEqual(told.read(reader as object), { count: 1 });
  });

  it('do what they did, by the names they had', async () => {
    const bundle = await bundled(MODULE);
    const [plain, telling] = [await load(bundle), await load(tellCaptures(bundle))];
    const described = async ({ all }: { readonly all: readonly Functions[] }): Promise<unknown> => {
      const found: unknown[] = [];
      for (const [name, fn] of all.flatMap((made) => Object.entries(made))) {
        if (typeof fn !== 'function') found.push([name, JSON.stringify(fn)]);
        else {
          const result: unknown = await (fn as (value: number) => unknown)(3);
          const shown = typeof result === 'number' ? result : typeof result;
          found.push([name, fn.name, fn.length, Object.getOwnPropertyDescriptors(fn), shown]);
        }
      }
      return found.map((each) => JSON.stringify(each));
    };
    assert.deepEqual(await described(telling), await described(plain));
  });

  it('have the text that they had', async () => {
    const bundle = await bundled(MODULE);
    const [plain, telling] = [await load(bundle), await load(tellCaptures(bundle))];
    const texts = ({ all, told }: Awaited<ReturnType<typeof load>>): string[] =>
      all.flatMap((made) =>
        Object.values(made).flatMap((fn) => (typeof fn === 'function' ? [told.textOf(fn)] : [])),
      );
    assert.deepEqual(texts(telling), texts(plain));
  });

  for (const source of [
    'src/hosts/typescript/fingerprint/code-shape.ts',
    'src/sdk/view.ts',
    'src/engine/run/chunks.ts',
    'src/child/serve.ts',
  ]) {
    it(`are written around, and nothing else changes, and all stays where it was written: ${source}`, async () => {
      const bundle = await bundled(readFileSync(source, 'utf8'));
      const [before, after] = [taken(bundle), taken(tellCaptures(bundle))];
      assert.ok(after.code.length > before.code.length + 100);
      assert.equal(withoutTelling(after.code.slice(TOLD_PRELUDE.length)), before.code);
      const marks = ({ code, map }: ReturnType<typeof taken>): unknown[] => {
        const lines = code.split('\n');
        return decode(map.mappings).flatMap((segments, line) =>
          segments.map(([column, ...origin]) => [lines[line]?.[column], origin]),
        );
      };
      assert.ok(marks(before).length > 500);
      assert.deepEqual(marks(after), marks(before));
    });
  }

  it('are left alone in a bundle that cannot be read, or that has no source map', async () => {
    for (const bundle of [
      await bundled('const Symbol = 1; export const fn = () => Symbol;'),
      'export const fn = () => 1;\n',
      await bundled('let __seamlessTold = 1;'),
      'let = ;\n',
    ])
      assert.equal(tellCaptures(bundle), bundle);
  });

  const ODD: Readonly<Record<string, string>> = {
    'a constructor of an object that is made on the way': `class Kept { constructor(fn) { this.fn = fn; } }
      export const all = [new { Kept, other: () => 1 }.Kept(() => 2)];`,
    'a built-in that the module replaced': `const set = Map.prototype.set;
      Map.prototype.set = function () { throw new Error('It is called.'); };
      const fn = (n => () => n)(1);
      Map.prototype.set = set;
      export const all = [{ fn, other: { fn: () => fn } }];`,
    'a class in a class, with blocks and arrows before super': `class A { constructor(fn) { this.fn = fn; } }
      class B extends A { static { this.made = { fn: () => B }; } constructor(n) { super(() => n); this.own = { fn: () => n + this.fn.length }; } }
      export const all = [new B(1), B.made, new B(2).own];`,
    'what only looks like a variable around it': `var a = 1;
      function make(o = { fn: () => a }) { var a = 2; return o; }
      function other({ fn } = { fn: () => arguments }) { return { fn }; }
      export const all = [make(), other()];`,
    'labels, conditions and loops without blocks': `const list = [];
      out: for (var i = 0; i < 2; i++) for (const j of [1, 2]) if (j > i) list.push(() => i + j); else { list.push({ fn: () => j }.fn); continue out; }
      switch (i) { case 2: const inCase = () => i; list.push(inCase); }
      export const all = list.map((fn) => ({ fn }));`,
  };
  for (const [what, source] of Object.entries(ODD)) {
    it(`works as before, and tells the truth: ${what}`, async () => {
      const bundle = await bundled(source);
      const [plain, telling] = [await load(bundle), await load(tellCaptures(bundle))];
      const hashesOf = ({ all, told }: typeof plain): unknown[] => {
        const hasher = new CodeHasher({ sdkExports: {}, intrinsics, told });
        const found = all.map(({ fn }) => {
          const { hash, unhashable } = hasher.ownCode(fn as object, { inputs: new Map(), describe: 'node' });
          return { hash, unhashable };
        });
        hasher.close();
        return found;
      };
      assert.notEqual(tellCaptures(bundle), bundle);
      assert.deepEqual(hashesOf(telling), hashesOf(plain));
    });
  }

  it('tell the same as the inspector in random code', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { maxDepth: 4 },
        name,
        fc.tuple(name, tie('expression')).map(([parameter, body]) => `((${parameter}) => ${body})`),
        fc
          .tuple(name, tie('expression'))
          .map(
            ([variable, body]) =>
              `(() => { const ${variable} = () => ${body}; keep(${variable}); return ${variable}; })()`,
          ),
        fc
          .tuple(name, tie('expression'), tie('expression'))
          .map(([key, one, two]) => `({ ${key}: () => ${one}, ${key}() { return ${two}; } }).${key}`),
        fc
          .tuple(name, tie('expression'))
          .map(
            ([variable, body]) =>
              `(() => { function ${variable}(c) { return [c, ${body}]; } keep(${variable}); return 1; })()`,
          ),
        fc.tuple(tie('expression')).map(([one]) => `keep(function () { return ${one}; })`),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(expression, async (text) => {
        const source = `const kept = []; function keep(fn) { kept.push(fn); return fn; } function run(a, b) { let c = a; return ${text}; }
          try { keep(run(1, 2)); } catch {} try { keep(run(3, keep)); } catch {} export const all = [kept.filter((fn) => typeof fn === 'function')];`;
        const { all, told } = await load(tellCaptures(await bundled(source)));
        const inspection = new Inspection();
        for (const fn of Object.values(all[0] as Functions) as object[]) {
          const captured = told.read(fn);
          if (!captured) continue;
          const { scopes } = inspection.closure(fn);
          for (const { name: free } of analyseText(told.textOf(fn)).free) {
            const scope = scopes.find(
              (each) => each.description !== 'Global' && Object.hasOwn(each.object, free),
            );
            assert.equal(
              captured[free],
              (scope?.object as Functions | undefined)?.[free],
              `${free} in ${told.textOf(fn)}`,
            );
          }
        }
        inspection.close();
      }),
      { numRuns: 150 },
    );
  });
});
