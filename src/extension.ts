import type * as vscode from 'vscode';
import { Editor } from './editor/editor.js';

export function activate(context: vscode.ExtensionContext): void {
  const editor = new Editor(context);
  context.subscriptions.push(editor);
  editor.start();
}
