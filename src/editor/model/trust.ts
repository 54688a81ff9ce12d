import * as vscode from 'vscode';

/** Why nothing is run. */
export function reasonNotTrusted(): string {
  return vscode.l10n.t('This workspace is not trusted. Strategies are listed but not run.');
}

/** Whether strategies may be run; if not, says why and how to allow it. Command handlers check it, however they are called. */
export async function mayRun(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = vscode.l10n.t('Manage Trust');
  const chosen = await vscode.window.showWarningMessage(reasonNotTrusted(), manage);
  if (chosen === manage) await vscode.commands.executeCommand('workbench.trust.manage');
  return vscode.workspace.isTrusted;
}
