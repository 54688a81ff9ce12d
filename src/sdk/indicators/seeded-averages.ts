export interface SeededAverage {
  /** Values in a window. */
  readonly length: number;
  /** How many of them, the oldest, make up the mean it starts with. All: a plain mean. */
  readonly seed: number;
  /** What each later value counts for. */
  readonly weight: number;
}

/**
 * For each window `values[end − length … end)`: the mean of its first `seed` values, then moved towards each later
 * value `x` by `weight · (x − mean)`. A function of the window alone, worked out in one order everywhere.
 */
export function seededAverages(
  values: Float64Array,
  end: Int32Array,
  { length, seed, weight }: SeededAverage,
): Float64Array {
  const means = new Float64Array(end.length);
  let i = 0;
  // An addition waits for the one before it. Four windows side by side fill the wait, each in its own order.
  for (; i + 3 < end.length; i += 4) {
    const a = (end[i] as number) - length;
    const b = (end[i + 1] as number) - length;
    const c = (end[i + 2] as number) - length;
    const d = (end[i + 3] as number) - length;
    let meanA = 0;
    let meanB = 0;
    let meanC = 0;
    let meanD = 0;
    let k = 0;
    for (; k < seed; k++) {
      meanA += values[a + k] as number;
      meanB += values[b + k] as number;
      meanC += values[c + k] as number;
      meanD += values[d + k] as number;
    }
    meanA /= seed;
    meanB /= seed;
    meanC /= seed;
    meanD /= seed;
    for (; k < length; k++) {
      meanA += weight * ((values[a + k] as number) - meanA);
      meanB += weight * ((values[b + k] as number) - meanB);
      meanC += weight * ((values[c + k] as number) - meanC);
      meanD += weight * ((values[d + k] as number) - meanD);
    }
    means[i] = meanA;
    means[i + 1] = meanB;
    means[i + 2] = meanC;
    means[i + 3] = meanD;
  }
  for (; i < end.length; i++) {
    const from = (end[i] as number) - length;
    let mean = 0;
    let k = 0;
    for (; k < seed; k++) mean += values[from + k] as number;
    mean /= seed;
    for (; k < length; k++) mean += weight * ((values[from + k] as number) - mean);
    means[i] = mean;
  }
  return means;
}
