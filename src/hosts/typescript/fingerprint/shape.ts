import type { DagNode } from '../../../sdk/dag-node.js';

/** How one value leads to another: a variable of a closure, a property, or a property of `this`. */
export interface Edge {
  readonly via: 'capture' | 'member' | 'this';
  /** `count`, `.limits`, `[3]`, `this.n`. */
  readonly name: string;
  readonly value: unknown;
}

/** An edge that counts only when some code in reach reads a property of that name. */
export interface NamedEdge extends Edge {
  readonly bit: number;
}

/** Why nothing can vouch for a value: what it is (`a Proxy`), or what its code does (`uses new.target …`). */
export interface Reason {
  readonly of: 'value' | 'code';
  readonly words: string;
}

/** One value, one level deep: what it is by itself, and what it leads to. */
export interface Shape {
  readonly tag: string;
  readonly edges: readonly Edge[];
  readonly named: readonly NamedEdge[];
  /** Bits of the names in `NAMED` that its code reads. */
  readonly reads: number;
  /** Why nothing can vouch for it. */
  readonly fails: Reason | null;
  readonly node: DagNode | null;
  /** Values that the tag holds without an edge. */
  readonly size: number;
  /** What of it can change while code runs; null when that is all of it. */
  readonly state: Shape | null;
}

/** Properties that a node has whatever its place in the DAG; they count where code reads that name. */
export const NODE_NAMED = [
  'name',
  'tags',
  'interval',
  'period',
  'inputs',
  'indicator',
  'historyProvider',
  'computeFn',
  'init',
  'step',
] as const;

/** Ways past the ends of a view into memory. */
const AROUND_VIEWS = ['buffer', 'byteOffset'] as const;

/** The one method of a strategy that computes nothing, and whose text has all its nodes in it. */
export const SETUP = 'setup';

/** What lists members of classes in the order they were written in. */
const LISTING = ['getOwnPropertyNames', 'getOwnPropertyDescriptors', 'ownKeys'] as const;

/** All names that matter only where code reads them. */
const NAMED = [...NODE_NAMED, SETUP, ...AROUND_VIEWS, ...LISTING] as const;

type Named = (typeof NAMED)[number];

const BITS: ReadonlyMap<string, number> = new Map(NAMED.map((name, index) => [name, 1 << index]));

/** Names that no code has as a text for another reason than to read the property. */
const TELLING: ReadonlySet<string> = new Set([...AROUND_VIEWS, ...LISTING, 'computeFn']);

export function bitOf(name: Named): number {
  return BITS.get(name) as number;
}

export function bitsOf(names: ReadonlySet<string>): number {
  return NAMED.reduce((bits, name) => (names.has(name) ? bits | bitOf(name) : bits), 0);
}

/** The bit of a text that may be used as a computed name: `view[key]`. */
export function bitOfText(text: string): number {
  return TELLING.has(text) ? (BITS.get(text) as number) : 0;
}

/** Bits of the names that show memory beyond the ends of a view. */
export const BEYOND_VIEWS = bitsOf(new Set<string>(AROUND_VIEWS));

/** Bits of the names that show the order in which a class was written. */
export const LISTED = bitsOf(new Set<string>(LISTING));

/** The edges of a shape where those names count. */
export function edgesOf({ edges, named }: Shape, names: number): readonly Edge[] {
  return names === 0 || named.length === 0 ? edges : [...edges, ...named.filter(({ bit }) => bit & names)];
}

const NONE: readonly never[] = [];

export function shape(tag: string, edges: readonly Edge[] = NONE, more: Partial<Shape> = {}): Shape {
  const { named = NONE, reads = 0, fails = null, node = null, size = 0, state = null } = more;
  return { tag, edges, named, reads, fails, node, size, state };
}

/** The shape of what nothing can vouch for. */
export function failure(words: string, of: Reason['of'] = 'value'): Shape {
  return shape('', [], { fails: { of, words } });
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** A value that is no object, as a text that no other value has. */
export function primitiveToken(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return Object.is(value, -0) ? 'n-0' : `n${value}`;
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `i${value}`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'symbol':
      return symbolToken(value);
    default:
      return value === null ? 'null' : 'undefined';
  }
}

/** Symbols are known by their description; those of the global registry also by being in it. */
function symbolToken(symbol: symbol): string {
  const registered = Symbol.keyFor(symbol);
  if (registered !== undefined) return `registered${JSON.stringify(registered)}`;
  return `symbol${JSON.stringify(symbol.description ?? null)}`;
}

export function keyToken(key: PropertyKey): string {
  return typeof key === 'symbol' ? symbolToken(key) : JSON.stringify(String(key));
}

/** `.limits`, `[3]`, `["a b"]`, `[Symbol(x)]`. */
export function memberName(key: PropertyKey): string {
  if (typeof key === 'symbol') return `[${String(key)}]`;
  const text = String(key);
  if (/^[A-Za-z_$][\w$]*$/.test(text)) return `.${text}`;
  return /^\d+$/.test(text) ? `[${text}]` : `[${JSON.stringify(text)}]`;
}

/** Where a value was found, for people. */
export interface Path {
  /** `config.limits`; empty for the function itself. */
  readonly subject: string;
  /** The function whose variable it is. */
  readonly owner: string;
}

export function follow(path: Path, edge: Edge): Path {
  if (edge.via === 'member') return { subject: path.subject + edge.name, owner: path.owner };
  return { subject: edge.name, owner: path.subject === '' ? path.owner : path.subject };
}

/** `mean in closure of fast`. */
export function describePath(path: Path): string {
  return path.subject === '' ? path.owner : `${path.subject} in closure of ${path.owner}`;
}
