import { types } from 'node:util';
import { KernelCompute } from '../../../sdk/node.js';
import { describePath, edgesOf, follow, isObject, type Edge, type Path, type Shape } from './shape/shape.js';
import type { Snapshot, Shaper } from './shape/shaper.js';

/** The variable that leads to a value: its function, and its name there. */
interface Holder {
  readonly fn: object;
  readonly variable: string;
}

interface Reached {
  readonly object: object;
  readonly path: Path;
  readonly holder: Holder | null;
}

interface Watched extends Reached {
  readonly before: Shape;
}

/** A changed value. */
export interface GuardedChange {
  /** `count in closure of bump`. */
  readonly variable: string;
  readonly holder: Holder | null;
}

/** State that code may keep on built-in objects, outside of closures. */
export interface BuiltInState {
  /** The property that was added to one of them, by name; it is removed again. */
  takeAdded(): string | null;
}

/** Detects changes of what a function depends on. */
export class CaptureGuard {
  readonly #shaper: Shaper;
  readonly #builtIns: BuiltInState;
  /** Made when first needed: for a hit, never. */
  readonly #watch: () => readonly Watched[];
  #watched: readonly Watched[] | null = null;

  /**
   * @param names bits of the names that count for the function; see `edgesOf`
   * @param since the values when they were hashed; default: the current ones
   */
  constructor(
    shaper: Shaper,
    builtIns: BuiltInState,
    root: object,
    start: Path,
    names: number,
    since?: Snapshot,
  ) {
    this.#shaper = shaper;
    this.#builtIns = builtIns;
    this.#watch = () => watch(shaper, since ?? shaper.now, root, start, names);
    if (!since) this.#watched = this.#watch();
  }

  /** The first value that changed since the guard was made; null: none. */
  changed(): GuardedChange | null {
    this.#watched ??= this.#watch();
    for (const watched of this.#watched) {
      const { object, path, holder, before } = watched;
      const now = this.#shaper.freshState(object);
      const [then, since] = [watchedEdges(before), watchedEdges(now)];
      const edge = then.findIndex(({ value }, index) => !Object.is(value, since[index]?.value));
      const found = then[edge];
      if (found && since[edge]?.name === found.name) {
        return { variable: describePath(follow(path, found)), holder: holderOf(watched, found) };
      }
      if (found || then.length !== since.length || before.tag !== now.tag) {
        const added = addedEdge(before, now);
        return { variable: describePath(added ? follow(path, added) : path), holder };
      }
    }
    const added = this.#builtIns.takeAdded();
    return added === null ? null : { variable: added, holder: null };
  }
}

function watchedEdges({ edges, watched }: Shape): readonly Edge[] {
  return watched.length === 0 ? edges : [...edges, ...watched];
}

/** The most watched objects: a host object may lead to everything. */
const MOST_WATCHED = 50_000;

/** Everything reachable that code could change. */
function watch(shaper: Shaper, snapshot: Snapshot, root: object, start: Path, names: number): Watched[] {
  const watched: Watched[] = [];
  const seen = new Set<object>([root]);
  const queue: Reached[] = [{ object: root, path: start, holder: null }];
  for (const reached of queue) {
    if (watched.length > MOST_WATCHED) break;
    const { object, path } = reached;
    if (object !== root && !shaper.isFrozen(object))
      watched.push({ ...reached, before: snapshot.stateOf(object) });
    // Values inside built-in indicators are Seamless's own, out of author code's reach; their kernels reuse memory.
    if (isKernel(object)) continue;
    const shape = snapshot.shapeOf(object);
    for (const edge of [...edgesOf(shape, names), ...shape.watched]) {
      if (!isObject(edge.value) || seen.has(edge.value)) continue;
      seen.add(edge.value);
      queue.push({ object: edge.value, path: follow(path, edge), holder: holderOf(reached, edge) });
    }
  }
  return watched;
}

/** A proxy may stand for a value that must not be touched. */
function isKernel(object: object): boolean {
  return !types.isProxy(object) && object instanceof KernelCompute;
}

function addedEdge(before: Shape, now: Shape): Edge | undefined {
  const known = new Set(watchedEdges(before).map(({ name }) => name));
  return watchedEdges(now).find(({ name }) => !known.has(name));
}

function holderOf({ object, holder }: Reached, { via, name }: Edge): Holder | null {
  if (via === 'member') return holder;
  return typeof object === 'function' ? { fn: object, variable: name } : holder;
}
