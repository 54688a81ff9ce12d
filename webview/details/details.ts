import * as l10n from '@vscode/l10n';
import type { PanelNode, Span } from '../../src/panel/state.js';
import type { NodeGraph } from '../graph/model.js';
import { button, type Control } from '../ui/controls.js';
import { assign, h } from '../ui/dom.js';
import { glyph, standingGlyph } from '../ui/glyphs.js';
import { Tabs } from '../ui/tabs.js';
import type { ViewState } from '../ui/view-state.js';
import { checked, messageOf, shownStandingText, type ShownStanding } from '../ui/words.js';
import { familyText, symbolCount, worstOf } from '../../src/present/families.js';
import { factsElement, sourceFacts } from './facts.js';
import { Symbols } from './symbols.js';
import { Values, type ValuesHandlers } from './values.js';

type Tab = ViewState['tab'];

interface DetailsHandlers extends Omit<ValuesHandlers, 'onReveal'> {
  readonly onClose: () => void;
  readonly onSelect: (name: string) => void;
  readonly onReveal: (name: string) => void;
  readonly onExport: (name: string) => void;
  readonly onTab: (tab: Tab) => void;
  /** How a stream's file is read, in lines. */
  readonly source: (name: string) => Promise<readonly string[]>;
}

interface DetailsFacts {
  /** Null: no node is selected. */
  readonly node: PanelNode | null;
  /** The nodes of the selected family, or of the selected node's family. If neither is selected, the pane is hidden. */
  readonly family: readonly PanelNode[] | null;
  readonly graph: NodeGraph;
  readonly range: Span | null;
  /** The range that a run would cover. */
  readonly target: Span | null;
  /** Whether a run is active, and on this node. */
  readonly running: boolean;
  readonly inWork: boolean;
  readonly trusted: boolean;
  /** Code and data are being checked. */
  readonly checking: boolean;
  /** Which part of the node is shown. */
  readonly tab: Tab;
}

/** The pane beside the graph: the selected node, its values and other facts. */
export class Details {
  readonly element = h('aside', { class: 'details', hidden: true });
  readonly #on: DetailsHandlers;
  readonly #title = h('div', { class: 'details-title' });
  readonly #why = h('p', { class: 'why' });
  readonly #facts = h('div', { class: 'about' });
  readonly #tabs: Tabs<Tab>;
  readonly #panel = h('div', { class: 'tab-panel', role: 'tabpanel', id: 'values' });
  readonly #values: Values;
  readonly #symbols: Symbols;
  readonly #buttons: HTMLElement;
  readonly #reveal: Control;
  readonly #export: Control;
  #node: PanelNode | null = null;
  /** Name of the shown node or family. */
  #shown = '';
  /** How the last stream's file is read, and for which version. */
  #source: { readonly key: string; readonly lines: Promise<readonly string[]> } = {
    key: '',
    lines: Promise.resolve([]),
  };

  constructor(on: DetailsHandlers) {
    this.#on = on;
    const named = (act: (name: string) => void) => () => {
      if (this.#node) act(this.#node.name);
    };
    this.#values = new Values({ ...on, onReveal: named(on.onReveal) });
    this.#reveal = button({ text: l10n.t('Reveal in Source'), glyph: 'source', onClick: named(on.onReveal) });
    this.#export = button({
      text: l10n.t('Export…'),
      glyph: 'save',
      onClick: () => on.onExport(this.#shown),
    });
    const close = button({ text: l10n.t('Close'), look: 'icon', glyph: 'cross', onClick: on.onClose });
    close.classList.add('close');
    this.#symbols = new Symbols(on.onSelect);
    this.#buttons = h('div', { class: 'head-buttons' }, this.#reveal, this.#export);
    this.#tabs = new Tabs(
      [
        ['chart', l10n.t('Chart')],
        ['rows', l10n.t('Table')],
        ['difference', l10n.t('Before and After')],
        ['about', l10n.t('About')],
      ],
      'values',
      on.onTab,
    );
    this.element.append(
      h('div', { class: 'details-head' }, this.#title, this.#buttons, close),
      this.#why,
      this.#tabs.element,
      this.#panel,
    );
    assign(this.element, { 'aria-label': l10n.t('Details') });
  }

  show(facts: DetailsFacts): void {
    const { node, family } = facts;
    this.element.hidden = node === null && family === null;
    this.#node = node ?? family?.[0] ?? null;
    this.#shown = node?.name ?? family?.[0]?.family ?? '';
    this.#tabs.element.hidden = node === null;
    if (!node) this.#values.hide();
    if (node) this.#showNode({ ...facts, node });
    else if (family) this.#showFamily(family, facts);
  }

  /** A whole family: its symbols, to choose from. */
  #showFamily(members: readonly PanelNode[], { range, checking, inWork }: DetailsFacts): void {
    const standing = inWork ? 'running' : checked(worstOf(members), checking);
    const [first] = members;
    this.#head(standing, first?.family ?? '');
    this.#why.textContent = familyText(members);
    this.#reveal.disabled = first?.located !== true;
    this.#export.disabled = members.every(({ rows }) => rows === 0);
    if (this.#panel.firstChild !== this.#symbols.element) this.#panel.replaceChildren(this.#symbols.element);
    this.#symbols.show({ members, range, checking });
  }

  #showNode({
    node,
    family,
    graph,
    inWork,
    checking,
    tab,
    ...facts
  }: DetailsFacts & { node: PanelNode }): void {
    this.#head(inWork ? 'running' : checked(node.standing, checking), node.name, family);
    this.#why.textContent = node.why;
    this.#reveal.disabled = !node.located;
    this.#export.disabled = node.rows === 0;
    this.#tabs.show(tab);
    const shown = tab === 'about' ? this.#facts : this.#values.element;
    if (this.#panel.firstChild !== shown) this.#panel.replaceChildren(shown);
    if (tab === 'about') this.#showFacts(node, graph);
    else this.#values.show({ ...facts, node, tab });
  }

  #showFacts(node: PanelNode, graph: NodeGraph): void {
    const facts = factsElement(node, graph, this.#on.onSelect);
    this.#facts.replaceChildren(facts);
    if (node.kind !== 'stream') return;
    const key = `${node.name} ${node.version}`;
    if (this.#source.key !== key) this.#source = { key, lines: this.#on.source(node.name) };
    this.#source.lines.then(
      (lines) => facts.append(...sourceFacts(lines)),
      (error: unknown) => facts.append(...sourceFacts([messageOf(error)])),
    );
  }

  #head(standing: ShownStanding, name: string, family: readonly PanelNode[] | null = null): void {
    const badge = h(
      'span',
      { class: `badge is-${standing}` },
      glyph(standingGlyph(standing)),
      shownStandingText(standing),
    );
    const all = family?.[0]?.family;
    this.#title.replaceChildren(badge, h('h2', {}, name));
    if (!family || all === undefined) return;
    const back = h('button', { class: 'link', type: 'button' }, l10n.t('All {0}', symbolCount(family)));
    back.addEventListener('click', () => this.#on.onSelect(all));
    this.#title.append(back);
  }

  repaint(): void {
    this.#values.repaint();
  }
}
