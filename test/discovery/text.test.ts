import assert from 'node:assert/strict';
import { join } from 'node:path';

import { strategiesIn } from '../../src/discovery/discover.js';
import { ModuleCache } from '../../src/discovery/module-cache.js';

const sdk = "import { Strategy } from 'seamless-dag';";
const setup = '{ setup() { this.addNodes([]); } }';

/** Files beside the text, by name. */
type Files = Readonly<Record<string, string>>;

/** Texts of open editors: there is no such folder. */
function texts(files: Files): ModuleCache {
  const modules = new ModuleCache();
  for (const [name, text] of Object.entries(files)) modules.edit(join('/p', name), text);
  return modules;
}

async function find(text: string, files: Files = {}, fileName = 'momentum.ts'): Promise<string[] | null> {
  const found = await strategiesIn(join('/p', fileName), texts({ ...files, [fileName]: text }));
  return (
    found?.map(({ className, exportName }) => {
      if (exportName === className) return className;
      return `${className} as ${exportName ?? 'nothing'}`;
    }) ?? null
  );
}

interface Case {
  readonly what: string;
  readonly text: string;
  readonly finds: readonly string[];
  readonly files?: Files;
  readonly file?: string;
}

const ways: readonly Case[] = [
  { what: 'a direct subclass', text: `${sdk} export class A extends Strategy ${setup}`, finds: ['A'] },
  {
    what: 'several, in their order',
    text: `${sdk}\nexport class B extends Strategy ${setup}\nexport class A extends Strategy ${setup}`,
    finds: ['B', 'A'],
  },
  {
    what: 'an alias of the import',
    text: `import { Strategy as Base } from 'seamless-dag'; export class A extends Base ${setup}`,
    finds: ['A'],
  },
  {
    what: 'a namespace import',
    text: `import * as sd from 'seamless-dag'; export class A extends sd.Strategy ${setup}`,
    finds: ['A'],
  },
  {
    what: 'a local alias',
    text: `${sdk} const Base = Strategy; export class A extends Base ${setup}`,
    finds: ['A'],
  },
  {
    what: 'an export default class',
    text: `${sdk} export default class A extends Strategy ${setup}`,
    finds: ['A as default'],
  },
  {
    what: 'an export default class without a name, called by its file',
    text: `${sdk} export default class extends Strategy ${setup}`,
    finds: ['momentum as default'],
  },
  {
    what: 'a class exported later, by another name',
    text: `${sdk} class A extends Strategy ${setup} export { A as B };`,
    finds: ['A as B'],
  },
  {
    what: 'a default export of a named class',
    text: `${sdk} class A extends Strategy ${setup} export default A;`,
    finds: ['A as default'],
  },
  {
    what: 'one that is not exported',
    text: `${sdk} class A extends Strategy ${setup}`,
    finds: ['A as nothing'],
  },
  {
    what: 'a class expression',
    text: `${sdk} export const A = class extends Strategy ${setup};`,
    finds: ['A'],
  },
  {
    what: 'a generic base, decorators, private members, satisfies',
    text: `${sdk} abstract class Base<T> extends Strategy { declare t: T } @final() export class A extends Base<number> { #x = 1 satisfies number; setup() {} }`,
    finds: ['A'],
  },
  {
    what: 'a base class in the same file',
    text: `${sdk} abstract class Base extends Strategy { abstract setup(): void } export class A extends Base ${setup}`,
    finds: ['A'],
  },
  {
    what: 'a base class in another file, whose setup it inherits',
    text: "import { Base } from './base.js'; export class A extends Base { n = 2 }",
    files: { 'base.js': `${sdk} export abstract class Base extends Strategy ${setup}` },
    finds: ['A'],
  },
  {
    what: 'bases across three files and a barrel',
    text: "import * as bases from './lib'; export class A extends bases.Second {}",
    files: {
      'lib/index.ts': "export { First } from './first'; export * from './second';",
      'lib/first.ts': "import { Strategy } from '../sdk'; export abstract class First extends Strategy {}",
      'lib/second.ts': `import { First as F } from '.'; export class Second extends F ${setup}`,
      'sdk.ts': "export * from 'seamless-dag';",
    },
    finds: ['A'],
  },
  {
    what: 'a default import of a base class',
    text: `import Base from './base'; export class A extends Base ${setup}`,
    files: { 'base.ts': `${sdk} export default abstract class extends Strategy {}` },
    finds: ['A'],
  },
  {
    what: 'a re-exported Strategy, renamed, by namespace',
    text: `import { sd } from './sdk'; export class A extends sd.Strategy ${setup}`,
    files: { 'sdk.ts': "export * as sd from 'seamless-dag';" },
    finds: ['A'],
  },
  {
    what: 'a mixin',
    text: `${sdk} import { logged } from './mixins'; export class A extends logged(Strategy) ${setup}`,
    finds: ['A'],
  },
  {
    what: 'a mixin that is given the namespace its base comes from',
    text: `import * as sd from 'seamless-dag'; abstract class B extends sd.Strategy {} export class A extends mix(sd, B) ${setup}`,
    finds: ['A'],
  },
  {
    what: 'TypeScript import assignments',
    text: `import sd = require('seamless-dag'); import Base = sd.Strategy; export = class A extends Base ${setup}`,
    finds: ['A as default'],
  },
  {
    what: 'an awaited import',
    text: `const { Strategy: S } = await import('seamless-dag'); export class A extends S ${setup}`,
    finds: ['A'],
  },
  {
    what: 'require with a pattern',
    text: `const { Strategy } = require('seamless-dag'); class A extends Strategy ${setup} module.exports = { A, B: 1 };`,
    file: 'momentum.cjs',
    finds: ['A'],
  },
  {
    what: 'require with a member, exports one by one',
    text: `const S = require('seamless-dag').Strategy; exports.A = class extends S ${setup}; module.exports.B = class C extends S ${setup};`,
    file: 'momentum.js',
    finds: ['A', 'C as B'],
  },
  {
    what: 'a CommonJS base that is the whole module',
    text: `const Base = require('./base'); module.exports = class A extends Base {};`,
    file: 'momentum.js',
    files: {
      'base.js': `const sd = require('seamless-dag'); module.exports = class Base extends sd.Strategy ${setup};`,
    },
    finds: ['A as default'],
  },
  {
    what: 'a CommonJS base among others',
    text: "import { Base } from './base.js'; export class A extends Base {}",
    files: {
      'base.js': `const sd = require('seamless-dag'); class Base extends sd['Strategy'] ${setup} module.exports = { Base };`,
    },
    finds: ['A'],
  },
  {
    what: 'JSX in a file that may have it',
    text: `${sdk} const view = <b>hi</b>; export class A extends Strategy ${setup}`,
    file: 'momentum.tsx',
    finds: ['A'],
  },
  {
    what: 'a cast in a file that may not',
    text: `${sdk} const n = <number>(1 as unknown); export class A extends (Strategy as typeof Strategy) ${setup}`,
    finds: ['A'],
  },
  {
    what: 'a setup that is a property',
    text: `${sdk} export class A extends Strategy { setup = () => { this.addNodes([]); } }`,
    finds: ['A'],
  },
  {
    what: 'a class beside an error that can be recovered from',
    text: `${sdk} const a = 1; const a = 2; export class A extends Strategy ${setup}`,
    finds: ['A'],
  },
];

const others: readonly Case[] = [
  { what: 'an abstract class', text: `${sdk} export abstract class A extends Strategy ${setup}`, finds: [] },
  {
    what: 'one without a setup',
    text: `${sdk} export class A extends Strategy { n = 1; static setup() {} }`,
    finds: [],
  },
  {
    what: 'a Strategy of another package',
    text: `import { Strategy } from 'other'; export class A extends Strategy ${setup}`,
    finds: [],
  },
  {
    what: 'a Strategy of its own',
    text: `class Strategy {} export class A extends Strategy ${setup}`,
    finds: [],
  },
  {
    what: 'another class of the SDK',
    text: `import { Node } from 'seamless-dag'; export class A extends Node ${setup}`,
    finds: [],
  },
  {
    what: 'a type',
    text: `import type { Strategy } from 'seamless-dag'; export class A extends Strategy ${setup}`,
    finds: [],
  },
  {
    what: 'a class in a function',
    text: `${sdk} function make() { return class A extends Strategy ${setup} }`,
    finds: [],
  },
  {
    what: 'a class in a comment or a string',
    text: `${sdk} // class A extends Strategy {}\nconst s = 'class B extends Strategy {}';`,
    finds: [],
  },
  {
    what: 'what a re-export brings in',
    text: "export { A } from './a'; class B extends Object {}",
    files: { 'a.ts': `${sdk} export class A extends Strategy ${setup}` },
    finds: [],
  },
  { what: 'a class that extends itself', text: `class A extends A ${setup}`, finds: [] },
  {
    what: 'classes that extend each other across files',
    text: "import { B } from './b'; export class A extends B {}",
    files: {
      'b.ts': "import { A } from './momentum'; export * from './c'; export class B extends A {}",
      'c.ts': "export * from './b';",
      'momentum.ts': "import { B } from './b'; export class A extends B {}",
    },
    finds: [],
  },
  {
    what: 'modules that export each other',
    text: "import { X } from './b'; export class A extends X {}",
    files: { 'b.ts': "export * from './c';", 'c.ts': "export * from './b';" },
    finds: [],
  },
  {
    what: 'a base in a file that does not parse',
    text: "import { B } from './b'; export class A extends B {}",
    files: { 'b.ts': 'class {{{' },
    finds: [],
  },
  {
    what: 'a base in a file that is not there',
    text: "import { B } from './b'; export class A extends B {}",
    finds: [],
  },
  {
    what: 'a computed base',
    text: `const sd = require('seamless-dag'); class A extends sd[name] ${setup} class B extends (x ? y : z) ${setup}`,
    finds: [],
  },
];

describe('discovery in a text finds', () => {
  for (const { what, text, finds, files, file } of ways) {
    it(what, async () => {
      assert.deepStrictEqual(await find(text, files, file), finds);
    });
  }
});

describe('discovery in a text passes over', () => {
  for (const { what, text, finds, files } of others) {
    it(what, async () => {
      assert.deepStrictEqual(await find(text, files), finds);
    });
  }
});

describe('discovery in a text', () => {
  it('says where the class is', async () => {
    const text = `${sdk}\n\n/** Doc. */\nexport class Momentum extends Strategy ${setup}\nexport default class extends Strategy ${setup}`;
    const found = await strategiesIn('/p/m.ts', texts({ 'm.ts': text }));
    assert.deepStrictEqual(found, [
      { file: '/p/m.ts', className: 'Momentum', exportName: 'Momentum', line: 4, column: 14 },
      { file: '/p/m.ts', className: 'm', exportName: 'default', line: 5, column: 16 },
    ]);
  });

  it('is null if the text does not parse', async () => {
    assert.strictEqual(await find(`${sdk} export class A extends Strategy { setup( { }`), null);
  });
});
