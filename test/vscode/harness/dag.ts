import type { FrameLocator, Locator } from 'playwright-core';
import { violationsIn } from '../../support/axe.js';
import { phrase, type Workbench } from './workbench.js';

/** The DAG panel that is in sight, as a person sees it. */
export class DagView {
  readonly frame: FrameLocator;

  constructor(readonly window: Workbench) {
    this.frame = window.page.frameLocator('iframe.webview.ready:visible').frameLocator('#active-frame');
  }

  /** A node's box; with words, only once it is said to stand so, as in `fast, sma · 1d × 50, fresh, 5,056 rows`. */
  box(name: string, words?: string): Locator {
    const said = words === undefined ? '' : `[aria-label*="${words}"]`;
    return this.frame.locator(`.node[data-id="${name}"]${said}`);
  }

  /** A button once it can be pressed. @param text all of its text: some begin alike. */
  button(text: string): Locator {
    const whole = new RegExp(`^\\s*${phrase(text).source}\\s*$`);
    return this.frame.locator('vscode-button:visible:not([disabled])').filter({ hasText: whole }).first();
  }

  tab(text: string): Locator {
    return this.frame.getByRole('tab', { name: text });
  }

  /** What is said of the node that is selected. */
  get details(): Locator {
    return this.frame.locator('aside.details');
  }

  text(text: string | RegExp): Locator {
    return this.frame.getByText(text);
  }

  /** Ranges of one kind in a node's coverage bar. */
  ranges(name: string, kind: 'covered' | 'stale' | 'failed' | 'unavailable' | 'not-yet'): Locator {
    return this.box(name).locator(`.segment.${kind}`);
  }

  /** Drags over the time axis, from one share of its width to another. */
  async drag(from: number, to: number): Promise<void> {
    const area = await this.frame.locator('.axis').boundingBox();
    if (!area) throw new Error('The time axis is not in sight.');
    const { mouse } = this.window.page;
    await mouse.move(area.x + area.width * from, area.y + 20);
    await mouse.down();
    await mouse.move(area.x + area.width * to, area.y + 20, { steps: 8 });
    await mouse.up();
  }

  /** Makes the panel wider by so many pixels, at the cost of the editor left of it. */
  async widen(pixels: number): Promise<void> {
    const frame = await this.window.page.locator('iframe.webview.ready:visible').boundingBox();
    if (!frame) throw new Error('The panel is not in sight.');
    const { mouse } = this.window.page;
    const y = frame.y + frame.height / 2;
    await mouse.move(frame.x, y);
    await mouse.down();
    await mouse.move(frame.x - pixels, y, { steps: 10 });
    await mouse.up();
  }

  /** What axe-core finds serious or worse in the page, in words. */
  violations(): Promise<string[]> {
    return violationsIn(this.frame.locator('body'));
  }
}
