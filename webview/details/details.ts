import * as l10n from '@vscode/l10n';
import type { PanelNode, Span } from '../../src/panel/state.js';
import type { NodeGraph } from '../graph/model.js';
import { button, type Control } from '../ui/controls.js';
import { assign, h } from '../ui/dom.js';
import { glyph, standingGlyph } from '../ui/glyphs.js';
import type { ViewState } from '../ui/view-state.js';
import { checked, shownStandingText } from '../ui/words.js';
import { factsElement } from './facts.js';
import { Values, type ValuesHandlers } from './values.js';

type Tab = ViewState['tab'];

export interface DetailsHandlers extends Omit<ValuesHandlers, 'onReveal'> {
  readonly onClose: () => void;
  readonly onSelect: (name: string) => void;
  readonly onReveal: (name: string) => void;
  readonly onExport: (name: string) => void;
  readonly onTab: (tab: Tab) => void;
}

export interface DetailsFacts {
  /** Null: nothing is selected, and the pane is away. */
  readonly node: PanelNode | null;
  readonly graph: NodeGraph;
  readonly range: Span | null;
  /** What a run would be over. */
  readonly target: Span | null;
  /** A run is in work, and whether on this very node. */
  readonly running: boolean;
  readonly inWork: boolean;
  readonly trusted: boolean;
  /** Code and data are being looked at. */
  readonly checking: boolean;
  /** What of the node is looked at. */
  readonly tab: Tab;
}

/** The pane beside the graph: the selected node, its values, and what else is known of it. */
export class Details {
  readonly element = h('aside', { class: 'details', hidden: true });
  readonly #on: DetailsHandlers;
  readonly #title = h('div', { class: 'details-title' });
  readonly #why = h('p', { class: 'why' });
  readonly #facts = h('div', { class: 'about' });
  readonly #tabs = new Map<Tab, HTMLButtonElement>();
  readonly #tabList = h('div', { class: 'tabs', role: 'tablist' });
  readonly #panel = h('div', { class: 'tab-panel', role: 'tabpanel', id: 'values' });
  readonly #values: Values;
  readonly #reveal: Control;
  readonly #export: Control;
  #node: PanelNode | null = null;
  #tab: Tab = 'chart';

  constructor(on: DetailsHandlers) {
    this.#on = on;
    const named = (act: (name: string) => void) => () => {
      if (this.#node) act(this.#node.name);
    };
    this.#values = new Values({ ...on, onReveal: named(on.onReveal) });
    this.#reveal = button({ text: l10n.t('Reveal in Source'), glyph: 'source', onClick: named(on.onReveal) });
    this.#export = button({ text: l10n.t('Export…'), glyph: 'save', onClick: named(on.onExport) });
    const close = button({ text: l10n.t('Close'), look: 'icon', glyph: 'close', onClick: on.onClose });
    close.classList.add('close');
    const buttons = h('div', { class: 'head-buttons' }, this.#reveal, this.#export);
    this.#makeTabs();
    this.element.append(
      h('div', { class: 'details-head' }, this.#title, buttons, close),
      this.#why,
      this.#tabList,
      this.#panel,
    );
    assign(this.element, { 'aria-label': l10n.t('Details') });
  }

  show({ node, graph, inWork, checking, tab, ...facts }: DetailsFacts): void {
    this.element.hidden = node === null;
    this.#node = node;
    this.#tab = tab;
    if (!node) {
      this.#values.hide();
      return;
    }
    const standing = inWork ? 'running' : checked(node.standing, checking);
    this.#title.replaceChildren(
      h(
        'span',
        { class: `badge is-${standing}` },
        glyph(standingGlyph(standing)),
        shownStandingText(standing),
      ),
      h('h2', {}, node.name),
    );
    this.#why.textContent = node.why;
    this.#reveal.disabled = !node.located;
    this.#export.disabled = node.rows === 0;
    for (const [each, element] of this.#tabs) {
      assign(element, { 'aria-selected': String(each === tab), tabindex: each === tab ? 0 : -1 });
    }
    const shown = tab === 'about' ? this.#facts : this.#values.element;
    if (this.#panel.firstChild !== shown) this.#panel.replaceChildren(shown);
    if (tab === 'about') this.#facts.replaceChildren(factsElement(node, graph, this.#on.onSelect));
    else this.#values.show({ ...facts, node, tab });
  }

  repaint(): void {
    this.#values.repaint();
  }

  #makeTabs(): void {
    const texts: readonly (readonly [Tab, string])[] = [
      ['chart', l10n.t('Chart')],
      ['rows', l10n.t('Table')],
      ['difference', l10n.t('Before and After')],
      ['about', l10n.t('About')],
    ];
    for (const [tab, text] of texts) {
      const element = h(
        'button',
        { class: 'tab', role: 'tab', type: 'button', 'aria-controls': 'values' },
        text,
      );
      element.addEventListener('click', () => this.#on.onTab(tab));
      this.#tabs.set(tab, element);
      this.#tabList.append(element);
    }
    this.#tabList.addEventListener('keydown', ({ key }) => {
      const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
      const order = [...this.#tabs.keys()];
      const next = order[(order.indexOf(this.#tab) + step + order.length) % order.length];
      if (step === 0 || next === undefined) return;
      this.#on.onTab(next);
      this.#tabs.get(next)?.focus();
    });
  }
}
