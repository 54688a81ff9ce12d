import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import * as vscode from 'vscode';

import { DiscoveryClient } from '../../discovery/client.js';
import type { CursorPlace } from './node-at-cursor.js';
import type { Strategies } from './strategies.js';

const SCRIPTS = '**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}';
const SCRIPT = /(?<!\.d)\.[cm]?[jt]sx?$/;

/** Milliseconds after the last key press until text is parsed. */
const TYPING_PAUSE_MS = 200;

/** Milliseconds within which a saved file is also reported as changed on disk. */
const SAVE_ECHO_MS = 2000;

/** Keeps the list of strategies up to date while folders, files and open texts change. A worker thread does the work. */
export class WorkspaceDiscovery implements vscode.Disposable {
  readonly #client: DiscoveryClient;
  readonly #strategies: Strategies;
  readonly #log: vscode.LogOutputChannel;
  readonly #disposables: vscode.Disposable[] = [];
  readonly #savedAt = new Map<string, number>();
  /** Scripts that changed on disk in this turn of the event loop. */
  readonly #changes = new Set<string>();
  readonly #typing = new Map<string, NodeJS.Timeout>();

  constructor(context: vscode.ExtensionContext, strategies: Strategies, log: vscode.LogOutputChannel) {
    this.#strategies = strategies;
    this.#log = log;
    this.#client = new DiscoveryClient({
      workerPath: join(context.extensionPath, 'dist', 'discovery-worker.cjs'),
      onFile: ({ file, strategies: found }) => strategies.found(file, found),
      onRemoved: (file) => strategies.found(file, []),
      onError: (error) => log.error(error.message),
    });
  }

  get client(): DiscoveryClient {
    return this.#client;
  }

  /** Searches the folders again, also for unreported changes. Resolves when done. */
  async refresh(): Promise<void> {
    await this.#client.scan(folders().map(({ uri }) => uri.fsPath));
    this.#lookForGhosts();
    await this.#client.settled();
  }

  /** The cursor's position in a saved script; null: none. */
  async cursorPlace(): Promise<CursorPlace | null> {
    const editor = vscode.window.activeTextEditor;
    const file = editor ? scriptOf(editor.document) : null;
    if (!editor || file === null) return null;
    const { line, character } = editor.selection.active;
    const at = await this.#client.nodeAt(file, editor.document.getText(), line + 1, character + 1);
    return { file, line: line + 1, at };
  }

  /** @param onSearched called when the folders were searched, even if that failed */
  start(onSearched: () => void): void {
    // Each event is handled by one of the two: thousands may arrive together.
    const contents = vscode.workspace.createFileSystemWatcher(SCRIPTS, true, false, true);
    const names = vscode.workspace.createFileSystemWatcher('**', false, true, false);
    this.#disposables.push(
      contents,
      names,
      names.onDidCreate(({ fsPath }) => this.#created(fsPath)),
      names.onDidDelete(({ fsPath }) => this.#deleted(fsPath)),
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) this.#lookForGhosts();
      }),
      contents.onDidChange(({ fsPath }) => this.#changed(fsPath)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.#scan(onSearched)),
      vscode.workspace.onDidOpenTextDocument((document) => this.#opened(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#typed(document)),
      vscode.workspace.onDidSaveTextDocument((document) => this.#saved(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#closed(document)),
    );
    for (const document of vscode.workspace.textDocuments) this.#opened(document);
    this.#scan(onSearched);
  }

  dispose(): void {
    for (const timer of this.#typing.values()) clearTimeout(timer);
    for (const disposable of this.#disposables) disposable.dispose();
    this.#client.dispose().catch((error: unknown) => this.#log.error(String(error)));
  }

  #scan(onSearched: () => void): void {
    this.#client
      .scan(folders().map(({ uri }) => uri.fsPath))
      .then(
        ({ files, strategies, ms }) =>
          this.#log.info(`${strategies} strategies in ${files} files, found in ${Math.round(ms)} ms.`),
        (error: unknown) => this.#log.error(String(error)),
      )
      .finally(onSearched);
  }

  /** When a whole folder appears (a copy, or a change of branch), its scripts may not be reported. */
  #created(path: string): void {
    if (SCRIPT.test(path)) this.#changed(path);
    else this.#client.changed(path);
  }

  /** The same when a folder is deleted: its scripts with strategies are known. */
  #deleted(path: string): void {
    if (SCRIPT.test(path)) return this.#client.removed(path);
    const inside = this.#strategies.all().some(({ found }) => found.file.startsWith(path + sep));
    if (inside) this.#client.removed(path);
  }

  /** Strategies whose deleted file was not reported. */
  #lookForGhosts(): void {
    const files = new Set(this.#strategies.all().map(({ found }) => found.file));
    for (const file of files) if (!existsSync(file)) this.#client.removed(file);
  }

  #changed(file: string): void {
    this.#client.changed(file);
    // The save was handled before the file's change was reported.
    if (Date.now() - (this.#savedAt.get(file) ?? 0) <= SAVE_ECHO_MS) return;
    if (this.#changes.size === 0) setImmediate(() => this.#tellStrategies());
    this.#changes.add(file);
  }

  /** Thousands of files may change in one turn: each strategy is checked once. */
  #tellStrategies(): void {
    this.#strategies.saved(new Set(this.#changes));
    this.#changes.clear();
  }

  /** The system may lose events when many files change at once; files outside folders are known only while open. */
  #opened(document: vscode.TextDocument): void {
    const file = scriptOf(document);
    if (file === null) return;
    if (vscode.workspace.getWorkspaceFolder(document.uri)) this.#client.changed(file);
    else this.#client.edited(file, document.getText());
  }

  #typed(document: vscode.TextDocument): void {
    const file = scriptOf(document);
    if (file === null) return;
    this.#strategies.edited(file);
    clearTimeout(this.#typing.get(file));
    const look = (): void => {
      this.#typing.delete(file);
      if (!document.isClosed) this.#client.edited(file, textToKnow(document));
    };
    this.#typing.set(file, setTimeout(look, TYPING_PAUSE_MS));
  }

  #saved(document: vscode.TextDocument): void {
    const file = scriptOf(document);
    if (file === null) return;
    clearTimeout(this.#typing.get(file));
    this.#typing.delete(file);
    this.#savedAt.set(file, Date.now());
    this.#client.edited(file, textToKnow(document));
    this.#client.changed(file);
    this.#strategies.saved(new Set([file]));
  }

  #closed(document: vscode.TextDocument): void {
    const file = scriptOf(document);
    if (file === null) return;
    this.#client.edited(file, null);
    this.#strategies.edited(file);
  }
}

function folders(): readonly vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
}

/** The text that replaces the file's, or null. */
function textToKnow(document: vscode.TextDocument): string | null {
  const onDisk = !document.isDirty && vscode.workspace.getWorkspaceFolder(document.uri) !== undefined;
  return onDisk ? null : document.getText();
}

function scriptOf({ uri }: vscode.TextDocument): string | null {
  return uri.scheme === 'file' && SCRIPT.test(uri.fsPath) ? uri.fsPath : null;
}
