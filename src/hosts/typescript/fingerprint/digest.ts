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

/** The hash of everything that something leads to. */
interface Digest {
  /** Null when something in reach cannot be vouched for. */
  readonly hash: string | null;
  /** Bits of what code in reach may see, and that counts for it; see `SEEN`. */
  readonly names: number;
}

/** What cannot be vouched for, and where. */
interface Failure {
  readonly path: Path;
  readonly reason: Reason;
}

const HASH_LENGTH = 32;

/** Longer texts of one value are hashed once, and not for each that leads to it. */
const LONG = 256;

/** What is in reach, in the order in which it was met, and the shape of each. */
interface Reach {
  readonly values: readonly Distinct[];
  readonly shapes: readonly Shape[];
  readonly fails: boolean;
  /** Bits of what code in reach may see. */
  readonly reads: number;
}

/** A shape as a text: what is in it without a further edge, and where the rest leads. */
interface Written {
  readonly text: string;
  readonly targets: readonly Distinct[];
  /** Bits of texts in it that may be names of properties. */
  readonly reads: number;
}

/**
 * Hashes graphs of values, cycles and all. One walk goes through all that is in reach, and each object, function, class and symbol gets a
 * number when it is first met: so a hash says which is which, also of things that are equal, and it does not depend on the order in which they were made.
 */
export class Digester {
  readonly #shaper: Shaper;
  #written = new WeakMap<Shape, Written>();

  constructor(shaper: Shaper) {
    this.#shaper = shaper;
  }

  /** The digest of what something leads to. @param names bits of what counts in any case. */
  digest(start: Shape, names = 0): Digest {
    for (;;) {
      const reach = this.#reach(start, names);
      // What is reached by a name may see more.
      if ((reach.reads & ~names) !== 0) names |= reach.reads;
      else return { hash: reach.fails ? null : this.#hash(reach, names), names };
    }
  }

  /** The first value in reach that cannot be vouched for. */
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
    // It grows while it is walked, and is walked to its end.
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

  /** Of most shapes the same is written each time. */
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

  /** Gives up on the structure that leads to most of what is in reach: it is what the reason will name. */
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

/** Texts of classes one of whose methods is read as a value, where some value becomes a text. */
function methodTexts(shapes: readonly Shape[]): string[] {
  const read = new Set(shapes.flatMap(({ valueNames }) => valueNames));
  return shapes.flatMap(({ methods }) => {
    const seen = methods !== null && (read.has('*') || methods.names.some((name) => read.has(name)));
    return seen ? [methods.text] : [];
  });
}
