import { assign, h } from './dom.js';

/** A row of tabs: choose one by click or arrow keys. */
export class Tabs<Name extends string> {
  readonly element = h('div', { class: 'tabs', role: 'tablist' });
  readonly #tabs = new Map<Name, HTMLButtonElement>();
  #chosen: Name | null = null;

  /** @param panel id of the element that shows the chosen tab */
  constructor(
    texts: readonly (readonly [name: Name, text: string])[],
    panel: string,
    onTab: (name: Name) => void,
  ) {
    for (const [name, text] of texts) {
      const element = h(
        'button',
        { class: 'tab', role: 'tab', type: 'button', 'aria-controls': panel },
        text,
      );
      element.addEventListener('click', () => onTab(name));
      this.#tabs.set(name, element);
      this.element.append(element);
    }
    this.element.addEventListener('keydown', ({ key }) => {
      const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
      const order = [...this.#tabs.keys()];
      const at = this.#chosen === null ? 0 : order.indexOf(this.#chosen);
      const next = order[(at + step + order.length) % order.length];
      if (step === 0 || next === undefined) return;
      onTab(next);
      this.#tabs.get(next)?.focus();
    });
  }

  show(chosen: Name): void {
    this.#chosen = chosen;
    for (const [name, element] of this.#tabs)
      assign(element, { 'aria-selected': String(name === chosen), tabindex: name === chosen ? 0 : -1 });
  }
}
