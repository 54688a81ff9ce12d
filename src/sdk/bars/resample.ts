import type { Calendar } from '../time/calendar.js';
import { slottingOf, type DagNode } from '../dag-node.js';
import { SeamlessError } from '../errors.js';
import { bytes, floats } from '../memory.js';
import { KernelCompute, Node, type Bar, type KernelOutput } from '../node.js';
import type { Series } from '../series.js';
import { columnIndex, VALUE_COLUMN } from '../table.js';
import { longestSlot, plainGrid } from '../time/grid.js';
import { aggregate, checkAggregates, type Aggregate } from './aggregate.js';
import { formatInterval, isMonths, parseInterval, type Anchor, type Interval } from '../time/time.js';

export interface ResampleOptions {
  readonly name: string;
  /** Bars or values of a faster interval. */
  readonly input: DagNode;
  /** The interval of the slower bars: a multiple of the input's. */
  readonly interval: Interval;
  /** Calendar of the slower bars: 'XNYS'. Default: the input's. */
  readonly calendar?: Calendar;
  /** Where weeks, quarters and years end: 'W-FRI', 'Q-JAN', 'Y-MAR'. Default: Sunday, and December. */
  readonly anchor?: Anchor;
  /**
   * How columns are combined, besides or instead of the usual open, high, low, close and volume: `{ trades: 'sum' }`. Default:
   * other columns are left out.
   */
  readonly columns?: Readonly<Record<string, Aggregate>>;
  /** Bars made of fewer input bars are left out. Default: 1. */
  readonly minBars?: number;
}

/** A slower bar: open, high, low and close, volume if the input has one, and what `columns` adds. */
export type ResampledBar = Bar & Readonly<Record<string, number>>;

const USUAL: Readonly<Record<string, Aggregate>> = {
  open: 'first',
  high: 'max',
  low: 'min',
  close: 'last',
  volume: 'sum',
};

/**
 * Slower bars: one for each slot of `interval` in which the input has a bar, however many are missing. Open is the first, high
 * the highest, low the lowest, close the last, volume the sum; column names ignore case. An input without open, high or low uses
 * its closes; an input of single values (such as an indicator) uses those. A bar is visible at the close of its slot, once an
 * input bar has closed in it. Values are in the input's units. Equals `resample(…, closed='left', label='left')` in pandas with
 * these aggregations.
 * @throws SeamlessError `interval` for an interval that the input's does not divide, `period` for `minBars` below 1
 */
export function resample(options: ResampleOptions): Node<ResampledBar> {
  const { name, input, interval, columns = {}, minBars = 1 } = options;
  const seconds = parseInterval(interval, `The interval of ${name}`);
  checkDivides(name, input, seconds);
  checkAggregates(name, columns);
  if (!Number.isInteger(minBars) || minBars < 1) {
    const message = `${name} has minBars ${minBars}: it counts bars of ${input.name}, so it must be a whole number of at least 1.`;
    throw new SeamlessError('period', message, { node: name });
  }
  const wanted = Object.entries({ ...USUAL, ...columns });
  return new Node<ResampledBar>({
    name,
    input,
    ...slottingOf(options),
    interval: seconds,
    period: `${longestSlot(plainGrid(seconds))}s`,
    indicator: { kind: 'resample', params: { columns, minBars } },
    computeFn: new KernelCompute<ResampledBar>(
      (series) => resampled(series, input, wanted),
      (series) => withBars(series, input, minBars),
    ),
  });
}

function resampled(
  series: Series,
  input: DagNode,
  wanted: readonly (readonly [string, Aggregate])[],
): KernelOutput {
  const source = series.of(input);
  const fields: Record<string, Float64Array> = {};
  const made = wanted.flatMap(([name, how]) => {
    const column = columnFor(source.names, name);
    if (column === null) return [];
    const cells = (fields[name] = floats(series.length));
    return [{ cells, how, from: source.column(column) }];
  });
  if (made.length === 0 && source.names.length > 0) {
    const [first = ''] = source.names;
    const message = `${input.name} has no close to make bars of; it has ${source.names.join(', ')}. Say what becomes of them: columns: { ${first}: 'last' }.`;
    throw new SeamlessError('unknown-column', message);
  }
  let start = 0;
  for (let firing = 0; firing < series.length; firing++) {
    const end = source.end[firing] as number;
    const open = series.opens[firing] as number;
    while (start < end && (source.ts[start] as number) < open) start++;
    for (const { cells, how, from } of made) cells[firing] = aggregate(from, start, end, how);
  }
  return fields;
}

/** Which slots have at least this many bars; null: all. On a calendar, a slot's only bars may have come before it opened. */
function withBars(series: Series, input: DagNode, minBars: number): Uint8Array | null {
  const { ts, end } = series.of(input);
  const rows = bytes(series.length);
  for (let firing = 0; firing < series.length; firing++) {
    const first = (end[firing] as number) - minBars;
    rows[firing] = first >= 0 && (ts[first] as number) >= (series.opens[firing] as number) ? 1 : 0;
  }
  return rows.includes(0) ? rows : null;
}

/** The input column for a column of the bar; null: none. */
function columnFor(names: readonly string[], name: string): string | null {
  const own = names[columnIndex(names, name)];
  if (own !== undefined) return own;
  if (name === 'volume' || !(name in USUAL)) return null;
  return names[columnIndex(names, 'close')] ?? names[columnIndex(names, VALUE_COLUMN)] ?? null;
}

/** @throws SeamlessError `interval` if an input bar would belong to two slots */
function checkDivides(name: string, input: DagNode, seconds: number): void {
  if (input.interval === undefined) return;
  const own = parseInterval(input.interval, `The interval of ${input.name}`);
  const parts = isMonths(seconds) && !isMonths(own) ? 86_400 : seconds;
  if (parts % own === 0 && seconds > own) return;
  throw new SeamlessError(
    'interval',
    `${name} has the interval ${formatInterval(seconds)}, but ${input.name} has bars of ${formatInterval(own)}: ${isMonths(seconds) ? 'months are made of bars of a day, or of an interval that divides one' : 'make it a multiple of that'}.`,
    { node: name },
  );
}
