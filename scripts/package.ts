// Makes one VSIX per platform in vsix/: `npm run package`, or `npm run package -- linux-x64 current` for some.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from './packaging/inspect.js';
import { stage, stageDependencies } from './packaging/stage.js';
import { fetchTarballs, run } from './packaging/tarballs.js';
import { currentTarget, dependenciesOf, readLock, vscodeTargets, whyNot } from './packaging/targets.js';
import type { Lock, Target } from './packaging/targets.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const scratch = join(root, '.test-tmp/package');
const out = join(root, 'vsix');

function chosen(names: readonly string[]): readonly Target[] {
  if (names.length === 0) return vscodeTargets;
  return names.map((name) => {
    const target = name === 'current' ? currentTarget() : vscodeTargets.find((each) => each.name === name);
    if (target === undefined) {
      const known = vscodeTargets.map((each) => each.name).join(', ');
      throw new Error(`${name} is no platform of VS Code. Choose among: current, ${known}.`);
    }
    return target;
  });
}

async function makePackage(target: Target, lock: Lock, folder: string, version: string): Promise<void> {
  const dependencies = dependenciesOf(target, lock);
  const reason = whyNot(target, dependencies);
  if (reason !== undefined) {
    console.log(reason);
    return;
  }
  const tarballs = await fetchTarballs(dependencies, join(scratch, 'tarballs'));
  await stageDependencies(folder, dependencies, tarballs);
  const path = join(out, `seamless-dag-${target.name}-${version}.vsix`);
  const vsce = join(root, 'node_modules/@vscode/vsce/vsce');
  const options = [
    '--target',
    target.name,
    '--out',
    path,
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
  ];
  await run(process.execPath, [vsce, 'package', ...options], folder);
  const { files, packed, installed } = await inspect(path, target, dependencies);
  console.log(
    `${target.name}: ${megabytes(packed)} packed, ${megabytes(installed)} installed, ${files} files`,
  );
}

async function makePackages(targets: readonly Target[]): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const lock = await readLock(join(root, 'package-lock.json'));
  await mkdir(out, { recursive: true });
  const folder = join(scratch, `stage-${process.pid}`);
  try {
    await stage(root, folder);
    for (const target of targets) await makePackage(target, lock, folder, version);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

try {
  await makePackages(chosen(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
