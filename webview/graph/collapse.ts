/** Members a prefix must have to be worth a group. */
const FEWEST = 3;

/** The leading letters of a name: `sma_20` and `sma50` share `sma`. Null where a name has no more than letters. */
function prefixOf(name: string): string | null {
  const found = /^[\p{L}]+(?=[^\p{L}])/u.exec(name)?.[0];
  return found ?? null;
}

/** Members by prefix, for each prefix that at least three names share, in the order they come. */
export function prefixGroups(names: Iterable<string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const prefix = prefixOf(name);
    if (prefix === null) continue;
    const members = groups.get(prefix);
    if (members) members.push(name);
    else groups.set(prefix, [name]);
  }
  for (const [prefix, members] of groups) if (members.length < FEWEST) groups.delete(prefix);
  return groups;
}

/** What is drawn as one box though it is several nodes. */
export interface Group {
  /** `family`: the nodes of one definition over a universe. `prefix`: nodes whose names begin alike. */
  readonly kind: 'family' | 'prefix';
  readonly name: string;
}
