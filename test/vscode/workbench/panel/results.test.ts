import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DagView } from '../../harness/dag.js';
import { useEditor } from '../../harness/editor.js';
import { becomes } from '../../harness/patience.js';
import { drawn, themes } from '../../harness/themes.js';

/** A bar each few moments, for as long as the test wants: it is stopped by hand. */
const SLOW = `mode: paper
feed: { kind: replay, start: 2018-01-02, speed: 100000 }
capital: 100000
`;

// One editor: what a test leaves is what the next begins with.
describe('the Results panel', () => {
  const editor = useEditor({
    files: { 'worlds/slow-paper.yaml': SLOW, 'worlds/broken.yaml': 'mode: papre\n' },
  });
  const results = (): DagView => new DagView(editor());
  const heading = (text: string) => results().frame.getByRole('heading', { name: text });
  const runs = (): string[] =>
    readdirSync(join(editor().folder, '.seamless/runs')).filter((name) => /^[a-z]/.test(name));

  it('a backtest that was started from the palette ends in its results', async () => {
    const window = editor();
    await window.resize(1700, 900);
    await window.openFile('sp-trend.ts');
    await window.lens('Materialize range').waitFor();
    await window.command('Seamless: Start Run…');
    // Worlds have their mode in capitals beside their name, and what is refused says why.
    await window.quickRows('sp-paper').filter({ hasText: 'PAPER' }).waitFor();
    await window.quickRows('broken').filter({ hasText: 'worlds/broken.yaml:1' }).waitFor();
    await window.choose('sp-backtest');
    await window.statusBarItem('BACKTEST sp-backtest · 111.98 %').waitFor();
    await heading('SpTrend in sp-backtest BACKTEST').waitFor();
    await results().frame.locator('.headlines').getByText('111.98 %').waitFor();
    await results().frame.locator('.uplot').first().waitFor();
    assert.deepEqual(await results().violations(), []);
  });

  it('has its trades in a table whose rows jump to their bars', async () => {
    const window = editor();
    await window.command('Notifications: Clear All Notifications');
    await results().tab('Trades').click();
    const rows = results().frame.locator('tbody tr');
    await rows.nth(9).waitFor();
    await becomes(() => rows.count(), 10);
    await results().text('449 fills').waitFor();
    await rows.nth(1).click();
    await results().frame.locator('tr.chosen').waitFor();
    // Fewer are within sight then.
    await results()
      .frame.locator('.note', { hasText: /^\d\d fills$/ })
      .waitFor();
    for (const theme of drawn) {
      await window.redrawIn(theme);
      await results().frame.locator(`body[data-vscode-theme-kind="${themes[theme].panelKind}"]`).waitFor();
      await window.picture('results');
    }
  });

  it('is written as HTML and as CSV', async () => {
    const window = editor();
    const [run = ''] = runs();
    await results().button('Open as HTML').click();
    await window.notification('Report written to').first().waitFor();
    const page = await readFile(join(window.folder, '.seamless/runs', run, 'report.html'), 'utf8');
    assert.match(page, /class="mark bought"/);
    const file = join(window.folder, 'trades.csv');
    await results().button('Export Trades as CSV').click();
    await window.saveAs(file, /-trades\.csv$/);
    await window.notification('Exported 10 trades').first().waitFor();
    assert.ok((await stat(file)).size > 500);
    await window.command('Notifications: Clear All Notifications');
  });

  it('a run on paper says so in the status bar, is seen as it goes on, and is stopped', async () => {
    const window = editor();
    // The strategy is the one that the cursor is in.
    await window.command('View: Focus First Editor Group');
    await window.chooseFrom('Seamless: Start Run…', 'slow-paper');
    await window.statusBarItem('PAPER slow-paper').waitFor();
    await heading('SpTrend in slow-paper PAPER').waitFor();
    await results().text('The run is still active: these are its numbers so far.').first().waitFor();
    // It has closed a slot.
    await results().frame.locator('.headlines').getByText('equity', { exact: true }).waitFor();
    await window.picture('results-paper');
    await results().button('Stop Run').click();
    await window.statusBarItem('PAPER slow-paper ·').waitFor();
    await results().frame.locator('.how', { hasText: 'finished' }).waitFor();
  });

  it('a run that is damaged is listed, and says what to do', async () => {
    const window = editor();
    mkdirSync(join(window.folder, '.seamless/runs/damaged-1'));
    writeFileSync(join(window.folder, '.seamless/runs/damaged-1/run.json'), '{"version"');
    await window.command('Seamless: Show Results…');
    await window.quickRows('damaged-1').filter({ hasText: 'cannot be read' }).waitFor();
    await window.choose('damaged-1');
    await results().text('Remove it with seamless runs remove damaged-1').first().waitFor();
    await window.chooseFrom('Seamless: Show Results…', 'sp-backtest-');
    await heading('SpTrend in sp-backtest BACKTEST').waitFor();
  });

  it('is brought back with the window, with what it showed', async () => {
    const window = editor();
    const loaded = window.page.waitForEvent('load');
    await window.command('Developer: Reload Window');
    await loaded;
    await window.shown();
    await heading('SpTrend in sp-backtest BACKTEST').waitFor();
    await results().frame.locator('tbody tr').first().waitFor();
  });
});
