// Slow (25 s): a browser.
import assert from 'node:assert/strict';
import { lookAtPages } from './support/look.js';
import { research } from './support/states.js';

/** The letters in sight: their least size on the screen in pixels, and whose they are. */
function smallestLetters(): { readonly size: number; readonly text: string } {
  let smallest = { size: Infinity, text: '' };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent?.trim() ?? '';
    if (!element?.checkVisibility() || text === '' || element.closest('script, style, .unseen')) continue;
    const { width, height } = element.getBoundingClientRect();
    if (width === 0 || height === 0) continue;
    const scale = element instanceof SVGGraphicsElement ? (element.getScreenCTM()?.a ?? 1) : 1;
    const size = Number.parseFloat(getComputedStyle(element).fontSize) * scale;
    if (size < smallest.size) smallest = { size, text };
  }
  return smallest;
}

interface Seen {
  readonly boxes: Readonly<Record<string, { readonly x: number; readonly y: number }>>;
  readonly inSight: number;
  readonly frame: { readonly width: number; readonly height: number };
  /** What the boxes in sight take of the frame's width and height. */
  readonly spread: { readonly width: number; readonly height: number };
}

function whatIsSeen(): Seen {
  const frame = document.querySelector('.graph')!.getBoundingClientRect();
  const boxes: Record<string, { x: number; y: number }> = {};
  let [left, top, right, bottom, inSight] = [Infinity, Infinity, -Infinity, -Infinity, 0];
  for (const box of document.querySelectorAll<SVGGElement>('.node')) {
    const body = box.querySelector('.body')!.getBoundingClientRect();
    boxes[box.dataset['id'] ?? ''] = { x: body.x, y: body.y };
    const isIn =
      body.x >= frame.x && body.right <= frame.right && body.y >= frame.y && body.bottom <= frame.bottom;
    if (!isIn) continue;
    inSight += 1;
    [left, top] = [Math.min(left, body.x), Math.min(top, body.y)];
    [right, bottom] = [Math.max(right, body.right), Math.max(bottom, body.bottom)];
  }
  const { width, height } = frame;
  return { boxes, inSight, frame: { width, height }, spread: { width: right - left, height: bottom - top } };
}

/** Whether there are boxes in sight, and no edge of the frame goes through one. */
function noneIsCut(): boolean {
  const { left, top, right, bottom } = document.querySelector('.graph')!.getBoundingClientRect();
  const boxes = [...document.querySelectorAll<SVGGElement>('.node')].map((box) =>
    box.querySelector('.body')!.getBoundingClientRect(),
  );
  const inSight = boxes.filter(
    (box) => box.right > left && box.left < right && box.bottom > top && box.top < bottom,
  );
  const isWhole = (box: DOMRect): boolean =>
    box.left >= left && box.right <= right && box.top >= top && box.bottom <= bottom;
  return inSight.length > 0 && inSight.every(isWhole);
}

const SIZES = { small: [420, 620], narrow: [560, 900], wide: [1280, 420], full: [1600, 1000] } as const;

describe('the DAG panel in every size', () => {
  const look = lookAtPages();

  for (const [size, [width, height]] of Object.entries(SIZES)) {
    for (const count of [7, 20, 60, 300]) {
      it(`shows ${count} nodes so that they can be read: ${size}`, () =>
        look(research(count), { width, height }, async ({ page }) => {
          await page.locator('.node').first().waitFor();
          const smallest = await page.evaluate(smallestLetters);
          assert.ok(smallest.size >= 11, `${smallest.text} has ${smallest.size} px`);
          const { boxes, inSight, frame, spread } = await page.evaluate(whatIsSeen);
          const [price, reader] = [boxes['BTC price']!, boxes[count > 120 ? 'btcFast…' : 'btcFast_5']];
          if (reader) assert.ok(width > height ? price.x < reader.x : price.y < reader.y);
          assert.ok(inSight >= Math.min(7, count), `${inSight} in sight`);
          const used = Math.max(spread.width / frame.width, spread.height / frame.height);
          assert.ok(used > 0.7, `${used} of the room is used`);
        }));
    }
  }

  for (const [width, height] of [
    [1280, 800],
    [1000, 640],
    [820, 620],
    [560, 900],
  ] as const) {
    it(`cuts no box at the edge, with and without details: ${width} × ${height}`, () =>
      look(research(20), { width, height }, async (dag) => {
        const { page } = dag;
        const ids = dag.state?.nodes?.map(({ name }) => name) ?? [];
        await page.waitForFunction(noneIsCut);
        for (const name of [ids[0]!, ids.at(-1)!]) {
          await dag.post({ type: 'select', node: name });
          await page.locator('.details h2').getByText(name, { exact: true }).waitFor();
          await page.waitForFunction(noneIsCut);
        }
        await page.getByRole('button', { name: 'Close' }).click();
        await page.locator('.details').waitFor({ state: 'hidden' });
        await page.locator('.graph').press('f');
        await page.waitForFunction(
          (count) => document.querySelectorAll('.node').length === count,
          ids.length,
        );
        await page.waitForFunction(noneIsCut);
      }));
  }

  it('follows the shape of the panel as it changes', () =>
    look(research(20), { width: 1400, height: 700 }, async ({ page }) => {
      const leadsDown = (): boolean => {
        const at = (id: string): DOMRect =>
          document.querySelector(`[data-id="${id}"] .body`)!.getBoundingClientRect();
        const [price, fast] = [at('BTC price'), at('btcFast_5')];
        return fast.top > price.bottom;
      };
      assert.equal(await page.evaluate(leadsDown), false);
      await page.setViewportSize({ width: 560, height: 900 });
      await page.waitForFunction(leadsDown);
      await page.locator('.graph[aria-busy=false]').waitFor();
      const smallest = await page.evaluate(smallestLetters);
      assert.ok(smallest.size >= 11, `${smallest.text} has ${smallest.size} px`);
    }));
});
