import assert from 'node:assert/strict';
import { DagView } from '../../harness/dag.js';
import { useEditor } from '../../harness/editor.js';
import { drawn, themes } from '../../harness/themes.js';

/** A bar each few moments, for as long as the test wants: it is stopped by hand. */
const SLOW = `mode: paper
feed: { kind: replay, start: 2018-01-02, speed: 200000 }
capital: 100000
`;

// One editor: what a test leaves is what the next begins with.
describe('a run in a world, on the DAG', () => {
  const editor = useEditor({ files: { 'worlds/slow-paper.yaml': SLOW } });
  const dag = (): DagView => new DagView(editor());
  const newest = (name: string) => dag().box(name).locator('.subtitle.live');

  it('shows what each node said last, and the world with its mode, while it goes on', async () => {
    const window = editor();
    await window.resize(1700, 900);
    await window.openFile('sp-trend.ts');
    await window.clickLens('DAG');
    await dag().box('fast').waitFor();
    await window.command('View: Focus First Editor Group');
    await window.chooseFrom('Seamless: Start Run…', 'slow-paper');
    await window.statusBarItem('PAPER slow-paper').waitFor();
    // The results open beside it.
    await window.command('View: Focus First Editor Group');
    await window.clickLens('DAG');
    await dag().frame.locator('.world .mode.is-paper', { hasText: 'PAPER' }).waitFor();
    await newest('fast').waitFor();
    const before = await newest('fast').textContent();
    assert.match(before ?? '', /^● [\d,.]+ · (20\d\d-)?\d\d-\d\d/);
    await newest('fast')
      .filter({ hasNotText: before ?? '' })
      .waitFor();
    assert.deepEqual(await dag().violations(), []);
    await dag().widen(300);
    for (const theme of drawn) {
      await window.redrawIn(theme);
      await dag().frame.locator(`body[data-vscode-theme-kind="${themes[theme].panelKind}"]`).waitFor();
      // A window that was drawn anew has the values again.
      await newest('fast').or(dag().box('fast').locator('.live-line')).first().waitFor();
      await window.picture('dag-live');
    }
  });

  it('says them again in a panel that was closed, and when the run has ended; a backtest has them as it ends', async () => {
    const window = editor();
    await window.command('View: Close Editor');
    await window.command('View: Focus First Editor Group');
    await window.clickLens('DAG');
    await dag().frame.locator('.world .mode.is-paper').waitFor();
    await window.command('Seamless: Stop Run');
    await window.statusBarItem('PAPER slow-paper ·').waitFor();
    await dag().frame.locator('.world').getByText('ended', { exact: true }).waitFor();
    const far = (name: string) => dag().box(name).locator('.live-line');
    await newest('fast').or(far('fast')).first().waitFor();
    await window.command('Notifications: Clear All Notifications');
    await window.command('View: Focus First Editor Group');
    await window.chooseFrom('Seamless: Start Run…', 'sp-backtest');
    await window.statusBarItem('BACKTEST sp-backtest · ').waitFor();
    await window.command('View: Focus First Editor Group');
    await window.clickLens('DAG');
    await dag().frame.locator('.world .mode.is-backtest', { hasText: 'BACKTEST' }).waitFor();
    await dag().frame.locator('.world').getByText('ended', { exact: true }).waitFor();
    await newest('fast').or(far('fast')).first().waitFor();
    await window.picture('dag-backtest-ended');
  });
});
