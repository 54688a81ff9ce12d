// Makes one VSIX per platform in vsix/: `npm run package`, or `npm run package -- linux-x64 current` for some.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Inspection } from './packaging/inspect.js';
import { makePackage } from './packaging/make.js';
import { stage } from './packaging/stage.js';
import { currentTarget, readLock, vscodeTargets, type Target } from './packaging/targets.js';

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

async function makePackages(targets: readonly Target[]): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const lock = await readLock(join(root, 'package-lock.json'));
  await mkdir(out, { recursive: true });
  const folder = join(scratch, `stage-${process.pid}`);
  try {
    await stage(root, folder);
    for (const target of targets) {
      const made = await makePackage(target, lock, {
        folder,
        tarballs: join(scratch, 'tarballs'),
        out,
        version,
      });
      console.log(typeof made === 'string' ? made : `${target.name}: ${sizes(made)}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function sizes({ files, packed, installed }: Inspection): string {
  return `${megabytes(packed)} packed, ${megabytes(installed)} installed, ${files} files`;
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
