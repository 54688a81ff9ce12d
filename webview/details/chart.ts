import * as l10n from '@vscode/l10n';
import type uPlot from 'uplot';
import type { PanelSeries } from '../../src/panel/requests.js';
import type { Span } from '../../src/panel/state.js';
import { formatNumber } from '../../src/present/values.js';
import { formatTime } from '../../src/sdk/time/time.js';
import { assign, h, s } from '../ui/dom.js';
import { later } from '../ui/later.js';
import { chartColours } from '../ui/theme.js';
import { heightsOf, makePlot, strokesOf, valuesWidthOf } from './plots.js';
import { chartData, type ChartData } from './series.js';
import type { MarkedFill } from './marks.js';
import { timeGestures } from './time-window.js';

/** The fewest bars in view. */
const FEWEST_BARS = 8;

interface Shown {
  /** What it is a chart of. */
  readonly node: string;
  readonly series: PanelSeries;
  /** The values that were read. */
  readonly range: Span;
  /** The whole range. */
  readonly whole: Span;
  /** Whether to draw the previous version as well, and to mark differences. */
  readonly compare: boolean;
  /** Fills, drawn over the first pane. */
  readonly fills?: readonly MarkedFill[];
  /** Ranges to shade, if it does not compare. */
  readonly marked?: readonly Span[];
  /** Names of columns by pane; null: columns of one magnitude share a pane. */
  readonly panes?: readonly (readonly string[])[];
  /** A value holds until the next one: step lines. */
  readonly stepped?: boolean;
}

let charts = 0;

/** A node's values over time, in panes that pan and zoom together. */
export class Chart {
  readonly element = h('div', { class: 'chart', tabindex: '0', role: 'group' });
  readonly #legend = h('div', { class: 'chart-legend' });
  readonly #frame = h('div', { class: 'chart-frame' });
  readonly #id = `chart-${charts++}`;
  #plots: uPlot[] = [];
  #shown: Shown | null = null;
  /** Coarse values over the whole range, shown while panning beyond what was read in detail. */
  #coarse: Shown | null = null;
  /** What is drawn, from which of the two. */
  #drawn: { readonly of: Shown; readonly data: ChartData; readonly strokes: readonly string[][] } | null =
    null;
  #view: Span | null = null;
  readonly #tell: (view: Span | null) => void;

  /** @param onView called with the visible range once it is stable, to read it in full detail; null: everything */
  constructor(onView: (view: Span | null) => void) {
    this.#tell = later(onView);
    this.element.append(this.#legend, this.#frame);
    new ResizeObserver(() => this.#resize()).observe(this.#frame);
    timeGestures(this.element, {
      view: () => this.#seen,
      whole: () => this.#shown?.whole ?? [0, 1],
      least: () => FEWEST_BARS * (this.#shown?.series.interval ?? 1),
      timeAt: (clientX) => {
        const [plot] = this.#plots;
        if (!plot) return (this.#seen[0] + this.#seen[1]) / 2;
        return plot.posToVal(clientX - plot.over.getBoundingClientRect().left, 'x');
      },
      perPixel: () => (this.#seen[1] - this.#seen[0]) / Math.max(1, this.#plots[0]?.over.clientWidth ?? 1),
      onView: (view) => this.#look(view),
    });
  }

  /** The shortest range that is visible, in pixels. */
  get points(): number {
    return Math.max(200, Math.min(2000, this.element.clientWidth || 400));
  }

  show(shown: Shown): void {
    const label = l10n.t('Chart of {0}: arrows move it, + and − zoom, 0 shows all of it', shown.node);
    assign(this.element, { 'aria-label': label });
    const isWhole = shown.range[0] === shown.whole[0] && shown.range[1] === shown.whole[1];
    if (isWhole) this.#coarse = shown;
    else if (this.#coarse?.node !== shown.node || this.#coarse.compare !== shown.compare) this.#coarse = null;
    this.#shown = shown;
    this.repaint();
  }

  /** Another node or range: show all of it. */
  reset(): void {
    this.#view = null;
    this.#coarse = null;
  }

  /** Moves to a part of what is shown. */
  lookAt(view: Span): void {
    this.#look(view);
  }

  clear(): void {
    this.#shown = null;
    this.#coarse = null;
    this.repaint();
  }

  /** Draws again, for example with new colours. */
  repaint(): void {
    this.#drawn = null;
    this.#draw();
  }

  get #seen(): Span {
    return this.#view ?? this.#shown?.whole ?? [0, 1];
  }

  #look(view: Span): void {
    const shown = this.#shown;
    if (!shown) return;
    const isWhole = view[0] <= shown.whole[0] && view[1] >= shown.whole[1];
    this.#view = isWhole ? null : view;
    this.#draw();
    this.#tell(this.#view);
  }

  /** The detailed values if they cover the view, else the coarse ones. */
  #draw(): void {
    const fine = this.#shown;
    const [from, to] = this.#seen;
    const reaches = fine && from >= fine.range[0] && to <= fine.range[1];
    const best = reaches ? fine : (this.#coarse ?? fine);
    if (best && this.#drawn?.of === best) {
      for (const plot of this.#plots) plot.setScale('x', { min: from, max: to });
      return;
    }
    for (const plot of this.#plots) plot.destroy();
    this.#plots = [];
    this.#frame.replaceChildren();
    this.#drawn = null;
    // Keep the legend until the next one exists, so that the height does not change in between.
    if (best) this.#make(best);
    else this.#legend.replaceChildren();
  }

  #make(of: Shown): void {
    const [current, before] = of.series.versions;
    if (!current) return;
    const data = chartData(current, of.compare ? (before ?? null) : null, of.panes ?? null);
    const { panes, x } = data;
    if (panes.length === 0 || x.length === 0) {
      const text =
        x.length > 0 ? l10n.t('These values cannot be drawn. See the table.') : l10n.t('No row here.');
      this.#legend.replaceChildren();
      this.#frame.replaceChildren(h('p', { class: 'quiet' }, text));
      return;
    }
    const colours = chartColours();
    const valuesWidth = valuesWidthOf(panes);
    const heights = heightsOf(panes, this.#frame.clientHeight);
    let first = 0;
    const strokes = panes.map((pane) => {
      const own = strokesOf(pane, first, colours);
      if (pane.kind !== 'candles') first += pane.lines.length;
      return own;
    });
    this.#plots = panes.map((pane, at) =>
      makePlot(
        pane,
        x,
        strokes[at] ?? [],
        {
          width: Math.max(160, this.#frame.clientWidth),
          height: heights[at] ?? 0,
          view: this.#seen,
          colours,
          marked: of.compare ? (of.series.difference?.spans ?? []) : (of.marked ?? []),
          fills: at === 0 ? (of.fills ?? []) : [],
          stepped: of.stepped ?? false,
          valuesWidth,
          hasTime: at === panes.length - 1,
          together: this.#id,
          onCursor: (index) => this.#tellValues(index),
        },
        this.#frame,
      ),
    );
    this.#drawn = { of, data, strokes };
    this.#tellValues(null);
  }

  /** The values under the pointer, or the last visible ones. */
  #tellValues(index: number | null): void {
    if (!this.#drawn) return;
    const { data, strokes } = this.#drawn;
    const end = data.x.findLastIndex((time) => time < this.#seen[1]);
    const at = index ?? (end < 0 ? data.x.length - 1 : end);
    const time = data.x[at];
    const entries = data.panes.flatMap(({ kind, lines, before, words }, pane) =>
      [...lines, ...before].map(({ label, y }, line) => {
        const value = y[at];
        const text = value == null ? '–' : kind === 'states' ? (words[value] ?? '') : formatNumber(value);
        const name = line < lines.length ? label : l10n.t('{0} before', label);
        // Candles have two colours, neither of them a column's.
        return entry(name, text, kind === 'candles' ? null : (strokes[pane]?.[line] ?? null));
      }),
    );
    this.#legend.replaceChildren(
      entry(l10n.t('time'), time === undefined ? '–' : formatTime(Math.round(time)), null),
      ...entries,
    );
  }

  #resize(): void {
    if (!this.#drawn) {
      if (this.#shown && this.#plots.length === 0) this.#draw();
      return;
    }
    const width = Math.max(160, this.#frame.clientWidth);
    const heights = heightsOf(this.#drawn.data.panes, this.#frame.clientHeight);
    this.#plots.forEach((plot, at) => {
      const height = heights[at] ?? plot.height;
      if (Math.abs(width - plot.width) > 1 || height !== plot.height) plot.setSize({ width, height });
    });
  }
}

function entry(name: string, value: string, colour: string | null): HTMLElement {
  const swatch = s('svg', { class: 'line-swatch', width: 12, height: 8, 'aria-hidden': 'true' });
  swatch.append(s('path', { d: 'M0 4h12', stroke: colour ?? 'none', 'stroke-width': 2 }));
  return h(
    'span',
    { class: 'chart-value' },
    ...(colour === null ? [] : [swatch]),
    h('span', { class: 'quiet' }, `${name} `),
    value,
  );
}
