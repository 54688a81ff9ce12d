/** The numbers of a section that count: those that are not NaN, ascending, so that no sum depends on the order of symbols. */
export function counted(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value)).sort();
}

export function sumOf(sorted: Float64Array): number {
  let sum = 0;
  for (const value of sorted) sum += value;
  return sum;
}

/** NaN where there is none. */
export function meanOf(sorted: Float64Array): number {
  const [least = Number.NaN] = sorted;
  // Of equal numbers it is that number, whatever their sum is rounded to.
  return least === sorted.at(-1) ? least : sumOf(sorted) / sorted.length;
}

export function numbers(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values);
}
