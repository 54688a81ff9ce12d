import * as v from 'valibot';
import * as vscode from 'vscode';

import type { Services } from '../workbench.js';
import { ResultsPanel, type ResultsPlace } from './results-panel.js';
import { openBeside, pageShower } from './show-page.js';

const VIEW_TYPE = 'seamless.results';

/** What the host needs of the page's saved state. */
const kept = v.object({
  projectRoot: v.string(),
  run: v.nullable(v.string()),
  other: v.nullable(v.string()),
});

/** One panel per window, beside the code, restored with the window. */
export class ResultsPanels implements vscode.Disposable, vscode.WebviewPanelSerializer {
  readonly #services: Services;
  readonly #serializer: vscode.Disposable;
  #held: { readonly panel: ResultsPanel; readonly view: vscode.WebviewPanel } | null = null;

  constructor(services: Services) {
    this.#services = services;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, this);
  }

  show(place: ResultsPlace): void {
    if (this.#held) {
      this.#held.view.reveal(undefined, false);
      this.#held.panel.show(place);
      return;
    }
    this.#hold(openBeside(VIEW_TYPE, vscode.l10n.t('Results')), { ...place, other: null });
  }

  /** The window was reloaded; the page remembers what it shows. */
  deserializeWebviewPanel(view: vscode.WebviewPanel, state: unknown): Promise<void> {
    const found = v.safeParse(kept, state);
    if (found.success && !this.#held) this.#hold(view, found.output);
    else view.dispose();
    return Promise.resolve();
  }

  dispose(): void {
    this.#serializer.dispose();
    this.#held?.view.dispose();
  }

  #hold(view: vscode.WebviewPanel, place: ResultsPlace & { readonly other: string | null }): void {
    const showPage = pageShower(this.#services, view);
    const panel = new ResultsPanel(this.#services, view, place, () => (this.#held = null));
    this.#held = { panel, view };
    showPage('results', place.projectRoot);
  }
}
