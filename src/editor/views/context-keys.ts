import * as vscode from 'vscode';

import type { Strategies } from '../model/strategies.js';

/** Tells menus and the welcome view which files hold strategies, and whether the search is complete. */
export class ContextKeys implements vscode.Disposable {
  readonly #subscription: vscode.Disposable;
  #files = '';

  constructor(
    private readonly strategies: Strategies,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#subscription = strategies.onDidChange((entry) => {
      if (!entry) this.#tellFiles();
    });
  }

  /** The workspace was searched: an empty list means that there are no strategies. */
  searched(): void {
    this.#set('seamless.searched', true);
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #tellFiles(): void {
    const files = [...new Set(this.strategies.all().map(({ found }) => found.file))];
    const now = files.join('\n');
    if (now === this.#files) return;
    this.#files = now;
    this.#set('seamless.files', files);
  }

  #set(key: string, value: unknown): void {
    vscode.commands
      .executeCommand('setContext', key, value)
      .then(undefined, (error: unknown) => this.log.error(String(error)));
  }
}
