import { delimiter, join } from 'node:path';
import * as vscode from 'vscode';

/** Puts `seamless` on the path of this window's terminals, run by the editor's own Node. */
export function putOnTerminalPath(context: vscode.ExtensionContext): void {
  const environment = context.environmentVariableCollection;
  environment.description = vscode.l10n.t('Adds the command `seamless` to the path.');
  environment.prepend('PATH', join(context.extensionPath, 'bin') + delimiter);
  environment.replace('SEAMLESS_NODE', process.execPath);
}
