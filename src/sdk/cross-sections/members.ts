/** The numbers of a section without NaN, ascending: sums must not depend on the order of symbols. */
export function counted(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value)).sort();
}

export function sumOf(sorted: Float64Array): number {
  let sum = 0;
  for (const value of sorted) sum += value;
  return sum;
}

/** NaN if there are none. */
export function meanOf(sorted: Float64Array): number {
  const [least = Number.NaN] = sorted;
  // For equal numbers, exactly that number, however their sum rounds.
  return least === sorted.at(-1) ? least : sumOf(sorted) / sorted.length;
}

export function numbers(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values);
}
