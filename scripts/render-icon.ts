// Draws media/icon.svg as media/icon.png, the one picture format the marketplace takes: node --import tsx scripts/render-icon.ts
import { readFile, writeFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { chromiumPath } from '../test/vscode/harness/system.js';

const SIZE = 128;

const media = new URL('../media/', import.meta.url);
const svg = await readFile(new URL('icon.svg', media), 'utf8');
const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: SIZE, height: SIZE } });
  await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
  await writeFile(new URL('icon.png', media), await page.screenshot({ omitBackground: true }));
} finally {
  await browser.close();
}
