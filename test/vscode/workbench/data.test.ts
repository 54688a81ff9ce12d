import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useEditor } from '../harness/editor.js';

describe('what was stored', () => {
  const editor = useEditor();

  before(async () => {
    const window = editor();
    await window.openFile('sp-trend.ts');
    await window.lens('Materialize range').click();
    await window.quickRows('All').waitFor();
    await window.page.keyboard.press('Enter');
    await window.lens('7/7 fresh').waitFor();
  });

  it('is written to a file that the person names', async () => {
    const window = editor();
    const file = join(window.folder, 'weight.csv');
    await window.command('Seamless: Export Node…');
    await window.choose('weight');
    await window.page.locator('.quick-input-widget input[type="text"]').fill(file);
    await window.quickInput.getByRole('button', { name: 'OK' }).click();
    await window
      .notification('4,904 rows of weight')
      .or(window.notification('rows of weight'))
      .first()
      .waitFor();
    const [heading = '', first = ''] = (await readFile(file, 'utf8')).split('\n');
    assert.match(heading, /^time,ts,value$/);
    assert.match(first, /^\d{4}-\d\d-\d\d /);
  });

  it('is compared with its source again when that is asked for', async () => {
    const window = editor();
    await window.command('Seamless: Refresh Source Data');
    await window.notification('The next run reads again: SPX.price').waitFor();
    await window.notification('reads again').getByRole('button', { name: 'Materialize Again' }).click();
    await window.statusBarItem('6/7 hits').waitFor();
    await window.lens('7/7 fresh').waitFor();
  });

  it('is led to from the status bar, whose tooltip tells nodes and size', async () => {
    const window = editor();
    await window.statusBarItem('hits').hover();
    const tooltip = window.page.locator('.monaco-hover').filter({ hasText: 'The cache holds' });
    await tooltip.waitFor();
    assert.match((await tooltip.textContent()) ?? '', /weight\s*hit/);
    await window.statusBarItem('hits').click();
    await window.treeRows('weight').waitFor();
  });
});
