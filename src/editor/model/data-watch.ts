import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';

import type { Strategies } from './strategies.js';

/** Milliseconds without a write after which a file is checked: replacing a large one takes a while. */
const QUIET_MS = 400;

/**
 * Notices when a source file changes, wherever it is, and has the strategies that read it checked again. It does not read the
 * files.
 */
export class DataWatch implements vscode.Disposable {
  readonly #watched = new Map<string, vscode.Disposable>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** The file's last known `stat` signature. */
  readonly #states = new Map<string, string>();
  readonly #disposables: vscode.Disposable[];

  constructor(
    private readonly strategies: Strategies,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#disposables = [
      strategies.onDidChange((entry) => {
        if (entry === null) this.#watchAll();
        else if (entry.checking === null) for (const file of entry.dataFiles) this.#watch(file);
      }),
      // Not every file system reports changes.
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) for (const file of this.#watched.keys()) if (!isPattern(file)) this.#touched(file, file);
      }),
    ];
  }

  dispose(): void {
    for (const disposable of [...this.#disposables, ...this.#watched.values()]) disposable.dispose();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** Stops watching what no strategy reads any more. */
  #watchAll(): void {
    const wanted = new Set(this.strategies.all().flatMap(({ dataFiles }) => dataFiles));
    for (const [file, watcher] of this.#watched) {
      if (wanted.has(file)) continue;
      watcher.dispose();
      this.#watched.delete(file);
    }
    for (const file of wanted) this.#watch(file);
  }

  #watch(file: string): void {
    if (this.#watched.has(file)) return;
    const [folder, pattern] = isPattern(file) ? splitPattern(file) : [dirname(file), basename(file)];
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(vscode.Uri.file(folder), pattern),
    );
    const touched = ({ fsPath }: vscode.Uri): void => this.#touched(fsPath, file);
    watcher.onDidChange(touched);
    watcher.onDidCreate(touched);
    watcher.onDidDelete(touched);
    this.#watched.set(file, watcher);
    this.#stateOf(file).then(
      (state) => this.#states.set(file, state),
      (error: unknown) => this.log.error(String(error)),
    );
  }

  /** @param watched the file, or the pattern that found it, as in the strategy */
  #touched(file: string, watched: string): void {
    clearTimeout(this.#timers.get(file));
    const look = (): void => {
      this.#timers.delete(file);
      this.#look(file, watched).catch((error: unknown) => this.log.error(String(error)));
    };
    this.#timers.set(file, setTimeout(look, QUIET_MS));
  }

  async #look(file: string, watched: string): Promise<void> {
    const state = await this.#stateOf(file);
    if (this.#states.get(file) === state) return;
    this.#states.set(file, state);
    this.strategies.dataChanged(file, watched);
  }

  /** Changes with the content of a file, without reading it; empty if the file does not exist. */
  async #stateOf(file: string): Promise<string> {
    const found = await stat(file, { bigint: true }).catch(() => null);
    return found === null ? '' : `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
  }
}

function isPattern(file: string): boolean {
  return /[*?[\]{}]/.test(file);
}

/** Splits a pattern into its fixed folder and the rest. */
function splitPattern(file: string): [folder: string, pattern: string] {
  const first = file.search(/[*?[\]{}]/);
  const slash = file.slice(0, first).search(/[\\/][^\\/]*$/);
  return [file.slice(0, slash) || '/', file.slice(slash + 1).replaceAll('\\', '/')];
}
