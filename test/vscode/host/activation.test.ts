import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('activation', () => {
  it('is the packed extension that runs, activated by the first of its commands', async () => {
    const extension = vscode.extensions.getExtension('seamless.seamless-dag');
    assert.ok(extension);
    assert.equal(extension.extensionKind, vscode.ExtensionKind.Workspace);
    await vscode.commands.executeCommand('seamless.showLog');
    assert.equal(extension.isActive, true);
  });

  it('registers every command it puts in the palette', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    const manifest = vscode.extensions.getExtension('seamless.seamless-dag')?.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const palette = manifest.contributes.commands.map(({ command }) => command);
    assert.ok(palette.length > 0);
    assert.deepEqual(
      palette.filter((command) => !registered.has(command)),
      [],
    );
  });
});
