import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { useEditor } from '../../harness/editor.js';
import { becomes } from '../../harness/patience.js';

/** Leaves a trace when its file is run at all. */
const WITNESS = `import { demoHistory, sma, Strategy, StreamInput } from 'seamless-dag';

console.log('the witness ran');

export class Witness extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['DEMO'], interval: '1d', historyProvider: demoHistory({ seed: 7 }) });
    this.addNodes([sma({ name: 'mean', input: price, period: 3 })]);
  }
}
`;

describe('a workspace that is not trusted', () => {
  const editor = useEditor({ trust: true, files: { 'strategies/witness.ts': WITNESS } });

  it('has its strategies listed, says why there is no more, and runs nothing', async () => {
    const window = editor();
    await window.showSideBar();
    await window.treeRows('Witness').waitFor();
    await window.page.locator('.sidebar').getByText('This workspace is not trusted').waitFor();
    await window.openFile('witness.ts');
    await window.lens('Trust this workspace to materialize').waitFor();
    assert.equal(await window.lens('Materialize range').count(), 0);
    await window.treeRows('Witness').click();
    assert.deepEqual(window.strategyProcesses(), []);
    for (const left of ['.seamless', 'node_modules'])
      assert.equal(existsSync(join(window.folder, left)), false);
  });

  it('is trusted from the lens, and then everything works, without a reload', async () => {
    const window = editor();
    await window.clickLens('Trust this workspace to materialize');
    await window.page.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await window.page.locator('.monaco-modal-editor-block .codicon-close').last().click();
    await window.materializeAll();
    await window.lens('2/2 fresh').waitFor();
    await becomes(() => window.strategyProcesses().length, 1);
    await becomes(() => window.page.locator('.sidebar').getByText('is not trusted').count(), 0);
  });
});
