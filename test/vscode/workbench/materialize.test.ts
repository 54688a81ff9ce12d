import { useEditor } from '../harness/editor.js';

describe('materializing from a lens', () => {
  const editor = useEditor();

  it('offers a range, runs it, and says what it did', async () => {
    const { page } = editor();
    await editor().openFile('sp-trend.ts');
    const lens = page.locator('.codelens-decoration a');
    await lens.filter({ hasText: 'Materialize range' }).click();
    await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'All' }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.statusbar-item').filter({ hasText: '7 nodes computed' }).waitFor();
    await lens.filter({ hasText: '7/7 fresh' }).waitFor();
    await page.locator('.activitybar .action-label[aria-label*="Seamless"]').click();
    await page.locator('.pane-body .monaco-list-row').filter({ hasText: 'SpTrend' }).waitFor();
  });
});
