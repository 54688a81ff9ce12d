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

/** Bars that are seen at least, however close one looks. */
const FEWEST_BARS = 8;

interface Shown {
  /** What it is a chart of. */
  readonly node: string;
  readonly series: PanelSeries;
  /** What was read. */
  readonly range: Span;
  /** All there is to look at. */
  readonly whole: Span;
  /** Whether the version before is drawn as well, and where they differ is marked. */
  readonly compare: boolean;
  /** Fills, drawn over the first pane. */
  readonly fills?: readonly MarkedFill[];
  /** Ranges to be shaded, where it does not compare. */
  readonly marked?: readonly Span[];
  /** Names of columns by pane; null: those of one size share one. */
  readonly panes?: readonly (readonly string[])[];
  /** Values hold until the next, and no line leads there. */
  readonly stepped?: boolean;
}

let charts = 0;

/** A node's values over time: panes below each other, which one pans and zooms together. */
export class Chart {
  readonly element = h('div', { class: 'chart', tabindex: '0', role: 'group' });
  readonly #legend = h('div', { class: 'chart-legend' });
  readonly #frame = h('div', { class: 'chart-frame' });
  readonly #id = `chart-${charts++}`;
  #plots: uPlot[] = [];
  #shown: Shown | null = null;
  /** The values over the whole range, coarse: seen while one moves past what was read closely. */
  #coarse: Shown | null = null;
  /** What is drawn, of which of the two. */
  #drawn: { readonly of: Shown; readonly data: ChartData; readonly strokes: readonly string[][] } | null =
    null;
  #view: Span | null = null;
  readonly #tell: (view: Span | null) => void;

  /** @param onView told what is looked at once it rests, so that it is read as fine as the screen can show; null: all. */
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

  /** Ranges of time that show apart: pixels. */
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

  /** Another node, or another range: all of it is seen again. */
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

  /** Draws once more, as when colours became others. */
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

  /** Of what was read closely as long as that is all that is seen, else of the whole. */
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
    // The legend stays until the next is there: the frame beside it must not change its height in between.
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

  /** The values under the pointer; while none is over it, the last that are seen. */
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
        // Candles have two colours, and none of them is a column's.
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
