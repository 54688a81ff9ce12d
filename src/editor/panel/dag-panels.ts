import * as v from 'valibot';
import * as vscode from 'vscode';

import type { Span } from '../../engine/run/reporting/report.js';
import { DagPanel } from './dag-panel.js';
import { openBeside, pageShower } from './show-page.js';
import type { Services } from '../workbench.js';
import type { StrategyEntry } from '../model/strategies.js';

const VIEW_TYPE = 'seamless.dag';

/** What the host needs of the page's saved state: the strategy and the range. */
const keptState = v.object({
  key: v.string(),
  range: v.nullable(v.tuple([v.number(), v.number()])),
});

/** One panel per strategy, opened beside the code and restored with the window. */
export class DagPanels implements vscode.Disposable, vscode.WebviewPanelSerializer {
  readonly #workbench: Services;
  readonly #panels = new Map<string, { readonly panel: DagPanel; readonly view: vscode.WebviewPanel }>();
  readonly #disposables: readonly vscode.Disposable[];

  constructor(workbench: Services) {
    this.#workbench = workbench;
    this.#disposables = [
      vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, this),
      workbench.strategies.onDidRename(({ from, to }) => this.#follow(from, to)),
    ];
  }

  /** @param node name of a node to select and bring into view */
  show({ key, name }: StrategyEntry, node: string | null = null): void {
    const known = this.#panels.get(key);
    if (known) known.panel.reveal();
    const panel = known?.panel ?? this.#open(key, name);
    if (node !== null) panel.select(node);
  }

  /** The window was reloaded; the page remembers which strategy it shows. */
  deserializeWebviewPanel(view: vscode.WebviewPanel, state: unknown): Promise<void> {
    const kept = v.safeParse(keptState, state);
    if (kept.success && !this.#panels.has(kept.output.key)) {
      this.#hold(kept.output.key, view, kept.output.range);
    } else view.dispose();
    return Promise.resolve();
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
    for (const { view } of [...this.#panels.values()]) view.dispose();
  }

  #forget(view: vscode.WebviewPanel): void {
    for (const [key, held] of this.#panels) if (held.view === view) this.#panels.delete(key);
  }

  /** One panel per strategy: if another already shows it under its new key, this one closes. */
  #follow(from: string, to: string): void {
    const held = this.#panels.get(from);
    if (!held) return;
    if (this.#panels.has(to)) {
      held.view.dispose();
      return;
    }
    this.#panels.delete(from);
    this.#panels.set(to, held);
    held.panel.follow(to);
  }

  #open(key: string, title: string): DagPanel {
    return this.#hold(key, openBeside(VIEW_TYPE, title));
  }

  #hold(key: string, view: vscode.WebviewPanel, range: Span | null = null): DagPanel {
    const showPage = pageShower(this.#workbench, view);
    const { extensionUri } = this.#workbench.context;
    const icon = (name: string): vscode.Uri => vscode.Uri.joinPath(extensionUri, 'media', name);
    view.iconPath = { light: icon('dag-light.svg'), dark: icon('dag-dark.svg') };
    const panel = new DagPanel(this.#workbench, {
      key,
      view,
      range,
      onClose: () => this.#forget(view),
    });
    this.#panels.set(key, { panel, view });
    showPage('dag', key);
    return panel;
  }
}
