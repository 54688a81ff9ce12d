import assert from 'node:assert/strict';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Editor } from '../harness/editor.js';
import { useEditor } from '../harness/editor.js';
import { becomes } from '../harness/patience.js';

/** What each view says of how the strategy stands. */
interface Said {
  readonly lens: string;
  readonly sideBar: string;
  /** How many nodes of the side bar are called so. */
  readonly nodes: Readonly<Record<string, number>>;
}

async function said(window: Editor): Promise<Said> {
  const lens = plain(await window.lens('→').first().textContent());
  const row = window.treeRows('SpTrend').first();
  const sideBar = plain(await row.locator('.label-description').textContent());
  const nodes: Record<string, number> = {};
  for (const label of await window.treeRows('· 1d').locator('.label-description').allTextContents()) {
    const standing = plain(label).split(' · ')[0] ?? '';
    nodes[standing] = (nodes[standing] ?? 0) + 1;
  }
  return {
    lens: lens.replace(/^.* · (?=\d)(?=.*$)/, '').replace(/^.*?\d{4}-\d\d-\d\d · /, ''),
    sideBar,
    nodes,
  };
}

function plain(text: string | null): string {
  return (text ?? '').replace(/\s+/g, ' ').trim();
}

describe('a strategy that is run, edited, broken and mended', () => {
  const editor = useEditor();
  const file = (): string => join(editor().folder, 'strategies/sp-trend.ts');
  const edit = async (from: string, to: string): Promise<void> => {
    const text = await readFile(file(), 'utf8');
    assert.ok(text.includes(from), from);
    await writeFile(file(), text.replace(from, to));
  };
  const hoverOf = async (name: string, text: string): Promise<string> => {
    const shown = await editor().hoverOver(name, text);
    return plain(await shown.textContent());
  };

  it('is fresh in every view after its first run', async () => {
    const window = editor();
    await window.showSideBar();
    await window.openFile('sp-trend.ts');
    await window.materializeAll();
    await window.lens('7/7 fresh').waitFor();
    await window.treeRows('SpTrend').locator('.monaco-tl-twistie').click();
    await window.treeRows('weight').waitFor();
    await becomes(() => said(window), { lens: '7/7 fresh', sideBar: '7/7 fresh', nodes: { fresh: 7 } });
    // The longest last, which a narrow editor may cut off.
    assert.match((await window.lens('').allTextContents()).join('|'), /Materialize.*\|DAG\|.*7\/7.fresh$/);
    await window.statusBarItem('7 nodes computed').waitFor();
    assert.match(
      await hoverOf('fast', 'Everything is in the cache'),
      /fresh: Everything is in the cache\..*5,056 rows over 2000-01-03 → 2020-04-18/,
    );
  });

  it('says "edited" while its text is not saved, and keeps its lenses while it does not parse', async () => {
    const window = editor();
    await window.page.locator('.view-line').filter({ hasText: 'TRADING_DAYS = 252' }).click();
    await window.page.keyboard.press('End');
    await window.page.keyboard.type(' /* by the day */ const broken = (');
    await window.lens('· edited').waitFor();
    await window.treeRows('SpTrend').filter({ hasText: 'edited' }).waitFor();
    assert.equal(await window.lens('Materialize range').count(), 1);
    await window.command('File: Revert File');
    await window.lens('7/7 fresh').waitFor();
  });

  it('says what may be stale soon after a save, before anything is computed', async () => {
    const window = editor();
    const cache = join(window.folder, '.seamless/cache.duckdb');
    const before = await stat(cache);
    await edit('period: 50 }', 'period: 40 }');
    await window.lens('1 changed · 2 may be stale').waitFor();
    await becomes(async () => (await said(window)).nodes, { fresh: 4, changed: 1, 'may be stale': 2 });
    await becomes(async () => (await said(window)).sideBar, '1 changed · 2 may be stale');
    assert.match(await hoverOf('fast', 'changed: '), /changed: Period of `SPX\.price`: 50 → 40\./);
    assert.equal((await stat(cache)).size, before.size);
  });

  it('computes what changed when the lens is clicked', async () => {
    const window = editor();
    await window.clickLens('1 changed');
    await window.lens('7/7 fresh').waitFor();
    await window.statusBarItem('4/7 hits').waitFor();
  });

  it('shows a throw on its line, and what it holds up, until it is mended', async () => {
    const window = editor();
    const sound = "if (view.latest(trend) === 'down') return 0;";
    await edit(sound, "if (view.asOf > 1e9) throw new Error('No weight today');");
    await window.lens('1 changed').waitFor();
    await window.command('Seamless: Materialize Again');
    await window.lens('1 failed · 6/7 fresh').waitFor();
    await window.notification('No weight today').waitFor();
    await becomes(async () => (await said(window)).nodes, { fresh: 6, failed: 1 });
    const [problem] = await window.problems('Seamless', 1);
    assert.match(
      problem?.message ?? '',
      /^SpTrend: Node weight failed at the bar 2001-09-10 \(asOf 2001-09-11\): No weight today/,
    );
    assert.equal(problem?.line, 45);
    await window.command('View: Toggle Panel Visibility');
    await edit("if (view.asOf > 1e9) throw new Error('No weight today');", sound);
    await window.lens('1 changed').or(window.lens('7/7 fresh')).first().waitFor();
    await window.command('Seamless: Materialize Missing or Failed');
    await window.lens('7/7 fresh').waitFor();
    await window.problems('Seamless', 0);
    await window.command('View: Toggle Panel Visibility');
  });

  for (const [what, from, to, sentence, line] of [
    ['a cycle', 'input: [fast, slow],', 'input: [fast, slow, weightOf()],', /not defined|cycle/, 28],
    ['a syntax error', 'setup() {', 'setup( {', /sp-trend\.ts:19/, 19],
    ['a live call', 'setup() {', "setup() {\n    void fetch('http://127.0.0.1:9/');", /fetch/, 19],
  ] as const) {
    it(`shows ${what} on its line, and forgets it when it is mended`, async () => {
      const window = editor();
      await edit(from, to);
      try {
        await window.lens('cannot be set up').waitFor();
        await window.treeRows('SpTrend').filter({ hasText: 'cannot be set up' }).waitFor();
        const [problem] = await window.problems('Seamless', 1);
        assert.match(problem?.message ?? '', sentence);
        assert.equal(problem?.line, line);
        await window.command('View: Toggle Panel Visibility');
      } finally {
        await edit(to, from);
      }
      await window.lens('7/7 fresh').waitFor();
    });
  }

  it('goes from the side bar to the source, by mouse and by keyboard', async () => {
    const window = editor();
    await window.treeRows('weight').click();
    await window.statusBarItem('Ln 41').waitFor();
    await window.treeRows('trend').first().click();
    await window.statusBarItem('Ln 26').waitFor();
    await window.page.keyboard.press('ArrowUp');
    await window.page.keyboard.press('Enter');
    await window.statusBarItem('Ln 25').waitFor();
  });

  it('offers its actions in the menus of the editor, for those who turn lenses off', async () => {
    const window = editor();
    const settings = join(window.folder, '.vscode/settings.json');
    await mkdir(dirname(settings));
    await writeFile(settings, '{ "seamless.codeLens": false }');
    await window.lens('Materialize range').waitFor({ state: 'detached' });
    await window.page.locator('.view-line').first().click({ button: 'right' });
    const menu = window.page.locator('.monaco-menu');
    await menu.getByText('Materialize Again').waitFor();
    await menu.getByText('Materialize Missing or Failed').waitFor();
    await window.page.keyboard.press('Escape');
    await rm(settings);
    await window.lens('Materialize range').waitFor();
  });

  it('cleans up its cache, and says so everywhere', async () => {
    const window = editor();
    await window.chooseFrom('Seamless: Clean Up Cache…', 'SpTrend');
    await window.dialog('Clear the cached data of SpTrend?').getByRole('button', { name: 'Clear' }).click();
    await window.notification('freed').waitFor();
    await window.lens('0/7 fresh').waitFor();
    await becomes(async () => (await said(window)).nodes, { 'not materialized': 7 });
  });
});
