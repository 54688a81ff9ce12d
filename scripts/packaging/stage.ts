import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { unpack } from './tarballs.js';
import type { Pinned } from './targets.js';

const staged = [
  '.vscodeignore',
  'package.nls.json',
  'l10n',
  'CHANGELOG.md',
  'LICENSE',
  'bin',
  'dist',
  'media',
];

/** What must be built before it can be packaged. */
const built = [
  'dist/extension.cjs',
  'dist/discovery-worker.cjs',
  'dist/settings-checks.cjs',
  'dist/child.js',
  'dist/cli.js',
  'dist/index.js',
  'dist/types/index.d.ts',
];

/** Lays out in an empty folder what every target's package shares, so that a build meanwhile changes none of them. */
export async function stage(root: string, folder: string): Promise<void> {
  const missing = built.filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0)
    throw new Error(`${missing.join(', ')} is missing. Run npm run build, then package again.`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const name of staged)
    await cp(join(root, name), join(folder, name), {
      recursive: true,
      filter: (path) => belongs(path.slice(root.length)),
    });
  await writeFile(join(folder, 'package.json'), await manifest(root));
  await writeFile(join(folder, 'README.md'), await page(root));
}

/** Replaces the run-time dependencies in a staged folder by one target's. */
export async function stageDependencies(
  folder: string,
  dependencies: readonly Pinned[],
  tarballs: ReadonlyMap<string, string>,
): Promise<void> {
  await rm(join(folder, 'node_modules'), { recursive: true, force: true });
  for (const { name } of dependencies) {
    const tarball = tarballs.get(name);
    if (tarball === undefined) throw new Error(`${name} was not fetched.`);
    await unpack(tarball, join(folder, 'node_modules', name));
  }
}

/** The manifest without what only this repository uses; `files` is npm's list, and .vscodeignore is this package's. */
async function manifest(root: string): Promise<string> {
  const whole = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { devDependencies, scripts, files, ...rest } = whole;
  return `${JSON.stringify(rest, null, 2)}\n`;
}

/** The extension's page is for people who have it in the editor; the README is for those who have the repository. */
const PAGE = 'docs/extension.md';

/**
 * The page with its pictures in it: of an installed extension VS Code shows pictures from the web and from `data:` addresses, and
 * none that lie beside the text.
 */
async function page(root: string): Promise<string> {
  let text = await readFile(join(root, PAGE), 'utf8');
  for (const [link, path = ''] of text.matchAll(/\]\(\.\.\/(media\/[^)\s]+\.png)\)/g)) {
    const picture = await readFile(join(root, path), 'base64');
    text = text.replace(link, `](data:image/png;base64,${picture})`);
  }
  return text;
}

/** A cache someone made by trying the sample stays home. */
function belongs(path: string): boolean {
  return !/[\\/](?:\.seamless|node_modules)(?:[\\/]|$)/.test(path);
}
