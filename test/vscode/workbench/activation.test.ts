import assert from 'node:assert/strict';
import { useEditor, type Editor } from '../harness/editor.js';

/** Milliseconds. */
const MOST = 100;

describe('activation', () => {
  const editor = useEditor();

  it('takes less than 100 ms, as the editor itself measures it', async function () {
    const measured: number[] = [];
    // What else the machine does only adds: the least of a few is what activation itself takes.
    for (let left = 6; left > 0 && !measured.some((ms) => ms < MOST); left--) {
      await editor().show();
      measured.push(await activationTime(editor()));
    }
    console.log(`      activated in ${measured.join(', ')} ms`);
    assert.ok(Math.min(...measured) < MOST, `${measured.join(', ')} ms`);
  });
});

/** Milliseconds, from the view *Running Extensions*. */
async function activationTime(opened: Editor): Promise<number> {
  await opened.command('Developer: Show Running Extensions');
  const list = opened.page.locator('.runtime-extensions-editor .monaco-list');
  await list.locator('.monaco-list-row').first().waitFor();
  // The view opens before the last extension is ready, and says "Activating..." of it until then.
  const row = list
    .locator('.monaco-list-row')
    .filter({ hasText: 'Seamless' })
    .filter({ hasText: /Activation:\s\d+ms/ });
  const [, ms] = /Activation:\s(\d+)ms/.exec(await row.first().innerText()) ?? [];
  assert.ok(ms !== undefined);
  return Number(ms);
}
