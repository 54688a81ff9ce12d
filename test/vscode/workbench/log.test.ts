import { useEditor } from '../harness/editor.js';

describe('the log', () => {
  const editor = useEditor();

  it('opens from the palette and says where the extension runs', async () => {
    await editor().command('Seamless: Show Log');
    const panel = editor().page.locator('.part.panel');
    await panel.getByText(/Seamless runs in VS Code \d+\.\d+\.\d+, Node \d+/).waitFor();
  });
});
