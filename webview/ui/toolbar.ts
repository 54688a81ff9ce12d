import * as l10n from '@vscode/l10n';
import type { PanelState, Span } from '../../src/panel/state.js';
import { formatCount } from '../../src/present/format.js';
import { formatRange } from '../../src/sdk/time/time.js';
import type { Focus } from '../graph/model.js';
import { button, dropdown, textField, type Control, type ValueControl } from './controls.js';
import { assign, h } from './dom.js';
import type { ViewState } from './view-state.js';

export type ExportKind = 'svg' | 'png' | 'svg-dark' | 'png-dark' | 'mermaid';

interface ToolbarHandlers {
  readonly onRun: (only: 'missing' | null) => void;
  readonly onCancel: () => void;
  readonly onSearch: (text: string) => void;
  /** Enter in the search box: go to the next result. */
  readonly onNext: () => void;
  readonly onFocus: (focus: Focus) => void;
  readonly onCollapse: (collapsed: boolean) => void;
  readonly onFit: () => void;
  readonly onZoom: (factor: number) => void;
  readonly onExport: (kind: ExportKind) => void;
  readonly onRange: (range: Span | null) => void;
}

interface ToolbarFacts {
  readonly state: PanelState;
  readonly view: ViewState;
  readonly collapsed: boolean;
  /** How many nodes the search found; null: no search. */
  readonly found: number | null;
  /** The range for a run. */
  readonly target: Span | null;
}

/** Actions for the whole graph: run, search, show a part, export. */
export class Toolbar {
  readonly element = h('div', { class: 'toolbar', role: 'toolbar' });
  readonly #run: Control;
  readonly #missing: Control;
  readonly #cancel: Control;
  readonly #search: ValueControl;
  readonly #found = h('span', { class: 'quiet found', role: 'status' });
  readonly #focus: ValueControl;
  readonly #collapse: Control;
  readonly #closer: Control;
  readonly #everything: Control;
  #facts: ToolbarFacts | null = null;

  constructor(on: ToolbarHandlers) {
    this.#run = button({
      text: l10n.t('Materialize'),
      look: 'primary',
      glyph: 'run',
      onClick: () => on.onRun(null),
    });
    this.#missing = button({
      text: l10n.t('Materialize Missing or Failed'),
      onClick: () => on.onRun('missing'),
    });
    this.#cancel = button({ text: l10n.t('Cancel'), glyph: 'cross', onClick: on.onCancel });
    this.#closer = button({
      text: l10n.t('Look Closer'),
      title: l10n.t('Show coverage over the chosen range only'),
      onClick: () => on.onRange(this.#facts?.view.chosen ?? null),
    });
    this.#everything = button({
      text: l10n.t('All Data'),
      title: l10n.t('Show coverage over all data'),
      onClick: () => on.onRange(null),
    });
    this.#search = searchField(on);
    this.#focus = dropdown(l10n.t('Part of the graph'), focusTexts(), (value) => on.onFocus(value as Focus));
    this.#collapse = button({
      text: l10n.t('Group by Prefix'),
      glyph: 'group',
      look: 'icon',
      onClick: () => on.onCollapse(this.#facts?.collapsed !== true),
    });
    assign(this.element, { 'aria-label': l10n.t('Graph') });
    this.element.append(
      h(
        'div',
        { class: 'tools run-tools' },
        this.#run,
        this.#missing,
        this.#cancel,
        this.#everything,
        this.#closer,
      ),
      h(
        'div',
        { class: 'tools look-tools' },
        this.#search,
        this.#found,
        this.#focus,
        this.#collapse,
        button({ text: l10n.t('Zoom Out'), look: 'icon', glyph: 'minus', onClick: () => on.onZoom(0.8) }),
        button({ text: l10n.t('Zoom In'), look: 'icon', glyph: 'plus', onClick: () => on.onZoom(1.25) }),
        button({ text: l10n.t('Fit (f)'), look: 'icon', glyph: 'fit', onClick: on.onFit }),
        saveMenu(on.onExport),
      ),
    );
  }

  focusSearch(): void {
    this.#search.focus();
  }

  show(facts: ToolbarFacts): void {
    this.#facts = facts;
    const { state, view, collapsed, found, target } = facts;
    const running = state.running !== null;
    const idle = !running && state.trusted && target !== null && (state.nodes?.length ?? 0) > 0;
    this.#run.disabled = !idle;
    this.#missing.disabled = !idle;
    for (const control of [this.#run, this.#missing]) control.hidden = running;
    this.#cancel.hidden = !running;
    this.#closer.hidden = view.chosen === null;
    this.#everything.hidden = !isPart(state);
    assign(this.#run, { title: target && runTitle(target) });
    this.#found.textContent = found === null ? '' : l10n.t('{0} found', formatCount(found));
    if (this.#search.value !== view.search && document.activeElement !== this.#search)
      this.#search.value = view.search;
    this.#focus.value = view.focus;
    this.#focus.disabled = view.selected === null && view.focus === 'all';
    assign(this.#collapse, { 'aria-pressed': String(collapsed), class: collapsed ? 'pressed' : null });
  }
}

function searchField({ onSearch, onNext }: ToolbarHandlers): ValueControl {
  const field = textField(l10n.t('Search (/)'), onSearch);
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') onNext();
    if (event.key !== 'Escape') return;
    field.value = '';
    onSearch('');
  });
  return field;
}

function isPart({ range, data }: PanelState): boolean {
  return range !== null && data !== null && (range[0] > data[0] || range[1] < data[1]);
}

function runTitle(target: Span): string {
  return l10n.t('Run over {0}', formatRange({ start: target[0], end: target[1] }));
}

function focusTexts(): readonly (readonly [Focus, string])[] {
  return [
    ['all', l10n.t('Whole graph')],
    ['around', l10n.t('Neighbourhood')],
    ['up', l10n.t('Upstream only')],
    ['down', l10n.t('Downstream only')],
  ];
}

/** Saves the picture in the chosen format; the select shows its first entry again. */
function saveMenu(onExport: ToolbarHandlers['onExport']): ValueControl {
  const menu = dropdown(
    l10n.t('Save the picture'),
    [
      ['', l10n.t('Save…')],
      ['svg', 'SVG'],
      ['png', 'PNG'],
      ['svg-dark', l10n.t('SVG, dark')],
      ['png-dark', l10n.t('PNG, dark')],
      ['mermaid', 'Mermaid'],
    ],
    (value) => {
      if (value !== '') onExport(value as ExportKind);
      menu.value = '';
    },
  );
  return menu;
}
