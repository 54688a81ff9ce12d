import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

import { FakeVscode } from './vscode.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/**
 * Loads modules of `src/editor` with a stand-in for VS Code's API, which no process but VS Code's own has.
 * @param modules by the name that the result has them under, as seen from `src/editor`
 */
export async function loadEditor<T>(
  modules: Readonly<Record<keyof T & string, string>>,
): Promise<T & { readonly vscode: FakeVscode }> {
  const vscode = new FakeVscode();
  const key = `seamless.vscode.${randomUUID()}`;
  Reflect.set(globalThis, key, vscode.api);
  const folder = join(root, '.test-tmp', 'editor');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${randomUUID()}.mjs`);
  const lines = Object.entries<string>(modules).map(
    ([name, path]) => `export * as ${name} from ${JSON.stringify(`./src/editor/${path}`)};`,
  );
  try {
    await build({
      stdin: { contents: lines.join('\n'), resolveDir: root, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'error',
      outfile,
      plugins: [
        {
          name: 'vscode',
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^vscode$/ }, () => ({ path: 'vscode', namespace: 'fake' }));
            onLoad({ filter: /.*/, namespace: 'fake' }, () => ({
              contents: `module.exports = globalThis[${JSON.stringify(key)}];`,
              loader: 'js',
            }));
          },
        },
      ],
    });
    return Object.assign({}, (await import(pathToFileURL(outfile).href)) as T, { vscode });
  } finally {
    // The modules have it by now, and other suites of this process look at what is global.
    Reflect.deleteProperty(globalThis, key);
    rmSync(outfile, { force: true });
  }
}
