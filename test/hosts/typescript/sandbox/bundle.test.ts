import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { bundleStrategy, type StrategyBundle } from '../../../../src/hosts/typescript/bundle/bundle.js';
import { writeBundle } from '../../../../src/hosts/typescript/bundle/bundle-file.js';
import { SeamlessError, type ErrorCode } from '../../../../src/sdk/errors.js';
import type { Strategy } from '../../../../src/sdk/strategy.js';
import { SDK_URL, withProject } from './run.js';

const bundle = (root: string, file: string): Promise<StrategyBundle> =>
  bundleStrategy({ file, projectRoot: root, sdkUrl: SDK_URL });

async function importBundle(root: string, file: string): Promise<Record<string, unknown>> {
  return (await import((await bundle(root, file)).url)) as Record<string, unknown>;
}

/** Mocha may load this file as CommonJS, beside the ES modules that bundles import. */
async function isStrategy(value: unknown): Promise<boolean> {
  const sdk = await import('../../../../src/sdk/strategy.js');
  return typeof value === 'function' && (value as typeof Strategy).prototype instanceof sdk.Strategy;
}

async function refusal(root: string, file: string): Promise<SeamlessError> {
  const error = await bundle(root, file).then(
    () => assert.fail('it was bundled'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SeamlessError, String(error));
  return error;
}

function place({ location }: SeamlessError): unknown[] {
  return [location?.file, location?.line, location?.column];
}

describe('bundling a strategy', () => {
  it('follows imports across files and packages, and shares the SDK, without any install of it', async () => {
    const files = {
      'strategies/a.ts': `import { Strategy } from 'seamless-dag';
        import { Strategy as Same } from 'seamless-dag/dist/index.js';
        import { twice } from '../lib/twice';
        import three from 'three';
        import settings from '../settings.json';
        export const sum: number = twice(1) + three.three() + settings.four;
        export const same = Same === Strategy;
        export class A extends Strategy { setup() {} }`,
      'lib/twice.ts': 'export const twice = (n: number): number => 2 * n;',
      'settings.json': '{ "four": 4 }',
      'node_modules/three/package.json': '{ "name": "three", "main": "main.js" }',
      'node_modules/three/main.js': "const os = require('os'); exports.three = () => 3 * os.EOL.length;",
    };
    await withProject(files, async (root) => {
      const { inputs } = await bundle(root, 'strategies/a.ts');
      const expected = ['lib/twice.ts', 'node_modules/three/main.js', 'settings.json', 'strategies/a.ts'];
      assert.deepEqual(
        inputs,
        expected.map((name) => join(root, name)),
      );
      const exports = await importBundle(root, 'strategies/a.ts');
      assert.equal(exports.sum, 9);
      assert.equal(exports.same, true);
      assert.ok(await isStrategy(exports.A));
    });
  });

  it('takes JavaScript, ES modules and CommonJS', async () => {
    const files = {
      'esm.js': "import { Strategy } from 'seamless-dag'; export class A extends Strategy { setup() {} }",
      'cjs.cjs':
        "const { Strategy } = require('seamless-dag'); exports.B = class B extends Strategy { setup() {} };",
    };
    await withProject(files, async (root) => {
      const [esm, cjs] = await Promise.all([importBundle(root, 'esm.js'), importBundle(root, 'cjs.cjs')]);
      assert.ok(await isStrategy(esm.A));
      assert.ok(await isStrategy((cjs.default as { B: unknown }).B));
    });
  });

  it('gives every file its own place, beside an author’s require', async () => {
    const files = {
      'a.ts': `#!/usr/bin/env node
        import { createRequire } from 'node:module';
        import { beside } from './lib/beside';
        import old from 'old';
        const require = createRequire(import.meta.url);
        export const data = [beside, old.text, require('./here.json').at, __filename];`,
      'here.json': '{ "at": "root" }',
      'lib/beside.ts': `import { readFileSync } from 'node:fs';
        export const beside = readFileSync(new URL('data.txt', import.meta.url), 'utf8');`,
      'lib/data.txt': 'lib',
      'node_modules/old/index.js': `'use strict';
        const { readFileSync } = require('fs');
        exports.text = readFileSync(require('path').join(__dirname, 'data.txt'), 'utf8');`,
      'node_modules/old/data.txt': 'old',
    };
    await withProject(files, async (root) => {
      const { data } = await importBundle(root, 'a.ts');
      assert.deepEqual(data, ['lib', 'old', 'root', join(root, 'a.ts')]);
    });
  });

  it('maps the bundle back to the files as they are on disk', async () => {
    const text = 'export const here = __dirname;\nexport const two: number = 2;\n';
    await withProject({ 'a.ts': text }, async (root) => {
      const { code } = await bundle(root, 'a.ts');
      const encoded = /base64,(\S+)\s*$/.exec(code)?.[1] ?? '';
      const map = JSON.parse(Buffer.from(encoded, 'base64').toString()) as Record<string, unknown>;
      assert.deepEqual([map.sources, map.sourcesContent], [[`file://${root}/a.ts`], [text]]);
    });
  });

  it('respects the nearest tsconfig.json', async () => {
    const files = {
      'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./wrong/*"] } } }',
      'strategies/tsconfig.json':
        '{ "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["./own/*"] } } }',
      'strategies/a.ts': "export { name } from '@lib/name';",
      'strategies/own/name.ts': "export const name: string = 'own';",
      'wrong/name.ts': "export const name = 'wrong';",
    };
    await withProject(files, async (root) => {
      assert.equal((await importBundle(root, 'strategies/a.ts')).name, 'own');
    });
  });

  it('puts the bytes of a .wasm file into the bundle, and loads a .node file in place', async () => {
    const files = {
      'a.ts': "import bytes from './some.wasm'; import './addon.node'; export { bytes };",
      'some.wasm': '\0asm',
      'addon.node': 'none',
    };
    await withProject(files, async (root) => {
      const { code } = await bundle(root, 'a.ts');
      assert.ok(code.includes(`process.dlopen(addon, ${JSON.stringify(join(root, 'addon.node'))})`));
      assert.ok(code.includes(`"${Buffer.from('\0asm').toString('base64')}"`));
    });
  });

  it('names paths as the project root does, through a symbolic link too', async () => {
    await withProject({ 'real/a.ts': 'export const a = ;', 'real/b.ts': 'export {};' }, async (root) => {
      await symlink(join(root, 'real'), join(root, 'link'));
      assert.deepEqual(place(await refusal(join(root, 'link'), 'a.ts')), [join(root, 'link/a.ts'), 1, 18]);
      assert.deepEqual((await bundle(join(root, 'link'), 'b.ts')).inputs, [join(root, 'link/b.ts')]);
    });
  });
});

describe('bundling a strategy: what cannot be bundled', () => {
  const files = {
    'ok/momentum.ts': 'export {};',
    'syntax.ts': "// Größe\nconst text = 'ü'; const = 3;\n",
    'outer.ts': "import './lib/broken';",
    'lib/broken.ts': 'export const broken = {\n',
    'package-import.ts': "import { mean } from '@stats/core/mean'; mean();",
    'path-import.ts': "import { mean } from './lib/means'; mean();",
    'name-import.ts': "import { meen } from './lib/mean';\nexport const x = meen;",
    'lib/mean.ts': 'export const mean = 1;',
  };
  const cases: readonly [file: string, code: ErrorCode, message: RegExp, place: readonly unknown[]][] = [
    ['syntax.ts', 'syntax', /^syntax\.ts:2:25: Expected identifier but found "="\.$/, ['syntax.ts', 2, 25]],
    [
      'outer.ts',
      'syntax',
      /^lib\/broken\.ts:2:1: Expected identifier but found end of file\.$/,
      ['lib/broken.ts', 2, 1],
    ],
    [
      'package-import.ts',
      'syntax',
      /^package-import\.ts:1:22: Could not resolve "@stats\/core\/mean"\. Install it with: npm install @stats\/core$/,
      ['package-import.ts', 1, 22],
    ],
    [
      'path-import.ts',
      'syntax',
      /^path-import\.ts:1:22: Could not resolve "\.\/lib\/means"\. Check the path of this import\.$/,
      ['path-import.ts', 1, 22],
    ],
    [
      'name-import.ts',
      'syntax',
      /^name-import\.ts:1:10: No matching export in "lib\/mean\.ts" for import "meen"\.$/,
      ['name-import.ts', 1, 10],
    ],
    ['ok/momentom.ts', 'not-found', /^There is no file ok\/momentom\.ts\. Did you mean momentum\.ts\?$/, []],
    ['none/at-all.ts', 'not-found', /^There is no file none\/at-all\.ts\. Check the path; /, []],
    ['ok', 'not-found', /^ok is a folder: name the strategy file in it\.$/, []],
  ];
  for (const [file, code, message, at] of cases) {
    it(`says what is wrong with ${file}`, () =>
      withProject(files, async (root) => {
        const error = await refusal(root, file);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        const [name, line, column] = at;
        assert.deepEqual(place(error), [name && join(root, name as string), line, column]);
      }));
  }
});

describe('bundling a strategy: the file it leaves', () => {
  it('is in the cache folder, which git ignores, under a name that its text decides', () =>
    withProject({ 'a.ts': 'export const a = 1;', '.seamless/cache.duckdb': '' }, async (root) => {
      const [first, second] = [await bundle(root, 'a.ts'), await bundle(root, 'a.ts')];
      assert.equal(dirname(first.codePath), join(root, '.seamless/tmp'));
      assert.equal(first.codePath, second.codePath);
      assert.notEqual(first.url, second.url);
      assert.equal(await readFile(first.codePath, 'utf8'), first.code);
      assert.equal(await readFile(join(root, '.seamless/.gitignore'), 'utf8'), '*\n');
      await writeFile(join(root, 'a.ts'), 'export const a = 2;');
      assert.notEqual((await bundle(root, 'a.ts')).codePath, first.codePath);
    }));

  it('is kept, with a new time, if it is the same, and written if it is not', () =>
    withProject({ '.seamless/tmp/a.mjs': 'export {};' }, async (root) => {
      const path = join(root, '.seamless/tmp/a.mjs');
      await utimes(path, new Date(0), new Date(0));
      const { ino } = await stat(path);
      await writeFile(join(root, 'peer'), '');
      const peer = await stat(join(root, 'peer'));
      assert.equal(await writeBundle(root, 'a.mjs', 'export {};'), path);
      const same = await stat(path);
      assert.equal(same.ino, ino);
      assert.ok(same.mtimeMs >= peer.mtimeMs, 'it is as new as a file that was written just before');
      await writeBundle(root, 'a.mjs', 'export { };');
      assert.equal(await readFile(path, 'utf8'), 'export { };');
    }));

  it('is removed after a day', () =>
    withProject({ '.seamless/tmp/old.mjs': '', '.seamless/tmp/new.mjs': '' }, async (root) => {
      const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
      await utimes(join(root, '.seamless/tmp/old.mjs'), longAgo, longAgo);
      await writeBundle(root, 'now.mjs', '');
      assert.deepEqual((await readdir(join(root, '.seamless/tmp'))).sort(), ['new.mjs', 'now.mjs']);
    }));

  const ownFolder = join(tmpdir(), `seamless-bundles-${process.getuid?.()}`);

  it('goes to a user’s own temporary folder if the project cannot be written to', () =>
    withProject({ '.seamless': 'a file in the way' }, async (root) => {
      await chmod(root, 0o555);
      const path = await writeBundle(root, 'elsewhere.mjs', 'export {};');
      await chmod(root, 0o755);
      assert.equal(path, join(ownFolder, 'elsewhere.mjs'));
      assert.equal(await readFile(path, 'utf8'), 'export {};');
    }));

  it('leaves a project without a cache folder without one', () =>
    withProject({ 'a.ts': 'export const a = 1;' }, async (root) => {
      assert.equal(dirname((await bundle(root, 'a.ts')).codePath), ownFolder);
      assert.deepEqual(await readdir(root), ['a.ts']);
      assert.equal((await stat(ownFolder)).mode & 0o777, 0o700);
    }));

  it('goes to no folder that others may write to', () =>
    withProject({}, async (root) => {
      await mkdir(ownFolder, { recursive: true });
      await chmod(ownFolder, 0o777);
      const path = await writeBundle(root, 'elsewhere.mjs', 'export {};');
      await chmod(ownFolder, 0o700);
      assert.ok(path.startsWith(`${ownFolder}-`), path);
      assert.equal((await stat(dirname(path))).mode & 0o777, 0o700);
      await rm(dirname(path), { recursive: true });
    }));
});
