import assert from 'node:assert/strict';
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
      'other/worlds/earth.yaml': 'continents: 7\n',
    },
  });
  const suggestion = (text: string) =>
    editor().page.locator('.suggest-widget .monaco-list-row').filter({ hasText: text });

  it('say what is wrong on its line, with names like it, until it is right', async () => {
    const window = editor();
    await window.openFile('sp-trend.ts');
    await window.lens('Materialize range').waitFor();
    await window.openFile('seamless.presets.yaml');
    await window.page.locator('.squiggly-error').first().waitFor();
    assert.deepEqual(
      (await window.problems()).filter(({ source }) => source === 'Seamless'),
      [
        {
          severity: 'error',
          message: 'There is no field data.btc-1m.stabilisationBars. Did you mean stabilizationBars?',
          source: 'Seamless',
          line: 5,
        },
      ],
    );
    await window.picture('settings-problem');
    await window.openFile('typed.yaml');
    await window.page.locator('.markers-panel').getByText('papre').first().waitFor();
    await window.page.locator('.monaco-editor .view-line').first().click();
    await window.page.keyboard.press('ControlOrMeta+A');
    await window.page.keyboard.insertText('mode: paper\nfeed: { kind: replay }\n');
    await window.page.locator('.markers-panel').getByText('papre').waitFor({ state: 'detached' });
  });

  it('offer the fields that are not there, with their defaults, and their values', async () => {
    const window = editor();
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
    await window.page.locator('.markers-panel').getByText('stabilisationBars').first().waitFor();
    assert.ok(!(await window.problems()).some(({ message }) => message.includes('continents')));
  });
});
