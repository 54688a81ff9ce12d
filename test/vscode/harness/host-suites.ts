import { build } from 'esbuild';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, scratchFolder } from './paths.js';

/**
 * The suites of test/vscode/host, bundled into an extension of their own: the one under test stays the packed one,
 * installed, and this one is what VS Code calls "under development". Returns its folder.
 */
export async function buildHostSuites(): Promise<string> {
  const source = join(root, 'test/vscode/host');
  const folder = join(scratchFolder, 'host-suites');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files = (await readdir(source)).filter((name) => name === 'index.ts' || name.endsWith('.test.ts'));
  await build({
    entryPoints: files.map((name) => join(source, name)),
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const manifest = {
    name: 'host-suites',
    publisher: 'seamless',
    version: '0.0.0',
    engines: { vscode: '^1.100.0' },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  return folder;
}
