import type { Editor } from './editor.js';
import { SUITES_BEGIN } from '../host/begin.js';
import { buildHostSuites } from './host-suites.js';

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
