import * as vscode from 'vscode';

import { standingText } from '../../present/freshness.js';
import { formatInterval } from '../../sdk/time/time.js';
import { nodeAtCursor, type CursorPlace } from '../model/node-at-cursor.js';
import type { Strategies, StrategyEntry } from '../model/strategies.js';
import { standingIcon } from '../views/tree.js';

/** The argument of a command: the strategy's key from a lens, a row from the side bar, nothing from the palette. */
function targetKey(target: unknown): string | null {
  return typeof target === 'string' ? target : textIn(target, 'key');
}

function textIn(target: unknown, name: 'key' | 'node' | 'family'): string | null {
  const text = (target as Partial<Record<typeof name, unknown>> | null | undefined)?.[name];
  return typeof text === 'string' ? text : null;
}

/** The name of the node that a command was called on, or null. */
export function targetNode(target: unknown): string | null {
  return textIn(target, 'node');
}

/** The DAG's box for a row of the side bar: a family or a node; null: neither. */
export function targetBox(target: unknown): string | null {
  return textIn(target, 'family') ?? targetNode(target);
}

/**
 * The strategy for a command: the one it was called on, else the one at the cursor, else the only one, else the one that the
 * person chooses. Null: none; if there are none at all, that is shown.
 */
export async function pickStrategy(strategies: Strategies, target: unknown): Promise<StrategyEntry | null> {
  const key = targetKey(target);
  const asked = key === null ? null : strategies.get(key);
  if (asked) return asked;
  const unsaved = unsavedScript();
  if (unsaved) return pickBeside(strategies, unsaved);
  const here = atCursor(strategies);
  if (here) return here;
  const all = strategies.all();
  if (all.length === 0) {
    await offerFirst();
    return null;
  }
  if (all.length === 1) return all[0] ?? null;
  const placeHolder = vscode.l10n.t('Which strategy?');
  const options = { placeHolder, matchOnDescription: true };
  return (await vscode.window.showQuickPick(strategyItems(all), options))?.entry ?? null;
}

/** Shows how to get a first strategy. */
async function offerFirst(): Promise<void> {
  const create = vscode.l10n.t('New Strategy…');
  const sample = vscode.l10n.t('Open Sample Project');
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t(
      'No strategies found in this workspace. A strategy is a class that extends Strategy from seamless-dag.',
    ),
    create,
    sample,
  );
  if (chosen === create) await vscode.commands.executeCommand('seamless.newStrategy');
  if (chosen === sample) await vscode.commands.executeCommand('seamless.openSample');
}

interface StrategyItem extends vscode.QuickPickItem {
  /** Undefined: the text in the editor must be saved first. */
  readonly entry?: StrategyEntry;
}

function strategyItems(entries: readonly StrategyEntry[]): StrategyItem[] {
  return entries.map((entry) => {
    const { className, file } = entry.found;
    return { label: className, description: vscode.workspace.asRelativePath(file), entry };
  });
}

const SCRIPTS: ReadonlySet<string> = new Set([
  'typescript',
  'typescriptreact',
  'javascript',
  'javascriptreact',
]);

/** The text in the active editor, if it is an unsaved new script. */
function unsavedScript(): vscode.TextDocument | null {
  const document = vscode.window.activeTextEditor?.document;
  return document?.isUntitled && SCRIPTS.has(document.languageId) ? document : null;
}

/** Only files are run: a new text is saved first, or another strategy is chosen. */
async function pickBeside(
  strategies: Strategies,
  { fileName }: vscode.TextDocument,
): Promise<StrategyEntry | null> {
  const { l10n, window } = vscode;
  const save: StrategyItem = {
    label: `$(save) ${l10n.t('Save {0}…', fileName)}`,
    detail: l10n.t('Save {0} in the workspace first, then run this again.', fileName),
  };
  const title = l10n.t('{0} is not saved. Which strategy do you mean?', fileName);
  const chosen = await window.showQuickPick([save, ...strategyItems(strategies.all())], { title });
  if (chosen === save) await vscode.commands.executeCommand('workbench.action.files.save');
  return chosen?.entry ?? null;
}

/** The strategy at or before the cursor in the open file, else its first one. */
function atCursor(strategies: Strategies): StrategyEntry | null {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return null;
  const line = editor.selection.active.line + 1;
  const entries = strategies.inFile(editor.document.uri.fsPath);
  return entries.filter(({ found }) => found.line <= line).at(-1) ?? entries[0] ?? null;
}

/** A node of a strategy: the one that the command was called on, else the one that the person chooses. */
export async function pickNode(
  entry: StrategyEntry,
  target: unknown,
  options: {
    readonly title: string;
    readonly computedOnly?: boolean;
    /** The node at the cursor, listed first. */
    readonly here?: CursorPlace | null;
  },
): Promise<string | null> {
  const asked = targetNode(target);
  if (asked !== null) return asked;
  const nodes = (entry.freshness?.nodes ?? []).filter(({ kind }) => !options.computedOnly || kind === 'node');
  if (nodes.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        '{0} has no node to choose: see the Problems panel, or materialize it first.',
        entry.name,
      ),
    );
    return null;
  }
  const items = nodes.map((node) => ({
    label: node.name,
    description: `${node.label} · ${formatInterval(node.interval)} · ${standingText(node.standing)}`,
    iconPath: standingIcon(node.standing),
  }));
  const { title, here = null } = options;
  const first = nodeAtCursor(nodes, here);
  items.sort((a, b) => Number(b.label === first) - Number(a.label === first));
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))?.label ?? null;
}
