import type { PanelState } from '../../src/panel/state.js';
import { h } from './dom.js';
import { banner, placeholder, type NoticeHandlers } from './notices.js';

/** The page's notices: above the graph, and in its place if there is none. */
export class NoticeBoard {
  readonly above = h('div', { class: 'banners' });
  readonly instead = h('div', { class: 'instead' });
  readonly #on: NoticeHandlers;
  #shown = '';

  constructor(on: NoticeHandlers) {
    this.#on = on;
  }

  /** Whether something else is shown instead of the graph. */
  show(state: PanelState | null, failure: string | null): boolean {
    const instead = placeholder(state, this.#on);
    this.instead.hidden = instead === null;
    // An unchanged notice stays, with its focus.
    const shown = JSON.stringify([
      state?.strategy,
      state?.problem,
      state?.edited,
      state?.trusted,
      !state?.nodes,
      state?.nodes?.length === 0,
      failure,
    ]);
    if (shown === this.#shown) return instead !== null;
    this.#shown = shown;
    this.instead.replaceChildren(...(instead ? [instead] : []));
    const above = banner(state, this.#on);
    const failed =
      failure === null ? [] : [h('div', { class: 'banner error', role: 'alert' }, h('span', {}, failure))];
    this.above.replaceChildren(...(above ? [above] : []), ...failed);
    return instead !== null;
  }
}
