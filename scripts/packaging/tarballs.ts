import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Pinned } from './targets.js';

/** Runs a program to its end; rejects with what it printed when it fails. */
export function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    }
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args.join(' ')} failed (exit code ${code}):\n${printed}`));
    });
  });
}

/**
 * The packages as their publishers packed them, each checked against the lock file. An installed `node_modules` is not
 * that: it has this machine's binaries only, and esbuild's installer has replaced a script by a binary in it.
 * Returns the tarball's path by package name. Throws when one is not what the lock file pins.
 */
export async function fetchTarballs(
  packages: readonly Pinned[],
  folder: string,
): Promise<Map<string, string>> {
  await mkdir(folder, { recursive: true });
  const unique = [...new Map(packages.map((each) => [each.name, each])).values()];
  const absent: Pinned[] = [];
  for (const each of unique) if (!(await isIntact(each, folder))) absent.push(each);
  if (absent.length > 0) {
    const specs = absent.map(({ name, version }) => `${name}@${version}`);
    // Under `npm run`, npm says where it is: its shell scripts cannot be started by name on Windows.
    const script = process.env['npm_execpath'];
    const [program, ...first] = script === undefined ? ['npm'] : [process.execPath, script];
    await run(program, [...first, 'pack', '--silent', '--prefer-offline', ...specs], folder);
  }
  for (const each of absent) {
    if (!(await isIntact(each, folder))) {
      throw new Error(
        `${each.name}@${each.version} is not the package the lock file pins (${each.integrity}).`,
      );
    }
  }
  return new Map(unique.map((each) => [each.name, tarball(each, folder)]));
}

/** Unpacks a tarball into a folder, its run bits kept. */
export async function unpack(file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // Some programs named tar take the colon of an absolute path on Windows for a host's.
  const path = relative(folder, file).replaceAll('\\', '/');
  await run('tar', ['-xzf', path, '--strip-components=1'], folder);
}

async function isIntact(each: Pinned, folder: string): Promise<boolean> {
  const [algorithm = 'sha512', expected] = each.integrity.split(/-(.*)/s);
  const bytes = await readFile(tarball(each, folder)).catch(() => undefined);
  return bytes !== undefined && createHash(algorithm).update(bytes).digest('base64') === expected;
}

function tarball({ name, version }: Pinned, folder: string): string {
  return join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}
