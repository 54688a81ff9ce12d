import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const built = join(import.meta.dirname, '../../../dist/webview');

/** The theme's variables that the built pages name; `words`: texts of their scripts, which may be the ends of further names. */
export async function namedVariables(): Promise<{
  readonly variables: ReadonlySet<string>;
  readonly words: ReadonlySet<string>;
}> {
  const files = ['dag.css', 'dag.js', 'results.css', 'results.js'];
  const text = (await Promise.all(files.map((file) => readFile(join(built, file), 'utf8')))).join('\n');
  const words = [...text.matchAll(/"(?!--)([\w-]+)"/g)].map(([, word]) => `--vscode-${word ?? ''}`);
  return { variables: new Set(text.match(/--vscode-[\w-]+/g)), words: new Set(words) };
}
