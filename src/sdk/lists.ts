/** Adds a value to the list of a key. */
export function addTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Items by a key that each has, in their order. */
export function groupBy<K, T>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) addTo(groups, keyOf(item), item);
  return groups;
}

/** Some items, and all that `next` leads to from them: each once, the nearest first. */
export function* reachable<T>(from: Iterable<T>, next: (item: T) => Iterable<T>): Generator<T> {
  const found = new Set(from);
  // What is added meanwhile comes up as well.
  for (const item of found) {
    yield item;
    for (const each of next(item)) found.add(each);
  }
}
