import { build } from 'esbuild';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SUITES_BEGIN } from '../host/begin.js';
import type { Editor } from './editor.js';
import { root, scratchFolder } from './paths.js';

/** What the suites inside the extension host printed, and the exit code they ended with. */
export interface HostRun {
  readonly exitCode: number;
  readonly output: string;
}

/** Loads a window of the editor that runs the suites of test/vscode/host inside its extension host. */
export async function runHostSuites(editor: Editor): Promise<HostRun> {
  const suites = await buildHostSuites();
  const remote = (path: string): string => `vscode-remote://${editor.server.authority}${path}`;
  const payload = [
    ['extensionDevelopmentPath', remote(suites)],
    ['extensionTestsPath', remote(`${suites}/index.cjs`)],
  ];
  const page = await editor.browser.newPage();
  const lines: string[] = [];
  await page.exposeFunction('codeAutomationLog', (_type: string, parts: unknown[]) => {
    const line = readable(parts);
    // What comes before is the workbench talking to itself.
    if (line === SUITES_BEGIN) lines.length = 0;
    else lines.push(line);
  });
  const ended = new Promise<number>((resolve, reject) => {
    page.exposeFunction('codeAutomationExit', resolve).catch(reject);
    page.once('crash', () => reject(new Error('The page crashed while the suites ran.')));
    page.once('close', () => reject(new Error('The page closed while the suites ran.')));
  });
  const query = new URLSearchParams({ folder: editor.folder, payload: JSON.stringify(payload) });
  await page.goto(`${editor.server.url}/?${query.toString()}`);
  const exitCode = await ended;
  await page.close();
  return { exitCode, output: lines.join('\n') };
}

/** `console.log`'s arguments as one line: mocha's reporter prints by format strings. */
function readable(parts: unknown[]): string {
  const [format, ...values] = parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part)));
  return (
    (format ?? '').replace(/%[sdo]/g, () => values.shift() ?? '') +
    values.map((value) => ` ${value}`).join('')
  );
}

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
