import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DagView } from '../harness/dag.js';
import { useEditor } from '../harness/editor.js';
import { becomes } from '../harness/patience.js';

/** Sixty days of three symbols; at one bar of one of them the code throws. */
const PRICES = ['AAA', 'BBB', 'CCC']
  .flatMap((ticker, at) =>
    Array.from({ length: 60 }, (_, index) => {
      const date = new Date(Date.UTC(2024, 0, 1 + index)).toISOString().slice(0, 10);
      return `${date},${ticker},${100 + at * 10 + (index % 7)}`;
    }),
  )
  .join('\n');

const RANKS = `import { CrossNode, csvHistory, Node, rank, Strategy, Universe } from 'seamless-dag';

export class Ranks extends Strategy {
  setup() {
    const prices = new Universe({ name: 'prices', interval: '1d', history: csvHistory('prices.csv'), symbol: 'ticker', symbols: ['AAA', 'BBB', 'CCC'] });
    const momentum = new Node({ name: 'momentum', input: prices, period: 5, computeFn: (view) => {
      const close = view.window(prices).column('close');
      if (close[4] === 122 && close[0] === 125) throw new Error('out of sorts');
      return close[4]! / close[0]! - 1;
    } });
    const place = new CrossNode({ name: 'place', input: momentum, computeFn: (section) => rank(section.column(momentum)) });
    this.addNodes([place]);
  }
}
`;

describe('what was stored', () => {
  const editor = useEditor();

  before(async () => {
    const window = editor();
    await window.openFile('sp-trend.ts');
    await window.materializeAll();
    await window.lens('7/7 fresh').waitFor();
  });

  it('is written to a file that the person names', async () => {
    const window = editor();
    const file = join(window.folder, 'weight.csv');
    await window.chooseFrom('Seamless: Export Node…', 'weight');
    await window.saveAs(file, /SpTrend-weight\.parquet$/);
    await window
      .notification('4,904 rows of weight')
      .or(window.notification('rows of weight'))
      .first()
      .waitFor();
    const [heading = '', first = ''] = (await readFile(file, 'utf8')).split('\n');
    assert.match(heading, /^time,ts,value$/);
    assert.match(first, /^2000-10-16T00:00:00Z,971654400,0\.467/);
  });

  it('is compared with its source again when that is asked for', async () => {
    const window = editor();
    await window.command('Seamless: Refresh Source Data');
    await window.notification('The next run reads these sources again: SPX.price').waitFor();
    await window
      .notification('reads these sources again')
      .getByRole('button', { name: 'Materialize Again' })
      .click();
    // The source is read again, and has the rows it had.
    await window.statusBarItem('7/7 hits').waitFor();
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

  it('is shown as it is read before a strategy is written, from the menu of a data file', async () => {
    const window = editor();
    await window.command('View: Close All Editors');
    // What is opened is shown in the explorer, whatever was folded.
    await window.openFile('sp500-2000.csv');
    const row = window.page.locator('.explorer-folders-view .monaco-list-row');
    await window.fromMenu(row.filter({ hasText: 'sp500-2000.csv' }), 'Inspect Data File…');
    await window.page.locator('.tab.active').filter({ hasText: 'as read' }).waitFor();
    const text = window.page.locator('.editor-group-container.active .view-lines');
    await text.getByText('historyProvider: csvHistory(').first().waitFor();
    await window.picture('inspect-data-file');
    await window
      .notification('bars of 1d')
      .getByRole('button', { name: 'New Strategy from Data File…' })
      .click();
    await window.typeInQuickInput('FromFile');
    await window.acceptQuickInput();
    await window.page.locator('.tab.active[data-resource-name="from-file.ts"]').waitFor();
    await window.materializeAll();
    await window.lens('3/3 fresh').waitFor();
  });

  it('is read by the way out that the person chooses where it could be read in two ways', async () => {
    const window = editor();
    await writeFile(join(window.folder, 'uk.csv'), 'Date,Close\n02/01/2024,1\n03/01/2024,2\n04/01/2024,3\n');
    await window.openFile('uk.csv');
    await window.chooseFrom('Seamless: Inspect Data File…', 'uk.csv');
    await window
      .notification('may be day first or month first')
      .getByRole('button', { name: 'Choose How to Read It…' })
      .click();
    await window.picture('inspect-choose');
    await window.choose("timeFormat: '%d/%m/%Y'");
    await window.page.locator('.tab.active').filter({ hasText: 'uk.csv as read' }).waitFor();
    const text = window.page.locator('.editor-group-container.active .view-lines');
    await text.getByText("'uk.csv', { timeFormat: '%d/%m/%Y' }").first().waitFor();
    await window.command('View: Close All Editors');
    await window.openFile('from-file.ts');
  });

  it('says of a stream what its file is read as, in the hover and beside the DAG', async () => {
    const window = editor();
    await window.hoverOver('price', 'cells end with');
    const dag = new DagView(window);
    await window.clickLens(/^DAG$/);
    await dag.box('price').click();
    await dag.tab('About').click();
    await dag.details.getByText('cells end with').waitFor();
    await window.picture('stream-read-as');
    assert.deepEqual(await dag.violations(), []);
  });

  it('of a universe is a box, a row and a paragraph for each family, with its symbols on demand', async () => {
    const window = editor();
    await writeFile(join(window.folder, 'prices.csv'), `date,ticker,close\n${PRICES}\n`);
    await writeFile(join(window.folder, 'ranks.ts'), RANKS);
    await window.command('View: Close All Editors');
    await window.openFile('ranks.ts');
    await window.materializeAll();
    await window.lens('1 failed').waitFor();

    await window.showSideBar();
    const family = window.treeRows('momentum').filter({ hasText: 'failed · 3 symbols' });
    await window.treeRows('Ranks').locator('.monaco-tl-twistie').click();
    await family.locator('.monaco-tl-twistie').click();
    await window.treeRows('momentum[CCC]').filter({ hasText: 'failed' }).waitFor();
    await window.treeRows('momentum[AAA]').filter({ hasText: 'fresh' }).waitFor();
    await becomes(() => window.treeRows('momentum').count(), 4);

    await window.hoverOver('momentum', '2 of 3 symbols are fresh');

    const dag = new DagView(window);
    await window.clickLens(/^DAG$/);
    await dag.box('momentum', '3 symbols').click();
    await dag.details.getByRole('heading', { name: 'momentum' }).waitFor();
    await becomes(() => dag.frame.locator('.node').count(), 3);
    await window.picture('dag-of-a-universe');
    await dag.details.getByRole('button', { name: /^CCC failed/ }).click();
    await dag.details.getByText('out of sorts').first().waitFor();
    await dag.details.getByRole('button', { name: 'All 3 symbols' }).click();
    await dag.details.getByRole('button', { name: /^AAA fresh/ }).click();
    await dag.details.getByRole('heading', { name: 'momentum[AAA]' }).waitFor();
    await dag.details.locator('.uplot').waitFor();
    assert.deepEqual(await dag.violations(), []);
  });
});
