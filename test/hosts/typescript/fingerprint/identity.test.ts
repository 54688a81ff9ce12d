import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CodeHasher } from '../../../../src/hosts/typescript/fingerprint/own-code.js';
import { hasher } from './support/project.js';
import { cases } from '../../../support/profile.js';

const KINDS = ['object', 'array', 'map', 'set', 'symbol', 'class', 'instance', 'function', 'arrow'] as const;

/** One value of a graph: its kind, what tells it from others of its kind, and the values it leads to. */
interface Vertex {
  readonly kind: (typeof KINDS)[number];
  /** Few, so that most are like others. */
  readonly mark: number;
  readonly frozen: boolean;
  readonly to: readonly number[];
}

/** The first vertex is what a node captures. */
type Graph = readonly Vertex[];

const SIZE = 9;

const vertex: fc.Arbitrary<Vertex> = fc.record({
  kind: fc.constantFrom(...KINDS),
  mark: fc.nat(1),
  frozen: fc.boolean(),
  to: fc.array(fc.nat(SIZE - 1), { maxLength: 3 }),
});
const graph: fc.Arbitrary<Graph> = fc.array(vertex, { minLength: SIZE, maxLength: SIZE });

/** A class for an instance, whatever it leads to: the first class after it, or none. */
function classOf(vertices: Graph, index: number): number {
  return vertices.findIndex(({ kind }, at) => at > index && kind === 'class');
}

/** The edges that a vertex really has: symbols lead nowhere, and an instance to its class. */
function targetsOf(vertices: Graph, index: number): readonly number[] {
  const { kind, to } = vertices[index] as Vertex;
  if (kind === 'symbol') return [];
  // A set has each but once.
  if (kind === 'set') return [...new Set(to)];
  if (kind === 'map') return [...new Set(to)].flatMap((key) => [key, (key + 1) % SIZE]);
  return kind === 'instance' ? [...to, classOf(vertices, index)] : to;
}

/** A text that two graphs share when they are the same but for the order of their vertices. */
function canonical(vertices: Graph): string {
  const order = [0];
  const lines: string[] = [];
  for (const index of order) {
    if (index < 0) continue;
    const { kind, mark, frozen } = vertices[index] as Vertex;
    const places = targetsOf(vertices, index).map((target) => {
      if (target < 0) return -1;
      if (!order.includes(target)) order.push(target);
      return order.indexOf(target);
    });
    lines.push(`${kind} ${mark} ${kind === 'symbol' ? '' : String(frozen)} ${places.join()}`);
  }
  return lines.join('\n');
}

interface Made {
  readonly value: unknown;
  readonly fill: (values: readonly unknown[]) => unknown;
}

function make({ kind, mark }: Vertex, madeClass: (new () => object) | null): Made {
  switch (kind) {
    case 'symbol':
      return { value: Symbol(String(mark)), fill: () => undefined };
    case 'map': {
      const map = new Map<unknown, unknown>();
      Object.assign(map, { mark });
      const fill = (values: readonly unknown[]): void => {
        for (let at = 0; at + 1 < values.length; at += 2) map.set(values[at], values[at + 1]);
      };
      return { value: map, fill };
    }
    case 'set': {
      const set = Object.assign(new Set<unknown>(), { mark });
      return { value: set, fill: (values) => values.forEach((each) => set.add(each)) };
    }
    case 'array': {
      const array: unknown[] = [mark];
      return { value: array, fill: (values) => void array.push(...values) };
    }
    case 'class': {
      const named = mark === 0 ? class Long {} : class Short {};
      return {
        value: named,
        fill: (values) => void Object.assign(named, Object.fromEntries(values.entries())),
      };
    }
    case 'function':
    case 'arrow':
      return closure(kind, mark);
    default: {
      const object: object = madeClass ? new madeClass() : {};
      return {
        value: object,
        fill: (values) => void Object.assign(object, { mark }, Object.fromEntries(values.entries())),
      };
    }
  }
}

function closure(kind: 'function' | 'arrow', mark: number): Made {
  let [a, b, c]: unknown[] = [];
  const fn =
    kind === 'arrow'
      ? (): unknown => [mark, a, b, c]
      : function named(): unknown {
          return [a, b, c, mark];
        };
  return { value: fn, fill: (values) => ([a, b, c] = values) };
}

/** Makes the graph, its vertices in the given order, and a function that captured the first of them. */
function built(vertices: Graph, order: readonly number[]): () => unknown {
  const made = new Map<number, Made>();
  // What an instance is of must be there before it.
  const classesFirst = [...order].sort(
    (a, b) => Number(vertices[b]?.kind === 'class') - Number(vertices[a]?.kind === 'class'),
  );
  for (const index of classesFirst) {
    const each = vertices[index] as Vertex;
    const of = each.kind === 'instance' ? made.get(classOf(vertices, index)) : null;
    made.set(index, make(each, (of?.value ?? null) as (new () => object) | null));
  }
  for (const index of order) {
    const { kind, to } = vertices[index] as Vertex;
    const targets = kind === 'map' || kind === 'set' ? targetsOf(vertices, index) : to;
    made.get(index)?.fill(targets.map((target) => made.get(target)?.value));
  }
  for (const [index, { value }] of made) {
    if (vertices[index]?.frozen && typeof value !== 'symbol') Object.freeze(value);
  }
  const captured = made.get(0)?.value;
  return () => captured;
}

const IN_ORDER = Array.from({ length: SIZE }, (_, index) => index);

describe('which is which, in random graphs of values', () => {
  let hashes: CodeHasher;
  before(() => (hashes = hasher()));
  after(() => hashes.close());

  const hashOf = (vertices: Graph, order = IN_ORDER): string => {
    const { hash, unhashable } = hashes.ownCode(built(vertices, order), { inputs: new Map(), describe: 'n' });
    assert.equal(unhashable, undefined);
    return hash;
  };

  it('two that differ in one edge never have one hash, unless they are the same by another way', () => {
    let differing = 0;
    fc.assert(
      fc.property(graph, fc.nat(SIZE - 1), fc.nat(2), fc.nat(SIZE - 1), (vertices, from, place, target) => {
        const changed = vertices.map((each, index) =>
          index === from ? { ...each, to: each.to.map((old, at) => (at === place ? target : old)) } : each,
        );
        const same = canonical(vertices) === canonical(changed);
        if (!same) differing++;
        assert.equal(hashOf(vertices) === hashOf(changed), same);
      }),
      cases(400, 400),
    );
    assert.ok(differing > 40, `Only ${differing} pairs differed.`);
  });

  it('two that differ in the mark of one value never have one hash', () => {
    fc.assert(
      fc.property(graph, fc.nat(SIZE - 1), (vertices, at) => {
        const changed = vertices.map((each, index) =>
          index === at ? { ...each, mark: 1 - each.mark } : each,
        );
        assert.equal(hashOf(vertices) === hashOf(changed), canonical(vertices) === canonical(changed));
      }),
      cases(200, 200),
    );
  });

  it('the same in another order of allocation has the same hash', () => {
    fc.assert(
      fc.property(graph, fc.shuffledSubarray(IN_ORDER, { minLength: SIZE }), (vertices, order) => {
        assert.equal(hashOf(vertices), hashOf(vertices, order));
      }),
      cases(200, 200),
    );
  });
});
