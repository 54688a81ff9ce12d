import type { Calendar } from '../time/calendar.js';
import { slottingOf, type DagNode, type Slotting } from '../dag-node.js';
import { SeamlessError } from '../errors.js';
import { KernelCompute, Node, type NodeOptions } from '../node.js';
import type { InputSeries, Series } from '../series.js';
import { VALUE_COLUMN } from '../table.js';
import type { Anchor, Interval } from '../time/time.js';
import { blocksOf, type Blocks } from './kernels/blocks.js';
import { inStrips } from './kernels/strips.js';

/** What every indicator over one input takes. */
export interface IndicatorOptions {
  readonly name: string;
  readonly input: DagNode;
  /** The column to use. Default: `close` of a stream and of resampled bars, `value` of another computed node. */
  readonly column?: string;
  /** Default: the strategy's, else the input's. */
  readonly interval?: Interval;
  /** Calendar of the bars, if they are longer than the input's. Default: the inputs'. */
  readonly calendar?: Calendar;
  /** Where weeks, quarters and years end: 'W-FRI', 'Q-JAN', 'Y-MAR'. Default: Sunday, and December. */
  readonly anchor?: Anchor;
}

export interface RollingOptions extends IndicatorOptions {
  /** Bars in the window. */
  readonly period: number;
}

/** The node of an indicator. `params` is everything besides its inputs that decides its values. */
export function indicatorNode(
  indicator: NonNullable<NodeOptions<number>['indicator']>,
  options: Pick<NodeOptions<number>, 'name' | 'input'> & {
    readonly period: number;
  } & Slotting,
  compute: (series: Series) => Float64Array,
): Node<number> {
  const { name, input, period } = options;
  return new Node<number>({
    name,
    input,
    period,
    ...slottingOf(options),
    computeFn: new KernelCompute<number>((series) => inStrips(series, period, compute)),
    indicator,
  });
}

/** Blocks as long as a window, in slots: a window without holes spans two. */
export function blocksFor({ ts, interval }: InputSeries, length: number): Blocks {
  return blocksOf(ts, interval, length);
}

export function defaultColumn(input: DagNode): string {
  const bars =
    input.kind === 'stream' ||
    input.kind === 'universe' ||
    (input instanceof Node &&
      input.computeFn instanceof KernelCompute &&
      ['resample', 'barsOf'].includes(input.indicator?.kind ?? ''));
  return bars ? 'close' : VALUE_COLUMN;
}

/** @throws SeamlessError `period` when a window is too short for the indicator */
export function checkLeast(name: string, what: string, given: number, least: number, why: string): void {
  if (given >= least) return;
  throw new SeamlessError(
    'period',
    `${name} has ${what} ${given}: ${why}, so it must be at least ${least}.`,
    { node: name },
  );
}
