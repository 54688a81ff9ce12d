import * as l10n from '@vscode/l10n';
import type { PanelNode, PanelRows, PanelSeries, Span } from '../../src/panel/messages.js';
import { formatCount } from '../../src/present/format.js';
import { formatRange } from '../../src/sdk/time.js';
import type { NodeGraph } from '../graph/model.js';
import { button, type Control } from '../ui/controls.js';
import { assign, h } from '../ui/dom.js';
import { glyph, standingGlyph } from '../ui/glyphs.js';
import type { ViewState } from '../ui/view-state.js';
import { messageOf, shownStandingText } from '../ui/words.js';
import { Chart } from './chart.js';
import { differenceElement } from './difference.js';
import { factsElement } from './facts.js';
import { PAGE, RowsView } from './rows-view.js';

type Tab = ViewState['tab'];

export interface DetailsHandlers {
  readonly onClose: () => void;
  readonly onSelect: (name: string) => void;
  readonly onReveal: (name: string) => void;
  readonly onExport: (name: string) => void;
  readonly onCopy: (text: string) => void;
  readonly onTab: (tab: Tab) => void;
  readonly read: (node: string, range: Span, maxPoints: number) => Promise<PanelSeries>;
  readonly rows: (node: string, range: Span, from: number, count: number) => Promise<PanelRows>;
  readonly onError: (error: unknown) => void;
}

export interface DetailsFacts {
  /** Null: nothing is selected, and the pane is away. */
  readonly node: PanelNode | null;
  readonly graph: NodeGraph;
  readonly range: Span | null;
  /** A run is in work, and whether on this very node. */
  readonly running: boolean;
  readonly inWork: boolean;
  /** What of its values is looked at. */
  readonly tab: Tab;
}

/** The pane beside the graph: what is known of the selected node, and its values. */
export class Details {
  readonly element = h('aside', { class: 'details', hidden: true });
  readonly #on: DetailsHandlers;
  readonly #head = h('div', { class: 'details-head' });
  readonly #why = h('p', { class: 'why' });
  readonly #facts = h('div');
  readonly #tabs = new Map<Tab, HTMLButtonElement>();
  readonly #tabList = h('div', { class: 'tabs', role: 'tablist' });
  readonly #values = h('div', { class: 'values', role: 'tabpanel', id: 'values' });
  readonly #note = h('p', { class: 'quiet note' });
  readonly #chart: Chart;
  readonly #rows: RowsView;
  readonly #difference = h('div');
  readonly #reveal: Control;
  readonly #export: Control;
  #node: PanelNode | null = null;
  #range: Span | null = null;
  #zoom: Span | null = null;
  #tab: Tab = 'chart';
  /** What the values shown are of: asked for again when it becomes another. */
  #key = '';
  #asked = 0;

  constructor(on: DetailsHandlers) {
    this.#on = on;
    this.#chart = new Chart((zoom) => {
      this.#zoom = zoom;
      this.#load();
    });
    this.#rows = new RowsView({ onPage: (from) => this.#loadRows(from), onCopy: on.onCopy });
    const named = (act: (name: string) => void) => () => {
      if (this.#node) act(this.#node.name);
    };
    this.#reveal = button({ text: l10n.t('Reveal in Source'), glyph: 'source', onClick: named(on.onReveal) });
    this.#export = button({ text: l10n.t('Export…'), glyph: 'save', onClick: named(on.onExport) });
    this.#makeTabs();
    this.element.append(
      this.#head,
      this.#why,
      h('div', { class: 'row-buttons' }, this.#reveal, this.#export),
      this.#tabList,
      this.#values,
      h('h3', {}, l10n.t('About')),
      this.#facts,
    );
    assign(this.element, { 'aria-label': l10n.t('Details') });
  }

  show({ node, graph, range, running, inWork, tab }: DetailsFacts): void {
    this.element.hidden = node === null;
    if (node?.name !== this.#node?.name) this.#zoom = null;
    this.#node = node;
    this.#range = range;
    this.#tab = tab;
    if (!node) {
      this.#key = '';
      return;
    }
    const standing = inWork ? 'running' : node.standing;
    const close = button({ text: l10n.t('Close'), look: 'icon', glyph: 'close', onClick: this.#on.onClose });
    this.#head.replaceChildren(
      h(
        'span',
        { class: `badge is-${standing}` },
        glyph(standingGlyph(standing)),
        shownStandingText(standing),
      ),
      h('h2', {}, node.name),
      close,
    );
    this.#why.textContent = node.why;
    this.#facts.replaceChildren(factsElement(node, graph, this.#on.onSelect));
    this.#reveal.disabled = !node.located;
    this.#export.disabled = node.rows === 0;
    for (const [each, element] of this.#tabs) {
      assign(element, { 'aria-selected': String(each === tab), tabindex: each === tab ? 0 : -1 });
    }
    // While a run goes on rows come in all the time: values are read again when it has ended.
    const key = JSON.stringify([
      node.name,
      range,
      tab,
      running ? 0 : [node.coverage, node.rows, node.standing],
    ]);
    if (key === this.#key || (running && this.#key !== '')) return;
    this.#key = key;
    this.#load();
  }

  repaint(): void {
    this.#chart.repaint();
  }

  #makeTabs(): void {
    const texts: readonly (readonly [Tab, string])[] = [
      ['chart', l10n.t('Chart')],
      ['rows', l10n.t('Table')],
      ['difference', l10n.t('Before and After')],
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

  #load(): void {
    if (this.#tab === 'rows') this.#loadRows(0);
    else this.#loadSeries(this.#tab === 'difference');
  }

  #loadSeries(compare: boolean): void {
    const [node, range] = [this.#node, this.#zoom ?? this.#range];
    this.#values.replaceChildren(this.#note, this.#chart.element, ...(compare ? [this.#difference] : []));
    this.#difference.replaceChildren();
    if (!node || !range) {
      this.#note.textContent = '';
      this.#chart.clear(l10n.t('Nothing is stored yet. Materialize a range first.'));
      return;
    }
    this.#take(this.#on.read(node.name, range, this.#chart.points), (series) => {
      this.#note.textContent = noteOf(series, range, this.#zoom !== null);
      this.#chart.show(series, range, compare);
      if (compare) this.#difference.replaceChildren(differenceElement(series));
    });
  }

  #loadRows(from: number): void {
    const [node, range] = [this.#node, this.#range];
    this.#values.replaceChildren(this.#rows.element);
    if (!node || !range) {
      this.#values.replaceChildren(
        h('p', { class: 'quiet' }, l10n.t('Nothing is stored yet. Materialize a range first.')),
      );
      return;
    }
    this.#take(this.#on.rows(node.name, range, from, PAGE), (rows) => this.#rows.show(rows));
  }

  /** Shows an answer unless another was asked for since; an error as a sentence with a way to try again. */
  #take<T>(answer: Promise<T>, show: (value: T) => void): void {
    const asked = ++this.#asked;
    this.#values.setAttribute('aria-busy', 'true');
    const current = (value: T): void => {
      if (asked === this.#asked) show(value);
    };
    answer
      .then(current)
      .catch((error: unknown) => {
        if (asked !== this.#asked) return;
        const again = button({ text: l10n.t('Try Again'), onClick: () => this.#load() });
        this.#values.replaceChildren(
          h('div', { class: 'inline-error', role: 'alert' }, messageOf(error), again),
        );
        this.#on.onError(error);
      })
      .finally(() => {
        if (asked === this.#asked) this.#values.removeAttribute('aria-busy');
      });
  }
}

function noteOf(series: PanelSeries, [start, end]: Span, zoomed: boolean): string {
  const rows = series.versions[0]?.rows ?? 0;
  const shown = series.versions[0]?.table.ts.length ?? 0;
  const where = formatRange({ start: Math.round(start), end: Math.round(end) });
  const what =
    shown < rows
      ? l10n.t('{0} rows, extremes of each pixel', formatCount(rows))
      : l10n.t('{0} rows', formatCount(rows));
  return zoomed ? `${where} · ${what} · ${l10n.t('double click to go back')}` : `${where} · ${what}`;
}
