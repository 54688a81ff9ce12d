import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Locator } from 'playwright-core';
import { JobClient } from '../../../src/client/job-client.js';
import type { StrategyRef } from '../../../src/protocol/payloads.js';
import { rowValue } from '../../../src/sdk/table.js';
import { parseTime } from '../../../src/sdk/time/time.js';
import { useEditor } from '../harness/editor.js';
import { root } from '../harness/paths.js';
import { runningOf } from '../../../scripts/testing/processes.js';
import { becomes } from '../harness/patience.js';
import { waitForNoProcess } from '../harness/processes.js';

const NODE = 'weight';
const BAR = '2010-05-25';
const FILE = 'strategies/sp-trend.ts';
/** What runs the command on the node and the bar, as a link in a hover would. */
const KEY = 'Control+Alt+KeyJ';

describe('debugging a node at a bar', () => {
  // Keys are bound, and the server is stopped.
  const editor = useEditor({ isAlone: true });
  /** What the author's code works with at that bar: told by a run that no debugger looks at. */
  let expected: { readonly volatility: number; readonly weight: number };

  before(async function () {
    const { folder, server } = editor();
    const strategy = { file: join(folder, FILE), className: 'SpTrend', projectRoot: folder };
    const args = { key: `${strategy.file}#${strategy.className}`, node: NODE, bar: parseTime(BAR) };
    const binding = { key: 'ctrl+alt+j', command: 'seamless.debugNodeAtBar', args };
    await writeFile(join(dirname(server.logs), 'User/keybindings.json'), JSON.stringify([binding]));
    expected = await valuesAt(strategy);
    await editor().show();
  });

  it('stops at the line of a breakpoint, at that bar alone, shows its values, and tells the value', async function () {
    const { page } = editor();
    await breakpointAt('statistics.ts', await lineOf('strategies/lib/statistics.ts', 'return Math.log('));
    const line = await lineOf(FILE, 'return Math.min(');
    await breakpointAt('sp-trend.ts', line);
    await stopAtBar();
    await becomes(stoppedLine, line);
    const process = await lastProcess();
    assert.ok(runningOf(process));
    await page.locator('.debug-variables .monaco-list-row', { hasText: 'Local' }).click();
    const variable = page.locator('.debug-variables .monaco-list-row', { hasText: /^\s*volatility/ });
    await variable.waitFor();
    assert.match(await textOf(variable), new RegExp(`volatility =? ?${expected.volatility}`));

    // The breakpoint in the helper is on the way of every input: none of their bars may stop.
    await page.keyboard.press('F5');
    const value = `${NODE} gives ${expected.weight} for the bar ${BAR}`.replaceAll(' ', '\\s');
    await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    // Under test the editor keeps what is no error in the list of notifications.
    await editor().command('Notifications: Show Notifications');
    await page.locator('.notifications-center').getByText(new RegExp(value)).waitFor();
    await waitForNoProcess(process);
  });

  it('ends the process when the debugging is ended at a breakpoint', async function () {
    const { page } = editor();
    await stopAtBar();
    const process = await lastProcess();
    assert.ok(runningOf(process));
    await page.keyboard.press('Shift+F5');
    await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await waitForNoProcess(process);
  });

  it('ends the process when the extension host ends at a breakpoint', async function () {
    await stopAtBar();
    const process = await lastProcess();
    assert.ok(runningOf(process));
    await editor().server.stop();
    await waitForNoProcess(process);
  });

  async function stopAtBar(): Promise<void> {
    await editor().page.keyboard.press(KEY);
    await editor().page.locator('.debug-top-stack-frame-line').first().waitFor();
  }

  /** The process of the last debugging, as the log tells it. */
  async function lastProcess(): Promise<number> {
    const { logs } = editor().server;
    const names = await readdir(logs, { recursive: true });
    const name = names.find((each) => each.endsWith('Seamless.log')) ?? assert.fail('There is no log.');
    const told = [...(await readFile(join(logs, name), 'utf8')).matchAll(/, in process (\d+)\./g)];
    return Number(told.at(-1)?.[1]);
  }

  async function breakpointAt(file: string, line: number): Promise<void> {
    const { page } = editor();
    await editor().openFile(file);
    await editor().untilAsked(editor().quickText, () => page.keyboard.press('Control+G'));
    await editor().typeInQuickInput(`:${line}`);
    await editor().acceptQuickInput();
    await editor().quickInput.waitFor({ state: 'hidden' });
    await page.locator('.monaco-editor.focused').waitFor();
    await page.keyboard.press('F9');
    await page.locator('.codicon-debug-breakpoint').first().waitFor();
  }

  /** The number beside the line that is marked as where the program stands. */
  async function stoppedLine(): Promise<number | null> {
    const { page } = editor();
    const mark = await page.locator('.debug-top-stack-frame-line').first().boundingBox();
    if (!mark) return null;
    const numbers = await page
      .locator('.monaco-editor.focused .line-numbers, .monaco-editor .line-numbers')
      .all();
    for (const number of numbers) {
      const box = await number.boundingBox();
      if (box && Math.abs(box.y - mark.y) < 3) return Number(await number.textContent());
    }
    return null;
  }

  async function lineOf(file: string, text: string): Promise<number> {
    const lines = (await readFile(join(editor().folder, file), 'utf8')).split('\n');
    const at = lines.findIndex((line) => line.includes(text));
    assert.ok(at >= 0);
    return at + 1;
  }
});

async function textOf(locator: Locator): Promise<string> {
  return ((await locator.first().textContent()) ?? '').replaceAll('\u00a0', ' ');
}

/** What the author's code works with at the bar, by a run that no debugger looks at, in a cache of its own. */
async function valuesAt(strategy: StrategyRef): Promise<{ volatility: number; weight: number }> {
  const client = JobClient.start({ childPath: join(root, 'dist/child.js') });
  const cacheDir = join(strategy.projectRoot, '.expected');
  const bar = parseTime(BAR);
  try {
    await client.request('materialize', { strategy, start: bar, end: bar + 1, cacheDir });
    const read = async (node: string): Promise<number> => {
      const payload = { projectRoot: strategy.projectRoot, cacheDir, strategy: 'SpTrend', node };
      return Number(rowValue(await client.request('read', payload), 0));
    };
    return { volatility: (await read('dailyVolatility')) * Math.sqrt(252), weight: await read(NODE) };
  } finally {
    await client.dispose();
  }
}
