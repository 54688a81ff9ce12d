/** What a strategy is called on the screen. */
interface ShownName {
  /** Its class, and where another file has a class of that name, the file as well: `Momentum (eu/momentum.ts)`. */
  readonly name: string;
  /** As much of the file's path as distinguishes this strategy from others of its name; null where the class alone does. */
  readonly where: string | null;
}

interface Named {
  readonly key: string;
  /** Absolute. */
  readonly file: string;
  readonly className: string;
}

/** Names by key that tell all strategies apart. */
export function shownNames(strategies: readonly Named[]): ReadonlyMap<string, ShownName> {
  const byClass = new Map<string, Named[]>();
  for (const each of strategies) byClass.set(each.className, [...(byClass.get(each.className) ?? []), each]);
  return new Map(
    strategies.map(({ key, file, className }): [string, ShownName] => {
      const others = (byClass.get(className) ?? []).filter((each) => each.file !== file);
      if (others.length === 0) return [key, { name: className, where: null }];
      const where = shortestEnd(
        file,
        others.map((each) => each.file),
      );
      return [key, { name: `${className} (${where})`, where }];
    }),
  );
}

/** The end of a path that no other path has, from the name of a folder or file on. */
function shortestEnd(path: string, others: readonly string[]): string {
  const parts = path.split(/[\\/]/).filter((part) => part !== '');
  for (let count = 1; count <= parts.length; count++) {
    const end = parts.slice(-count).join('/');
    if (!others.some((other) => `/${other.replaceAll('\\', '/')}`.endsWith(`/${end}`))) return end;
  }
  return path;
}
