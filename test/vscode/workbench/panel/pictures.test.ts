import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DagView } from '../../harness/dag.js';
import { useEditor } from '../../harness/editor.js';
import { drawn, themes } from '../../harness/themes.js';

/** Takes long enough for its progress to be looked at. */
const SLOW = `import { demoHistory, Node, Strategy, StreamInput } from 'seamless-dag';

export class SlowMomentum extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['DEMO'], interval: '1m', historyProvider: demoHistory({ seed: 7 }) });
    const momentum = new Node({
      name: 'momentum',
      input: price,
      period: 30,
      computeFn: (view) => {
        const closes = view.window(price).column('close');
        let sum = 0;
        for (let round = 0; round < 100_000; round++) sum += Math.sqrt(closes[round % closes.length]!);
        return sum;
      },
    });
    this.addNodes([momentum]);
  }
}
`;

// One editor, whose every scene is drawn in each theme.
describe('pictures', () => {
  const editor = useEditor({ files: { 'strategies/slow-momentum.ts': SLOW } });
  const picture = async (name: string): Promise<void> => {
    for (const theme of drawn) {
      await editor().redrawIn(theme);
      await editor().picture(name);
    }
  };
  /** A scene with the DAG panel, which is told of the theme after the window. */
  const panelPicture = async (name: string, { frame }: DagView): Promise<void> => {
    for (const theme of drawn) {
      await editor().redrawIn(theme);
      await frame.locator(`body[data-vscode-theme-kind="${themes[theme].panelKind}"]`).waitFor();
      await editor().picture(name);
    }
  };
  /** Rests the mouse where it changes nothing. */
  const restMouse = (): Promise<void> => editor().page.mouse.move(640, 795);

  it('lens, range picker and side bar', async () => {
    const window = editor();
    await window.showSideBar();
    await window.openFile('sp-trend.ts');
    await window.openRangePicker();
    await restMouse();
    await picture('range-picker');
    await window.typeInQuickInput('2023-03-22 2023-03-01');
    await window.quickRows('ends before it starts').waitFor();
    await picture('range-mistake');
    await window.page.keyboard.press('Escape');
    await window.materializeAll();
    await window.lens('7/7 fresh').waitFor();
    await window.treeRows('SpTrend').locator('.monaco-tl-twistie').click();
    await window.treeRows('weight').waitFor();
    await restMouse();
    await picture('lens');
  });

  it('hover', async () => {
    await editor().hoverOver('fast', 'Last value');
    await picture('hover');
    await restMouse();
  });

  it('what is stale after an edit, and what it says of itself', async () => {
    const window = editor();
    const file = join(window.folder, 'strategies/sp-trend.ts');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('period: 50 }', 'period: 40 }'));
    await window.lens('1 changed · 2 may be stale').waitFor();
    await restMouse();
    await picture('stale');
    await window.statusBarItem('nodes computed').hover();
    await window.page.locator('.monaco-hover').filter({ hasText: 'The cache holds' }).waitFor();
    await picture('status-bar');
    await restMouse();
  });

  it('problems', async () => {
    const window = editor();
    const file = join(window.folder, 'strategies/sp-trend.ts');
    const text = await readFile(file, 'utf8');
    await writeFile(
      file,
      text.replace(
        "if (view.latest(trend) === 'down') return 0;",
        "if (view.asOf > 1e9) throw new Error('No weight today');",
      ),
    );
    // One node changed before: the run is to begin once this edit is known.
    await window.lens('2 changed').waitFor();
    await window.clickLens('↻');
    await window.lens('1 failed').waitFor();
    await window.problems('No weight today', 1);
    // The picture shows the panel as it is without a filter.
    await window.problemRows('');
    await restMouse();
    await picture('problems');
    await window.command('View: Toggle Panel Visibility');
  });

  it('progress', async () => {
    const window = editor();
    await window.openFile('slow-momentum.ts');
    await window.materialize('2023-01-01 2023-02-01');
    await window.page.locator('.notification-toast').filter({ hasText: 'bars' }).waitFor();
    await picture('progress');
    await window.clickLens('Cancel');
    await window.statusBarItem('cancelled').waitFor();
  });

  it('the DAG panel: a run, an edit, what it changed', async () => {
    const window = editor();
    const dag = new DagView(window);
    await window.resize(1800, 960);
    await window.command('View: Close All Editors');
    await window.command('Notifications: Clear All Notifications');
    await window.openFile('pair-rotation.ts');
    await window.materialize('2023-01-02 2023-01-09');
    await window.lens('20/20 fresh').waitFor();
    await window.command('View: Toggle Primary Side Bar Visibility');
    await window.clickLens('DAG');
    await dag.box('ratio', 'fresh').waitFor();
    await dag.widen(560);
    const file = join(window.folder, 'strategies/pair-rotation.ts');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('Math.sqrt(minutes)', 'Math.sqrt(2 * minutes)'));
    await dag.box('momentum15', 'changed').waitFor();
    await dag.box('BTC.1m').click();
    await dag.frame.locator('.uplot').first().waitFor();
    await restMouse();
    await panelPicture('dag', dag);
    await dag.button('Materialize').click();
    await dag.box('decision', 'fresh').waitFor();
    await dag.box('momentum60').click();
    await dag.tab('Before and After').click();
    await dag.text(/bars differ/).waitFor();
    await restMouse();
    await panelPicture('dag-before-after', dag);
    await dag.tab('Table').click();
    await dag.text(/^Rows 1 to 100 of/).waitFor();
    await panelPicture('dag-table', dag);
    await dag.tab('Chart').click();
    await dag.drag(0.3, 0.5);
    await dag.text(/^Chosen: /).waitFor();
    await panelPicture('dag-range', dag);
    await window.page.keyboard.press('Escape');
    await window.command('View: Close All Editors');
    await window.command('View: Toggle Primary Side Bar Visibility');
  });

  it('the DAG of a universe, with the symbols of a family', async () => {
    const window = editor();
    await window.resize(1700, 900);
    await window.openFile('stock-momentum.ts');
    await window.materializeAll();
    await window.lens('122/122 fresh').waitFor();
    await window.clickLens('DAG');
    const dag = new DagView(window);
    await dag.box('momentum', '30 symbols').click();
    await dag.details.getByText('30 of 30 symbols are fresh.').waitFor();
    await restMouse();
    await panelPicture('dag-universe', dag);
    await window.command('View: Close All Editors');
  });

  it('walkthrough', async () => {
    const window = editor();
    const { page } = window;
    await window.resize(1700, 900);
    await window.command('View: Close All Editors');
    await window.chooseFrom('Welcome: Open Walkthrough...', 'Seamless');
    await page.locator('.gettingStartedContainer').getByText('Materialize a range').first().waitFor();
    const media = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    await media.locator('img').first().waitFor();
    await restMouse();
    await picture('walkthrough');
  });
});
