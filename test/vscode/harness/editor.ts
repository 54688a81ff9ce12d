import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { openBrowser } from './browser.js';
import { installedExtension } from './extension.js';
import { root, scratchFolder } from './paths.js';
import { startServer, type EditorServer, type ServerOptions } from './server.js';
import { editorTools } from './tools.js';

export interface EditorOptions extends Pick<ServerOptions, 'settings' | 'trust' | 'driver' | 'env'> {
  /** A folder to open a copy of; the sample project unless said, nothing for an empty folder. */
  readonly project?: string | null;
  /** Files to write over the copy: contents by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A real editor with the packed extension, driven through the page as a person would. */
export class Editor {
  private constructor(
    /** The folder that is open: a copy, free to be changed. */
    readonly folder: string,
    readonly server: EditorServer,
    readonly browser: BrowserContext,
    readonly page: Page,
    private readonly scratch: string,
  ) {}

  static async open(options: EditorOptions = {}): Promise<Editor> {
    const tools = await editorTools();
    const extensions = await installedExtension(tools);
    const scratch = await mkdtemp(join(tmpdir(), 'seamless-editor-'));
    const folder = join(scratch, 'project');
    await layOut(folder, options);
    const { settings, trust, driver, env } = options;
    const server = await startServer(tools, {
      profile: join(scratch, 'server'),
      extensions,
      ...(settings && { settings }),
      ...(trust !== undefined && { trust }),
      ...(driver !== undefined && { driver }),
      ...(env && { env }),
    });
    try {
      const browser = await openBrowser(join(scratch, 'browser'));
      const page = browser.pages()[0] ?? (await browser.newPage());
      const editor = new Editor(folder, server, browser, page, scratch);
      await editor.show();
      return editor;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Loads the window, or loads it again: what *Reload Window* does. */
  async show(): Promise<void> {
    await this.page.goto(`${this.server.url}/?folder=${encodeURIComponent(this.folder)}`);
    await this.page.locator('.monaco-workbench .explorer-folders-view').waitFor();
  }

  /** A second window on the same folder and server. */
  async openSecondWindow(): Promise<Page> {
    const page = await this.browser.newPage();
    await page.goto(this.page.url());
    await page.locator('.monaco-workbench .explorer-folders-view').waitFor();
    return page;
  }

  /** Runs a command by the title it has in the palette, such as `Seamless: Show Log`. */
  async command(title: string): Promise<void> {
    await this.pick('>', title);
  }

  /** Opens a file of the folder by name. */
  async openFile(name: string): Promise<void> {
    await this.pick('', name);
    await this.page.locator('.monaco-editor .view-lines').first().waitFor();
  }

  async screenshot(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await this.page.screenshot({ path, timeout: 10_000 });
  }

  /** Keeps what tells why a test failed: the picture, and every log of server, extension host and extension. */
  async keepEvidence(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await this.screenshot(join(folder, 'screenshot.png')).catch((error: unknown) =>
      writeFile(join(folder, 'screenshot.failed.txt'), String(error)),
    );
    await cp(this.server.logs, join(folder, 'logs'), { recursive: true });
    await cp(join(this.scratch, 'server/server.log'), join(folder, 'logs/server.log'));
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await rm(this.scratch, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The list does not follow what arrives while it is open, and extensions arrive after the window: so it is opened again. */
  private async pick(prefix: string, title: string): Promise<void> {
    const box = this.page.locator('.quick-input-widget');
    const row = box.locator('.monaco-list-row').filter({ has: this.page.getByText(title, { exact: true }) });
    for (let left = 15; ; left--) {
      await this.page.keyboard.press(prefix === '>' ? 'F1' : 'ControlOrMeta+P');
      await box.locator('input').fill(prefix + title);
      const found = row.first().waitFor({ timeout: 2_000 });
      if (left === 0) await found;
      else if (
        !(await found.then(
          () => true,
          () => false,
        ))
      ) {
        await this.page.keyboard.press('Escape');
        continue;
      }
      await row.first().click();
      // The command may ask something in the very same box.
      await row.first().waitFor({ state: 'hidden' });
      return;
    }
  }
}

/**
 * One editor for the tests of a suite: opened before them, closed after them. A test that fails leaves its evidence in
 * `.test-tmp/failures/`. Call inside `describe`; the function it returns gives the editor inside a test.
 */
export function useEditor(options: EditorOptions = {}): () => Editor {
  let editor: Editor | undefined;
  const opened = (): Editor => {
    if (editor === undefined) throw new Error('The editor is open only while tests run.');
    return editor;
  };
  before(async function () {
    this.timeout(600_000);
    editor = await Editor.open(options);
  });
  afterEach(async function () {
    const test = this.currentTest;
    if (test?.state !== 'failed') return;
    const folder = join(
      scratchFolder,
      'failures',
      test
        .fullTitle()
        .replace(/[^\p{L}\p{N}]+/gu, '-')
        .slice(0, 100),
    );
    await opened().keepEvidence(folder);
    console.error(`      Evidence of the failure: ${folder}`);
  });
  after(async () => {
    await editor?.close();
    editor = undefined;
  });
  return opened;
}

async function layOut(
  folder: string,
  { project = join(root, 'media/sample'), files = {} }: EditorOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (project !== null) {
    await cp(project, folder, {
      recursive: true,
      filter: (path) => !path.slice(project.length).includes('.seamless'),
    });
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
