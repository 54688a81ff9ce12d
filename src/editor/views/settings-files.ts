import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';

import { PRESETS_FILE } from '../../settings/files.js';
import type { Suggestion } from '../../settings/completion.js';
import type { Strategies } from '../model/strategies.js';
import type { SettingsName, SettingsProblem } from '../settings-checks.js';

/** Milliseconds after the last key press until text is checked. */
const QUIET_MS = 300;

const FILES: vscode.DocumentSelector = [
  { scheme: 'file', pattern: '**/worlds/*.{yaml,yml}' },
  { scheme: 'file', pattern: `**/${PRESETS_FILE}` },
];

/** Checks world and preset files while they are edited, and suggests what to write. */
export class SettingsFiles implements vscode.Disposable, vscode.CompletionItemProvider {
  readonly #problems = vscode.languages.createDiagnosticCollection('seamless-settings');
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** The last check of each document: an earlier one that ends later tells nothing. */
  readonly #checks = new WeakMap<vscode.TextDocument, symbol>();
  readonly #disposables: readonly { dispose(): unknown }[];

  constructor(private readonly strategies: Strategies) {
    const { workspace, languages } = vscode;
    const presets = workspace.createFileSystemWatcher(`**/${PRESETS_FILE}`);
    this.#disposables = [
      this.#problems,
      languages.registerCompletionItemProvider(FILES, this, ' ', '{'),
      workspace.onDidOpenTextDocument((document) => void this.#check(document)),
      workspace.onDidCloseTextDocument((document) => this.#closed(document)),
      workspace.onDidChangeTextDocument(({ document }) => this.#checkSoon(document)),
      presets,
      ...[presets.onDidCreate, presets.onDidChange, presets.onDidDelete].map((on) =>
        on(() => this.#checkAll()),
      ),
      // Projects are known once strategies are.
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

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.CompletionItem[]> {
    const name = this.#nameOf(document);
    if (!name) return [];
    const { suggestionsIn } = await checks();
    const presets = await presetsBeside(document, name);
    return suggestionsIn(name, document.getText(), document.offsetAt(position), presets).map(itemOf);
  }

  /** The kind of a file; null: not one of Seamless's. Other projects may have folders called worlds, too. */
  #nameOf({ uri }: vscode.TextDocument): SettingsName | null {
    const { fsPath } = uri;
    if (basename(fsPath) === PRESETS_FILE) return 'presets';
    if (!vscode.languages.match(FILES, { uri } as vscode.TextDocument)) return null;
    const project = dirname(dirname(fsPath));
    return this.strategies.all().some(({ ref }) => ref.projectRoot === project) ? 'world' : null;
  }

  #checkAll(): void {
    for (const document of vscode.workspace.textDocuments) void this.#check(document);
  }

  #checkSoon(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.#timers.get(key));
    if (!this.#nameOf(document)) return;
    const check = (): void => {
      this.#timers.delete(key);
      if (document.isClosed) return;
      // Names that worlds refer to may have appeared or gone.
      if (basename(document.uri.fsPath) === PRESETS_FILE) this.#checkAll();
      else void this.#check(document);
    };
    this.#timers.set(key, setTimeout(check, QUIET_MS));
  }

  #closed(document: vscode.TextDocument): void {
    this.#checks.delete(document);
    this.#problems.delete(document.uri);
    // What was not saved is gone, and worlds may refer to it.
    if (this.#nameOf(document) === 'presets') this.#checkAll();
  }

  async #check(document: vscode.TextDocument): Promise<void> {
    const check = Symbol();
    this.#checks.set(document, check);
    const name = this.#nameOf(document);
    if (!name) {
      // The project of a world may have lost its last strategy.
      if (this.#problems.has(document.uri)) this.#problems.delete(document.uri);
      return;
    }
    const { problemIn } = await checks();
    const presets = await presetsBeside(document, name);
    // It may have been checked again, or closed, meanwhile.
    if (this.#checks.get(document) !== check) return;
    const problem = problemIn(name, document.getText(), basename(document.uri.fsPath), presets);
    this.#problems.set(document.uri, problem ? [diagnosticOf(problem, document)] : []);
  }
}

/** The text of the presets that a world may refer to, as edited; empty if there are none. */
async function presetsBeside({ uri }: vscode.TextDocument, name: SettingsName): Promise<string> {
  if (name !== 'world') return '';
  const file = vscode.Uri.joinPath(uri, '..', '..', PRESETS_FILE);
  const open = vscode.workspace.textDocuments.find((each) => each.uri.fsPath === file.fsPath);
  if (open) return open.getText();
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  } catch {
    // A project need not have any.
    return '';
  }
}

/** Loaded when the first such file is opened. */
function checks(): Promise<typeof import('../settings-checks.js')> {
  return import('../settings-checks.js');
}

function diagnosticOf(
  { line: number, message }: SettingsProblem,
  document: vscode.TextDocument,
): vscode.Diagnostic {
  const line = document.lineAt(Math.min(document.lineCount, number) - 1);
  const start = line.firstNonWhitespaceCharacterIndex;
  const place = new vscode.Range(line.lineNumber, start, line.lineNumber, line.text.length);
  const found = new vscode.Diagnostic(place, message.charAt(0).toUpperCase() + message.slice(1));
  found.source = 'Seamless';
  return found;
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
