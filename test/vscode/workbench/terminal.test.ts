import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useEditor, type Editor } from '../harness/editor.js';
import { root } from '../harness/paths.js';
import { happened } from '../harness/patience.js';

/** Runs a line in the open terminal and waits until what it prints matches. */
async function answer(opened: Editor, line: string, expected: RegExp): Promise<void> {
  await opened.typeInTerminal(line);
  await opened.page
    .locator('.terminal-wrapper.active .xterm-accessibility-tree, .terminal-wrapper.active .xterm-rows')
    .filter({ hasText: expected })
    .first()
    .waitFor();
}

/** Opens a terminal and waits for its prompt. While the window is still starting, the command may come to nothing. */
async function openTerminal(editor: Editor): Promise<void> {
  const prompt = editor.terminal.getByText(/[$#]/).first();
  for (;;) {
    await editor.command('Terminal: Create New Terminal');
    if (await happened(prompt.waitFor({ timeout: 10_000 }))) return;
  }
}

describe('the log and the terminal of the editor', () => {
  const editor = useEditor();

  it('the log opens from the palette and says where the extension runs', async () => {
    await editor().command('Seamless: Show Log');
    const panel = editor().page.locator('.part.panel');
    // The editor draws its spaces as no-break spaces.
    await panel.getByText(/Seamless\sruns\sin\sVS\sCode\s\d+\.\d+\.\d+,\sNode\s\d+/).waitFor();
  });

  it('the terminal finds the command line, which lists the strategies of the folder it is in', async function () {
    const opened = editor();
    // The path is changed when the extension has started, which its log told, for terminals that open later.
    await openTerminal(opened);
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    await answer(opened, 'seamless --version', new RegExp(`${version.replaceAll('.', '\\.')}(?![\\d.])`));
    await answer(opened, 'seamless strategies', /PairRotation/);
    await answer(opened, 'echo "by:$SEAMLESS_NODE"', /by:\/\S+/);
    await answer(opened, 'seamless strategies', /strategies\/pair-rotation\.ts/);
  });
});
