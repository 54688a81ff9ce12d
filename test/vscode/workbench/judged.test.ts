import assert from 'node:assert/strict';
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { useEditor } from '../harness/editor.js';
import { becomes } from '../harness/patience.js';

/** What is shown is what is called fresh, and what is in the list is what is in the folders. One window for all of it. */
describe('code and data that change under the editor', () => {
  const editor = useEditor();
  const path = (...parts: string[]): string => join(editor().folder, ...parts);
  const sample = 'strategies/sp-trend.ts';
  const edit = async (from: string, to: string): Promise<void> => {
    const text = await readFile(path(sample), 'utf8');
    assert.ok(text.includes(from), from);
    await writeFile(path(sample), text.replace(from, to));
  };
  const lastValueOf = async (name: string): Promise<string> => {
    const shown = await editor().hoverOver(name, 'Last value');
    return /Last value.*/.exec(((await shown.textContent()) ?? '').replace(/\s+/g, ' '))?.[0] ?? '';
  };

  it('says after a first run what was computed', async () => {
    const window = editor();
    await window.showSideBar();
    await window.openFile('sp-trend.ts');
    await window.openRangePicker();
    await window.quickInput.getByText('counted back from the end of the data, 2020-04-18').waitFor();
    await window.choose('All data of the source');
    await window.lens('7/7 fresh').waitFor();
    await window.statusBarItem('7 nodes computed').waitFor();
  });

  it('shows after a revert without a run the values of the version called fresh', async () => {
    const window = editor();
    const first = await lastValueOf('fast');
    await edit('period: 50 }', 'period: 40 }');
    await window.clickLens('1 changed');
    await window.lens('7/7 fresh').waitFor();
    await window.statusBarItem('4/7 hits').waitFor();
    assert.notEqual(await lastValueOf('fast'), first);
    await edit('period: 40 }', 'period: 50 }');
    await window.lens('changed').waitFor({ state: 'detached' });
    await window.lens('7/7 fresh').waitFor();
    assert.equal(await lastValueOf('fast'), first);
  });

  it('notices that a data file was replaced', async () => {
    const window = editor();
    const [name = ''] = (await readFile(path(sample), 'utf8')).match(/data\/[\w.-]+\.csv/) ?? [];
    const text = await readFile(path(name), 'utf8');
    const lines = text.trimEnd().split('\n');
    // The last bar corrected, in a file that takes the place of the old one.
    const last = (lines.at(-1) ?? '').replace(/[1-9](?=[^1-9]*$)/, (digit) =>
      String((Number(digit) % 9) + 1),
    );
    await writeFile(path('new.csv'), [...lines.slice(0, -1), last, ''].join('\n'));
    await rename(path('new.csv'), path(name));
    await window.lens('7 may be stale').waitFor();
    await writeFile(path(name), text);
    await window.lens('7/7 fresh').waitFor();
  });

  it('finds a folder that arrives whole, tells classes of one name apart, and has no ghosts once it goes', async () => {
    const window = editor();
    await cp(path('strategies'), path('.arriving/strategies'), { recursive: true });
    await rename(path('.arriving/strategies'), path('copy'));
    const copied = window.treeRows('SpTrend').filter({ hasText: 'copy/sp-trend.ts' });
    await copied.waitFor();
    await window.treeRows('SpTrend').filter({ hasText: 'strategies/sp-trend.ts' }).waitFor();
    await rm(path('copy'), { recursive: true });
    await copied.waitFor({ state: 'detached' });
    await window.command('Seamless: Refresh');
    await becomes(() => window.treeRows('SpTrend').count(), 1);
  });

  it('follows a class that is renamed, in the DAG that is open', async () => {
    const window = editor();
    await window.clickLens('DAG');
    const tab = (title: string) => window.page.locator('.tab').filter({ hasText: title });
    await tab('DAG: SpTrend').waitFor();
    await edit('class SpTrend ', 'class Renamed ');
    await tab('DAG: Renamed').waitFor();
    await becomes(() => tab('DAG: SpTrend').count(), 0);
  });
});
