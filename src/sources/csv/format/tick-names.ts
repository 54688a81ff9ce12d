/** How much a price changes from one trade to the next at most, and how far bid and ask are apart. */
const NEAR = 0.02;

/** Names for the columns of ticks, by position, where the values tell what they are: bid and ask, price, size, id. */
export function tickNames(
  rows: readonly (readonly string[])[],
  numbers: readonly number[],
): ReadonlyMap<number, string> {
  const values = new Map(numbers.map((index) => [index, rows.map((row) => Number(row[index]))]));
  const known = [...values].filter(([, column]) => column.every(Number.isFinite));
  const names = new Map<number, string>();
  for (const [index, column] of known) {
    if (isCount(column)) names.set(index, [...names.values()].includes('id') ? '' : 'id');
  }
  const open = known.filter(([index]) => !names.has(index));
  const quote = open.findIndex(([, bids], at) => areQuotes(bids, open[at + 1]?.[1] ?? []));
  const [bid, ask] = quote < 0 ? [] : open.slice(quote, quote + 2);
  if (bid && ask) {
    names.set(bid[0], 'bid').set(ask[0], 'ask');
  }
  const rest = open.filter(([index]) => !names.has(index));
  const within = (column: readonly number[]): boolean =>
    column.every((value, row) => value >= (bid?.[1][row] ?? 0) && value <= (ask?.[1][row] ?? Infinity));
  // Sizes change more than prices do.
  const [price] = rest
    .filter(([, column]) => isPrice(column) && within(column))
    .sort((a, b) => change(a[1]) - change(b[1]));
  // Several prices of one row are a bar, in an order that is not known.
  const several = rest.some(([index, column]) => index !== price?.[0] && price && areNear(column, price[1]));
  if (several) return bid ? names : new Map();
  if (price) names.set(price[0], 'price');
  const [size, other] = rest.filter(
    ([index, column]) => index !== price?.[0] && column.every((each) => each > 0),
  );
  if (size && !other && names.size > 0) names.set(size[0], 'size');
  return new Map([...names].filter(([, name]) => name !== ''));
}

/** Whole numbers that rise with every row. */
function isCount(column: readonly number[]): boolean {
  return (
    column.length > 1 && column.every((each, row) => Number.isInteger(each) && each > (column[row - 1] ?? -1))
  );
}

function areQuotes(bids: readonly number[], asks: readonly number[]): boolean {
  return (
    bids.length === asks.length &&
    bids.every((bid, row) => bid > 0 && (asks[row] ?? 0) > bid && (asks[row] ?? 0) < bid * (1 + NEAR))
  );
}

function areNear(column: readonly number[], prices: readonly number[]): boolean {
  return column.every((each, row) => Math.abs(each / (prices[row] ?? 1) - 1) < NEAR);
}

function isPrice(column: readonly number[]): boolean {
  return column.every((each) => each > 0) && change(column) < NEAR;
}

/** The largest relative change from one row to the next. */
function change(column: readonly number[]): number {
  return column
    .slice(1)
    .reduce((most, each, row) => Math.max(most, Math.abs(each / (column[row] ?? 1) - 1)), 0);
}
