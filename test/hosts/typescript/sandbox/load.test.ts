// Slow (15 s): a load of a strategy for every case.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { bundleStrategy } from '../../../../src/hosts/typescript/bundle/bundle.js';
import type { LoadedStrategy } from '../../../../src/hosts/typescript/load.js';
import { authorLocation } from '../../../../src/hosts/typescript/sandbox/author.js';
import type { ErrorCode, SeamlessError } from '../../../../src/sdk/errors.js';
import { SDK_URL, withProject } from './run.js';

/** Nothing is refused: what is refused has tests of its own, in processes of their own. */
const OPEN = {
  load: async <T>(work: () => Promise<T>) => ({ loaded: await work() }),
  setup: <T>(work: () => T) => work(),
  takeViolation: () => null,
};

// Mocha may load this file as CommonJS, beside the ES modules that bundles import and that must be the loader's too.
const loader = import('../../../../src/hosts/typescript/load.js');
const errors = import('../../../../src/sdk/errors.js');

async function load(
  text: string,
  className?: string,
  files: Record<string, string> = {},
): Promise<LoadedStrategy> {
  return withProject({ 'strategies/own.ts': text, ...files }, async (root) => {
    const file = join(root, 'strategies/own.ts');
    const bundle = await bundleStrategy({ file, projectRoot: root, sdkUrl: SDK_URL });
    return (await loader).loadStrategy({ bundle, file, projectRoot: root, className, context: OPEN });
  });
}

async function refusal(
  text: string,
  className?: string,
  files?: Record<string, string>,
): Promise<SeamlessError> {
  const error = await load(text, className, files).then(
    () => assert.fail('it was loaded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof (await errors).SeamlessError, String(error));
  return error;
}

const HEAD = "import { Node, Strategy, StreamInput, demoHistory } from 'seamless-dag';";
const MOMENTUM = 'class Momentum extends Strategy { setup() {} }';

before(() => process.setSourceMapsEnabled(true));

describe('loading a strategy', () => {
  const two = `${HEAD} export ${MOMENTUM} export class Reversal extends Strategy { setup() {} }`;
  const cases: readonly [what: string, text: string, asked: string | undefined, name: string][] = [
    ['the only strategy', `${HEAD} export ${MOMENTUM} export const other = 1;`, undefined, 'Momentum'],
    ['a class by its name', two, 'Reversal', 'Reversal'],
    [
      'the only concrete one',
      `${HEAD} export abstract class Base extends Strategy {} export class Own extends Base { setup() {} }`,
      undefined,
      'Own',
    ],
    ['a default export by its class', `${HEAD} export default ${MOMENTUM}`, 'Momentum', 'Momentum'],
    ['a default export as default', `${HEAD} export default ${MOMENTUM}`, 'default', 'Momentum'],
    [
      'a default export without a name',
      `${HEAD} export default class extends Strategy { setup() {} }`,
      undefined,
      'own',
    ],
    ['an alias by the class', `${HEAD} ${MOMENTUM} export { Momentum as Fast };`, 'Momentum', 'Momentum'],
    ['an alias by itself', `${HEAD} ${MOMENTUM} export { Momentum as Fast };`, 'Fast', 'Momentum'],
    ['one exported twice', `${HEAD} export ${MOMENTUM} export default Momentum;`, undefined, 'Momentum'],
    ['one re-exported from another file', "export { Momentum } from '../lib/m';", 'Momentum', 'Momentum'],
    [
      'one of CommonJS',
      `const { Strategy } = require('seamless-dag'); exports.Momentum = ${MOMENTUM};`,
      'Momentum',
      'Momentum',
    ],
  ];
  for (const [what, text, asked, name] of cases) {
    it(`finds ${what}`, async () => {
      const files = { 'lib/m.ts': `${HEAD} export ${MOMENTUM}` };
      assert.equal((await load(text, asked, files)).className, name);
    });
  }

  it('returns it after its setup', async () => {
    const text = `${HEAD} export class Own extends Strategy { setup() {
      this.addNodes([new StreamInput({ tags: ['a', 'b'], historyProvider: demoHistory() })]);
    } }`;
    assert.deepEqual(
      (await load(text)).instance.nodes().map(({ name }) => name),
      ['a.b'],
    );
  });

  it('evaluates the module anew each time', async () => {
    const text = `${HEAD} let count = 0; export class Own extends Strategy { count = ++count; setup() {} }`;
    await withProject({ 'own.ts': text }, async (root) => {
      const file = join(root, 'own.ts');
      for (const _ of [1, 2]) {
        const bundle = await bundleStrategy({ file, projectRoot: root, sdkUrl: SDK_URL });
        const { instance } = await (
          await loader
        ).loadStrategy({ bundle, file, projectRoot: root, context: OPEN });
        assert.equal(Reflect.get(instance, 'count'), 1);
      }
    });
  });
});

describe('loading a strategy: what cannot be run', () => {
  const cases: readonly [
    what: string,
    text: string,
    asked: string | undefined,
    code: ErrorCode,
    message: RegExp,
    line?: number,
  ][] = [
    [
      'a file without a strategy',
      'export const x = 1;',
      undefined,
      'not-found',
      /^strategies\/own\.ts has no strategy: export a class/,
      1,
    ],
    [
      'a name in a file without a strategy',
      'export const x = 1;',
      'Own',
      'not-found',
      /has no class Own\. It has no strategy at all/,
    ],
    [
      'a near miss',
      `${HEAD} export ${MOMENTUM}`,
      'Momentun',
      'not-found',
      /^strategies\/own\.ts has no class Momentun\. Did you mean Momentum\?$/,
    ],
    ['a far miss', `${HEAD} export ${MOMENTUM}`, 'Xyz', 'not-found', /has no class Xyz\. It has Momentum\.$/],
    [
      'a name in a comment',
      `${HEAD} export ${MOMENTUM}\n// class Ghost extends Strategy\n`,
      'Ghost',
      'not-found',
      /has no class Ghost\./,
    ],
    [
      'several without a choice',
      `${HEAD} export class A extends Strategy { setup() {} } export class B extends Strategy { setup() {} }`,
      undefined,
      'usage',
      /has 2 strategies: A, B\. Say which one: strategies\/own\.ts#A\.$/,
    ],
    [
      'one not exported',
      `${HEAD}\n${MOMENTUM}`,
      'Momentum',
      'not-found',
      /^Momentum \(strategies\/own\.ts:2\) is not exported: write "export class Momentum"\.$/,
      2,
    ],
    [
      'the only one not exported',
      `${HEAD}\n\n${MOMENTUM}`,
      undefined,
      'not-found',
      /^Momentum \(strategies\/own\.ts:3\) is not exported/,
      3,
    ],
    [
      'an abstract one',
      `${HEAD}\nexport abstract class Base extends Strategy {}`,
      'Base',
      'strategy',
      /^Base \(strategies\/own\.ts:2\) is abstract/,
      2,
    ],
    [
      'an abstract one with a setup',
      `${HEAD}\nexport abstract class Base extends Strategy { setup() {} }`,
      'Base',
      'strategy',
      /is abstract: run a class that extends it/,
      2,
    ],
    [
      'another class',
      'export class Own {}',
      'Own',
      'strategy',
      /^Own \(strategies\/own\.ts:1\) is not a strategy: it must be a class that extends Strategy\.$/,
      1,
    ],
    [
      'a constant',
      'export const Own = 1;',
      'Own',
      'strategy',
      /^Own \(strategies\/own\.ts:1\) is not a strategy/,
      1,
    ],
    [
      'a throwing module',
      `${HEAD}\nexport ${MOMENTUM}\nthrow new TypeError('no luck');`,
      undefined,
      'strategy',
      /^The top level of the module threw at strategies\/own\.ts:3:7: TypeError: no luck$/,
      3,
    ],
    [
      'a throwing constructor',
      `${HEAD}\nexport class Own extends Strategy {\n  x = (undefined as any).y;\n  setup() {}\n}`,
      undefined,
      'strategy',
      /^The constructor of Own threw at strategies\/own\.ts:3:\d+: TypeError: /,
      3,
    ],
    [
      'a throwing setup',
      `${HEAD}\nexport class Own extends Strategy {\n  setup() {\n    throw new Error('no luck');\n  }\n}`,
      undefined,
      'strategy',
      /^setup\(\) of Own threw at strategies\/own\.ts:4:11: Error: no luck$/,
      4,
    ],
    [
      'a setup that throws no error',
      `${HEAD}\nexport class Own extends Strategy {\n  setup() { throw 'text'; }\n}`,
      undefined,
      'strategy',
      /^setup\(\) of Own threw what is no Error: text$/,
    ],
    [
      'a setup that misuses the SDK',
      `${HEAD}\nexport class Own extends Strategy {\n  setup() {\n    new StreamInput({ tags: [], historyProvider: demoHistory() });\n  }\n}`,
      undefined,
      'strategy',
      /^A StreamInput has neither .* \(strategies\/own\.ts:4:5\)$/,
      4,
    ],
    [
      'an asynchronous setup',
      `${HEAD}\nexport class Own extends Strategy {\n  async setup() {}\n}`,
      undefined,
      'strategy',
      /^setup\(\) of Own returns a promise/,
      2,
    ],
    [
      'an import the SDK lacks',
      `import { Strategy } from 'seamless-dag';\nimport { Nod } from 'seamless-dag';\nexport class Own extends Strategy { setup() { new Nod(); } }`,
      undefined,
      'syntax',
      /^seamless-dag has no export named Nod: check the spelling/,
      2,
    ],
  ];
  for (const [what, text, asked, code, message, line] of cases) {
    it(`says what is wrong with ${what}`, async () => {
      const error = await refusal(text, asked);
      assert.match(error.message, message);
      assert.deepEqual([error.code, error.location?.line], [code, line]);
      if (line !== undefined) assert.ok(error.location?.file.endsWith('/strategies/own.ts'));
    });
  }

  it('names the line of a helper file that throws', async () => {
    const text = `import { fail } from '../lib/fail';\n${HEAD}\nexport class Own extends Strategy { setup() { fail(); } }`;
    const error = await refusal(text, undefined, {
      'lib/fail.ts': '\nexport function fail() {\n  throw new Error();\n}',
    });
    assert.match(error.message, /^setup\(\) of Own threw at lib\/fail\.ts:3:9: Error: $/);
  });

  it('names the author’s line, not that of a package in between', async () => {
    const text = `import { each } from 'pack';\n${HEAD}\nexport class Own extends Strategy { setup() { each(); } }`;
    const error = await refusal(text, undefined, {
      'node_modules/pack/index.js': 'exports.each = () => { null.x; };',
    });
    assert.deepEqual([error.location?.file.endsWith('own.ts'), error.location?.line], [true, 3]);
  });
});

describe('authorLocation', () => {
  const at = (stack: string) =>
    authorLocation(Object.assign(new Error('x'), { stack }), '/p', '/p/.seamless/tmp/b.mjs');

  it('takes the first frame of the project', () => {
    const lines = [
      'x',
      'at a (node:fs:1:1)',
      'at b (file:///p/.seamless/tmp/b.mjs?load=1:9:9)',
      'at c (/q/lib.ts:2:3)',
      'at async d (/p/own (1).ts:4:5)',
      'at /p/z.ts:6:7',
    ];
    assert.deepEqual(at(lines.join('\n    ')), { file: '/p/own (1).ts', line: 4, column: 5 });
  });

  it('falls back to files outside the project, then to packages', () => {
    const pack = '    at e (/p/node_modules/m/i.js:1:1)';
    assert.deepEqual(at(`x\n${pack}\n    at c (file:///q/a%20b.ts:2:3)`), {
      file: '/q/a b.ts',
      line: 2,
      column: 3,
    });
    assert.deepEqual(at(`x\n${pack}`), { file: '/p/node_modules/m/i.js', line: 1, column: 1 });
  });

  it('gives null without an author’s frame', () => {
    assert.equal(at('x\n    at a (node:fs:1:1)\n    at <anonymous>\n    at new Promise (<anonymous>)'), null);
    assert.equal(at(undefined as unknown as string), null);
  });
});
