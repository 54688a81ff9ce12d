import { DagView } from '../harness/dag.js';
import { useEditor } from '../harness/editor.js';

describe('the DAG panel', () => {
  const editor = useEditor({ settings: { 'files.autoSave': 'off' } });

  it('opens from the lens, beside the code', async () => {
    const window = editor();
    await window.page.setViewportSize({ width: 1700, height: 900 });
    await window.openFile('pair-rotation.ts');
    await window.lens(/^DAG$/).click();
    const dag = new DagView(window);
    await dag.frame.locator('.node').first().waitFor();
    await window.picture('dag-open');
    await dag.button('Materialize').click();
    await dag.text('19 computed').waitFor();
    await dag.stands('BTC · 1m', 'fresh');
    await window.picture('dag-fresh');
    await dag.box('stretch').click();
    await dag.frame.locator('.uplot').waitFor();
    await window.picture('dag-chart');
  });
});
