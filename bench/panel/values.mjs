/** Where a factor of a symbol is found in the cache, for the perf kit's `--values`. */
export async function factor(cache, strategy, symbol, name) {
  return cache.read(strategy, `${name}[${symbol}]`);
}
