import { describePath, follow, isObject, type Path, type Shape } from './shape.js';
import type { Shaper } from './shaper.js';

interface Watched {
  readonly object: object;
  readonly path: Path;
  readonly before: Shape;
}

/** Notices when what a function captured is no longer what it was. */
export class CaptureGuard {
  readonly #shaper: Shaper;
  readonly #watched: readonly Watched[];

  constructor(shaper: Shaper, root: object, start: Path) {
    this.#shaper = shaper;
    this.#watched = watch(shaper, root, start);
  }

  /** The variable whose value changed since the guard was made, as a path; null when none did. */
  changed(): string | null {
    for (const { object, path, before } of this.#watched) {
      const now = this.#shaper.freshState(object);
      const edge = before.edges.findIndex(({ value }, index) => !Object.is(value, now.edges[index]?.value));
      const found = before.edges[edge];
      if (found && now.edges[edge]?.name === found.name) return describePath(follow(path, found));
      if (found || before.edges.length !== now.edges.length || before.tag !== now.tag)
        return describePath(path);
    }
    return null;
  }
}

/** Everything in reach that code could change. */
function watch(shaper: Shaper, root: object, start: Path): Watched[] {
  const watched: Watched[] = [];
  const seen = new Set<object>([root]);
  const queue: { object: object; path: Path }[] = [{ object: root, path: start }];
  for (const { object, path } of queue) {
    if (object !== root && !shaper.isLeaf(object))
      watched.push({ object, path, before: shaper.freshState(object) });
    for (const edge of shaper.shapeOf(object).edges) {
      if (!isObject(edge.value) || seen.has(edge.value)) continue;
      seen.add(edge.value);
      queue.push({ object: edge.value, path: follow(path, edge) });
    }
  }
  return watched;
}
