import { dirname } from 'node:path';
import * as vscode from 'vscode';

import type { SourceLocation } from '../sdk/errors.js';

/** Opens a file at a position: where it is visible already, else in the active editor, never over a panel. */
export async function openAt(
  { file, line, column = 1 }: SourceLocation,
  options: Pick<vscode.TextDocumentShowOptions, 'preserveFocus'> = {},
): Promise<void> {
  const at = new vscode.Position(line - 1, Math.max(0, column - 1));
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  const inSight = visibleTextEditors.find(({ document }) => document.uri.fsPath === file);
  const viewColumn = (inSight ?? activeTextEditor)?.viewColumn ?? vscode.ViewColumn.One;
  await vscode.window.showTextDocument(vscode.Uri.file(file), {
    ...options,
    viewColumn,
    selection: new vscode.Range(at, at),
  });
}

/** Says that a file was written, with a button to its folder. */
export async function offerFolder(text: string, path: string): Promise<void> {
  const open = vscode.l10n.t('Open Folder');
  if ((await vscode.window.showInformationMessage(text, open)) === open)
    await vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(dirname(path)));
}
