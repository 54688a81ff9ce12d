import type { Node } from '../node.js';
import { defaultColumn, indicatorNode, type RollingOptions } from './indicator.js';
import { extremes } from './kernels/extremes.js';

/** The least value of the window, in the units of its input. NaN when a value of the window is NaN or null. */
export function rollingMin(options: RollingOptions): Node<number> {
  return extreme('rollingMin', options, -1);
}

/** The greatest value of the window, in the units of its input. NaN when a value of the window is NaN or null. */
export function rollingMax(options: RollingOptions): Node<number> {
  return extreme('rollingMax', options, 1);
}

function extreme(kind: string, options: RollingOptions, sign: 1 | -1): Node<number> {
  const { input, period, column = defaultColumn(input) } = options;
  return indicatorNode({ kind, params: { column, period } }, options, (series) => {
    const source = series.of(input);
    return extremes(source.column(column), source.end, period, sign);
  });
}
