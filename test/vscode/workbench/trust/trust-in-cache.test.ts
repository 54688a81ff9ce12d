import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useEditor } from '../../harness/editor.js';
import { phrase } from '../../harness/workbench.js';

describe('a cache that can be trusted', () => {
  const editor = useEditor();

  before(async () => {
    const window = editor();
    await window.openFile('sp-trend.ts');
    await window.materializeAll();
    await window.lens('7/7 fresh').waitFor();
  });

  it('is recomputed and compared when that is asked for', async () => {
    const window = editor();
    await window.command('Seamless: Verify (recompute and compare)');
    await window.notification('recomputed. The stored values are identical, bit for bit').waitFor();
  });

  it('opens in SQL, where nodes go by their names', async () => {
    const window = editor();
    await window.command('Seamless: Open Cache in SQL…');
    await window.terminal.filter({ hasText: 'sql>' }).waitFor();
    await window.typeInTerminal('SELECT count(*) AS bars FROM trend;');
    await window.terminal.filter({ hasText: phrase('1 row') }).waitFor();
  });

  it('explains a node that was edited, naming what changed', async () => {
    const window = editor();
    const file = join(window.folder, 'strategies/sp-trend.ts');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('period: 200', 'period: 100'));
    try {
      await window.lens('1 changed').waitFor();
      await window.chooseFrom('Seamless: Explain Node…', 'slow');
      await window.quickRows('Period of').first().waitFor();
      await window.page.keyboard.press('Escape');
    } finally {
      await writeFile(file, text);
    }
  });
});
