import { createHash } from 'node:crypto';
import {
  bitOfText,
  edgesOf,
  follow,
  isDistinct,
  isObject,
  primitiveToken,
  SEEN,
  type Distinct,
  type Edge,
  type Path,
  type Reason,
  type Shape,
} from './shape/shape.js';
import { LARGEST, TOO_LARGE, type Shaper } from './shape/shaper.js';

/** The hash of everything reachable from a value. */
interface Digest {
  /** Null when something reachable cannot be hashed. */
  readonly hash: string | null;
  /** Bits of what reachable code may see, which count for it; see `SEEN`. */
  readonly names: number;
}

/** What cannot be hashed, and where it is. */
interface Failure {
  readonly path: Path;
  readonly reason: Reason;
}

const HASH_LENGTH = 32;

/** Longer texts are hashed once, not for each reference. */
const LONG = 256;

/** Reachable values in order of discovery, with their shapes. */
interface Reach {
  readonly values: readonly Distinct[];
  readonly shapes: readonly Shape[];
  readonly fails: boolean;
  /** Bits of what reachable code may see. */
  readonly reads: number;
}

/** A shape as a text: its own content, and where its edges lead. */
interface Written {
  readonly text: string;
  readonly targets: readonly Distinct[];
  /** Bits of its texts that may be property names. */
  readonly reads: number;
}

/**
 * Hashes graphs of values, including cycles. A single walk numbers each object, function, class and symbol when it is first met.
 * So a hash also tells identical things from merely equal ones, and does not depend on the order of creation.
 */
export class Digester {
  readonly #shaper: Shaper;
  #written = new WeakMap<Shape, Written>();

  constructor(shaper: Shaper) {
    this.#shaper = shaper;
  }

  /** The digest of everything reachable from a value. */
  digest(start: Shape): Digest {
    let names = 0;
    for (;;) {
      const reach = this.#reach(start, names);
      // What is reached by a name may see more.
      if ((reach.reads & ~names) !== 0) names |= reach.reads;
      else return { hash: reach.fails ? null : this.#hash(reach, names), names };
    }
  }

  /** The first reachable value that cannot be hashed. */
  findFailure(root: Shape, start: Path, names: number): Failure | null {
    if (root.fails) return { path: start, reason: root.fails };
    const seen = new Set<Distinct>();
    const queue: { shape: Shape; path: Path }[] = [{ shape: root, path: start }];
    for (const { shape, path } of queue) {
      for (const edge of edgesOf(shape, names)) {
        if (!isObject(edge.value) || seen.has(edge.value)) continue;
        seen.add(edge.value);
        const next = { shape: this.#shaper.shapeOf(edge.value), path: follow(path, edge) };
        if (next.shape.fails !== null) return { path: next.path, reason: next.shape.fails };
        queue.push(next);
      }
    }
    return null;
  }

  #reach(start: Shape, names: number): Reach {
    const values: Distinct[] = [];
    const shapes = [start];
    const seen = new Set<Distinct>();
    let [reads, size, fails] = [0, 0, false];
    // Grows during the walk, which covers it completely.
    for (const shape of shapes) {
      const { targets, reads: mentioned } = this.#write(shape, names);
      reads |= shape.reads | mentioned;
      fails ||= shape.fails !== null;
      size += 1 + shape.size + shape.edges.length;
      if (size > LARGEST) {
        this.#refuse(start, names);
        return { values, shapes, fails: true, reads };
      }
      for (const target of targets) {
        if (seen.has(target)) continue;
        seen.add(target);
        values.push(target);
        shapes.push(this.#shaper.shapeOf(target));
      }
    }
    return { values, shapes, fails, reads };
  }

  #hash({ values, shapes }: Reach, names: number): string {
    const numbers = new Map(values.map((value, index) => [value, index]));
    const hash = createHash('sha256');
    for (const shape of shapes) {
      const { text, targets } = this.#write(shape, names);
      const places = targets.map((target) => numbers.get(target)).join();
      hash.update(`${text} ^${places}\n`);
    }
    if (names & SEEN.coerced) hash.update(JSON.stringify(methodTexts(shapes)));
    return hash.digest('hex').slice(0, HASH_LENGTH);
  }

  /** Most shapes have the same text each time. */
  #write(shape: Shape, names: number): Written {
    let plain = this.#written.get(shape);
    if (!plain) {
      plain = writeEdges(shape.tag, shape.edges);
      this.#written.set(shape, plain);
    }
    const edges = edgesOf(shape, names);
    if (edges === shape.edges) return plain;
    const seen = writeEdges('', edges.slice(shape.edges.length));
    return {
      text: `${plain.text} ${seen.text}`,
      targets: [...plain.targets, ...seen.targets],
      reads: plain.reads | seen.reads,
    };
  }

  /** Gives up on the structure that leads to most values: the reason will name it. */
  #refuse(start: Shape, names: number): void {
    let largest: { readonly value: object; readonly size: number } | null = null;
    const seen = new Set<Distinct>();
    const outermost: Distinct[] = [...this.#write(start, names).targets];
    for (const value of outermost) {
      if (seen.has(value)) continue;
      seen.add(value);
      if (typeof value === 'function')
        outermost.push(...this.#write(this.#shaper.shapeOf(value), names).targets);
      else if (typeof value === 'object') {
        const size = this.#sizeOf(value, names);
        if (!largest || size > largest.size) largest = { value, size };
      }
    }
    if (largest) this.#shaper.refuse(largest.value, TOO_LARGE);
  }

  #sizeOf(value: object, names: number): number {
    const seen = new Set<Distinct>([value]);
    let size = 0;
    for (const each of seen) {
      const shape = this.#shaper.shapeOf(each);
      size += 1 + shape.size + shape.edges.length;
      if (size > LARGEST) break;
      for (const target of this.#write(shape, names).targets) seen.add(target);
    }
    return size;
  }
}

function writeEdges(tag: string, edges: readonly Edge[]): Written {
  const targets: Distinct[] = [];
  let reads = 0;
  let text = '';
  for (const { value } of edges) {
    if (isDistinct(value)) {
      targets.push(value);
      text += ' ^';
    } else {
      if (typeof value === 'string') reads |= bitOfText(value);
      text += ` ${primitiveToken(value)}`;
    }
  }
  const whole = `${tag.length} ${tag}${text}`;
  const short = whole.length > LONG ? createHash('sha256').update(whole).digest('base64') : whole;
  return { text: short, targets, reads };
}

/** Texts of classes with a method that is read as a value, if some value is converted to text. */
function methodTexts(shapes: readonly Shape[]): string[] {
  const read = new Set(shapes.flatMap(({ valueNames }) => valueNames));
  return shapes.flatMap(({ methods }) => {
    const seen = methods !== null && (read.has('*') || methods.names.some((name) => read.has(name)));
    return seen ? [methods.text] : [];
  });
}
