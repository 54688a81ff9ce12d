/** The oldest value of a window. */
export function first(values: Float64Array): number {
  return values[0] ?? Number.NaN;
}

/** The newest value of a window. */
export function last(values: Float64Array): number {
  return values[values.length - 1] ?? Number.NaN;
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function lowest(values: Float64Array): number {
  return values.reduce((low, value) => Math.min(low, value), Infinity);
}

/** Log return over a window of prices, from its first bar to its last. Log returns add up over time. */
export function logReturn(prices: Float64Array): number {
  return Math.log(last(prices) / first(prices));
}

/** How far a value is from a mean, in standard deviations: 0 where nothing has moved. */
export function zScore(value: number, mean: number, deviation: number): number {
  return deviation > 0 ? (value - mean) / deviation : 0;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
