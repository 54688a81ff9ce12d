import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/packaging/tarballs.js';
import type { Lock, LockedPackage } from '../../scripts/packaging/targets.js';

export const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Contents by path. A path under `bin/` can be run. */
type Files = Readonly<Record<string, string>>;

export async function write(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
    if (/(?:^|\/)bin\//.test(path)) await chmod(join(folder, path), 0o755);
  }
}

interface MadeUp extends Omit<LockedPackage, 'version' | 'integrity'> {
  readonly files: Files;
}

const platform = (os: string, cpu: string, libc?: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> => ({
  os: [os],
  cpu: [cpu],
  ...(libc !== undefined && { libc: [libc] }),
});

const duckdb = (library: string): Files => ({ 'duckdb.node': 'addon', [library]: 'library' });

/** Small packages under the names of the real ones, with the files their publishers would leave in them. */
const packages: Readonly<Record<string, MadeUp>> = {
  '@duckdb/node-bindings': {
    files: { 'duckdb.js': '', 'duckdb.d.ts': '', 'duckdb.js.map': '', 'test/duckdb.test.ts': '', '.env': '' },
    dependencies: { 'detect-libc': '1.0.0' },
    optionalDependencies: {
      '@duckdb/node-bindings-linux-x64': '1.0.0',
      '@duckdb/node-bindings-linux-x64-musl': '1.0.0',
      '@duckdb/node-bindings-win32-x64': '1.0.0',
    },
  },
  'detect-libc': { files: { 'lib/detect-libc.js': '', 'index.d.ts': '' } },
  '@duckdb/node-bindings-linux-x64': {
    files: duckdb('libduckdb.so'),
    ...platform('linux', 'x64', 'glibc'),
  },
  '@duckdb/node-bindings-linux-x64-musl': {
    files: duckdb('libduckdb.so'),
    ...platform('linux', 'x64', 'musl'),
  },
  '@duckdb/node-bindings-win32-x64': { files: duckdb('duckdb.dll'), ...platform('win32', 'x64') },
  esbuild: {
    files: { 'lib/main.js': '', 'lib/main.d.ts': '', 'install.js': '' },
    optionalDependencies: {
      '@esbuild/linux-x64': '1.0.0',
      '@esbuild/linux-arm': '1.0.0',
      '@esbuild/win32-x64': '1.0.0',
    },
  },
  '@esbuild/linux-x64': { files: { 'bin/esbuild': 'program' }, ...platform('linux', 'x64') },
  '@esbuild/linux-arm': { files: { 'bin/esbuild': 'program' }, ...platform('linux', 'arm') },
  '@esbuild/win32-x64': { files: { 'esbuild.exe': 'program' }, ...platform('win32', 'x64') },
};

const dependencies = { '@duckdb/node-bindings': '1.0.0', esbuild: '1.0.0' };

export function tarballName(name: string): string {
  return `${name.replace('@', '').replace('/', '-')}-1.0.0.tgz`;
}

/** Packs every made-up package into `folder` and returns the lock file that pins them. */
export async function publish(folder: string): Promise<Lock> {
  const lock: Record<string, LockedPackage> = { '': { version: '0.0.0', dependencies } };
  for (const [name, { files, ...rest }] of Object.entries(packages)) {
    const work = join(folder, 'work');
    const manifest = JSON.stringify({ name, version: '1.0.0', ...rest });
    await write(join(work, 'package'), { 'package.json': manifest, LICENSE: 'MIT', ...files });
    const tarball = join(folder, tarballName(name));
    await run('tar', ['-czf', tarballName(name), '-C', 'work', 'package'], folder);
    const digest = createHash('sha512')
      .update(await readFile(tarball))
      .digest('base64');
    lock[`node_modules/${name}`] = { version: '1.0.0', integrity: `sha512-${digest}`, ...rest };
    await rm(work, { recursive: true });
  }
  return lock;
}

/** What the allow-list must let through, of a build that holds next to nothing. */
const wanted: Files = {
  'dist/extension.cjs': '',
  'dist/discovery-worker.cjs': '',
  'dist/settings-checks.cjs': '',
  'dist/child.js': '',
  'dist/cli.js': '',
  'dist/index.js': '',
  'dist/chunks/chunk-1.js': '',
  'dist/types/index.d.ts': '',
  'dist/THIRD-PARTY-LICENSES.txt': 'MIT',
  'media/sample/package.json': '{}',
  'media/sample/README.md': 'Sample',
  'media/sample/strategies/lib/market.ts': '',
  'media/sample/data/prices.csv': 'ts,close\n',
};

/** What must stay home, though it lies among what is packed. */
export const unwanted: Files = {
  '.env': 'TOKEN=secret',
  '.npmrc': 'token',
  'dist/.env': 'TOKEN=secret',
  'dist/extension.cjs.map': '{}',
  'dist/types/index.d.ts.map': '{}',
  'dist/extension.ts': '',
  'dist/extension.test.ts': '',
  'src/extension.ts': '',
  'test/extension.test.ts': '',
  'bin/seamless.log': '',
  'media/demo.mjs': '',
  'media/walkthrough/notes.ts': '',
  'media/sample/.env': 'TOKEN=secret',
  'media/sample/.env.local': 'TOKEN=secret',
  'media/sample/cache.duckdb': '',
  'media/sample/strategies/.env': 'TOKEN=secret',
  'media/sample/.seamless/cache.duckdb': '',
  'media/sample/node_modules/seamless-dag/index.d.ts': '',
  'node_modules/typescript/package.json': '{}',
  'node_modules/typescript/lib/typescript.js': '',
};

/** A repository whose manifest, allow-list and words are the real ones, and whose build is made up. */
export async function layOutRepository(folder: string): Promise<void> {
  await write(folder, { ...wanted, ...unwanted });
  for (const name of [
    '.vscodeignore',
    'package.nls.json',
    'docs/extension.md',
    'CHANGELOG.md',
    'LICENSE',
    'l10n',
    'bin',
  ])
    await cp(join(repository, name), join(folder, name), { recursive: true });
  for (const name of ['icon.png', 'activity-bar.svg', 'walkthrough', 'pictures'])
    await cp(join(repository, 'media', name), join(folder, 'media', name), { recursive: true });
  const manifest = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as object;
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, dependencies }));
}
