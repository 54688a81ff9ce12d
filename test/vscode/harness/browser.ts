import { chromium, type BrowserContext } from 'playwright-core';
import { NEVER_MS } from './patience.js';
import { chromiumPath } from './system.js';

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Of a window that nobody has given another size. */
export const viewport = { width: 1280, height: 800 };

/** Headless Chromium with a profile of its own. Close the context to end it. */
export async function openBrowser(profile: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    headless: true,
    args: quiet,
    viewport,
    // What moves is drawn again and again, by a processor, as long as anything is waited for.
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  // What never comes fails the test; how soon the rest comes is the machine's business.
  context.setDefaultTimeout(NEVER_MS);
  return context;
}
