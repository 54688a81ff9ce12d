import { types } from 'node:util';
import { SeamlessError } from '../../../../sdk/errors.js';
import { DagNode } from '../../../../sdk/dag-node.js';
import { CodeShaper, isNative } from './code-shape.js';
import { contentsOf, countOf, fixedTag, hiddenKind, propertyEdges } from './data-shape.js';
import { builtInState, hiddenState } from './hidden-state.js';
import type { FunctionPlace, Inspection } from '../inspection.js';
import type { Intrinsics } from '../intrinsics.js';
import { textOf } from '../text/syntax.js';
import { analyseText } from '../text/analyse.js';
import {
  failure,
  isObject,
  NODE_NAMED,
  primitiveToken,
  SEEN,
  shape,
  type Distinct,
  type Edge,
  type NamedEdge,
  type Shape,
} from './shape.js';

/** Properties that every node has; those that code reads count by name. */
const NODE_PROPERTIES = new Set<PropertyKey>(['kind', 'origin', ...NODE_NAMED]);

/** Larger structures are not searched. */
export const LARGEST = 200_000;

/** Parts of `process` that differ by Node version and machine. Code may read them, so they count in the fingerprint. */
const VERSION = `${process.version} ${process.platform} ${process.arch} `;

const NO_NAMES: readonly string[] = [];

// Spelled out: formatting the first number takes Node 15 ms.
export const TOO_LARGE = 'a structure of more than 200,000 values';

/** Shapes at one moment. */
export interface Snapshot {
  shapeOf(value: Distinct): Shape;
  /** What can change about a value while code runs. */
  stateOf(value: object): Shape;
}

/** Earlier values, even when asked for after user code ran. */
export interface PastSnapshot extends Snapshot {
  /** Assigns a shape to an object that only represents something. */
  define(stand: object, made: Shape): void;
}

interface ShaperOptions {
  readonly inspection: Inspection;
  readonly intrinsics: Intrinsics;
  /** What the SDK exports, by name. */
  readonly sdk: ReadonlyMap<string, unknown>;
  /** Everything that the loaded code's lines depend on: its text and the author's files. */
  readonly code: () => string;
}

/** Does not touch a Proxy, since that would run user code. */
function isNode(value: object): value is DagNode {
  return !hasProxyAbove(value) && value instanceof DagNode;
}

/** Instances of a native class have invisible state. */
function isNativeClass(prototype: object): boolean {
  const maker = Reflect.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
  return typeof maker === 'function' && !types.isProxy(maker) && isNative(maker);
}

function hasProxyAbove(value: object): boolean {
  for (let at: object | null = value; at; at = Object.getPrototypeOf(at) as object | null) {
    if (types.isProxy(at)) return true;
  }
  return false;
}

/** What an author's subclass adds, or code puts on a node: an ordinary value. */
type Added = ReturnType<typeof propertyEdges>;

/** What a node has besides its place is rarely needed, and there are thousands of nodes. */
class NodeShape implements Shape {
  readonly tag: string;
  readonly edges: readonly Edge[];
  readonly node: DagNode;
  readonly reads = 0;
  readonly valueNames = NO_NAMES;
  readonly methods = null;
  readonly fails = null;
  readonly size = 0;
  readonly watched: readonly Edge[] = [];
  readonly state = null;

  constructor(node: DagNode, tag: string, edges: readonly Edge[]) {
    this.node = node;
    this.tag = tag;
    this.edges = edges;
  }

  readonly named = (): readonly NamedEdge[] => {
    const fields = this.node as unknown as Readonly<Record<string, unknown>>;
    // Only symbols that the universe lists itself; otherwise every node would count as having none.
    const names = NODE_NAMED.filter((name) => name !== 'symbols' || Object.hasOwn(fields, name));
    return names.map((name): NamedEdge => ({
      via: 'member',
      name: `.${name}`,
      value: fields[name],
      bit: SEEN[name],
    }));
  };
}

/** Converts values to shapes, one level deep, and caches them. Runs no user code. */
export class Shaper {
  readonly #options: ShaperOptions;
  readonly #code: CodeShaper;
  readonly #sdk = new Map<object, string>();
  #shapes = new Map<object, Shape>();
  readonly #stands = new Map<object, () => Shape>();
  #inputs: ReadonlyMap<DagNode, number> = new Map();
  /** Parts of node shapes that do not depend on whose inputs they are. */
  #nodes = new Map<DagNode, Added>();
  #thisValue: object | null = null;

  constructor(options: ShaperOptions) {
    this.#options = options;
    for (const [name, value] of options.sdk) this.#addSdk(name, value);
    this.#code = new CodeShaper({ ...options, isBuiltIn: (value) => this.builtInName(value) !== undefined });
  }

  /** The node whose inputs and `this` the next shapes are for. */
  enter(inputs: ReadonlyMap<DagNode, number>, thisValue: object | null): void {
    this.#inputs = inputs;
    if (this.#thisValue !== thisValue) this.forget();
    this.#thisValue = thisValue;
  }

  /** Clears the cache, since user code may have run. */
  forget(): void {
    this.#shapes = new Map();
    this.#nodes = new Map();
  }

  /** A copy of the cache. */
  snapshot(): PastSnapshot {
    const shapes = this.#shapes;
    return {
      shapeOf: (value) => {
        if (typeof value === 'symbol') return symbolShape(value);
        const known = shapes.get(value);
        if (known) return known;
        // Nodes are frozen, so nothing is recorded about them.
        if (isNode(value)) return this.freshShape(value);
        throw new SeamlessError('internal', 'A value that a function depends on was not looked at in time.');
      },
      stateOf(value) {
        const found = this.shapeOf(value);
        return found.state ?? found;
      },
      define: (stand, made) => void shapes.set(stand, made),
    };
  }

  /** Makes current values available for later. */
  get now(): Snapshot {
    return { shapeOf: (value) => this.shapeOf(value), stateOf: (value) => this.freshState(value) };
  }

  shapeOf(value: Distinct): Shape {
    if (typeof value === 'symbol') return symbolShape(value);
    const known = this.#shapes.get(value);
    if (known) return known;
    const made = this.freshShape(value);
    // A node's representation depends on whose inputs are considered.
    if (!made.node) this.#shapes.set(value, made);
    return made;
  }

  /** Assigns a shape to an object that only represents something. */
  define(stand: object, make: () => Shape): void {
    this.#shapes.set(stand, make());
    this.#stands.set(stand, make);
  }

  /** What can change about an object while code runs, as it is now. */
  freshState(value: object): Shape {
    if (typeof value === 'function' && this.builtInName(value) === undefined)
      return this.#code.stateShape(value, this.#thisValue);
    return this.freshShape(value);
  }

  /** Gives up on an object. */
  refuse(value: object, reason: string): void {
    this.#shapes.set(value, failure(reason));
  }

  /** The current shape, ignoring the cache. */
  freshShape(value: object): Shape {
    const make = this.#stands.get(value);
    if (make) return make();
    if (value === globalThis) return this.#globalShape();
    const name = this.builtInName(value);
    if (name !== undefined) return this.#builtInShape(value, name);
    if (typeof value === 'function' && !types.isProxy(value))
      return this.#code.functionShape(value, this.#thisValue);
    const hidden = hiddenKind(value);
    if (hidden)
      return failure(hidden, 'value', { watched: hiddenState(value, this.#options.inspection, null) });
    return isNode(value) ? this.#nodeShape(value) : this.#objectShape(value);
  }

  /** The edges through `this` of a function called on `receiver`. */
  receiverShape(fn: object, receiver: unknown): Shape {
    return this.#code.receiverShape(fn, receiver);
  }

  /** True for a function that reads nothing of its receiver. */
  isWithoutReceiver(fn: object): boolean {
    return this.#code.isWithoutReceiver(fn);
  }

  /** A function's position according to V8; null for a native one. */
  placeOf(fn: object): FunctionPlace | null {
    return this.#code.receivers.placeOf(fn);
  }

  /** True for an object that only represents something. */
  isStand(value: object): boolean {
    return this.#stands.has(value);
  }

  /** True for what user code cannot change: the host freezes nodes. */
  isFrozen(value: object): boolean {
    return isNode(value);
  }

  builtInName(value: object): string | undefined {
    const sdk = this.#sdk.get(value);
    return sdk === undefined ? this.#options.intrinsics.nameOf(value) : `sdk:${sdk}`;
  }

  #addSdk(name: string, value: unknown): void {
    if (!isObject(value) || this.#sdk.has(value) || this.#options.intrinsics.nameOf(value) !== undefined)
      return;
    this.#sdk.set(value, name);
    if (typeof value !== 'function') return;
    const prototype = Reflect.getOwnPropertyDescriptor(value, 'prototype')?.value as unknown;
    for (const owner of [value, prototype]) {
      if (!isObject(owner)) continue;
      const prefix = owner === value ? name : `${name}.prototype`;
      if (owner === prototype) this.#sdk.set(owner, prefix);
      for (const key of Reflect.ownKeys(owner)) {
        const descriptor = Reflect.getOwnPropertyDescriptor(owner, key);
        for (const part of [descriptor?.value as unknown, descriptor?.get, descriptor?.set]) {
          if (typeof part === 'function' && !this.#sdk.has(part))
            this.#sdk.set(part, `${prefix}.${String(key)}`);
        }
      }
    }
  }

  #builtInShape(value: object, name: string): Shape {
    const patches = this.#options.intrinsics.patchesOf(value);
    const edges = patches.map(({ member, value }): Edge => ({ via: 'member', name: member, value }));
    const watched = builtInState(value);
    const version = name === 'node:process' ? VERSION : '';
    return shape(`builtin ${name} ${version}${edges.map((edge) => edge.name).join()}`, edges, { watched });
  }

  /** For the global object: what was added to it. */
  #globalShape(): Shape {
    const added = new Set(this.#options.intrinsics.addedGlobals());
    const { tag, edges } = propertyEdges(globalThis, (key) => !added.has(key));
    return shape(`globals ${tag}`, edges);
  }

  /** An input node is represented by its position; any other by its name. */
  #nodeShape(node: DagNode): Shape {
    const position = this.#inputs.get(node);
    const tag = position === undefined ? `node ${JSON.stringify(node.name)}` : `input#${position}`;
    let added = this.#nodes.get(node);
    if (!added) {
      added = propertyEdges(node, () => false, NODE_PROPERTIES);
      this.#nodes.set(node, added);
    }
    return new NodeShape(node, `${tag} ${added.tag}`, added.edges);
  }

  #objectShape(value: object): Shape {
    if (hasProxyAbove(value)) return failure('an object whose prototype is a Proxy');
    if (countOf(value) > LARGEST) return failure(TOO_LARGE);
    const contents = contentsOf(value);
    if (!contents) {
      const host = this.#hostKind(value);
      if (host) return failure(host.words, 'value', { watched: host.state });
    }
    const size = contents?.size ?? 0;
    const without = new Set(contents?.without);
    const own = propertyEdges(
      value,
      (key) =>
        without.has(key) || (contents?.indexed === true && typeof key === 'string' && /^\d+$/.test(key)),
    );
    const kind = this.#prototypeEdge(value);
    const secret = this.#hasPrivate(value) ? this.#privateEdges(value) : [];
    const edges = [...(contents?.edges ?? []), ...kind.edges, ...own.edges, ...secret];
    this.#code.receivers.adopt(value, edges);
    const named = (): NamedEdge[] => [...(contents?.named?.() ?? []), ...textsIn(edges)];
    return shape(
      `${contents?.tag ?? 'object'} of ${kind.tag}${fixedTag(value)} {${own.tag}} ${secret.map(({ name }) => name).join()}`,
      edges,
      { size, named },
    );
  }

  /** An object whose built-in base class has unreadable state. */
  #hostKind(value: object): { readonly words: string; readonly state: readonly Edge[] } | null {
    let prototype = Object.getPrototypeOf(value) as object | null;
    while (prototype && !this.#isOfHost(prototype))
      prototype = Object.getPrototypeOf(prototype) as object | null;
    if (!prototype || prototype === Object.prototype) return null;
    if (this.#sdk.has(prototype)) return null;
    const maker = Reflect.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
    const name = typeof maker === 'function' ? maker.name : (this.builtInName(prototype) ?? '');
    return {
      words: `an instance of ${name}, whose inner state cannot be read`,
      state: hiddenState(value, this.#options.inspection, name),
    };
  }

  #isOfHost(prototype: object): boolean {
    if (this.builtInName(prototype) !== undefined || isNativeClass(prototype)) return true;
    // Node loads some classes late, and hides others.
    const maker = Reflect.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
    return typeof maker === 'function' && !types.isProxy(maker) && this.#code.variables.isOfNode(maker);
  }

  #prototypeEdge(value: object): { readonly tag: string; readonly edges: readonly Edge[] } {
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (!prototype) return { tag: 'null', edges: [] };
    const name = this.builtInName(prototype);
    if (name !== undefined) return { tag: name, edges: [] };
    const maker = Reflect.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
    const made =
      typeof maker === 'function' &&
      Reflect.getOwnPropertyDescriptor(maker, 'prototype')?.value === prototype;
    return { tag: '*', edges: [{ via: 'member', name: ' (its class)', value: made ? maker : prototype }] };
  }

  #hasPrivate(value: object): boolean {
    let prototype = Object.getPrototypeOf(value) as object | null;
    for (; prototype; prototype = Object.getPrototypeOf(prototype) as object | null) {
      const maker = Reflect.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
      if (typeof maker !== 'function') continue;
      const name = this.builtInName(maker);
      if (name?.startsWith('sdk:')) return true;
      if (name === undefined && analyseText(textOf(maker)).hasPrivate) return true;
    }
    return false;
  }

  #privateEdges(value: object): Edge[] {
    const members = this.#options.inspection.privateMembers(value);
    return members.map((member): Edge => ({ via: 'member', name: `.${member.name}`, value: member.value }));
  }
}

/** Texts of functions that data lead to: code with the data may convert them. */
function textsIn(edges: readonly Edge[]): NamedEdge[] {
  return edges.flatMap(({ value, via, name }): NamedEdge[] =>
    typeof value === 'function' && !types.isProxy(value)
      ? [{ via, name, value: Function.prototype.toString.call(value), bit: SEEN.coerced }]
      : [],
  );
}

function symbolShape(value: symbol): Shape {
  return shape(primitiveToken(value));
}
