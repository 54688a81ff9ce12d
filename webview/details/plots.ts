import * as l10n from '@vscode/l10n';
import uPlot, { type AlignedData, type Axis, type Options, type Series } from 'uplot';
import type { Span } from '../../src/panel/state.js';
import { formatNumber } from '../../src/present/values.js';
import { ticksOf } from '../../src/present/ticks.js';
import type { ChartColours } from '../ui/theme.js';
import { candlePaths } from './candles.js';
import { drawFills, type MarkedFill } from './marks.js';
import type { Line, Pane } from './series.js';

const FONT = '11px sans-serif';
/** About the width of a digit, in pixels. */
const LETTER_WIDTH = 6.5;

/** Height of a state on its axis, in pixels: enough for its word. */
const STATE_HEIGHT = 18;

/** Margin above and below the states, and the height of the time axis. */
const STATE_PADDING = 14;
const TIME_HEIGHT = 34;

const LEAST_HEIGHT = 70;

/** Heights of panes: states get what their words need, numbers share the rest. */
export function heightsOf(panes: readonly Pane[], height: number): number[] {
  const fixed = panes.map(({ kind, words }) =>
    kind === 'states' ? Math.max(2, words.length) * STATE_HEIGHT + STATE_PADDING : 0,
  );
  const shares = panes.map(({ kind }) => (kind === 'candles' ? 2 : kind === 'lines' ? 1 : 0));
  const left = height - TIME_HEIGHT - fixed.reduce((sum, each) => sum + each, 0);
  const share =
    left /
    Math.max(
      1,
      shares.reduce<number>((sum, each) => sum + each, 0),
    );
  const last = panes.length - 1;
  return panes.map((_, at) => {
    const own = shares[at] ? Math.max(LEAST_HEIGHT, Math.floor(share * (shares[at] ?? 0))) : (fixed[at] ?? 0);
    return own + (at === last ? TIME_HEIGHT : 0);
  });
}

interface PlotOptions {
  readonly width: number;
  readonly height: number;
  readonly view: Span;
  readonly colours: ChartColours;
  /** Ranges to shade. */
  readonly marked: readonly Span[];
  /** Fills to mark. */
  readonly fills: readonly MarkedFill[];
  /** A value holds until the next one: step lines. */
  readonly stepped: boolean;
  /** Width of the value axis: equal in all panes, so that times align. */
  readonly valuesWidth: number;
  /** Whether it has the time axis: only the last pane has. */
  readonly hasTime: boolean;
  /** Panes with one name share their cursor. */
  readonly together: string;
  readonly onCursor: (index: number | null) => void;
}

/** Colours of a pane's lines before the last. */
export function strokesOf({ kind, lines, before }: Pane, first: number, colours: ChartColours): string[] {
  const own = lines.map((_, at) =>
    kind === 'candles' ? colours.text : (colours.lines[(first + at) % colours.lines.length] ?? colours.text),
  );
  return [...own, ...before.map(() => colours.before)];
}

export function makePlot(
  pane: Pane,
  x: readonly number[],
  strokes: readonly string[],
  options: PlotOptions,
  into: HTMLElement,
): uPlot {
  const { width, height, view, colours, marked, fills, together, hasTime, onCursor } = options;
  const all = [...pane.lines, ...pane.before];
  const series = all.map((line, at) =>
    seriesOf(pane, line, strokes[at] ?? colours.text, at >= pane.lines.length, options.stepped),
  );
  if (pane.kind === 'candles') {
    const paths = candlePaths(colours);
    series.forEach((each, at) => {
      each.paths = at === 0 ? paths : () => null;
      each.points = { show: false };
    });
  }
  const plot = new uPlot(
    {
      width,
      height,
      padding: [6, 8, hasTime ? 0 : 6, 0],
      series: [{}, ...series],
      scales: {
        x: { time: false, range: (_, from, to) => [from, to] },
        y:
          pane.kind === 'states'
            ? { range: [-0.6, Math.max(2, pane.words.length) - 0.4] }
            : { range: (_, low, high) => rangeOf(low, high) },
      },
      axes: axesOf(pane, options),
      legend: { show: false },
      cursor: {
        drag: { x: false, y: false },
        points: { size: 6 },
        sync: { key: together, setSeries: false },
      },
      hooks: {
        setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)],
        drawClear: [(drawn) => shade(drawn, marked, colours.marked)],
        draw: [(drawn) => drawFills(drawn, fills, colours)],
      },
    } satisfies Options,
    [x, ...all.map(({ y }) => y)] as AlignedData,
    into,
  );
  plot.setScale('x', { min: view[0], max: view[1] });
  plot.root.setAttribute('aria-hidden', 'true');
  return plot;
}

/** The range of a value axis. If all values are equal, a little around them; 0 to 100 would mislead. */
function rangeOf(low: number | null, high: number | null): [number | null, number | null] {
  if (low === null || high === null) return [low, high];
  if (low < high) return uPlot.rangeNum(low, high, 0.1, true);
  const around = Math.abs(low) * 0.05 || 1;
  return [low - around, low + around];
}

function seriesOf(
  { kind }: Pane,
  { label }: Line,
  stroke: string,
  isBefore: boolean,
  holds: boolean,
): Series {
  const stepped = kind === 'states' || holds ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  return {
    label: isBefore ? l10n.t('{0} before', label) : label,
    stroke,
    width: kind === 'states' ? 2 : 1.25,
    // A single bar between two gaps is drawn as a point.
    points: { size: 3 },
    ...(isBefore && { dash: [4, 3] }),
    ...(stepped && { paths: stepped }),
  };
}

function axesOf({ kind, words }: Pane, { colours, valuesWidth, hasTime }: PlotOptions): Axis[] {
  const common: Axis = {
    stroke: colours.text,
    grid: { stroke: colours.grid, width: 0.5 },
    ticks: { stroke: colours.grid, width: 0.5, show: kind !== 'states' },
    font: FONT,
  };
  return [
    {
      ...common,
      size: hasTime ? TIME_HEIGHT : 0,
      ticks: { ...common.ticks, show: hasTime },
      splits: (plot, _axis, from, to) => ticksOf([from, to], mostTicks(plot)).map(({ time }) => time),
      values: (plot, splits) => {
        if (!hasTime) return splits.map(() => '');
        const [from = 0, to = 1] = [plot.scales['x']?.min, plot.scales['x']?.max];
        const ticks = new Map(ticksOf([from, to], mostTicks(plot)).map(({ time, text }) => [time, text]));
        return splits.map((time) => {
          const text = ticks.get(time) ?? '';
          // Leave out what would be cut off at the right.
          const end = valuesWidth + plot.valToPos(time, 'x') + (text.length * LETTER_WIDTH) / 2;
          return end > plot.width ? '' : text;
        });
      },
    },
    kind === 'states'
      ? {
          ...common,
          size: valuesWidth,
          splits: () => [...words.keys()],
          values: () => words.map((word) => shortened(word)),
        }
      : {
          ...common,
          size: valuesWidth,
          space: 28,
          values: (_, splits) => splits.map((value) => formatNumber(value)),
        },
  ];
}

/** Shortened word for an axis; the legend has it in full. */
const MOST_LETTERS = 22;

function shortened(word: string): string {
  return word.length > MOST_LETTERS ? `${word.slice(0, MOST_LETTERS - 1)}…` : word;
}

const LEAST_VALUES_WIDTH = 64;

/** Room for numbers and words beside all panes. */
export function valuesWidthOf(panes: readonly Pane[]): number {
  const pen = document.createElement('canvas').getContext('2d');
  if (!pen) return LEAST_VALUES_WIDTH;
  pen.font = FONT;
  const words = panes.flatMap(({ words: some }) => some);
  return Math.ceil(
    words.reduce(
      (most, word) => Math.max(most, pen.measureText(shortened(word)).width + 20),
      LEAST_VALUES_WIDTH,
    ),
  );
}

/** Dates take 78 pixels each. */
function mostTicks(plot: uPlot): number {
  return Math.max(2, Math.floor(plot.bbox.width / devicePixelRatio / 78));
}

function shade(plot: uPlot, spans: readonly Span[], colour: string): void {
  const { left, top, width, height } = plot.bbox;
  plot.ctx.save();
  plot.ctx.beginPath();
  plot.ctx.rect(left, top, width, height);
  plot.ctx.clip();
  plot.ctx.fillStyle = colour;
  // Differences are shaded, but stay visible.
  plot.ctx.globalAlpha = 0.2;
  for (const [from, to] of spans) {
    const [a, b] = [plot.valToPos(from, 'x', true), plot.valToPos(to, 'x', true)];
    plot.ctx.fillRect(a, top, Math.max(1, b - a), height);
  }
  plot.ctx.restore();
}
