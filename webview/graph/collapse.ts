/** The fewest members of a group. */
const FEWEST = 3;

/** The leading letters of a name: `sma_20` and `sma50` share `sma`. Null if the name has only letters. */
function prefixOf(name: string): string | null {
  const found = /^[\p{L}]+(?=[^\p{L}])/u.exec(name)?.[0];
  return found ?? null;
}

/** Members by prefix, for prefixes that at least three names share, in order of appearance. */
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

/** Several nodes drawn as one box. */
export interface Group {
  /** `family`: the nodes of one definition over a universe. `prefix`: nodes with a common prefix. */
  readonly kind: 'family' | 'prefix';
  readonly name: string;
}
