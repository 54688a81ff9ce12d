import * as l10n from '@vscode/l10n';
import type { NodeStanding, Span } from '../../src/panel/state.js';
import type { PanelRows, PanelSeries } from '../../src/panel/requests.js';
import { formatCount } from '../../src/present/format.js';
import { shownRows, shownRowsText } from '../../src/present/shown-rows.js';
import { formatRange } from '../../src/sdk/time/time.js';
import { button } from '../ui/controls.js';
import { h } from '../ui/dom.js';
import { messageOf } from '../ui/words.js';
import { Chart } from './chart.js';
import { differenceElement } from './difference.js';
import { emptyElement, isBare, type EmptyFacts, type EmptyHandlers } from './empty.js';
import { PAGE, RowsView } from './rows-view.js';

/** The views of a node's values. */
type ValuesTab = 'chart' | 'rows' | 'difference';

export interface ValuesHandlers extends EmptyHandlers {
  readonly onCopy: (text: string) => void;
  readonly read: (node: string, range: Span, maxPoints: number) => Promise<PanelSeries>;
  readonly rows: (node: string, range: Span, from: number, count: number) => Promise<PanelRows>;
  /** For the log only: the person sees the error here. */
  readonly onError: (error: unknown) => void;
}

interface ValuesFacts extends EmptyFacts {
  readonly range: Span | null;
  readonly tab: ValuesTab;
}

/** A node's values as chart, table or comparison; read again when their version changes. */
export class Values {
  readonly element = h('div', { class: 'values' });
  readonly #on: ValuesHandlers;
  readonly #note = h('p', { class: 'quiet note' });
  readonly #chart: Chart;
  readonly #rows: RowsView;
  readonly #difference = h('div', { class: 'difference' });
  #facts: ValuesFacts | null = null;
  #zoom: Span | null = null;
  /** What the shown values belong to. */
  #key = '';
  #asked = 0;

  constructor(on: ValuesHandlers) {
    this.#on = on;
    this.#chart = new Chart((zoom) => {
      this.#zoom = zoom;
      this.#loadSeries();
    });
    this.#rows = new RowsView({ onPage: (from) => this.#loadRows(from), onCopy: on.onCopy });
  }

  show(facts: ValuesFacts): void {
    const { node, range, tab, running, target, trusted } = facts;
    const before = this.#facts;
    if (before?.node.name !== node.name || before.range?.join() !== range?.join()) {
      this.#zoom = null;
      this.#chart.reset();
    }
    this.#facts = facts;
    const bare = isBare(node) || range === null;
    // During a run, rows arrive all the time: values are read again when it has ended.
    const stored = [node.version, node.coverage, node.stale, node.rows, node.standing];
    const key = JSON.stringify([
      node.name,
      range,
      tab,
      bare && [running, target, trusted],
      running ? 0 : stored,
    ]);
    if (key === this.#key) return;
    if (running && !bare && this.#isOf(before, facts)) return;
    this.#key = key;
    if (bare) {
      this.#asked += 1;
      this.element.removeAttribute('aria-busy');
      this.#showEmpty();
    } else this.#load();
  }

  /** Forgets what is shown: the next node is read again even if it is the same. */
  hide(): void {
    this.#key = '';
    this.#facts = null;
  }

  repaint(): void {
    this.#chart.repaint();
  }

  #isOf(before: ValuesFacts | null, now: ValuesFacts): boolean {
    return before?.node.name === now.node.name && before.tab === now.tab && !isBare(before.node);
  }

  #load(): void {
    if (this.#facts?.tab === 'rows') this.#loadRows(0);
    else this.#loadSeries();
  }

  #loadSeries(): void {
    if (!this.#facts) return;
    const { node, range: whole, tab } = this.#facts;
    if (!whole || tab === 'rows') return;
    const range = this.#zoom ?? whole;
    const compare = tab === 'difference';
    if (!this.#chart.element.isConnected || compare !== this.#difference.isConnected) {
      this.#chart.clear();
      this.#difference.replaceChildren();
      this.element.replaceChildren(this.#note, this.#chart.element, ...(compare ? [this.#difference] : []));
    }
    this.#take(this.#on.read(node.name, range, this.#chart.points), (series) => {
      const [first] = series.versions;
      if (!this.#zoom && (!first || (first.rows === 0 && first.coverage.length === 0))) {
        this.#showEmpty();
        return;
      }
      this.#note.textContent = noteOf(series, node.standing, range, this.#zoom !== null);
      this.#chart.show({ node: node.name, series, range, whole, compare });
      if (compare) this.#difference.replaceChildren(differenceElement(series));
    });
  }

  #loadRows(from: number): void {
    if (!this.#facts?.range) return;
    const { node, range } = this.#facts;
    this.element.replaceChildren(this.#rows.element);
    this.#take(this.#on.rows(node.name, range, from, PAGE), (rows) => {
      if (rows.total === 0 && node.coverage.length === 0) this.#showEmpty();
      else this.#rows.show(rows, shownRowsText(shownRows(rows.judged, node.standing)));
    });
  }

  /** No version has stored rows in the shown range. */
  #showEmpty(): void {
    if (this.#facts) this.element.replaceChildren(emptyElement(this.#facts, this.#on));
  }

  /** Shows an answer unless another was requested since; an error as a sentence with a retry button. */
  #take<T>(answer: Promise<T>, show: (value: T) => void): void {
    const asked = ++this.#asked;
    this.element.setAttribute('aria-busy', 'true');
    answer
      .then((value) => {
        if (asked === this.#asked) show(value);
      })
      .catch((error: unknown) => {
        if (asked !== this.#asked) return;
        const again = button({ text: l10n.t('Try Again'), onClick: () => this.#load() });
        this.element.replaceChildren(
          h('div', { class: 'inline-error', role: 'alert' }, messageOf(error), again),
        );
        this.#on.onError(error);
      })
      .finally(() => {
        if (asked === this.#asked) this.element.removeAttribute('aria-busy');
      });
  }
}

function noteOf(series: PanelSeries, standing: NodeStanding, [start, end]: Span, zoomed: boolean): string {
  const rows = series.versions[0]?.rows ?? 0;
  const shown = series.versions[0]?.table.ts.length ?? 0;
  const where = formatRange({ start: Math.round(start), end: Math.round(end) });
  const what =
    shown < rows
      ? l10n.t('{0} rows, minimum and maximum per pixel', formatCount(rows))
      : l10n.t('{0} rows', formatCount(rows));
  const first = series.versions[0];
  return [
    // Stored rows may belong to earlier code or data: say so.
    shownRowsText(shownRows(first?.judged ?? true, standing)),
    where,
    what,
    zoomed ? l10n.t('double-click to show all') : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
