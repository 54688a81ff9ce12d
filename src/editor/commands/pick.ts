import * as vscode from 'vscode';

import { standingText } from '../../present/freshness.js';
import { formatInterval } from '../../sdk/time/time.js';
import { nodeAtCursor, type CursorPlace } from '../model/node-at-cursor.js';
import type { Strategies, StrategyEntry } from '../model/strategies.js';
import { standingIcon } from '../views/tree.js';

/** Of what a command was called about: a lens gives the strategy's key, the side bar a row, the palette nothing. */
function targetKey(target: unknown): string | null {
  if (typeof target === 'string') return target;
  if (typeof target === 'object' && target !== null && 'key' in target && typeof target.key === 'string') {
    return target.key;
  }
  return null;
}

/** Name of the node a command was called about, or null. */
export function targetNode(target: unknown): string | null {
  if (typeof target === 'object' && target !== null && 'node' in target && typeof target.node === 'string') {
    return target.node;
  }
  return null;
}

/** The box of the DAG that a row of the side bar is about: a family as a whole, or a node; null: neither. */
export function targetBox(target: unknown): string | null {
  if (
    typeof target === 'object' &&
    target !== null &&
    'family' in target &&
    typeof target.family === 'string'
  )
    return target.family;
  return targetNode(target);
}

/**
 * The strategy a command is about: the one it was called on, else the one the cursor is in, else the only one, else the
 * one the person chooses. Null: none was chosen, or there is none, which is said.
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

/** There is no strategy: how to come to one. */
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
  /** Undefined: the text in the editor is to be saved first. */
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

/** The text in the editor in use, where it is a script that was never saved. */
function unsavedScript(): vscode.TextDocument | null {
  const document = vscode.window.activeTextEditor?.document;
  return document?.isUntitled && SCRIPTS.has(document.languageId) ? document : null;
}

/** What runs is a file: a text that is none yet is saved first, or another strategy is meant. */
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

/** The strategy in the open file that the cursor is in or after, or else its first. */
function atCursor(strategies: Strategies): StrategyEntry | null {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return null;
  const line = editor.selection.active.line + 1;
  const entries = strategies.inFile(editor.document.uri.fsPath);
  return entries.filter(({ found }) => found.line <= line).at(-1) ?? entries[0] ?? null;
}

/** A node of a strategy: the one a command was called on, else the one the person chooses. */
export async function pickNode(
  entry: StrategyEntry,
  target: unknown,
  options: {
    readonly title: string;
    readonly computedOnly?: boolean;
    /** Where the cursor is: its node comes first. */
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
