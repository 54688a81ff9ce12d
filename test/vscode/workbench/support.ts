import type { Locator, Page } from 'playwright-core';

/** A lens of the open file whose text holds this. */
export function lens(page: Page, text: string): Locator {
  // The editor draws its blanks as no-break spaces in some places, and as blanks in others.
  const words = text.split(' ').map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return page.locator('.codelens-decoration a').filter({ hasText: new RegExp(words.join('\\s')) });
}

/** A strategy's row in the side bar. */
export function strategyRow(page: Page, className: string): Locator {
  return page.locator('.pane-body .monaco-list-row').filter({ hasText: className });
}

export async function openSideBar(page: Page): Promise<void> {
  await page.locator('.activitybar .action-label[aria-label*="Seamless"]').click();
  await page.locator('.pane-header, .composite.title').filter({ hasText: 'Strategies' }).first().waitFor();
}

/** Types a range into the picker that is open, and takes it. */
export async function takeRange(page: Page, range: string): Promise<void> {
  await page.locator('.quick-input-widget input').fill(range);
  await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'typed' }).waitFor();
  await page.keyboard.press('Enter');
}

/** Clicks the lens, takes all that the sources have, and waits for a lens that says so. */
export async function materializeAll(page: Page, result: string): Promise<void> {
  await lens(page, 'Materialize range').click();
  await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'All' }).waitFor();
  await page.keyboard.press('Enter');
  await lens(page, result).waitFor();
}
