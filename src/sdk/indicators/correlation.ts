import { SeamlessError } from '../errors.js';
import type { DagNode } from '../dag-node.js';
import type { Node } from '../node.js';
import type { InputSeries } from '../series.js';
import { parseInterval, type Interval } from '../time.js';
import { checkLeast, defaultColumn, indicatorNode } from './indicator.js';

export interface RollingCorrelationOptions {
  readonly name: string;
  /** Two nodes whose bars are equally long. */
  readonly input: readonly [DagNode, DagNode];
  /** The numbers to look at, of both or of each. Default: `close` of a stream, `value` of a computed node. */
  readonly column?: string | readonly [string, string];
  /** Bars in the window of each input, at least 2. */
  readonly period: number;
  /** Default: the strategy's, else the inputs'. */
  readonly interval?: Interval;
}

/**
 * Pearson's correlation of two inputs, from −1 to 1: Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² · Σ (y − ȳ)²).
 *
 * It pairs bars by their time. Where an input has a hole, the windows, which hold `period` bars that exist, do not
 * cover the same times: a bar that the other input's window lacks is left out. Two passes over the pairs, as in
 * `rollingStd`. NaN when a value of a pair is NaN, infinite or null, when one side is constant, and with fewer than two pairs.
 *
 * @throws SeamlessError `interval` when the inputs state unequal intervals: bring them to one first.
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
    const correlations = new Float64Array(series.length);
    for (let i = 0; i < correlations.length; i++) {
      const endA = a.end[i] as number;
      const endB = b.end[i] as number;
      const from = Math.max(pairs.beforeA[endA - period] as number, pairs.beforeB[endB - period] as number);
      const to = Math.min(pairs.beforeA[endA] as number, pairs.beforeB[endB] as number);
      correlations[i] = correlation(pairs.x, pairs.y, from, to);
    }
    return correlations;
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

/** The rows of two inputs that have the same time. */
interface Pairs {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** For each row of an input, and for its end, how many pairs come before it. */
  readonly beforeA: Int32Array;
  readonly beforeB: Int32Array;
}

function pairByTime(a: InputSeries, valuesA: Float64Array, b: InputSeries, valuesB: Float64Array): Pairs {
  const { ts: timesA } = a;
  const { ts: timesB } = b;
  const x = new Float64Array(Math.min(timesA.length, timesB.length));
  const y = new Float64Array(x.length);
  const beforeA = new Int32Array(timesA.length + 1);
  const beforeB = new Int32Array(timesB.length + 1);
  let count = 0;
  let rowB = 0;
  for (let rowA = 0; rowA < timesA.length; rowA++) {
    const time = timesA[rowA] as number;
    while (rowB < timesB.length && (timesB[rowB] as number) < time) beforeB[rowB++] = count;
    beforeA[rowA] = count;
    if (timesB[rowB] !== time) continue;
    x[count] = valuesA[rowA] as number;
    y[count] = valuesB[rowB] as number;
    beforeB[rowB++] = count++;
  }
  beforeA[timesA.length] = count;
  beforeB.fill(count, rowB);
  return { x, y, beforeA, beforeB };
}

/** Of rows `[from, to)` of two columns. */
function correlation(x: Float64Array, y: Float64Array, from: number, to: number): number {
  if (to - from < 2) return Number.NaN;
  // Counted from the first pair, as in `rollingStd`: a constant side then has exactly no spread.
  const originX = x[from] as number;
  const originY = y[from] as number;
  let sumX = 0;
  let sumY = 0;
  for (let row = from; row < to; row++) {
    sumX += (x[row] as number) - originX;
    sumY += (y[row] as number) - originY;
  }
  const meanX = sumX / (to - from);
  const meanY = sumY / (to - from);
  let squaresX = 0;
  let squaresY = 0;
  let products = 0;
  for (let row = from; row < to; row++) {
    const dx = (x[row] as number) - originX - meanX;
    const dy = (y[row] as number) - originY - meanY;
    squaresX += dx * dx;
    squaresY += dy * dy;
    products += dx * dy;
  }
  // Roots first, since the product of the squares may be too small or too large for a number.
  const ratio = products / (Math.sqrt(squaresX) * Math.sqrt(squaresY));
  return Math.max(-1, Math.min(1, ratio));
}
