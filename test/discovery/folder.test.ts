import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

import { discoverStrategies } from '../../src/discovery/discover.js';
import { SeamlessError } from '../../src/sdk/errors.js';

const setup = '{ setup() {} }';
const strategy = (name: string): string =>
  `import { Strategy } from 'seamless-dag';\nexport class ${name} extends Strategy ${setup}`;

const files: Readonly<Record<string, string>> = {
  'a.ts': strategy('A'),
  'b/base.ts': "import { Strategy } from 'seamless-dag'; export abstract class Base extends Strategy {}",
  'b/typed.ts': `import { Base } from './base.js'; export class Typed extends Base ${setup}`,
  'b/plain.js': `import { Base } from './base'; export class Plain extends Base ${setup}`,
  'b/broken.ts': 'class A extends {{{',
  'b/types.d.ts': strategy('Declared'),
  'c/index.mts': strategy('C'),
  'c/user.cts': `import { C } from '.'; export class D extends C {}`,
  'c/deep/up.ts': `import { C } from '..'; export class E extends C {}`,
  'c/bare.ts': `import { C } from 'index'; export class F extends C {}`,
  'node_modules/x/index.js': strategy('Installed'),
  'dist/out.js': strategy('Built'),
  '.hidden/h.ts': strategy('Hidden'),
  '.seamless/cache.ts': strategy('Cached'),
  'big.ts': `${strategy('Big')} // ${'x'.repeat(1_000_000)}`,
  'notes.md': strategy('Notes'),
};

describe('discovery in a folder', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'seamless-discovery-'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    await symlink(root, join(root, 'loop'), 'dir');
  });
  after(() => rm(root, { recursive: true }));

  it('finds strategies in all that a person wrote, and says what does not parse', async () => {
    const read = new Map<string, number | null>();
    const found = await discoverStrategies(root, {
      onFile: (file, strategies) => read.set(relative(root, file), strategies?.length ?? null),
    });
    const shown = found.map(({ file, className }) => `${relative(root, file)}#${className}`);
    assert.deepStrictEqual(shown, [
      'a.ts#A',
      'b/plain.js#Plain',
      'b/typed.ts#Typed',
      'c/deep/up.ts#E',
      'c/index.mts#C',
      'c/user.cts#D',
    ]);
    assert.deepStrictEqual(
      [...read],
      [
        ['a.ts', 1],
        ['b/base.ts', 0],
        ['b/broken.ts', null],
        ['b/plain.js', 1],
        ['b/typed.ts', 1],
        ['c/bare.ts', 0],
        ['c/deep/up.ts', 1],
        ['c/index.mts', 1],
        ['c/user.cts', 1],
      ],
    );
  });

  it('refuses a folder that is not there', async () => {
    for (const absent of [join(root, 'absent'), join(root, 'a.ts')]) {
      await assert.rejects(discoverStrategies(absent), (error) => {
        return error instanceof SeamlessError && error.code === 'not-found' && error.message.includes(absent);
      });
    }
  });
});
