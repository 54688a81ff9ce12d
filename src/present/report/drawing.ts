import { columnIndex, type Table } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';
import { ticksOf } from '../ticks.js';
import { html, Markup } from './markup.js';
import type { RunPrices } from '../../protocol/live-results.js';

/* Static charts in SVG. Colours are classes of the report's style sheet. */

const WIDTH = 960;
const LEFT = 84;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 22;
/** About the width of a date. */
const TICK_WIDTH = 90;

/** A line through points; a stepped one holds each value until the next. */
export interface DrawnLine {
  readonly points: readonly (readonly [Seconds, number])[];
  readonly stepped?: boolean;
  /** Filled down to zero. */
  readonly area?: boolean;
  readonly style: string;
}

interface Frame {
  readonly x: (time: Seconds) => number;
  readonly y: (value: number) => number;
  readonly axes: Markup;
  readonly height: number;
}

/** @param label the picture's description for screen readers */
export function lineChart(
  lines: readonly DrawnLine[],
  label: string,
  height: number,
  format: (value: number) => string,
): Markup {
  const points = lines.flatMap((line) => line.points);
  const values = points.map(([, value]) => value);
  const zero = lines.some(({ area }) => area) ? [0] : [];
  const frame = frameOf(
    points.map(([time]) => time),
    [...values, ...zero],
    height,
    format,
  );
  return picture(
    frame,
    label,
    lines.map((line) => pathOf(line, frame)),
  );
}

function pathOf({ points, stepped = false, area = false, style }: DrawnLine, { x, y }: Frame): Markup {
  const steps = points.map(([time, value], at) => {
    const [px, py] = [short(x(time)), short(y(value))];
    if (at === 0) return `M${px} ${py}`;
    return stepped ? `H${px}V${py}` : `L${px} ${py}`;
  });
  const [first, last] = [points[0], points.at(-1)];
  const filled =
    area && first && last
      ? html`<path
          class="area ${style}"
          d="${steps.join('')}L${short(x(last[0]))} ${short(y(0))}L${short(x(first[0]))} ${short(y(0))}Z"
        />`
      : null;
  return html`${filled}<path class="line ${style}" d="${steps.join('')}" />`;
}

/** Prices as candles (as a line if incomplete), with a mark per fill: up below for bought, down above for sold. */
export function priceChart(
  { table, fills, interval }: RunPrices,
  label: string,
  height: number,
  format: (value: number) => string,
): Markup {
  const columns = ['open', 'high', 'low', 'close'].map((name) => numbersOf(table, name));
  const known = columns.flatMap((column) => [...(column ?? [])]).filter((value) => Number.isFinite(value));
  const times = [...table.ts];
  const last = times.at(-1);
  const frame = frameOf(
    last === undefined ? [] : [...times, last + interval],
    [...known, ...fills.map(({ price }) => price)],
    height,
    format,
  );
  const [open, high, low, close] = columns;
  const drawn =
    open && high && low && close
      ? times.map((time, at) =>
          candle(
            frame,
            times.length,
            time,
            [open, high, low, close].map((c) => c[at] as number),
          ),
        )
      : [
          pathOf(
            { points: times.map((time, at) => [time, close?.[at] ?? Number.NaN] as const), style: 'first' },
            frame,
          ),
        ];
  return picture(frame, label, [...drawn, ...fills.map((fill) => mark(frame, fill))]);
}

function candle({ x, y }: Frame, count: number, time: Seconds, prices: readonly number[]): Markup | null {
  const [open = 0, high = 0, low = 0, close = 0] = prices;
  if (!prices.every((price) => Number.isFinite(price))) return null;
  const middle = short(x(time));
  const body = Math.max(1, Math.min(9, ((WIDTH - LEFT - RIGHT) / count) * 0.7));
  const [top, bottom] = [y(Math.max(open, close)), y(Math.min(open, close))];
  const style = close >= open ? 'rise' : 'fall';
  return html`<path
      class="wick ${style}"
      d="M${middle} ${short(y(high))}V${short(top)}M${middle} ${short(bottom)}V${short(y(low))}"
    /><rect
      class="body ${style}"
      x="${short(x(time) - body / 2)}"
      y="${short(top)}"
      width="${short(body)}"
      height="${short(Math.max(0.8, bottom - top))}"
    />`;
}

function mark({ x, y }: Frame, { at, quantity, price }: RunPrices['fills'][number]): Markup {
  const [px, py] = [x(at), y(price)];
  // The tip is at the price.
  const towards = quantity > 0 ? 1 : -1;
  const base = short(py + 9 * towards);
  return html`<path
    class="mark ${quantity > 0 ? 'bought' : 'sold'}"
    d="M${short(px)} ${short(py)}L${short(px - 5)} ${base}H${short(px + 5)}Z"
  />`;
}

function numbersOf({ names, columns }: Table, name: string): Float64Array | null {
  const column = columns[columnIndex(names, name)];
  return column?.type === 'number' ? column.values : null;
}

function frameOf(
  times: readonly Seconds[],
  values: readonly number[],
  height: number,
  format: (value: number) => string,
): Frame {
  const [from, to] = ends(times);
  const [low, high] = ends(values.filter((value) => Number.isFinite(value)));
  const [right, bottom] = [WIDTH - RIGHT, height - BOTTOM];
  const x = (time: number): number => LEFT + ((time - from) / (to - from)) * (right - LEFT);
  const y = (value: number): number => bottom - ((value - low) / (high - low)) * (bottom - TOP);
  const levels = roundLevels(low, high);
  const ticks = ticksOf([from, to], Math.floor((right - LEFT) / TICK_WIDTH));
  const axes = html`${levels.map(
    (level) =>
      html`<path class="grid" d="M${LEFT} ${short(y(level))}H${right}" /><text
          class="value"
          x="${LEFT - 6}"
          y="${short(y(level) + 4)}"
          >${format(level)}</text
        >`,
  )}${ticks.map(({ time, text }) => {
    // Leave out what would be cut off at the right.
    if (x(time) + text.length * 3.5 > WIDTH) return null;
    return html`<path class="grid" d="M${short(x(time))} ${TOP}V${bottom}" /><text
        class="time"
        x="${short(x(time))}"
        y="${height - 6}"
        >${text}</text
      >`;
  })}`;
  return { x, y, axes, height };
}

function picture({ axes, height }: Frame, label: string, parts: readonly (Markup | null)[]): Markup {
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">${axes}${parts}</svg>`;
}

/** About five levels of 1, 2 or 5 times a power of ten. */
function roundLevels(low: number, high: number): number[] {
  const wanted = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = power * ([1, 2, 5].find((each) => each * power >= wanted) ?? 10);
  const levels: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high; at++) levels.push(at * step);
  return levels;
}

/** Minimum and maximum, never equal, so that a scale exists. */
function ends(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low > high) return [0, 1];
  const room = Math.abs(low) * 1e-3 || 1;
  return low === high ? [low - room, high + room] : [low, high];
}

/** A tenth of a pixel is invisible. */
function short(value: number): number {
  return Math.round(value * 10) / 10;
}
