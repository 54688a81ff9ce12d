import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useEditor } from '../harness/editor.js';
import { typesChecked } from '../harness/server.js';
import type { Theme } from '../harness/themes.js';

const TALKATIVE = `import { demoHistory, Node, Strategy, StreamInput } from 'seamless-dag';

export class Talkative extends Strategy {
  setup() {
    console.log('setting up the talkative one');
    const price = new StreamInput({ tags: ['price'], interval: '1d', period: 1, historyProvider: demoHistory() });
    this.addNodes([price, new Node({ name: 'half', input: price, period: 1, computeFn: () => 0.5 })]);
  }
}
`;
const BROKEN = 'const three: number = "three";\nexport { three };\n';

/** Closes the palette when it first offers the command, as a change of focus does. */
const CLOSE_PALETTE_ONCE = `{
  const widget = document.querySelector('.quick-input-widget');
  const observer = new MutationObserver(() => {
    if (!widget.querySelector('.monaco-list-row')?.textContent.includes('Seamless: Cancel')) return;
    observer.disconnect();
    const key = { key: 'Escape', code: 'Escape', keyCode: 27, bubbles: true };
    widget.querySelector('input').dispatchEvent(new KeyboardEvent('keydown', key));
  });
  observer.observe(widget, { subtree: true, childList: true, characterData: true });
}`;

/** Width and height that a PNG states. */
async function sizeOf(path: string): Promise<[number, number]> {
  const bytes = await readFile(path);
  assert.equal(bytes.toString('latin1', 1, 4), 'PNG');
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

describe('what tests do in the editor', () => {
  const editor = useEditor({
    files: { 'strategies/talkative.ts': TALKATIVE, 'lib/broken.ts': BROKEN },
    settings: typesChecked,
  });

  it('opens files by name and by path', async () => {
    const { page } = editor();
    await editor().openFile('strategies/lib/market.ts');
    await page.locator('.tab.active', { hasText: 'market.ts' }).waitFor();
    await editor().openFile('talkative.ts');
    await page.locator('.tab.active', { hasText: 'talkative.ts' }).waitFor();
    await editor().lens('Materialize range').waitFor();
  });

  it('reads the side bar, top to bottom', async () => {
    await editor().showSideBar();
    await editor().treeRows('Talkative').first().waitFor();
    const texts = await editor().treeRows().allTextContents();
    assert.ok(texts.some((text) => text.includes('SpTrend')));
    assert.equal(await editor().treeRows('NoSuchStrategy').count(), 0);
  });

  it('types into the box that asks, reads what it says, and leaves it', async () => {
    await editor().command('Seamless: New Strategy…');
    await editor().typeInQuickInput('not a name');
    await editor().quickMessage('NotAName').waitFor();
    await editor().page.keyboard.press('Escape');
    await editor().quickInput.waitFor({ state: 'hidden' });
  });

  it('lists problems with their severity, source and line', async () => {
    await editor().openFile('broken.ts');
    await editor().page.locator('.squiggly-error').first().waitFor();
    const [found] = await editor().problems("'string'", 1);
    assert.deepEqual([found?.severity, found?.source, found?.line], ['error', 'ts', 1]);
  });

  it('sees notifications, also those that are no errors', async () => {
    await editor().command('Seamless: Cancel');
    await editor().notification('Nothing is running.').waitFor();
    await editor().command('Notifications: Clear All Notifications');
    await editor().notification('Nothing is running.').waitFor({ state: 'hidden' });
  });

  it('runs a command, once, although its palette closes before the row is clicked', async () => {
    await editor().page.evaluate(CLOSE_PALETTE_ONCE);
    await editor().command('Seamless: Cancel');
    await editor().notification('Nothing is running.').waitFor();
    assert.equal(await editor().notification('Nothing is running.').count(), 1);
    await editor().command('Notifications: Clear All Notifications');
  });

  it('makes pictures in every theme, switched while the editor runs', async () => {
    const themes: Theme[] = ['light', 'hc-dark', 'hc-light', 'dark'];
    for (const theme of themes) {
      await editor().redrawIn(theme);
      const path = await editor().picture('harness');
      assert.match(path, new RegExp(`pictures.${theme}.harness\\.png$`));
      assert.deepEqual(await sizeOf(path), [1280, 800]);
    }
  });

  it('opens a second window, with an extension host and a child of its own', async () => {
    await editor().openFile('talkative.ts');
    await editor().lens('Materialize range').waitFor();
    const second = await editor().openSecondWindow();
    await second.openFile('talkative.ts');
    await second.lens('Materialize range').waitFor();
    assert.equal(editor().browser.pages().length, 2);
    await second.page.close();
  });

  it('keeps as evidence a picture, and what server, extension host, extension and child said', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'seamless-evidence-'));
    try {
      await editor().keepEvidence(folder);
      assert.deepEqual(await sizeOf(join(folder, 'screenshot.png')), [1280, 800]);
      const logs = await readdir(join(folder, 'logs'), { recursive: true });
      for (const name of ['server.log', 'remoteexthost.log', 'Seamless.log', 'child.log']) {
        assert.ok(
          logs.some((path) => path.endsWith(name)),
          `${name} is missing among ${logs.join(', ')}`,
        );
      }
      // One for each window: of those of suites before this one, too.
      const children = logs.filter((path) => path.endsWith('child.log'));
      const texts = await Promise.all(children.map((path) => readFile(join(folder, 'logs', path), 'utf8')));
      assert.match(texts.join('\n'), /setting up the talkative one/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('tells which processes run strategies, and when one is gone', async () => {
    const [pid] = editor().strategyProcesses();
    assert.ok(pid);
    await assert.rejects(
      editor().waitForNoProcess(pid, 100),
      // A message shows the beginning of a long command: how much of it is the path of this folder.
      new RegExp(`Process ${pid} \\(.+\\) still runs`),
    );
    process.kill(pid, 'SIGKILL');
    await editor().waitForNoProcess(pid);
  });
});

describe('an editor in which trust is asked for', () => {
  const editor = useEditor({ trust: true, theme: 'light' });

  it('opens folders restricted, and runs nothing from them until a person trusts them', async () => {
    const { page } = editor();
    await editor().themeShown('light');
    await editor().statusBarItem('Restricted Mode').waitFor();
    await editor().openFile('sp-trend.ts');
    assert.deepEqual(editor().strategyProcesses(), []);
    assert.equal(existsSync(join(editor().folder, '.seamless')), false);
    await editor().command('Workspaces: Manage Workspace Trust');
    await page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust' }).first().click();
    await editor().statusBarItem('Restricted Mode').waitFor({ state: 'hidden' });
    await page.locator('.workspace-trust-editor').press('Escape');
    await page.locator('.workspace-trust-editor').waitFor({ state: 'hidden' });
    await editor().openFile('sp-trend.ts');
    await editor().lens('Materialize range').waitFor();
  });
});
