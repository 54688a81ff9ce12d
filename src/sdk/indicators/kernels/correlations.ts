import { floats } from '../../memory.js';
import { scratch, type Blocks } from './blocks.js';

/** The windows of pairs: rows `[from[i], to[i])`. */
interface PairWindows {
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/**
 * Pearson's correlation of each window of pairs, from two means, two sums of squares and one of products. Each part is relative
 * to one of its own pairs, as in `sumsOfSquares`: a constant side has exactly no spread. NaN with fewer than two pairs.
 */
export function correlations(
  x: Float64Array,
  y: Float64Array,
  blocks: Blocks,
  { from: froms, to: tos }: PairWindows,
): Float64Array {
  const { of, starts } = blocks;
  const rows = x.length;
  const behind = moments(0, rows);
  const ahead = moments(5, rows);
  for (let block = 0; block < blocks.count; block++) {
    const start = starts[block] as number;
    const stop = starts[block + 1] as number;
    pass(x, y, start, stop, 1, behind);
    pass(x, y, stop - 1, start - 1, -1, ahead);
  }
  const found = floats(froms.length);
  for (let i = 0; i < froms.length; i++) {
    const from = froms[i] as number;
    const to = tos[i] as number;
    if (to - from < 2) {
      found[i] = Number.NaN;
      continue;
    }
    const first = of[from] as number;
    const last = of[to - 1] as number;
    if (first === last) {
      let within = behind;
      if (starts[first] !== from) pass(x, y, from, to, 1, (within = moments(10, rows)));
      found[i] = ratioAt(within, to - 1);
      continue;
    }
    const next = starts[first + 1] as number;
    const originX = x[next - 1] as number;
    const originY = y[next - 1] as number;
    let count = next - from;
    let meanX = ahead.meanX[from] as number;
    let meanY = ahead.meanY[from] as number;
    let squaresX = ahead.squaresX[from] as number;
    let squaresY = ahead.squaresY[from] as number;
    let products = ahead.products[from] as number;
    for (let block = first + 1; block <= last; block++) {
      const begin = starts[block] as number;
      const row = (block === last ? to : (starts[block + 1] as number)) - 1;
      const more = row + 1 - begin;
      const share = more / (count + more);
      const awayX = (x[begin] as number) - originX + ((behind.meanX[row] as number) - meanX);
      const awayY = (y[begin] as number) - originY + ((behind.meanY[row] as number) - meanY);
      squaresX += (behind.squaresX[row] as number) + awayX * awayX * (count * share);
      squaresY += (behind.squaresY[row] as number) + awayY * awayY * (count * share);
      products += (behind.products[row] as number) + awayX * awayY * (count * share);
      meanX += awayX * share;
      meanY += awayY * share;
      count += more;
    }
    found[i] = ratio(squaresX, squaresY, products);
  }
  return found;
}

function ratioAt({ squaresX, squaresY, products }: Moments, row: number): number {
  return ratio(squaresX[row] as number, squaresY[row] as number, products[row] as number);
}

function ratio(squaresX: number, squaresY: number, products: number): number {
  // Roots first: the product of the squares may underflow or overflow.
  const found = products / (Math.sqrt(squaresX) * Math.sqrt(squaresY));
  return found > 1 ? 1 : found < -1 ? -1 : found;
}

interface Moments {
  readonly meanX: Float64Array;
  readonly meanY: Float64Array;
  readonly squaresX: Float64Array;
  readonly squaresY: Float64Array;
  readonly products: Float64Array;
}

function moments(place: number, rows: number): Moments {
  return {
    meanX: scratch(place, rows),
    meanY: scratch(place + 1, rows),
    squaresX: scratch(place + 2, rows),
    squaresY: scratch(place + 3, rows),
    products: scratch(place + 4, rows),
  };
}

/** Running sums over the pairs from `from` up to `to` (exclusive), forwards or backwards. */
function pass(x: Float64Array, y: Float64Array, from: number, to: number, step: 1 | -1, into: Moments): void {
  const originX = x[from] as number;
  const originY = y[from] as number;
  let meanX = 0;
  let meanY = 0;
  let squaresX = 0;
  let squaresY = 0;
  let products = 0;
  let count = 0;
  for (let row = from; row !== to; row += step) {
    const valueX = (x[row] as number) - originX;
    const valueY = (y[row] as number) - originY;
    const awayX = valueX - meanX;
    const awayY = valueY - meanY;
    const share = 1 / ++count;
    meanX += awayX * share;
    meanY += awayY * share;
    squaresX += awayX * (valueX - meanX);
    squaresY += awayY * (valueY - meanY);
    products += awayX * (valueY - meanY);
    into.meanX[row] = meanX;
    into.meanY[row] = meanY;
    into.squaresX[row] = squaresX;
    into.squaresY[row] = squaresY;
    into.products[row] = products;
  }
}
