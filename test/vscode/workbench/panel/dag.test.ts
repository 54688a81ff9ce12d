import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DagView } from '../../harness/dag.js';
import { useEditor } from '../../harness/editor.js';
import { becomes } from '../../harness/patience.js';

describe('the DAG panel', () => {
  // Short, so that bars fill while a run is in work.
  const editor = useEditor({ env: { SEAMLESS_CHUNK_SLOTS: '4096' } });
  const dag = (): DagView => new DagView(editor());
  const edit = async (from: string, to: string): Promise<void> => {
    const file = join(editor().folder, 'strategies/sp-trend.ts');
    const text = await readFile(file, 'utf8');
    assert.ok(text.includes(from), from);
    await writeFile(file, text.replace(from, to));
  };

  it('opens from the lens beside the code, with nothing stored', async () => {
    const window = editor();
    await window.resize(1700, 900);
    await window.openFile('sp-trend.ts');
    await window.clickLens(/^DAG$/);
    await dag().box('weight', 'not materialized').waitFor();
    await becomes(() => dag().frame.getByRole('option').count(), 7);
    assert.deepEqual(await dag().violations(), []);
  });

  it('hands the keys over to a box that is opened over it', async () => {
    const { page, quickInput } = editor();
    for (const [where, key] of [
      ['graph', 'Control+P'],
      ['graph', 'Control+Shift+P'],
      ['search', 'Control+P'],
    ] as const) {
      await dag().box('weight').click();
      if (where === 'search') await page.keyboard.press('/');
      await page.keyboard.press(key);
      await quickInput.waitFor();
      await quickInput.locator('input:focus').waitFor();
      await page.keyboard.type('xyz');
      const input = quickInput.locator('input').first();
      await becomes(() => input.inputValue(), key === 'Control+P' ? 'xyz' : '>xyz');
      await page.keyboard.press('Escape');
      await quickInput.waitFor({ state: 'hidden' });
    }
    assert.equal(
      (await dag().frame.locator('vscode-text-field').first().getAttribute('current-value')) ?? '',
      '',
    );
  });

  it('runs the range that was dragged, and shows the rest as gaps', async () => {
    await dag().drag(0.3, 0.6);
    await dag()
      .text(/^Chosen: /)
      .waitFor();
    await dag().button('Materialize').click();
    await dag().text('7 computed').waitFor();
    await editor().statusBarItem('7 nodes computed').waitFor();
    await dag().box('weight', 'partial').waitFor();
    await dag().ranges('weight', 'covered').waitFor();
    const [whole, part] = await Promise.all([
      dag().box('weight').locator('.ground').boundingBox(),
      dag().ranges('weight', 'covered').boundingBox(),
    ]);
    const share = part!.width / whole!.width;
    assert.ok(share > 0.27 && share < 0.33, `the bar is filled to ${share}`);
    assert.deepEqual(await dag().violations(), []);
  });

  it('computes only what is missing of all the data', async () => {
    await dag().frame.locator('.axis').focus();
    await editor().page.keyboard.press('Escape');
    await dag()
      .text(/^Chosen: /)
      .waitFor({ state: 'detached' });
    await dag().button('Materialize Missing or Failed').click();
    await dag().box('weight', 'fresh').waitFor();
    await editor().lens('7/7 fresh').waitFor();
    await becomes(() => dag().frame.locator('.node.is-fresh').count(), 7);
  });

  it('shows a node: its values, rows, facts, and its line', async () => {
    const window = editor();
    await dag().box('SPX.price').click();
    await dag().frame.locator('.uplot').first().waitFor();
    await dag().details.getByText('2000-01-03 → 2020-04-18 · 5,105 rows').waitFor();
    await dag().tab('Table').click();
    await dag().text('Rows 1 to 100 of').waitFor();
    await dag().frame.getByRole('rowheader', { name: '2000-01-03' }).waitFor();
    await dag().button('Copy').click();
    await dag().tab('Chart').click();
    await dag().box('fast').click();
    await dag().details.getByRole('heading', { name: 'fast' }).waitFor();
    await dag().tab('About').click();
    await dag().details.getByText('× 50 bars').waitFor();
    assert.deepEqual(await dag().violations(), []);
    await dag().button('Reveal in Source').click();
    await window.statusBarItem(/Ln 24, Col/).waitFor();
  });

  it('shows what an edit made stale, and after a run the values before against those after', async () => {
    await edit('period: 50 }', 'period: 40 }');
    await dag().box('fast', 'changed').waitFor();
    await dag().box('weight', 'may be stale').waitFor();
    await dag().ranges('fast', 'stale').waitFor();
    await editor().picture('dag-stale');
    await dag().button('Materialize').click();
    await dag().box('weight', 'fresh').waitFor();
    await dag().tab('Before and After').click();
    await dag()
      .text(/[\d,]+ of [\d,]+ bars differ\./)
      .waitFor();
    await dag()
      .text(/^Where: 2000-/)
      .waitFor();
    assert.deepEqual(await dag().violations(), []);
    await editor().picture('dag-before-after');
  });

  it('comes back after a reload as it was left', async () => {
    const window = editor();
    await dag().tab('Chart').click();
    await dag().drag(0.5, 0.75);
    const chosen = await dag()
      .text(/^Chosen: /)
      .textContent();
    const place = await dag().box('fast').boundingBox();
    const loaded = window.page.waitForEvent('load');
    await window.command('Developer: Reload Window');
    await loaded;
    await window.shown();
    await dag().box('fast', 'fresh').waitFor();
    await dag().details.getByRole('heading', { name: 'fast' }).waitFor();
    assert.equal(
      await dag()
        .text(/^Chosen: /)
        .textContent(),
      chosen,
    );
    // As large as it was, but for what the details take of the room, which come after the graph.
    const { width } = (await dag().box('fast').boundingBox())!;
    assert.ok(Math.abs(width - place!.width) < place!.width / 10, `${place!.width} → ${width}`);
    await dag().frame.locator('.axis').focus();
    await window.page.keyboard.press('Escape');
  });

  it('says where it failed, and runs what failed once it is mended', async () => {
    await edit(
      "if (view.latest(trend) === 'down') return 0;",
      "if (view.asOf > 1.2e9) throw new Error('No weight today');",
    );
    await dag().box('weight', 'changed').waitFor();
    await dag().button('Materialize').click();
    await dag().box('weight', 'failed').waitFor();
    await dag().ranges('weight', 'failed').waitFor();
    await dag().box('weight').click();
    await dag().details.getByText('No weight today').first().waitFor();
    await edit(
      "if (view.asOf > 1.2e9) throw new Error('No weight today');",
      "if (view.latest(trend) === 'down') return 0;",
    );
    await dag().box('weight', 'fresh').waitFor();
  });

  it('is used by the keyboard: search, steps, details', async () => {
    const { keyboard } = editor().page;
    await dag().frame.locator('.graph').focus();
    await keyboard.press('Escape');
    await keyboard.press('/');
    await keyboard.type('volat');
    await dag().text('1 found').waitFor();
    await keyboard.press('Enter');
    await dag().details.getByRole('heading', { name: 'dailyVolatility' }).waitFor();
    await keyboard.press('Escape');
    await dag().frame.locator('.graph').focus();
    // Downstream is to the right in a wide panel, and below in a tall one.
    const boxOf = (id: string) => dag().frame.locator(`.node[data-id="${id}"]`).boundingBox();
    const [from, to] = [await boxOf('dailyVolatility'), await boxOf('weight')];
    assert.ok(from && to);
    await keyboard.press(to.y > from.y + from.height ? 'ArrowDown' : 'ArrowRight');
    await dag().frame.locator('.node.active[data-id="weight"]').waitFor();
    await keyboard.press('Enter');
    await dag().details.getByRole('heading', { name: 'weight' }).waitFor();
  });

  it('is saved as a picture', async () => {
    const window = editor();
    const file = join(window.folder, 'trend.svg');
    await dag().frame.getByRole('combobox', { name: 'Save the picture' }).click();
    await dag().frame.getByRole('option', { name: 'SVG', exact: true }).click();
    await window.saveAs(file, /SpTrend\.svg$/);
    let text = '';
    while (!text.endsWith('</svg>')) {
      await sleep(50);
      text = await readFile(file, 'utf8').catch(() => '');
    }
    assert.match(text, /dailyVolatility/);
  });

  it('fills while a run is in work, and cancels it', async () => {
    const window = editor();
    await window.command('View: Focus First Editor Group');
    await window.openFile('pair-rotation.ts');
    await window.clickLens(/^DAG$/);
    await dag().box('BTC.1m', 'not materialized').waitFor();
    await dag().button('Materialize').click();
    await dag().button('Cancel').waitFor();
    await dag().ranges('ratio', 'covered').first().waitFor();
    await dag()
      .text(/\d+ %.*computing/)
      .first()
      .waitFor();
    await window.picture('dag-running');
    await dag().button('Cancel').click();
    await window.statusBarItem('cancelled').waitFor();
    await dag().button('Materialize').waitFor();
    await dag().box('ratio', 'partial').waitFor();
  });
});
