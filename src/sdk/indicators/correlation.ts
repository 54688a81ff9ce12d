import { SeamlessError } from '../errors.js';
import type { DagNode } from '../dag-node.js';
import type { Node } from '../node.js';
import type { InputSeries } from '../series.js';
import { parseInterval, type Interval } from '../time/time.js';
import { checkLeast, defaultColumn, indicatorNode } from './indicator.js';
import { blocksOf } from './kernels/blocks.js';
import { correlations } from './kernels/correlations.js';

export interface RollingCorrelationOptions {
  readonly name: string;
  /** Two nodes with bars of one length. */
  readonly input: readonly [DagNode, DagNode];
  /** The column to use, for both or for each. Default: `close` of a stream, `value` of a computed node. */
  readonly column?: string | readonly [string, string];
  /** Bars in the window of each input, at least 2. */
  readonly period: number;
  /** Default: the strategy's, else the inputs'. */
  readonly interval?: Interval;
}

/**
 * Pearson's correlation of two inputs, from −1 to 1: Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² · Σ (y − ȳ)²). Bars are paired by time.
 * Windows hold `period` existing bars, so around a hole they cover different times: a bar without a partner is left out. Computed
 * as in `rollingStd`. NaN when a value of a pair is NaN, infinite or null, when one side is constant, and with fewer than two
 * pairs.
 * @throws SeamlessError `interval` when the inputs state unequal intervals: bring them to one first
 */
export function rollingCorrelation(options: RollingCorrelationOptions): Node<number> {
  const { name, input, period, column } = options;
  const [left, right] = input;
  checkIntervals(name, left, right);
  checkLeast(name, 'period', period, 2, 'a correlation needs two pairs of values');
  const names = typeof column === 'string' ? [column, column] : column;
  const [leftColumn = defaultColumn(left), rightColumn = defaultColumn(right)] = names ?? [];
  const params = { column: [leftColumn, rightColumn], period };
  return indicatorNode({ kind: 'rollingCorrelation', params }, options, (series) => {
    const a = series.of(left);
    const b = series.of(right);
    const pairs = pairByTime(a, a.column(leftColumn), b, b.column(rightColumn));
    const windows = { from: new Int32Array(series.length), to: new Int32Array(series.length) };
    for (let i = 0; i < series.length; i++) {
      const endA = a.end[i] as number;
      const endB = b.end[i] as number;
      const firstA = pairs.beforeA[endA - period] as number;
      const firstB = pairs.beforeB[endB - period] as number;
      const lastA = pairs.beforeA[endA] as number;
      const lastB = pairs.beforeB[endB] as number;
      windows.from[i] = firstA > firstB ? firstA : firstB;
      windows.to[i] = lastA < lastB ? lastA : lastB;
    }
    const blocks = blocksOf(pairs.ts, a.interval, period);
    return correlations(pairs.x, pairs.y, blocks, windows);
  });
}

function checkIntervals(name: string, left: DagNode, right: DagNode): void {
  if (left.interval === undefined || right.interval === undefined) return;
  if (parseInterval(left.interval) === parseInterval(right.interval)) return;
  throw new SeamlessError(
    'interval',
    `${name} correlates ${left.name} (${left.interval}) with ${right.name} (${right.interval}), whose bars are not equally long and so cannot be paired: bring both to one interval first.`,
    { node: name },
  );
}

/** The rows of two inputs with equal times. */
interface Pairs {
  readonly ts: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** For each row of an input, and for its end, how many pairs come before it. */
  readonly beforeA: Int32Array;
  readonly beforeB: Int32Array;
}

function isSameMemory(a: Float64Array, b: Float64Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;
}

function pairByTime(a: InputSeries, valuesA: Float64Array, b: InputSeries, valuesB: Float64Array): Pairs {
  // Both are columns of one input, or of inputs on one grid.
  if (isSameMemory(a.ts, b.ts)) {
    const before = new Int32Array(a.ts.length + 1);
    for (let row = 0; row < before.length; row++) before[row] = row;
    return { ts: a.ts, x: valuesA, y: valuesB, beforeA: before, beforeB: before };
  }
  const { ts: timesA } = a;
  const { ts: timesB } = b;
  const ts = new Float64Array(Math.min(timesA.length, timesB.length));
  const x = new Float64Array(ts.length);
  const y = new Float64Array(ts.length);
  const beforeA = new Int32Array(timesA.length + 1);
  const beforeB = new Int32Array(timesB.length + 1);
  let count = 0;
  let rowB = 0;
  for (let rowA = 0; rowA < timesA.length; rowA++) {
    const time = timesA[rowA] as number;
    while (rowB < timesB.length && (timesB[rowB] as number) < time) beforeB[rowB++] = count;
    beforeA[rowA] = count;
    if (timesB[rowB] !== time) continue;
    ts[count] = time;
    x[count] = valuesA[rowA] as number;
    y[count] = valuesB[rowB] as number;
    beforeB[rowB++] = count++;
  }
  beforeA[timesA.length] = count;
  beforeB.fill(count, rowB);
  return {
    ts: ts.subarray(0, count),
    x: x.subarray(0, count),
    y: y.subarray(0, count),
    beforeA,
    beforeB,
  };
}
