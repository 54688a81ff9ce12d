import { groupBy } from '../sdk/lists.js';
/** A strategy's name on the screen. */
interface ShownName {
  /** Its class, with the file if another has a class of that name: `Momentum (eu/momentum.ts)`. */
  readonly name: string;
  /** The part of the file's path that tells it from others of its name; null if the class does. */
  readonly where: string | null;
}

interface Named {
  readonly key: string;
  /** Absolute. */
  readonly file: string;
  readonly className: string;
}

/** Unique names of strategies, by key. */
export function shownNames(strategies: readonly Named[]): ReadonlyMap<string, ShownName> {
  const byClass = groupBy(strategies, ({ className }) => className);
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

/** The shortest end of a path (whole folder and file names) that no other path has. */
function shortestEnd(path: string, others: readonly string[]): string {
  const parts = path.split(/[\\/]/).filter((part) => part !== '');
  for (let count = 1; count <= parts.length; count++) {
    const end = parts.slice(-count).join('/');
    if (!others.some((other) => `/${other.replaceAll('\\', '/')}`.endsWith(`/${end}`))) return end;
  }
  return path;
}
