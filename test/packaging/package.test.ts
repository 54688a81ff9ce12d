// Slow (20 s): packages.
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { inspect } from '../../scripts/packaging/inspect.js';
import { makePackage } from '../../scripts/packaging/make.js';
import { stage, stageDependencies } from '../../scripts/packaging/stage.js';
import { fetchTarballs } from '../../scripts/packaging/tarballs.js';
import {
  currentTarget,
  dependenciesOf,
  readLock,
  vscodeTargets,
  whyNot,
  type Lock,
  type Target,
} from '../../scripts/packaging/targets.js';
import { zipEntries } from '../../scripts/packaging/zip.js';
import { layOutRepository, publish, repository, tarballName, unwanted, write } from './fixture.js';

function target(name: string): Target {
  const found = vscodeTargets.find((each) => each.name === name);
  assert.ok(found);
  return found;
}

const paths = async (path: string): Promise<string[]> =>
  zipEntries(await readFile(path)).map((entry) => entry.path);

let scratch: string;
let registry: string;
let lock: Lock;

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'seamless-packaging-'));
  registry = join(scratch, 'registry');
  await mkdir(registry);
  lock = await publish(registry);
});
after(() => rm(scratch, { recursive: true, force: true }));

describe('targets', () => {
  it('are those for which the lock file has both binaries; the others get a sentence', async () => {
    const real = await readLock(join(repository, 'package-lock.json'));
    const refused = vscodeTargets.flatMap((each) => whyNot(each, dependenciesOf(each, real)) ?? []);
    assert.deepEqual(refused, [
      'linux-armhf: not packaged, because no @duckdb/node-bindings-… is published for it.',
    ]);
  });

  it('need one binary package of each kind, by system, processor and C library', async () => {
    const real = await readLock(join(repository, 'package-lock.json'));
    const binaries = (name: string): string[] =>
      dependenciesOf(target(name), real)
        .map((each) => each.name)
        .filter((each) => /^@duckdb\/node-bindings-|^@esbuild\//.test(each))
        .sort();
    assert.deepEqual(binaries('linux-x64'), ['@duckdb/node-bindings-linux-x64', '@esbuild/linux-x64']);
    assert.deepEqual(binaries('alpine-x64'), ['@duckdb/node-bindings-linux-x64-musl', '@esbuild/linux-x64']);
    assert.deepEqual(binaries('darwin-arm64'), [
      '@duckdb/node-bindings-darwin-arm64',
      '@esbuild/darwin-arm64',
    ]);
    assert.deepEqual(binaries('win32-arm64'), ['@duckdb/node-bindings-win32-arm64', '@esbuild/win32-arm64']);
  });

  it('name this machine', () => {
    const here = currentTarget();
    assert.equal(here?.os, process.platform);
    assert.equal(here.cpu, process.arch);
  });

  it('cannot be packaged from a lock file that does not pin a dependency, or not by its digest', () => {
    const { 'node_modules/esbuild': esbuild, ...without } = lock;
    assert.throws(() => dependenciesOf(target('linux-x64'), without), /does not pin esbuild/);
    const loose: Lock = { ...without, 'node_modules/esbuild': { version: esbuild?.version ?? '' } };
    assert.throws(() => dependenciesOf(target('linux-x64'), loose), /no integrity for esbuild/);
  });
});

describe('tarballs', () => {
  const wrong = '@esbuild/linux-x64';
  const npm = process.env['npm_execpath'];

  /** Stands for npm: `pack` copies from our registry, and writes down what it was asked for. */
  beforeEach(async () => {
    const script = `const { appendFileSync, copyFileSync } = require('node:fs');
      for (const spec of process.argv.slice(2).filter((each) => each.endsWith('@1.0.0'))) {
        const file = spec.slice(0, -6).replace('@', '').replace('/', '-') + '-1.0.0.tgz';
        copyFileSync(${JSON.stringify(registry)} + '/' + file, file);
        appendFileSync('asked.txt', spec + '\\n');
      }`;
    await write(scratch, { 'npm.cjs': script });
    process.env['npm_execpath'] = join(scratch, 'npm.cjs');
  });
  afterEach(() => {
    if (npm === undefined) delete process.env['npm_execpath'];
    else process.env['npm_execpath'] = npm;
  });

  it('are fetched when they are not at hand, or damaged, and only then', async () => {
    const folder = join(scratch, 'fetched');
    const dependencies = dependenciesOf(target('linux-x64'), lock);
    const found = await fetchTarballs(dependencies, folder);
    assert.deepEqual(
      [...found.keys()],
      dependencies.map(({ name }) => name),
    );
    await rm(join(folder, 'asked.txt'));
    await writeFile(join(folder, tarballName(wrong)), 'cut off');
    await fetchTarballs(dependencies, folder);
    assert.equal(await readFile(join(folder, 'asked.txt'), 'utf8'), `${wrong}@1.0.0\n`);
  });

  it('are refused when they are not what the lock file pins', async () => {
    const entry = lock[`node_modules/${wrong}`];
    assert.ok(entry);
    const other = { ...lock, [`node_modules/${wrong}`]: { ...entry, integrity: 'sha512-bm90IHRoaXM=' } };
    await assert.rejects(
      fetchTarballs(dependenciesOf(target('linux-x64'), other), join(scratch, 'refused')),
      /^Error: @esbuild\/linux-x64@1\.0\.0 is not the package the lock file pins \(sha512-bm90IHRoaXM=\)\.$/,
    );
  });
});

describe('a staged folder', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(scratch, 'repository-'));
    await layOutRepository(root);
  });

  it('has a manifest without what only the repository uses, and no cache of the sample', async () => {
    const folder = join(scratch, 'staged');
    await stage(root, folder);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as object;
    for (const name of ['devDependencies', 'scripts', 'files']) assert.equal(name in manifest, false, name);
    assert.ok('contributes' in manifest && 'dependencies' in manifest);
    const all = await readdir(folder, { recursive: true });
    assert.deepEqual(
      all.filter((path) => /\.seamless|node_modules|^src|^test|^\.env/.test(path)),
      [],
    );
  });

  it('has a page that begins in the editor, with its pictures inside, which VS Code would not load from a path', async () => {
    const folder = join(scratch, 'staged');
    await stage(root, folder);
    const page = await readFile(join(folder, 'README.md'), 'utf8');
    assert.doesNotMatch(page, /npm (?:ci|test|run)/);
    assert.match(page, /Seamless: Open Sample Project/);
    const pictures = [...page.matchAll(/!\[[^\]]*\]\(([^)]*)\)/g)];
    assert.ok(pictures.length > 0);
    for (const [, address = ''] of pictures) {
      assert.match(address.slice(0, 40), /^(?:https:|data:image\/png;base64,iVBOR)/);
    }
  });

  it('needs a build', async () => {
    await rm(join(root, 'dist/child.js'));
    await assert.rejects(
      stage(root, join(scratch, 'unbuilt')),
      /dist\/child\.js is missing\. Run npm run build/,
    );
  });

  it('gets the dependencies of one target at a time, run bits kept', async () => {
    const folder = join(scratch, 'one-target');
    await stage(root, folder);
    for (const name of ['win32-x64', 'linux-x64']) {
      const dependencies = dependenciesOf(target(name), lock);
      await stageDependencies(folder, dependencies, await fetchTarballs(dependencies, registry));
    }
    const scopes = ['@duckdb', '@esbuild'].map((scope) => readdir(join(folder, 'node_modules', scope)));
    assert.deepEqual(await Promise.all(scopes), [
      ['node-bindings', 'node-bindings-linux-x64'],
      ['linux-x64'],
    ]);
    // Windows has no run bits to keep.
    const expected = process.platform === 'win32' ? 0 : 0o111;
    const { mode } = await stat(join(folder, 'node_modules/@esbuild/linux-x64/bin/esbuild'));
    assert.equal(mode & expected, expected);
  });
});

describe('a package', () => {
  let root: string;
  let folder: string;
  const make = (name: string): ReturnType<typeof makePackage> =>
    makePackage(target(name), lock, { folder, tarballs: registry, out: scratch, version: '0.0.0' });
  const made = (name: string): string => join(scratch, `seamless-dag-${name}-0.0.0.vsix`);

  before(async () => {
    root = join(scratch, 'repository');
    folder = join(scratch, 'stage');
    await layOutRepository(root);
    await stage(root, folder);
  });

  for (const [name, expected] of [
    [
      'linux-x64',
      [
        '@duckdb/node-bindings-linux-x64/duckdb.node',
        '@duckdb/node-bindings-linux-x64/libduckdb.so',
        '@esbuild/linux-x64/bin/esbuild',
      ],
    ],
    [
      'alpine-x64',
      [
        '@duckdb/node-bindings-linux-x64-musl/duckdb.node',
        '@duckdb/node-bindings-linux-x64-musl/libduckdb.so',
        '@esbuild/linux-x64/bin/esbuild',
      ],
    ],
    [
      'win32-x64',
      [
        '@duckdb/node-bindings-win32-x64/duckdb.dll',
        '@duckdb/node-bindings-win32-x64/duckdb.node',
        '@esbuild/win32-x64/esbuild.exe',
      ],
    ],
  ] as const) {
    it(`for ${name} holds the binaries of that platform alone`, async () => {
      const inspection = await make(name);
      assert.ok(typeof inspection === 'object');
      const entries = await paths(made(name));
      assert.equal(inspection.files, entries.length);
      const binaries = entries.filter((path) => /\.(?:node|so|dylib|dll|exe)$|\/bin\/esbuild$/.test(path));
      assert.deepEqual(binaries.map((path) => path.replace('extension/node_modules/', '')).sort(), expected);
      const [declared] = /TargetPlatform="[^"]+"/.exec(await firstFile(made(name))) ?? [];
      assert.equal(declared, `TargetPlatform="${name}"`);
      const other = target(name === 'win32-x64' ? 'alpine-x64' : 'win32-x64');
      await assert.rejects(inspect(made(name), other, dependenciesOf(other, lock)), (error: Error) => {
        assert.ok(error.message.includes(`${binaries[0]} is of a package ${other.name} does not need`));
        assert.match(error.message, /@duckdb\/node-bindings-\S+ lacks/);
        return true;
      });
    });
  }

  it('is not made for a platform without binaries, which gets its sentence', async () => {
    assert.equal(
      await make('linux-armhf'),
      'linux-armhf: not packaged, because no @duckdb/node-bindings-… is published for it.',
    );
  });

  it('holds what the allow-list names and nothing else, whatever lies about', async () => {
    await write(folder, unwanted);
    await make('linux-x64');
    const entries = (await paths(made('linux-x64'))).map((path) => path.replace('extension/', ''));
    assert.deepEqual(
      entries.filter((path) => path in unwanted),
      [],
    );
    const strays = /(?:^|\/)(?:\.env|\.npmrc|src\/|test\/)|\.map$|\.log$|\.duckdb$/;
    assert.deepEqual(
      entries.filter((path) => strays.test(path)),
      [],
    );
    const typed = entries.filter((path) => path.endsWith('.ts')).sort();
    assert.deepEqual(typed, ['dist/types/index.d.ts', 'media/sample/strategies/lib/market.ts']);
    for (const path of ['bin/seamless', 'l10n/bundle.l10n.json', 'media/sample/data/prices.csv'])
      assert.ok(entries.includes(path), path);
  });

  it('is refused when the allow-list lets too much through', async () => {
    const careless = join(scratch, 'careless');
    await cp(folder, careless, { recursive: true });
    await write(careless, { ...unwanted, '.vscodeignore': '**/.env\n.npmrc\n' });
    const workplace = { folder: careless, tarballs: registry, out: join(scratch), version: '0.0.1' };
    await assert.rejects(makePackage(target('linux-x64'), lock, workplace), (error: Error) => {
      for (const fault of [
        'extension/dist/extension.cjs.map is a source map',
        'extension/dist/extension.ts is TypeScript source',
        'extension/test/extension.test.ts is',
        'extension/media/sample/.env.local is a file of secrets',
        'extension/media/sample/cache.duckdb is a cache or a log',
      ])
        assert.ok(error.message.includes(fault), `${fault}\n${error.message}`);
      return true;
    });
  });
});

/** The text of an archive's first file, which in a package is its own manifest (APPNOTE.TXT 4.3.7). */
async function firstFile(path: string): Promise<string> {
  const archive = await readFile(path);
  const [first] = zipEntries(archive);
  assert.equal(first?.path, 'extension.vsixmanifest');
  const start = 30 + archive.readUInt16LE(26) + archive.readUInt16LE(28);
  return inflateRawSync(archive.subarray(start, start + first.packed)).toString();
}
