import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BrowserContext, ConsoleMessage, Locator } from 'playwright-core';
import { picturesFolder, root, scratchFolder } from './paths.js';
import { strategyProcesses, waitForNoProcess } from './processes.js';
import type { EditorServer } from './server.js';
import { endSession, leaveSession, openSession, type Session, type SessionOptions } from './session.js';
import { themes, type Theme } from './themes.js';
import { viewport } from './browser.js';
import { Workbench } from './workbench.js';

export interface EditorOptions extends SessionOptions {
  /** A folder to open a copy of; the sample project unless said, null for an empty folder. */
  readonly project?: string | null;
  /** Files to write over the copy: contents by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Dark unless said. */
  readonly theme?: Theme;
}

/** A real editor with the packed extension, driven through the page as a person would. */
export class Editor extends Workbench {
  readonly server: EditorServer;
  readonly browser: BrowserContext;
  private readonly consoleLines: string[] = [];
  private readonly onConsole = (line: ConsoleMessage): void =>
    void this.consoleLines.push(`${line.type()} ${line.text()}`);

  private constructor(
    /** The folder that is open: a copy, free to be changed. */
    readonly folder: string,
    private readonly session: Session,
    private theme: Theme,
    private readonly scratch: string,
  ) {
    super(session.page);
    this.server = session.server;
    this.browser = session.browser;
    this.browser.on('console', this.onConsole);
  }

  static async open(options: EditorOptions = {}): Promise<Editor> {
    const { project, files, theme = 'dark', settings, ...rest } = options;
    const scratch = await mkdtemp(join(tmpdir(), 'seamless-editor-'));
    const folder = join(scratch, 'project');
    await layOut(folder, options);
    const session = await openSession({
      settings: { 'workbench.colorTheme': themes[theme].id, ...settings },
      ...rest,
    });
    const editor = new Editor(folder, session, theme, scratch);
    try {
      await editor.page.setViewportSize(viewport);
      await editor.show();
      return editor;
    } catch (error) {
      await endSession(session);
      throw error;
    }
  }

  /** Loads the window, or loads it again: what *Reload Window* does. */
  async show(): Promise<void> {
    await this.page.goto(`${this.server.url}/?folder=${encodeURIComponent(this.folder)}`);
    await this.shown();
  }

  /** A second window on the same folder and server, with an extension host of its own. Close its page to close it. */
  async openSecondWindow(): Promise<Workbench> {
    const second = new Workbench(await this.browser.newPage());
    await second.page.goto(this.page.url());
    await second.shown();
    return second;
  }

  /** Draws what is on the screen in another theme, open boxes and hovers included: by the settings of the folder, which are watched. */
  async redrawIn(theme: Theme): Promise<void> {
    const settings = join(this.folder, '.vscode/settings.json');
    await mkdir(dirname(settings), { recursive: true });
    await writeFile(settings, JSON.stringify({ 'workbench.colorTheme': themes[theme].id }));
    await this.themeShown(theme);
    this.theme = theme;
  }

  /** A picture of the window, or of a part of it: `.test-tmp/pictures/THEME/NAME.png`. Returns its path. */
  async picture(name: string, part?: Locator): Promise<string> {
    await this.themeShown(this.theme);
    const path = join(picturesFolder, this.theme, `${name}.png`);
    await mkdir(dirname(path), { recursive: true });
    await (part ?? this.page).screenshot({ path, animations: 'disabled', caret: 'hide' });
    return path;
  }

  /** Process ids of the children that run strategies for windows of this editor. */
  strategyProcesses(): number[] {
    return strategyProcesses(this.server.pid).map(({ pid }) => pid);
  }

  /** As the function of that name. */
  async waitForNoProcess(pid: number, limitMs?: number): Promise<void> {
    await waitForNoProcess(pid, limitMs);
  }

  /** Keeps what tells why a test failed: a picture of each window, and the logs of server, extension host, extension and child. */
  async keepEvidence(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const [at, page] of this.browser.pages().entries()) {
      const name = at === 0 ? 'screenshot' : `screenshot-${at + 1}`;
      await page
        .screenshot({ path: join(folder, `${name}.png`), timeout: 10_000 })
        .catch((error: unknown) => writeFile(join(folder, `${name}.failed.txt`), String(error)));
    }
    await cp(this.server.logs, join(folder, 'logs'), { recursive: true });
    await cp(join(this.session.folder, 'server/server.log'), join(folder, 'logs/server.log'));
    await writeFile(join(folder, 'logs/browser-console.log'), this.consoleLines.join('\n'));
  }

  /** The text on the screen, on one line: for logs of machines whose pictures nobody can open. */
  async shownText(): Promise<string> {
    const text = await this.page
      .locator('body')
      .innerText({ timeout: 10_000 })
      .catch((error: unknown) => String(error));
    return text.replace(/\s+/g, ' ').slice(0, 4000);
  }

  /** @param hasFailed what is left may be in any state then: nobody else is to meet it */
  async close(hasFailed = false): Promise<void> {
    this.browser.off('console', this.onConsole);
    await (hasFailed ? endSession : leaveSession)(this.session);
    await rm(this.scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * One editor for the tests of a suite: opened before them, closed after them. A test that fails leaves its evidence in
 * `.test-tmp/failures/`. Call inside `describe`; the function it returns gives the editor inside a test.
 */
export function useEditor(options: EditorOptions = {}): () => Editor {
  let editor: Editor | undefined;
  let hasFailed = false;
  const opened = (): Editor => {
    if (editor === undefined) throw new Error('The editor is open only while tests run.');
    return editor;
  };
  before(async function () {
    editor = await Editor.open(options);
  });
  afterEach(async function () {
    const test = this.currentTest;
    if (test?.state !== 'failed') return;
    hasFailed = true;
    const folder = join(
      scratchFolder,
      'failures',
      test
        .fullTitle()
        .replace(/[^\p{L}\p{N}]+/gu, '-')
        .slice(0, 100),
    );
    // Opening may be what failed.
    if (editor === undefined) return;
    await editor.keepEvidence(folder);
    console.error(
      `      Evidence of the failure: ${folder}\n      On the screen: ${await editor.shownText()}`,
    );
  });
  after(async () => {
    await editor?.close(hasFailed);
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
