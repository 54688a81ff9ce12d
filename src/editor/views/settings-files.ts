import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';

import { worldSettings } from '../../live/world/load.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { SettingsKind } from '../../settings/checked-yaml.js';
import { suggestionsAt, type Suggestion } from '../../settings/completion.js';
import { presetSettings, PRESETS_FILE } from '../../sources/presets/load.js';
import type { Strategies } from '../model/strategies.js';

/** What is typed is checked once no key was pressed for this long. */
const QUIET_MS = 300;

const FILES: vscode.DocumentSelector = [
  { scheme: 'file', pattern: '**/worlds/*.{yaml,yml}' },
  { scheme: 'file', pattern: `**/${PRESETS_FILE}` },
];

/** Worlds and presets where they are written: what is wrong, on its line, and what there is to write. */
export class SettingsFiles implements vscode.Disposable, vscode.CompletionItemProvider {
  readonly #problems = vscode.languages.createDiagnosticCollection('seamless-settings');
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #disposables: readonly { dispose(): unknown }[];

  constructor(private readonly strategies: Strategies) {
    const { workspace, languages } = vscode;
    this.#disposables = [
      this.#problems,
      languages.registerCompletionItemProvider(FILES, this, ' ', '{'),
      workspace.onDidOpenTextDocument((document) => this.#check(document)),
      workspace.onDidCloseTextDocument(({ uri }) => this.#problems.delete(uri)),
      workspace.onDidChangeTextDocument(({ document }) => this.#checkSoon(document)),
      // Which folders are projects is known once strategies are.
      strategies.onDidChange((entry) => {
        if (entry === null) this.#checkAll();
      }),
    ];
    this.#checkAll();
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  provideCompletionItems(document: vscode.TextDocument, position: vscode.Position): vscode.CompletionItem[] {
    const kind = this.#kindOf(document);
    if (!kind) return [];
    const text = document.getText();
    const offset = document.offsetAt(position);
    return suggestionsAt(text, offset, kind.schemaFor(text), kind.namesIn).map(itemOf);
  }

  /** What a file is; null: none of Seamless's. Others have folders called worlds, too. */
  #kindOf({ uri }: vscode.TextDocument): SettingsKind | null {
    const { fsPath } = uri;
    if (basename(fsPath) === PRESETS_FILE) return presetSettings;
    if (!vscode.languages.match(FILES, { uri } as vscode.TextDocument)) return null;
    const project = dirname(dirname(fsPath));
    return this.strategies.all().some(({ ref }) => ref.projectRoot === project) ? worldSettings : null;
  }

  #checkAll(): void {
    for (const document of vscode.workspace.textDocuments) this.#check(document);
  }

  #checkSoon(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.#timers.get(key));
    if (!this.#kindOf(document)) return;
    const check = (): void => {
      this.#timers.delete(key);
      if (!document.isClosed) this.#check(document);
    };
    this.#timers.set(key, setTimeout(check, QUIET_MS));
  }

  #check(document: vscode.TextDocument): void {
    const kind = this.#kindOf(document);
    if (!kind) return;
    this.#problems.set(document.uri, problemsOf(kind, document));
  }
}

function problemsOf(kind: SettingsKind, document: vscode.TextDocument): vscode.Diagnostic[] {
  const file = basename(document.uri.fsPath);
  try {
    kind.check(document.getText(), file);
    return [];
  } catch (error) {
    if (!(error instanceof SeamlessError)) throw error;
    const line = document.lineAt(Math.min(document.lineCount, error.location?.line ?? 1) - 1);
    const start = line.firstNonWhitespaceCharacterIndex;
    const place = new vscode.Range(line.lineNumber, start, line.lineNumber, line.text.length);
    // The place is shown beside it.
    const text = error.message.replace(`${file}:${line.lineNumber + 1}: `, '');
    const found = new vscode.Diagnostic(place, text.charAt(0).toUpperCase() + text.slice(1));
    found.source = 'Seamless';
    return [found];
  }
}

function itemOf({ text, kind, detail, required }: Suggestion): vscode.CompletionItem {
  const { CompletionItemKind } = vscode;
  const isField = kind === 'field';
  const item = new vscode.CompletionItem(
    text,
    isField ? CompletionItemKind.Property : CompletionItemKind.EnumMember,
  );
  if (isField) item.insertText = `${text}: `;
  const must = required && isField ? vscode.l10n.t('required') : null;
  const said = [must, detail].filter((each) => each !== null).join(' · ');
  if (said !== '') item.detail = said;
  item.sortText = `${required ? 0 : 1}${text}`;
  return item;
}
