import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

import type { HandlersOf } from '../../panel/channel.js';
import { panelHtml } from '../../panel/html.js';
import type { anyPage } from '../../panel/protocol.js';
import type { Services } from '../workbench.js';

/** Opens a view for a page, beside the code. */
export function openBeside(viewType: string, title: string): vscode.WebviewPanel {
  const where = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false };
  return vscode.window.createWebviewPanel(viewType, title, where);
}

/**
 * Allows a view the files of our pages.
 * @returns shows one of them, with a key that the page keeps
 */
export function pageShower({ context }: Services, view: vscode.WebviewPanel) {
  const folder = vscode.Uri.joinPath(context.extensionUri, 'dist', 'webview');
  const address = (name: string): string =>
    view.webview.asWebviewUri(vscode.Uri.joinPath(folder, name)).toString();
  view.webview.options = { enableScripts: true, localResourceRoots: [folder] };
  return (page: 'dag' | 'results', key: string): void => {
    view.webview.html = panelHtml({
      nonce: randomBytes(16).toString('hex'),
      cspSource: view.webview.cspSource,
      script: address(`${page}.js`),
      style: address(`${page}.css`),
      language: vscode.env.language,
      title: view.title,
      key,
    });
  };
}

/** Answers to the requests that the pages of all panels make. */
export function anyPageHandlers(
  panel: string,
  log: vscode.LogOutputChannel,
): HandlersOf<typeof anyPage, object> {
  return {
    copy: ({ text }) => vscode.env.clipboard.writeText(text),
    log: ({ message, stack }) => log.error(`${panel}: ${message}${stack === null ? '' : `\n${stack}`}`),
  };
}
