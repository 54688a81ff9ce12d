import type { DagNode } from '../../../../sdk/dag-node.js';

/** How one value leads to another: a closure's variable, a property, or a property of `this`. */
export interface Edge {
  readonly via: 'capture' | 'member' | 'this';
  /** `count`, `.limits`, `[3]`, `this.n`. */
  readonly name: string;
  readonly value: unknown;
}

/** An edge that counts only if some reachable code may see it: see `SEEN` and `bitsOf`. */
export interface NamedEdge extends Edge {
  /** Counts where one of these bits is set. */
  readonly bit: number;
}

/** Why a value cannot be hashed: what it is (`a Proxy`), or what its code does (`uses new.target …`). */
export interface Reason {
  readonly of: 'value' | 'code';
  readonly words: string;
}

/** One value, one level deep: its own content, and its edges. */
export interface Shape {
  readonly tag: string;
  readonly edges: readonly Edge[];
  /** Made on demand: most never count. */
  readonly named: () => readonly NamedEdge[];
  /** Bits of what its code may see; see `bitsOf`. */
  readonly reads: number;
  /** Members that its code reads other than by calling them, `*` for any. */
  readonly valueNames: readonly string[];
  /** For a class: code that reads a method as a value may see its text. */
  readonly methods: { readonly names: readonly string[]; readonly text: string } | null;
  /** Why it cannot be hashed. */
  readonly fails: Reason | null;
  readonly node: DagNode | null;
  /** Values that are part of the tag, without an edge. */
  readonly size: number;
  /** What can change while code runs; null: everything. */
  readonly state: Shape | null;
  /** State that is watched but does not count. */
  readonly watched: readonly Edge[];
}

/** Node properties independent of the place in the DAG; they count where code reads that name. */
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
  'symbols',
] as const;

/** Ways to read beyond the ends of a view into memory. */
const AROUND_VIEWS = ['buffer', 'byteOffset'] as const;

/** The strategy's method that computes nothing, and whose text contains all nodes. */
export const SETUP = 'setup';

/** What lists a class's members in the order they were written in. */
const LISTING = ['getOwnPropertyNames', 'getOwnPropertyDescriptors', 'ownKeys'] as const;

/** What shows the text of a function, or takes it apart. */
const TEXTUAL = [
  'inspect',
  'format',
  'formatWithOptions',
  'Reflect',
  'constructor',
  'getOwnPropertyDescriptor',
  'getOwnPropertyDescriptors',
  '__lookupGetter__',
  '__lookupSetter__',
] as const;

/** What shows the current line of code. */
const PLACED = [
  'stack',
  'prepareStackTrace',
  'captureStackTrace',
  'getCallSite',
  'getCallSites',
  'inspect',
] as const;

/** What code may see of values besides their behaviour, as bits. */
export const SEEN = bitFlags([
  ...NODE_NAMED,
  SETUP,
  'around',
  'listed',
  /** The text of any function. */
  'text',
  /** The position of any code. */
  'place',
  /** A value that may be a function is converted to text. */
  'coerced',
  /** A property with a computed name. */
  'dynamic',
  /** The global object, in code made from a text. */
  'globals',
] as const);

function bitFlags<K extends string>(names: readonly K[]): Readonly<Record<K, number>> {
  return Object.fromEntries(names.map((name, index) => [name, 1 << index])) as Record<K, number>;
}

const BITS: ReadonlyMap<string, number> = bitsByName();

function bitsByName(): Map<string, number> {
  const bits = new Map<string, number>();
  const add = (names: readonly string[], bit: number): void => {
    for (const name of names) bits.set(name, (bits.get(name) ?? 0) | bit);
  };
  for (const name of [...NODE_NAMED, SETUP] as const) add([name], SEEN[name]);
  add(AROUND_VIEWS, SEEN.around);
  add(LISTING, SEEN.listed);
  add(TEXTUAL, SEEN.text);
  add(PLACED, SEEN.place);
  add(['constructor'], SEEN.globals);
  return bits;
}

/** Names that code has as a text almost only to read the property. */
const REVEALING: ReadonlySet<string> = new Set([
  ...AROUND_VIEWS,
  ...LISTING,
  ...TEXTUAL,
  'stack',
  'computeFn',
]);

export function bitsOf(names: Iterable<string>): number {
  let bits = 0;
  for (const name of names) bits |= BITS.get(name) ?? 0;
  return bits;
}

/** The bit of a text that may be a computed name: `view[key]`. */
export function bitOfText(text: string): number {
  // Called as a method, it shows the text of its receiver.
  if (text === 'toString') return SEEN.text;
  return REVEALING.has(text) ? (BITS.get(text) as number) : 0;
}

/** Bits of the names that show memory beyond a view. */
export const BEYOND_VIEWS = SEEN.around;

/** Where a function's exact name counts; elsewhere, a number appended by a bundler does not. */
export const NAME_SEEN = SEEN.name | SEEN.dynamic | SEEN.text | SEEN.coerced;

/** The edges of a shape where those names count. */
export function edgesOf({ edges, named }: Shape, names: number): readonly Edge[] {
  if (names === 0 || named === NONE) return edges;
  const counting = named().filter(({ bit }) => bit & names);
  return counting.length === 0 ? edges : [...edges, ...counting];
}

const NONE = (): readonly never[] => [];

export function shape(tag: string, edges: readonly Edge[] = [], more: Partial<Shape> = {}): Shape {
  return {
    tag,
    edges,
    named: NONE,
    reads: 0,
    valueNames: [],
    methods: null,
    fails: null,
    node: null,
    size: 0,
    state: null,
    watched: [],
    ...more,
  };
}

/** The shape of what cannot be hashed. @param inside what can still be watched */
export function failure(words: string, of: Reason['of'] = 'value', inside: Partial<Shape> = {}): Shape {
  return shape('', [], { ...inside, fails: { of, words } });
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Represents a variable or property that does not exist. */
export const ABSENT = Symbol('seamless.absent');

/** Represents a missing item of a list. */
export const HOLE = Symbol('seamless.hole');

/** Symbols that are the same in every process, identified by their text. */
const KNOWN_SYMBOLS: ReadonlyMap<symbol, string> = new Map([
  [ABSENT, 'absent'],
  [HOLE, 'hole'],
  ...Reflect.ownKeys(Symbol).flatMap((key): [symbol, string][] => {
    const value = Reflect.getOwnPropertyDescriptor(Symbol, key)?.value as unknown;
    return typeof value === 'symbol' ? [[value, `@@${String(key)}`]] : [];
  }),
]);

/** A unique identity: two may be equal and still be two. */
export type Distinct = object | symbol;

export function isDistinct(value: unknown): value is Distinct {
  if (isObject(value)) return true;
  return typeof value === 'symbol' && !KNOWN_SYMBOLS.has(value) && Symbol.keyFor(value) === undefined;
}

/** A primitive value as a unique text. */
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

/** Registered symbols are known by their name; for others this is the description. */
function symbolToken(symbol: symbol): string {
  const known = KNOWN_SYMBOLS.get(symbol);
  if (known !== undefined) return known;
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
  /** The function that owns the variable. */
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
