import * as l10n from '@vscode/l10n';
import uPlot, { type AlignedData, type Options, type Series } from 'uplot';
import type { PanelSeries, Span } from '../../src/panel/messages.js';
import { formatNumber } from '../../src/present/values.js';
import { formatTime } from '../../src/sdk/time.js';
import { ticksOf } from '../axis/ticks.js';
import { h } from '../ui/dom.js';
import { chartColours, type ChartColours } from '../ui/theme.js';
import { candlePaths } from './candles.js';
import { chartData, together, type ChartData, type Line } from './series.js';

const HEIGHT = 220;
const VALUES_WIDTH = 64;

/** A node's values over time. Drag across it to look closer; a double click goes back. */
export class Chart {
  readonly element = h('div', { class: 'chart' });
  readonly #onZoom: (range: Span | null) => void;
  #plot: uPlot | null = null;
  #shown: { readonly series: PanelSeries; readonly range: Span; readonly compare: boolean } | null = null;

  /** @param onZoom told what to look at closer, so that it is read again, as fine as the screen can show; null: all. */
  constructor(onZoom: (range: Span | null) => void) {
    this.#onZoom = onZoom;
    new ResizeObserver(() => this.#resize()).observe(this.element);
    this.element.addEventListener('dblclick', () => onZoom(null));
  }

  /** Stretches of time that can be told apart: pixels. */
  get points(): number {
    return Math.max(200, Math.min(2000, this.element.clientWidth || 400));
  }

  /** @param compare draws the version before as well, and marks where they differ. */
  show(series: PanelSeries, range: Span, compare: boolean): void {
    this.#shown = { series, range, compare };
    this.repaint();
  }

  /** Draws once more, as when colours became others. */
  repaint(): void {
    this.#plot?.destroy();
    this.#plot = null;
    if (!this.#shown) return;
    const { series, range, compare } = this.#shown;
    const [current, earlier] = series.versions;
    const data = current ? chartData(current.table, current.coverage) : null;
    if (!data || data.x.length === 0) {
      this.element.replaceChildren(h('p', { class: 'quiet' }, emptyText(data)));
      return;
    }
    this.element.replaceChildren();
    const before = compare && earlier ? chartData(earlier.table, earlier.coverage) : null;
    const marked = compare ? (series.difference?.spans ?? []) : [];
    const colours = chartColours();
    const { options, aligned } = plotOf(data, before, colours);
    this.#plot = new uPlot(
      {
        ...options,
        width: Math.max(200, this.element.clientWidth),
        height: HEIGHT,
        scales: { x: { time: false, range: [range[0], range[1]] } },
        axes: axes(data, colours),
        // Candles have two colours, and none of them is a column's.
        legend: { markers: { show: data.kind !== 'candles' || before !== null } },
        cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
        hooks: {
          setSelect: [(plot) => this.#selected(plot)],
          setCursor: [restOnLast],
          drawClear: [(plot) => shade(plot, marked, colours.marked)],
        },
      },
      aligned,
      this.element,
    );
    this.#plot.root.setAttribute('aria-hidden', 'true');
    restOnLast(this.#plot);
  }

  clear(text: string): void {
    this.#plot?.destroy();
    this.#plot = null;
    this.#shown = null;
    this.element.replaceChildren(h('p', { class: 'quiet' }, text));
  }

  #selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    this.#onZoom([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
  }

  #resize(): void {
    const width = this.element.clientWidth;
    if (this.#plot && width > 0 && Math.abs(width - this.#plot.width) > 1)
      this.#plot.setSize({ width, height: HEIGHT });
  }
}

function emptyText(data: ChartData | null): string {
  if (data?.kind === 'none') return l10n.t('These values have no numbers to draw: the table shows them.');
  return l10n.t('Nothing is stored over this range.');
}

function plotOf(
  data: ChartData,
  before: ChartData | null,
  colours: ChartColours,
): { readonly options: Pick<Options, 'series'>; readonly aligned: AlignedData } {
  const time: Series = {
    label: l10n.t('time'),
    value: (_, ts: number | null) => (ts === null ? '–' : formatTime(ts)),
  };
  if (data.kind === 'candles' && !before) {
    const paths = candlePaths(colours);
    const series = data.lines.map((line, at) => ({
      ...lineSeries(line, colours.text),
      paths: at === 0 ? paths : noPath,
    }));
    return { options: { series: [time, ...series] }, aligned: [data.x, ...data.lines.map(({ y }) => y)] };
  }
  const joined = before ? together(data, before) : { x: data.x, after: data.lines, before: [] };
  const later = joined.after.map((line, at) =>
    lineSeries(line, colours.lines[at % colours.lines.length] ?? colours.text),
  );
  const earlier = joined.before.map((line) => ({
    ...lineSeries({ ...line, label: l10n.t('{0} before', line.label) }, colours.before),
    dash: [4, 3],
  }));
  return {
    options: { series: [time, ...earlier, ...later] },
    aligned: [joined.x, ...joined.before.map(({ y }) => y), ...joined.after.map(({ y }) => y)],
  };
}

const noPath = (): null => null;

function lineSeries({ label, step, words }: Line, stroke: string): Series {
  const text = (value: number): string => words?.[value] ?? formatNumber(value);
  return {
    label,
    stroke,
    width: 1.25,
    // A lone bar between two gaps is a point.
    points: { size: step ? 4 : 3, ...(step && { show: true }) },
    value: (_, value: number | null) => (value === null ? '–' : text(value)),
    ...(step && uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
  };
}

function axes(data: ChartData, { text, grid }: ChartColours): uPlot.Axis[] {
  const words = data.lines.find((line) => line.words)?.words ?? null;
  const common = {
    stroke: text,
    grid: { stroke: grid, width: 0.5 },
    ticks: { stroke: grid, width: 0.5 },
    font: '11px sans-serif',
  };
  return [
    {
      ...common,
      splits: (plot, _axis, from, to) => ticksOf([from, to], mostTicks(plot)).map(({ time }) => time),
      values: (plot, splits) => {
        const [from = 0, to = 1] = [plot.scales['x']?.min, plot.scales['x']?.max];
        const ticks = new Map(
          ticksOf([from, to], mostTicks(plot)).map(({ time, text: shown }) => [time, shown]),
        );
        return splits.map((time) => ticks.get(time) ?? '');
      },
    },
    {
      ...common,
      size: VALUES_WIDTH,
      values: (_, splits) =>
        splits.map((value) =>
          words ? (Number.isInteger(value) ? (words[value] ?? '') : '') : formatNumber(value),
        ),
    },
  ];
}

/** Dates take 62 pixels each. */
function mostTicks(plot: uPlot): number {
  return Math.max(2, Math.floor((plot.width - VALUES_WIDTH) / 78));
}

/** While no pointer is over it, a chart's legend has the last values. */
function restOnLast(plot: uPlot): void {
  if (plot.cursor.idx == null) plot.setLegend({ idx: plot.data[0].length - 1 }, false);
}

function shade(plot: uPlot, spans: readonly Span[], colour: string): void {
  const { left, top, width, height } = plot.bbox;
  plot.ctx.save();
  plot.ctx.beginPath();
  plot.ctx.rect(left, top, width, height);
  plot.ctx.clip();
  plot.ctx.fillStyle = colour;
  // What differs is shaded, and still seen.
  plot.ctx.globalAlpha = 0.2;
  for (const [from, to] of spans) {
    const [a, b] = [plot.valToPos(from, 'x', true), plot.valToPos(to, 'x', true)];
    plot.ctx.fillRect(a, top, Math.max(1, b - a), height);
  }
  plot.ctx.restore();
}
