import type { DagNode } from '../../dag-node.js';
import { floats } from '../../memory.js';
import type { InputSeries, Series } from '../../series.js';

/** Firings that a kernel computes at once: its scratch memory is as long. */
const LENGTH = 16_384;

/** A strip is at least so many windows long: each strip begins with the rows of a whole window. */
const WINDOWS = 16;

/**
 * Calls a kernel for one strip of the firings after the other, so that its scratch memory stays small. A value depends on its
 * window alone, so strips change no value.
 * @param lookback rows that a firing reads of each input
 */
export function inStrips(
  series: Series,
  lookback: number,
  compute: (series: Series) => Float64Array,
): Float64Array {
  const { length } = series;
  const step = Math.max(LENGTH, WINDOWS * lookback);
  if (length <= step) return compute(series);
  const found = floats(length);
  for (let from = 0; from < length; from += step) {
    found.set(compute(strip(series, lookback, from, Math.min(from + step, length))), from);
  }
  return found;
}

/** Firings `[from, to)`. */
function strip(series: Series, lookback: number, from: number, to: number): Series {
  return {
    length: to - from,
    asOf: series.asOf.subarray(from, to),
    opens: series.opens.subarray(from, to),
    of: (input: DagNode) => cut(series.of(input), lookback, from, to),
  };
}

function cut(input: InputSeries, lookback: number, from: number, to: number): InputSeries {
  const first = (input.end[from] as number) - lookback;
  const last = input.end[to - 1] as number;
  return {
    ts: input.ts.subarray(first, last),
    names: input.names,
    end: input.end.subarray(from, to).map((end) => end - first),
    interval: input.interval,
    period: input.period,
    column: (name) => input.column(name).subarray(first, last),
    valid: (name) => input.valid(name)?.subarray(first, last) ?? null,
  };
}
