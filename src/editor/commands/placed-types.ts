import * as vscode from 'vscode';

import { placeTypes } from '../../scaffold/types.js';
import type { Strategies } from '../model/strategies.js';

/** Gives every project with strategies the SDK's types, so that nothing is underlined that `npm install` was never run for. */
export class PlacedTypes implements vscode.Disposable {
  /** Projects that were seen to in this window. */
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

  /** Resolves when the project has types: ours, or those it had. */
  placeIn(projectRoot: string): Promise<void> {
    const known = this.#seen.get(projectRoot) ?? this.#place(projectRoot);
    this.#seen.set(projectRoot, known);
    return known;
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #placeAll(): void {
    // Nothing is written into a folder that is not trusted.
    if (!vscode.workspace.isTrusted) return;
    for (const { ref } of this.strategies.all()) void this.placeIn(ref.projectRoot);
  }

  async #place(projectRoot: string): Promise<void> {
    try {
      const placement = await placeTypes(projectRoot, this.context.extensionPath);
      if (placement !== 'kept') this.log.info(`Types of seamless-dag ${placement} in ${projectRoot}.`);
    } catch (error) {
      // A folder that cannot be written to: strategies run all the same, and only lack their types.
      this.log.warn(`Types of seamless-dag could not be placed in ${projectRoot}: ${String(error)}`);
    }
  }
}
