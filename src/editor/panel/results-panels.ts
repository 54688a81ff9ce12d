import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import * as vscode from 'vscode';

import { panelHtml } from '../../panel/html.js';
import type { Services } from '../workbench.js';
import { ResultsPanel, type ResultsPlace } from './results-panel.js';

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
    const where = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false };
    const title = vscode.l10n.t('Results');
    this.#hold(vscode.window.createWebviewPanel(VIEW_TYPE, title, where), { ...place, other: null });
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
    const { extensionUri } = this.#services.context;
    const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    const address = (name: string): string =>
      view.webview.asWebviewUri(vscode.Uri.joinPath(folder, name)).toString();
    view.webview.options = { enableScripts: true, localResourceRoots: [folder] };
    const panel = new ResultsPanel(this.#services, view, place, () => (this.#held = null));
    this.#held = { panel, view };
    view.webview.html = panelHtml({
      nonce: randomBytes(16).toString('hex'),
      cspSource: view.webview.cspSource,
      script: address('results.js'),
      style: address('results.css'),
      language: vscode.env.language,
      title: view.title,
      key: place.projectRoot,
    });
  }
}
