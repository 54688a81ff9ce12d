// Reads the variables that VS Code gives to webviews in its four kinds of themes, into themes.json beside this file:
// `node --import tsx test/webview/support/read-themes.ts`. The tests of the page show it in these colours. Only variables that the
// page or its controls name are kept: read them again when one comes.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBrowser } from '../../vscode/harness/browser.js';
import { startServer } from '../../vscode/harness/server.js';
import { editorTools } from '../../vscode/harness/tools.js';
import { namedVariables } from './named-variables.js';

const THEMES = {
  light: 'Default Light Modern',
  dark: 'Default Dark Modern',
  'hc-dark': 'Default High Contrast',
  'hc-light': 'Default High Contrast Light',
};

async function readTheme(colorTheme: string): Promise<Record<string, string>> {
  const scratch = await mkdtemp(join(tmpdir(), 'seamless-theme-'));
  const folder = join(scratch, 'folder');
  await mkdir(folder);
  await writeFile(join(folder, 'a.md'), '# A\n');
  const server = await startServer(await editorTools(), {
    profile: join(scratch, 'server'),
    extensions: join(scratch, 'extensions'),
    settings: {
      'workbench.colorTheme': colorTheme,
      'workbench.editorAssociations': { '*.md': 'vscode.markdown.preview.editor' },
    },
  });
  const browser = await openBrowser(join(scratch, 'browser'));
  try {
    const page = browser.pages()[0] ?? (await browser.newPage());
    await page.goto(`${server.url}/?folder=${encodeURIComponent(folder)}`);
    await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'a.md' }).dblclick();
    const frame = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    await frame.locator('h1').waitFor();
    const style = await frame.locator('html').getAttribute('style');
    const entries = (style ?? '').split(';').flatMap((line) => {
      const at = line.indexOf(':');
      return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const];
    });
    return Object.fromEntries(entries.filter(([name]) => variables.has(name) || words.has(name)));
  } finally {
    await browser.close();
    await server.stop();
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

const { variables, words } = await namedVariables();
const themes: Record<string, Record<string, string>> = {};
for (const [kind, colorTheme] of Object.entries(THEMES)) themes[kind] = await readTheme(colorTheme);
await writeFile(join(import.meta.dirname, 'themes.json'), `${JSON.stringify(themes, null, 2)}\n`);
