import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { useEditor } from '../harness/editor.js';

function lens(page: Page, text: string): Locator {
  return page.locator('.codelens-decoration a').filter({ hasText: text });
}

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
    const shown = await hover
      .first()
      .waitFor({ timeout: 2000 })
      .then(
        () => true,
        () => false,
      );
    if (shown) break;
    assert.ok(left > 0, `No hover on ${name} says ${type.source}.`);
    await page.mouse.move(5, 5);
  }
}

/** Does what brings a part of the quick input up, again where something else took the focus from it and so closed it. */
async function untilShown(page: Page, part: Locator, ask: () => Promise<void>): Promise<void> {
  for (;;) {
    await ask();
    const shown = await part.waitFor({ timeout: 20_000 }).then(
      () => true,
      () => false,
    );
    if (shown) return;
    await page.keyboard.press('Escape');
  }
}

async function materializeAll(page: Page): Promise<void> {
  const all = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'All' });
  await untilShown(page, all, () => lens(page, 'Materialize range').click());
  await page.keyboard.press('Enter');
}

describe('a newcomer', () => {
  const home = mkdtempSync(join(tmpdir(), 'seamless-home-'));
  after(() => rm(home, { recursive: true, force: true }));

  describe('in an empty folder', () => {
    const editor = useEditor({ project: null, env: { HOME: home } });

    it('writes a strategy that is typed and materializes at once', async () => {
      const { page } = editor();
      const box = page.locator('.quick-input-widget input[placeholder="MyMomentum"]');
      await untilShown(page, box, () => editor().command('Seamless: New Strategy…'));
      await box.fill('my momentum');
      await page.locator('.quick-input-message').filter({ hasText: 'MyMomentum' }).waitFor();
      await box.fill('MyMomentum');
      await page.keyboard.press('Enter');
      await lens(page, 'Materialize range').waitFor();
      await typesAreKnown(page, 'price', /StreamInput/);
      assert.equal(await page.locator('.squiggly-error').count(), 0);
      await materializeAll(page);
      await lens(page, 'fresh').waitFor();
      assert.equal(await page.locator('.squiggly-error').count(), 0);
    });
  });

  describe('with the walkthrough', () => {
    const editor = useEditor({ project: null, env: { HOME: home } });

    it('comes from nothing to a materialized sample without a terminal', async function () {
      const { page } = editor();
      await page.locator('.activitybar .action-label[aria-label*="Seamless"]').click();
      await page.locator('.welcome-view').getByRole('button', { name: 'Get Started' }).click();
      await page.locator('.gettingStartedContainer').getByText('Open the sample project').first().waitFor();
      await page
        .locator('.gettingStartedContainer')
        .getByRole('button', { name: 'Open Sample Project' })
        .click();
      await page
        .locator('.quick-input-list .monaco-list-row')
        .filter({ hasText: 'seamless-sample' })
        .first()
        .waitFor();
      const [opened] = await Promise.all([windowAfter(page), page.keyboard.press('Enter')]);
      await materializeAll(opened);
      await opened.locator('.statusbar-item').filter({ hasText: '7 nodes computed' }).waitFor();
      await opened.locator('.activitybar .action-label[aria-label*="Seamless"]').click();
      await opened.locator('.pane-body .monaco-list-row').filter({ hasText: '7/7 fresh' }).waitFor();
      await typesAreKnown(opened, 'fast', /Node/);
      assert.equal(await opened.locator('.squiggly-error').count(), 0);
    });
  });
});

/** The window that a folder is opened in: another one, where this one has a folder already. */
async function windowAfter(page: Page): Promise<Page> {
  const opened = await page.context().waitForEvent('page');
  await opened.locator('.monaco-workbench').waitFor();
  return opened;
}
