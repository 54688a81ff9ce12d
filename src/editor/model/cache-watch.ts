import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';

import { cacheState } from '../../protocol/project.js';
import type { Runs } from './runs.js';
import type { Strategies } from './strategies.js';

/** Milliseconds without a write after which a cache is checked again. */
const QUIET_MS = 700;

/**
 * Notices when a cache changes, through another window, a terminal or a deletion by hand, and has the affected strategies checked
 * again. It watches files and opens none.
 */
export class CacheWatch implements vscode.Disposable {
  readonly #watched = new Map<string, vscode.Disposable>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #disposables: vscode.Disposable[];

  constructor(
    private readonly strategies: Strategies,
    private readonly runs: Runs,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#disposables = [
      strategies.onDidLook((folder) => this.#watch(folder)),
      runs.onDidEnd(({ entry }) => this.#touched(strategies.cacheOf(entry))),
      // Not every file system reports changes.
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) for (const folder of this.#watched.keys()) this.#touched(folder);
      }),
    ];
  }

  dispose(): void {
    for (const disposable of [...this.#disposables, ...this.#watched.values()]) disposable.dispose();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #watch(folder: string): void {
    if (this.#watched.has(folder)) return;
    // When a folder is deleted, its files are not reported.
    const watchers = [
      watcher(folder, 'cache.duckdb*'),
      watcher(dirname(folder), literally(basename(folder))),
    ];
    for (const each of watchers) {
      each.onDidChange(() => this.#touched(folder));
      each.onDidCreate(() => this.#touched(folder));
      each.onDidDelete(() => this.#touched(folder));
    }
    this.#watched.set(folder, vscode.Disposable.from(...watchers));
  }

  #touched(folder: string): void {
    clearTimeout(this.#timers.get(folder));
    const look = (): void => {
      this.#timers.delete(folder);
      // This window's own runs are checked when they end.
      if (this.runs.runningKeys.length > 0) this.#touched(folder);
      else this.#look(folder).catch((error: unknown) => this.log.error(String(error)));
    };
    this.#timers.set(folder, setTimeout(look, QUIET_MS));
  }

  async #look(folder: string): Promise<void> {
    await this.strategies.cacheChanged(folder, await cacheState(folder));
  }
}

function watcher(folder: string, pattern: string): vscode.FileSystemWatcher {
  return vscode.workspace.createFileSystemWatcher(
    new vscode.RelativePattern(vscode.Uri.file(folder), pattern),
  );
}

/** Escapes a name for a pattern. */
function literally(name: string): string {
  return name.replace(/[[\]{}*?]/g, '[$&]');
}
