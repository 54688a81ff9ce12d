import type { FrameLocator, Locator } from 'playwright-core';
import { phrase, type Workbench } from './workbench.js';

/** The DAG panel that is in sight, as a person sees it. */
export class DagView {
  readonly frame: FrameLocator;

  constructor(readonly window: Workbench) {
    this.frame = window.page.frameLocator('iframe.webview.ready:visible').frameLocator('#active-frame');
  }

  /** A node's box. */
  box(name: string): Locator {
    return this.frame.locator(`.node[data-id="${name}"]`);
  }

  button(text: string): Locator {
    return this.frame.locator('vscode-button').filter({ hasText: phrase(text) });
  }

  tab(text: string): Locator {
    return this.frame.getByRole('tab', { name: text });
  }

  /** What is said of the node that is selected. */
  get details(): Locator {
    return this.frame.locator('aside.details');
  }

  get axis(): Locator {
    return this.frame.locator('.axis');
  }

  /** The line at the foot. */
  get result(): Locator {
    return this.frame.locator('.progress-line, .foot').first();
  }

  text(text: string | RegExp): Locator {
    return this.frame.getByText(text);
  }

  /** How a node stands, in the words for those who are read to: `fast, sma · 1d × 50, fresh, 5,056 rows`. */
  async said(name: string): Promise<string> {
    return (await this.box(name).getAttribute('aria-label')) ?? '';
  }

  /** Resolves once a node is said to stand so. */
  async stands(name: string, words: string | RegExp): Promise<void> {
    const box = typeof words === 'string' ? `[aria-label*="${words}"]` : '';
    await this.frame.locator(`.node[data-id="${name}"]${box}`).waitFor();
  }

  /** Drags over the time axis, from one share of its width to another. */
  async drag(from: number, to: number): Promise<void> {
    const area = await this.axis.boundingBox();
    if (!area) throw new Error('The time axis is not in sight.');
    const { mouse } = this.window.page;
    await mouse.move(area.x + area.width * from, area.y + 20);
    await mouse.down();
    await mouse.move(area.x + area.width * to, area.y + 20, { steps: 8 });
    await mouse.up();
  }
}
