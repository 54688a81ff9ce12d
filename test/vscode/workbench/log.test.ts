import { useEditor } from '../harness/editor.js';

describe('the log', () => {
  const editor = useEditor();

  it('opens from the palette and says where the extension runs', async () => {
    await editor().command('Seamless: Show Log');
    const panel = editor().page.locator('.part.panel');
    // The editor draws its spaces as no-break spaces.
    await panel.getByText(/Seamless\sruns\sin\sVS\sCode\s\d+\.\d+\.\d+,\sNode\s\d+/).waitFor();
  });
});
