import * as vscode from 'vscode';

import { inspectionText } from '../../present/inspection/inspection.js';
import type { Result } from '../../protocol/results.js';

const SCHEME = 'seamless-inspection';

/** Read-only texts about how data files are read; one per file. */
export class Inspections implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registered = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly onDidChange = this.#changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    // After a restart, the editor asks for the text it last showed.
    const again = vscode.l10n.t('Run “Seamless: Inspect Data File…” again to see what the file is read as.');
    return this.#texts.get(uri.path) ?? again;
  }

  /** Opens the text in its own editor, where it can be copied. @param path as a strategy writes it */
  async show(path: string, found: Result<'inspect'>): Promise<void> {
    const title = vscode.l10n.t('{0} as read', path);
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${title}` });
    this.#texts.set(uri.path, inspectionText(path, found));
    this.#changed.fire(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  dispose(): void {
    this.#registered.dispose();
    this.#changed.dispose();
  }
}
