import * as vscode from 'vscode';

import { standingText } from '../../present/freshness.js';
import { formatInterval } from '../../sdk/time.js';
import type { Strategies, StrategyEntry } from '../model/strategies.js';
import { standingIcon, type TreeRow } from '../views/tree.js';

/** What a command was called about: a lens gives the strategy's key, the side bar a row, the palette nothing. */
export type CommandTarget = string | TreeRow | vscode.Uri | undefined;

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

/**
 * The strategy a command is about: the one it was called on, else the one the cursor is in, else the only one, else the
 * one the person chooses. Null: none was chosen, or there is none, which is said.
 */
export async function pickStrategy(strategies: Strategies, target: unknown): Promise<StrategyEntry | null> {
  const key = targetKey(target);
  const asked = key === null ? null : strategies.get(key);
  if (asked) return asked;
  const here = atCursor(strategies);
  if (here) return here;
  const all = strategies.all();
  if (all.length === 0) {
    const create = vscode.l10n.t('New Strategy…');
    const sample = vscode.l10n.t('Open Sample Project');
    const chosen = await vscode.window.showInformationMessage(
      vscode.l10n.t(
        'No strategy was found in this workspace: a strategy is a class that extends Strategy from seamless-dag.',
      ),
      create,
      sample,
    );
    if (chosen === create) await vscode.commands.executeCommand('seamless.newStrategy');
    if (chosen === sample) await vscode.commands.executeCommand('seamless.openSample');
    return null;
  }
  if (all.length === 1) return all[0] ?? null;
  const items = all.map((entry) => ({
    label: entry.found.className,
    description: vscode.workspace.asRelativePath(entry.found.file),
    entry,
  }));
  const placeHolder = vscode.l10n.t('Which strategy?');
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.entry ?? null;
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
  options: { readonly title: string; readonly computedOnly?: boolean },
): Promise<string | null> {
  const asked = targetNode(target);
  if (asked !== null) return asked;
  const nodes = (entry.freshness?.nodes ?? []).filter(({ kind }) => !options.computedOnly || kind === 'node');
  if (nodes.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        '{0} has no node to choose: see the Problems panel, or materialize it first.',
        entry.found.className,
      ),
    );
    return null;
  }
  const items = nodes.map((node) => ({
    label: node.name,
    description: `${node.label} · ${formatInterval(node.interval)} · ${standingText(node.standing)}`,
    iconPath: standingIcon(node.standing),
  }));
  const { title } = options;
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))?.label ?? null;
}
