import { createHash, hash as hashOnce } from 'node:crypto';
import {
  bitOfText,
  edgesOf,
  follow,
  isObject,
  primitiveToken,
  type Edge,
  type Path,
  type Reason,
  type Shape,
} from './shape.js';
import { LARGEST, TOO_LARGE, type Shaper } from './shaper.js';

/** The hash of everything a value leads to. */
export interface Digest {
  /** Empty when something in reach cannot be vouched for. */
  readonly hash: string;
  /** Bits of the names (`NAMED`) that code in reach reads. */
  readonly reads: number;
  readonly fails: boolean;
  /** It leads to a node, so that it means something else where other nodes are the inputs. */
  readonly local: boolean;
}

/** What cannot be vouched for, and where. */
export interface Failure {
  readonly path: Path;
  readonly reason: Reason;
}

/** A digest, and bits of the names that counted for it. */
export interface Settled {
  readonly digest: Digest;
  readonly names: number;
}

function settled(digestFor: (names: number) => Digest): Settled {
  let names = 0;
  for (;;) {
    const digest = digestFor(names);
    // What is reached by a name may read further ones.
    if (digest.fails || (digest.reads & ~names) === 0) return { digest, names };
    names |= digest.reads;
  }
}

const HASH_LENGTH = 32;

const NOTHING_READ = { reads: 0, fails: false, local: false };

/** What is known of something by itself, and what it leads to. */
interface Composition {
  readonly tag: string;
  readonly edges: readonly Edge[];
  /** What it is, where it leads to itself. */
  readonly self: object | null;
  /** Bits of the names that count. */
  readonly names: number;
}

interface Frame {
  readonly object: object;
  readonly shape: Shape;
  readonly edges: readonly Edge[];
  next: number;
  readonly index: number;
  low: number;
}

/**
 * Hashes graphs of values, cycles and all: each strongly connected component (Tarjan 1972) is a unit, so that what
 * many functions share is hashed once, and the result depends on the structure alone and not on who asked first.
 */
export class Digester {
  readonly #shaper: Shaper;
  /** By which names count; see `Shape.named`. */
  readonly #shared = new Map<number, Map<object, Digest>>();
  #local = new Map<number, Map<object, Digest>>();

  constructor(shaper: Shaper) {
    this.#shaper = shaper;
  }

  /** Drops what is remembered of values that lead to nodes, or of all. */
  forget(all: boolean): void {
    if (this.#local.size > 0) this.#local = new Map();
    if (all) this.#shared.clear();
  }

  /** The digest of a value, and bits of the names that count for it: those that code in reach reads. */
  settle(value: object): Settled {
    return settled((names) => this.digest(value, names));
  }

  /** The same of something that leads to values and that nothing leads to. */
  settleRoot(tag: string, edges: readonly Edge[]): Settled {
    return settled((names) => {
      for (const { value } of edges) if (isObject(value)) this.digest(value, names);
      return this.#compose({ tag, edges, self: null, names });
    });
  }

  /** The digest of a value; `names`: bits of the names that count. */
  digest(root: object, names: number): Digest {
    return this.#remembered(root, names) ?? this.#walk(root, names);
  }

  /** The first value in reach that cannot be vouched for. */
  findFailure(root: object, start: Path, names: number): Failure | null {
    const seen = new Set<object>([root]);
    const queue: { object: object; path: Path }[] = [{ object: root, path: start }];
    for (const { object, path } of queue) {
      const shape = this.#shaper.shapeOf(object);
      if (shape.fails !== null) return { path, reason: shape.fails };
      for (const edge of edgesOf(shape, names)) {
        if (!isObject(edge.value) || seen.has(edge.value)) continue;
        seen.add(edge.value);
        queue.push({ object: edge.value, path: follow(path, edge) });
      }
    }
    return null;
  }

  #remembered(object: object, names: number): Digest | undefined {
    return this.#shared.get(names)?.get(object) ?? this.#local.get(names)?.get(object);
  }

  #remember(object: object, names: number, digest: Digest): void {
    const memory = digest.local ? this.#local : this.#shared;
    let digests = memory.get(names);
    if (!digests) {
      digests = new Map();
      memory.set(names, digests);
    }
    digests.set(object, digest);
  }

  #walk(root: object, names: number): Digest {
    const open = new Map<object, Frame>();
    const stack: Frame[] = [];
    const component: Frame[] = [];
    let values = 0;
    const enter = (object: object): void => {
      const shape = this.#shaper.shapeOf(object);
      const edges = edgesOf(shape, names);
      values += 1 + shape.size + edges.length;
      const frame: Frame = { object, shape, edges, next: 0, index: open.size, low: open.size };
      open.set(object, frame);
      stack.push(frame);
      component.push(frame);
    };
    enter(root);
    for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
      if (values > LARGEST) return this.#tooLarge(stack, names);
      const edge = frame.edges[frame.next++];
      if (edge) {
        if (!isObject(edge.value) || this.#remembered(edge.value, names)) continue;
        const other = open.get(edge.value);
        if (other) frame.low = Math.min(frame.low, other.index);
        else enter(edge.value);
        continue;
      }
      stack.pop();
      const parent = stack.at(-1);
      if (parent) parent.low = Math.min(parent.low, frame.low);
      if (frame.low === frame.index) this.#close(component.splice(component.lastIndexOf(frame)), names);
    }
    return this.#remembered(root, names) as Digest;
  }

  /** The outermost structure on the way is what the reason will name. */
  #tooLarge(stack: readonly Frame[], names: number): Digest {
    const root = stack[0] as Frame;
    const outermost = stack.find(({ object, index }) => index > 0 && typeof object !== 'function') ?? root;
    this.#shaper.refuse(outermost.object, TOO_LARGE);
    const digest = { hash: '', reads: 0, fails: true, local: true };
    this.#remember(root.object, names, digest);
    return digest;
  }

  /** All members of a component become known at once. */
  #close(frames: readonly Frame[], names: number): void {
    const [only] = frames;
    if (only && frames.length === 1) this.#closeOne(only, names);
    else this.#closeAll(frames, names);
  }

  /** As `#closeAll` does for one, which most components are: the very same hash, with less ado. */
  #closeOne({ object, shape, edges }: Frame, names: number): void {
    const { tag, reads, fails, node } = shape;
    const start = { reads, fails: fails !== null, local: node !== null };
    this.#remember(object, names, this.#compose({ tag, edges, self: object, names }, start));
  }

  /** From the digests of all that something leads to, itself left out. */
  #compose(
    { tag, edges, self, names }: Composition,
    { reads, fails, local }: Omit<Digest, 'hash'> = NOTHING_READ,
  ): Digest {
    let text = tag;
    for (const { value } of edges) {
      if (!isObject(value)) {
        if (typeof value === 'string') reads |= bitOfText(value);
        text += ` ${primitiveToken(value)}`;
      } else if (value === self) text += ' ^0';
      else {
        const outside = this.#remembered(value, names) as Digest;
        reads |= outside.reads;
        fails ||= outside.fails;
        local ||= outside.local;
        text += ` #${outside.hash}`;
      }
    }
    const hash = fails ? '' : hashOnce('sha256', `${text}\n`).slice(0, HASH_LENGTH);
    return { hash, reads, fails, local };
  }

  #closeAll(frames: readonly Frame[], names: number): void {
    const members = new Map(frames.map((frame) => [frame.object, frame]));
    const outside = frames.flatMap(({ edges }) =>
      edges.flatMap(({ value }) =>
        isObject(value) && !members.has(value) ? [this.#remembered(value, names) as Digest] : [],
      ),
    );
    const reads = [
      ...frames.map(({ shape }) => shape.reads),
      ...outside.map((digest) => digest.reads),
      ...frames.flatMap(({ edges }) =>
        edges.map(({ value }) => (typeof value === 'string' ? bitOfText(value) : 0)),
      ),
    ];
    const facts = {
      reads: reads.reduce((all, each) => all | each, 0),
      fails: frames.some(({ shape }) => shape.fails !== null) || outside.some((digest) => digest.fails),
      local: frames.some(({ shape }) => shape.node !== null) || outside.some((digest) => digest.local),
    };
    const parts = new Map(frames.map((frame) => [frame.object, this.#partsOf(frame, members, names)]));
    for (const { object } of frames) {
      let hash = facts.fails ? '' : null;
      const digest = {
        ...facts,
        // Of a large cycle few members are ever asked for.
        get hash(): string {
          return (hash ??= hashFrom(object, parts));
        },
      };
      this.#remember(object, names, digest);
    }
  }

  #partsOf({ shape, edges }: Frame, members: ReadonlyMap<object, Frame>, names: number): Parts {
    const tokens = edges.map(({ value }) => {
      if (!isObject(value)) return primitiveToken(value);
      return members.has(value) ? value : `#${(this.#remembered(value, names) as Digest).hash}`;
    });
    return { tag: shape.tag, tokens };
  }
}

/** A member of a component: texts for what lies outside it, the object itself for another member. */
interface Parts {
  readonly tag: string;
  readonly tokens: readonly (string | object)[];
}

/** Numbers the members of a component in the order they are met from `entry`. */
function hashFrom(entry: object, members: ReadonlyMap<object, Parts>): string {
  const numbers = new Map<object, number>([[entry, 0]]);
  const queue = [entry];
  const hash = createHash('sha256');
  for (const object of queue) {
    const { tag, tokens } = members.get(object) as Parts;
    let text = tag;
    for (const token of tokens) {
      if (typeof token === 'string') text += ` ${token}`;
      else {
        let number = numbers.get(token);
        if (number === undefined) {
          number = numbers.size;
          numbers.set(token, number);
          queue.push(token);
        }
        text += ` ^${number}`;
      }
    }
    hash.update(text).update('\n');
  }
  return hash.digest('hex').slice(0, HASH_LENGTH);
}
