import { floats } from '../../memory.js';
import { scratch, type Blocks, type Windows } from './blocks.js';

/**
 * For each window x₁ … xₙ the recursive average mₖ = mₖ₋₁ + weight · (xₖ − mₖ₋₁), with m₁ = x₁, or starting from the firing's
 * seed before x₁ if seeds are given. The average is linear in its start: a block that turns x₁ into m turns any v into m + (1 −
 * weight)ⁿ · (v − x₁). Differences keep a constant exact to the bit, and large prices with small movements lose no precision.
 */
export function recursiveAverages(
  values: Float64Array,
  blocks: Blocks,
  windows: Windows,
  weight: number,
  seeds: Float64Array | null,
): Float64Array {
  const { end, length, back } = windows;
  const { of, starts } = blocks;
  const keeps = keptAfter(weight, Math.max(length, longest(blocks)));
  const { ahead, behind } = withinBlocks(values, blocks, weight, keeps);
  const averages = floats(end.length);
  for (let i = 0; i < end.length; i++) {
    const stop = (end[i] as number) - back;
    const from = stop - length;
    const first = of[from] as number;
    const last = of[stop - 1] as number;
    const seed = seeds === null ? (values[from] as number) : (seeds[i] as number);
    if (first === last && (seeds !== null || starts[first] !== from)) {
      averages[i] = directly(values, from, stop, weight, seed);
      continue;
    }
    if (first === last) {
      averages[i] = behind[stop - 1] as number;
      continue;
    }
    let mean = ahead[from] as number;
    if (seeds !== null) {
      mean = through(
        mean,
        keeps[(starts[first + 1] as number) - from] as number,
        seed,
        values[from] as number,
      );
    }
    for (let block = first + 1; block <= last; block++) {
      const begin = starts[block] as number;
      const close = block === last ? stop : (starts[block + 1] as number);
      const opening = values[begin] as number;
      // A block of one row is a plain step, so that a new infinite value shows as such.
      mean =
        close - begin === 1
          ? mean + weight * (opening - mean)
          : through(behind[close - 1] as number, keeps[close - begin] as number, mean, opening);
    }
    averages[i] = mean;
  }
  return averages;
}

/**
 * The average when the start is `before` instead of `opening`, which gives `mean`. An infinite average becomes NaN with the next
 * row, as step by step.
 */
function through(mean: number, kept: number, before: number, opening: number): number {
  return mean + kept * (before - opening) + (before - before);
}

function directly(values: Float64Array, from: number, to: number, weight: number, seed: number): number {
  let mean = seed;
  for (let row = from; row < to; row++) mean += weight * ((values[row] as number) - mean);
  return mean;
}

/**
 * `behind`: the average from a block's first row up to each. `ahead`: from each row, as the start, up to the block's last; it
 * differs from the next row's by the weighted distance of the first row.
 */
function withinBlocks(
  values: Float64Array,
  { starts, count }: Blocks,
  weight: number,
  keeps: Float64Array,
): { readonly ahead: Float64Array; readonly behind: Float64Array } {
  const ahead = scratch(0, values.length);
  const behind = scratch(1, values.length);
  for (let block = 0; block < count; block++) {
    const from = starts[block] as number;
    const to = starts[block + 1] as number;
    let mean = values[from] as number;
    behind[from] = mean;
    for (let row = from + 1; row < to; row++) {
      mean += weight * ((values[row] as number) - mean);
      behind[row] = mean;
    }
    let opening = values[to - 1] as number;
    mean = opening;
    ahead[to - 1] = mean;
    for (let row = to - 2; row >= from; row--) {
      const value = values[row] as number;
      mean += (keeps[to - 1 - row] as number) * (value - opening);
      opening = value;
      ahead[row] = mean;
    }
  }
  return { ahead, behind };
}

/** The weight of a start after this many rows. */
function keptAfter(weight: number, rows: number): Float64Array {
  const keeps = scratch(2, rows + 1);
  let kept = 1;
  for (let row = 0; row <= rows; row++) {
    keeps[row] = kept;
    kept *= 1 - weight;
  }
  return keeps;
}

function longest({ starts, count }: Blocks): number {
  let most = 0;
  for (let block = 0; block < count; block++) {
    most = Math.max(most, (starts[block + 1] as number) - (starts[block] as number));
  }
  return most;
}
