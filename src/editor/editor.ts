import * as vscode from 'vscode';

/** Everything the extension holds for one window, from activation until the window goes. */
export class Editor implements vscode.Disposable {
  private readonly log = vscode.window.createOutputChannel('Seamless', { log: true });
  private readonly disposables: { dispose(): unknown }[] = [this.log];

  start(): void {
    this.disposables.push(vscode.commands.registerCommand('seamless.showLog', () => this.log.show(true)));
    this.log.info(`Seamless runs in VS Code ${vscode.version}, Node ${process.versions.node}.`);
  }

  dispose(): void {
    for (const disposable of this.disposables.splice(0).reverse()) disposable.dispose();
  }
}
