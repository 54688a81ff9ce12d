import * as vscode from 'vscode';

import { placeTypes } from '../../scaffold/types.js';
import type { Strategies } from '../model/strategies.js';

/** Gives every project with strategies the SDK's types, so that nothing is underlined in a project without `npm install`. */
export class PlacedTypes implements vscode.Disposable {
  /** Projects done in this window. */
  readonly #seen = new Map<string, Promise<void>>();
  readonly #disposables: { dispose(): unknown }[];

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly strategies: Strategies,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#disposables = [
      strategies.onDidChange((entry) => {
        if (!entry) this.#placeAll();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#placeAll()),
    ];
  }

  /** Resolves when the project has types: ours, or its own. */
  placeIn(projectRoot: string): Promise<void> {
    const known = this.#seen.get(projectRoot) ?? this.#place(projectRoot);
    this.#seen.set(projectRoot, known);
    return known;
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #placeAll(): void {
    // Nothing is written to an untrusted folder.
    if (!vscode.workspace.isTrusted) return;
    for (const { ref } of this.strategies.all()) void this.placeIn(ref.projectRoot);
  }

  async #place(projectRoot: string): Promise<void> {
    try {
      const placement = await placeTypes(projectRoot, this.context.extensionPath);
      if (placement !== 'kept') this.log.info(`Types of seamless-dag ${placement} in ${projectRoot}.`);
    } catch (error) {
      // The folder may be read-only: strategies run anyway, without types in the editor.
      this.log.warn(`Types of seamless-dag could not be placed in ${projectRoot}: ${String(error)}`);
    }
  }
}
