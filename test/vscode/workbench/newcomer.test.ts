import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { useEditor } from '../harness/editor.js';
import { becomes, happened } from '../harness/patience.js';
import { typesChecked } from '../harness/server.js';
import { Workbench } from '../harness/workbench.js';

/** Waits until TypeScript has read the open file and the SDK's types: a hover then tells what a name of theirs is. */
async function typesAreKnown(page: Page, name: string, type: RegExp): Promise<void> {
  const hover = page.locator('.monaco-hover-content').filter({ hasText: type });
  for (let left = 60; ; left--) {
    // What else is on the screen may be over it for a moment.
    await page
      .locator('.view-line span')
      .filter({ hasText: new RegExp(`^${name}$`) })
      .first()
      .hover({ timeout: 10_000 })
      .catch(() => undefined);
    if (await happened(hover.first().waitFor({ timeout: 2000 }))) break;
    assert.ok(left > 0, `No hover on ${name} says ${type.source}.`);
    await page.mouse.move(5, 5);
  }
}

describe('a newcomer', () => {
  const home = mkdtempSync(join(tmpdir(), 'seamless-home-'));
  after(() => rm(home, { recursive: true, force: true }));

  describe('in an empty folder', () => {
    const editor = useEditor({ project: null, env: { HOME: home }, settings: typesChecked });

    it('writes a strategy that is typed and materializes at once', async () => {
      const window = editor();
      const { page } = window;
      await window.untilAsked(window.quickInput.getByPlaceholder('MyMomentum'), () =>
        window.command('Seamless: New Strategy…'),
      );
      await window.typeInQuickInput('my momentum');
      await window.quickMessage('MyMomentum').waitFor();
      await window.typeInQuickInput('MyMomentum');
      await window.acceptQuickInput();
      await window.lens('Materialize range').waitFor();
      await typesAreKnown(page, 'price', /StreamInput/);
      await becomes(() => page.locator('.squiggly-error').count(), 0);
      await window.materializeAll();
      await window.lens('fresh').waitFor();
      await becomes(() => page.locator('.squiggly-error').count(), 0);
    });
  });

  describe('with the walkthrough', () => {
    const editor = useEditor({ project: null, env: { HOME: home }, settings: typesChecked });

    it('comes from nothing to a materialized sample without a terminal', async function () {
      const { page } = editor();
      await editor().showSideBar();
      await page.locator('.welcome-view').getByRole('button', { name: 'Get Started' }).click();
      await page.locator('.gettingStartedContainer').getByText('Open the sample project').first().waitFor();
      await page
        .locator('.gettingStartedContainer')
        .getByRole('button', { name: 'Open Sample Project' })
        .click();
      await editor().quickRows('seamless-sample').first().waitFor();
      const [opened] = await Promise.all([windowAfter(page), editor().acceptQuickInput()]);
      await opened.materializeAll();
      await opened.statusBarItem('7 nodes computed').waitFor();
      await opened.showSideBar();
      await opened.treeRows('7/7 fresh').waitFor();
      await typesAreKnown(opened.page, 'fast', /Node/);
      await becomes(() => opened.page.locator('.squiggly-error').count(), 0);
    });
  });
});

/** The window that a folder is opened in: another one, where this one has a folder already. */
async function windowAfter(page: Page): Promise<Workbench> {
  const opened = await page.context().waitForEvent('page');
  await opened.locator('.monaco-workbench').waitFor();
  return new Workbench(opened);
}
