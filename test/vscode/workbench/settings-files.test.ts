import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useEditor } from '../harness/editor.js';

const PRESETS = `data:
  btc-1m:
    provider: http
    interval: 1m
    stabilisationBars: 2
    options: { url: https://example.com }
`;

// One editor: what a test leaves is what the next begins with.
describe('files of settings', () => {
  const editor = useEditor({
    files: {
      'seamless.presets.yaml': PRESETS,
      'worlds/typed.yaml': 'mode: papre\n',
      'worlds/named.yaml': 'mode: paper\nfeed: { kind: replay }\npresets: { data: { price: eth-1m } }\n',
      'other/worlds/earth.yaml': 'continents: 7\n',
    },
  });
  /** Puts the cursor into the text that is open. */
  const focusText = async (): Promise<void> => {
    const text = editor().page.locator('.editor-group-container.active .monaco-editor');
    await text.locator('.view-line').first().click();
    await text.and(editor().page.locator('.focused')).waitFor();
  };
  const replaceText = async (text: string): Promise<void> => {
    const { page } = editor();
    await focusText();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.insertText(text);
  };
  const suggestion = (text: string) =>
    editor().page.locator('.suggest-widget .monaco-list-row').filter({ hasText: text });

  it('are checked again when the presets that they name change on the disk', async () => {
    const window = editor();
    await window.openFile('sp-trend.ts');
    await window.lens('Materialize range').waitFor();
    await window.openFile('named.yaml');
    const [problem] = await window.problems('eth-1m', 1);
    assert.equal(problem?.line, 3);
    const presets = join(window.folder, 'seamless.presets.yaml');
    await writeFile(presets, PRESETS.replaceAll('btc-1m', 'eth-1m'));
    await window.problems('eth-1m', 0);
    await writeFile(presets, PRESETS);
    await window.problems('eth-1m', 1);
  });

  it('say what is wrong on its line, with names like it, until it is right', async () => {
    const window = editor();
    await window.openFile('seamless.presets.yaml');
    await window.page.locator('.squiggly-error').first().waitFor();
    assert.deepEqual(await window.problems('stabilisationBars', 1), [
      {
        severity: 'error',
        message: 'There is no field data.btc-1m.stabilisationBars. Did you mean stabilizationBars?',
        source: 'Seamless',
        line: 5,
      },
    ]);
    await window.picture('settings-problem');
    await window.openFile('typed.yaml');
    await window.problems('papre', 1);
    await replaceText('mode: paper\nfeed: { kind: replay }\n');
    await window.problems('papre', 0);
  });

  it('offer the fields that are not there, with their defaults, and their values', async () => {
    const window = editor();
    await focusText();
    await window.page.keyboard.press('ControlOrMeta+End');
    await window.page.keyboard.type('act');
    await window.page.keyboard.press('Control+Space');
    await suggestion('activation').first().waitFor();
    await window.picture('settings-completion');
    await window.page.keyboard.press('Enter');
    await window.page.keyboard.press('Control+Space');
    await suggestion('drain').first().waitFor();
    await window.page.keyboard.press('Escape');
  });

  it('of other programs are none of Seamless’s', async () => {
    const window = editor();
    await window.openFile('earth.yaml');
    await window.openFile('seamless.presets.yaml');
    await window.problems('stabilisationBars', 1);
    await window.problems('continents', 0);
  });
});
