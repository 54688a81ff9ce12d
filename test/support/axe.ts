import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Locator } from 'playwright-core';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface Checked {
  readonly axe?: { run: (options: object) => Promise<AxeResults> };
}

/**
 * What axe-core finds serious or worse in a page, in words.
 * @param body of the page
 * @param what for a page that was checked in another theme: a theme changes colours alone
 */
export async function violationsIn(body: Locator, what: 'all' | 'colours' = 'all'): Promise<string[]> {
  const isThere = await body.evaluate(() => (globalThis as Checked).axe !== undefined);
  if (!isThere) await body.evaluate(await readFile(axe, 'utf8'));
  const options = {
    // Whatever else it finds it would describe as well, at length.
    resultTypes: ['violations'],
    // Styles and sounds of other addresses: the pages have none.
    preload: false,
    ...(what === 'colours' && { runOnly: ['color-contrast', 'link-in-text-block'] }),
  };
  const { violations } = await body.evaluate(
    (_, asked) => (globalThis as unknown as Required<Checked>).axe.run(asked),
    options,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
    );
}
