import { useEditor } from '../harness/editor.js';

describe('materializing from a lens', () => {
  const editor = useEditor();

  it('offers a range, runs it, and says what it did', async () => {
    const window = editor();
    await window.openFile('sp-trend.ts');
    await window.materializeAll();
    await window.statusBarItem('7 nodes computed').waitFor();
    await window.lens('7/7 fresh').waitFor();
    await window.showSideBar();
    await window.treeRows('SpTrend').waitFor();
  });
});
