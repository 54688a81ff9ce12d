import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import { builtinModules, createRequire } from 'node:module';
import { inspect, types } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { standInName, syncImports } from '../sandbox/patches.js';
import type { BuiltIn, Change as Kept } from '../wall/built-in.js';
import { Wall } from '../wall/wall.js';
import { changes, differences, leadsOn, propertiesOf } from './property-changes.js';
import { isObject, memberName } from './shape/shape.js';

/** A built-in object: its name, and its original properties. */
interface Known {
  readonly name: string;
  readonly ofSdk?: boolean;
  /** Null if they were not followed. */
  readonly properties: ReadonlyMap<PropertyKey, PropertyDescriptor> | null;
  /** Its prototype, and whether it was extensible. */
  readonly above: object | null;
  readonly open: boolean;
}

/** A changed property of a built-in object. */
interface Patch {
  /** `Math.hypot`. */
  readonly name: string;
  /** `.hypot`. */
  readonly member: string;
  /** The current value; an accessor's function, or undefined when the property is gone. */
  readonly value: unknown;
}

/** Node modules that are deprecated, experimental or warn when loaded, except those the guards load anyway. */
const LEFT_OUT = /^(?:_|punycode|sys|domain|constants|trace_events|repl|test|sqlite|sea)/;

/** Written by Node, V8 and source map tools; no computation depends on them. */
const NO_PATCHES: readonly Patch[] = [];

const RESTLESS = new Set(['Error.prepareStackTrace', 'Error.stackTraceLimit']);

/** What Node's `fetch` (undici) adds on first use; a computeFn may not call it. */
function isOfFetch(key: PropertyKey): boolean {
  return typeof key === 'symbol' && Symbol.keyFor(key)?.startsWith('undici.globalDispatcher') === true;
}

/** JavaScript's own globals, without Node's. Kept alive: Node crashes when a debugger evaluates in a freed context. */
const BARE_REALM = createContext();

/** Node-only objects that the host itself uses while nodes are computed. */
const OF_HOST: ReadonlySet<string> = new Set([
  ...['node:util', 'node:util.types', 'node:crypto', 'node:crypto.Hash.prototype'],
  ...['node:buffer.Buffer', 'node:buffer.Buffer.prototype'],
  ...['node:events.EventEmitter', 'node:events.EventEmitter.prototype'],
  ...['node:inspector', 'node:inspector.Session.prototype', 'node:path', 'node:url', 'node:v8'],
  ...['node:async_hooks', 'node:async_hooks.AsyncLocalStorage.prototype'],
  ...['node:timers', 'node:timers/promises', 'node:perf_hooks'],
]);

/** How deep Node-only objects are followed: to the prototypes of a module's exports. */
const NODE_DEPTH = 2;

/** JavaScript's and Node's functions and objects, by name, as they were at one moment. */
export class Intrinsics {
  readonly #known = new Map<object, Known>();
  readonly #globals = propertiesOf(globalThis);
  readonly #names = new Map<object, string>();
  /** Those that code depends on without naming them, such as `Array.prototype`. */
  readonly #language: readonly object[];
  /** Of these, objects on which code may store state to find it again from anywhere. */
  readonly #shared: readonly object[];
  /** Objects between these and a strategy's code. */
  wall: Wall;

  constructor(sdkExports: Readonly<Record<string, unknown>>) {
    const names = runInContext('Object.getOwnPropertyNames(globalThis)', BARE_REALM) as string[];
    this.#nameClasses(names);
    for (const name of names) this.#add(this.#globals.get(name)?.value, name, Number.POSITIVE_INFINITY);
    for (const [name, value] of hiddenIntrinsics()) this.#add(value, name, Number.POSITIVE_INFINITY);
    const language = [...this.#known.keys()];
    for (const [key, descriptor] of this.#globals) this.#addAll(descriptor, String(key), NODE_DEPTH);
    const require = createRequire(import.meta.url);
    for (const name of builtinModules
      .map((name) => name.replace(/^node:/, ''))
      .filter((each) => !LEFT_OUT.test(each))) {
      this.#add(require(`node:${name}`), `node:${name}`, NODE_DEPTH);
    }
    for (const name of ['styles', 'colors'] as const)
      this.#add(inspect[name], `node:util.inspect.${name}`, 1);
    const sdk = new Map<object, string>();
    for (const [name, value] of Object.entries(sdkExports)) this.#addSdk(sdk, value, name);
    this.#language = [...language, ...sdk.keys()];
    this.#shared = this.#language.filter((object) => typeof object !== 'function' || isMaker(object));
    this.wall = new Wall(this.#builtIns(), syncImports);
  }

  /** Classes and prototypes get their own names, whichever object leads to them first. */
  #nameClasses(globals: readonly string[]): void {
    const classes = globals.map((name): [string, unknown] => [name, this.#globals.get(name)?.value]);
    classes.push(['TypedArray', Object.getPrototypeOf(Float64Array)], ...hiddenIntrinsics());
    classes.push(['node:events.EventEmitter', EventEmitter], ['node:buffer.Buffer', Buffer]);
    for (const [name, value] of classes) {
      if (!isObject(value)) continue;
      this.#names.set(value, name);
      const prototype = Reflect.getOwnPropertyDescriptor(value, 'prototype')?.value as unknown;
      if (isObject(prototype)) this.#names.set(prototype, `${name}.prototype`);
    }
  }

  #builtIns(): BuiltIn[] {
    const core = new Set(this.#language);
    for (const [object, { name }] of this.#known) if (OF_HOST.has(name)) core.add(object);
    for (const { value } of this.#globals.values()) {
      if (!isObject(value) || value === process) continue;
      core.add(value);
      const prototype = Reflect.getOwnPropertyDescriptor(value, 'prototype')?.value as unknown;
      if (isObject(prototype)) core.add(prototype);
    }
    const builtIns: BuiltIn[] = [
      {
        object: globalThis,
        name: 'globalThis',
        properties: this.#globals,
        core: true,
        ...stateOf(globalThis),
      },
    ];
    for (const [object, { name, properties, above, open }] of this.#known) {
      // Most functions have a name and a length, which matter only to code that asks for them.
      const plainFunction = typeof object === 'function' && (properties?.size ?? 0) <= 2;
      // Reading the environment runs a check on the caller.
      if (properties && object !== process.env)
        builtIns.push({ object, name, properties, above, open, core: core.has(object) && !plainFunction });
    }
    return builtIns;
  }

  /** The name of a built-in function or object; undefined for anything else. */
  nameOf(value: object): string | undefined {
    const known = this.#known.get(value);
    if (known) return known.ofSdk === true ? undefined : known.name;
    return types.isModuleNamespaceObject(value) || isImportOfProcess(value)
      ? this.#moduleOf(value)
      : standInName(value);
  }

  /** The name of a Node module, given its namespace object. */
  #moduleOf(namespace: object): string | undefined {
    const whole = Reflect.getOwnPropertyDescriptor(namespace, 'default')?.value as unknown;
    const name = isObject(whole) ? this.#known.get(whole)?.name : undefined;
    return name?.startsWith('node:') === true ? name : undefined;
  }

  /** A global's value when the snapshot was taken; undefined: there was none. */
  globalAt(name: PropertyKey): PropertyDescriptor | undefined {
    return this.#globals.get(name);
  }

  /** A global's value for the strategy's code. */
  globalNow(name: PropertyKey): PropertyDescriptor | undefined {
    const kept = this.wall.kept.find(({ object, key }) => object === globalThis && key === name);
    return kept ? kept.now : Reflect.getOwnPropertyDescriptor(globalThis, name);
  }

  /** Names of globals that were added after the snapshot, except those of `fetch`. */
  addedGlobals(): PropertyKey[] {
    return Reflect.ownKeys(globalThis).filter((key) => !this.#globals.has(key) && !isOfFetch(key));
  }

  /** Everything that was changed in built-in objects. */
  allPatches(): Patch[] {
    const patches = this.wall.kept.flatMap(patchesOfKept);
    for (const object of this.#known.keys()) patches.push(...this.#presentPatches(object));
    return patches;
  }

  /** What was changed in one built-in object. */
  patchesOf(object: object): readonly Patch[] {
    const kept = this.wall.kept.filter((change) => change.object === object);
    const present = this.#presentPatches(object);
    return kept.length === 0 ? present : [...kept.flatMap(patchesOfKept), ...present];
  }

  #presentPatches(object: object): readonly Patch[] {
    const known = this.#known.get(object);
    if (!known?.properties) return NO_PATCHES;
    const { name, properties, above, open } = known;
    const patches: Patch[] = [];
    for (const { key, then, now } of changes(object, properties)) {
      const path = `${name}.${String(key)}`;
      if (RESTLESS.has(path) || isNodesOwn(object, name, key, then) || isLoaded(object, then, now)) continue;
      const values = now ? differences(then, now) : [undefined];
      patches.push(...values.map((value) => ({ name: path, member: memberName(key), value })));
    }
    const aboveNow = Object.getPrototypeOf(object) as object | null;
    if (aboveNow !== above)
      patches.push({ name: `${name}.__proto__`, member: '.__proto__', value: aboveNow });
    if (Object.isExtensible(object) !== open)
      patches.push({ name: `${name} (fixed)`, member: ' (fixed)', value: true });
    return patches;
  }

  /**
   * How many properties were added to each shared object. Built-in properties are not enumerable but assigned ones are, so this
   * is fast enough for every chunk.
   */
  sharedKeys(): readonly number[] {
    return this.#shared.map((object) => Object.keys(object).length);
  }

  /** The property that was added since `before` (from `sharedKeys`), after removing it; null: none. */
  takeAdded(before: readonly number[]): string | null {
    let index = 0;
    for (; index < this.#shared.length; index++) {
      const { length } = Object.keys(this.#shared[index] as object);
      if (length > (before[index] ?? length)) break;
    }
    const object = this.#shared[index];
    if (!object) return null;
    const key = Object.keys(object)
      .filter((each) => !this.#known.get(object)?.properties?.has(each))
      .at(-1) as string;
    Reflect.deleteProperty(object, key);
    return `${this.#known.get(object)?.name ?? ''}.${key}`;
  }

  /** Undoes what strategies changed, as far as the language allows, so that none affects another. */
  restore(): void {
    for (const [object, { name, properties }] of this.#known) {
      if (!properties) continue;
      for (const { key, then, now } of changes(object, properties)) {
        if (RESTLESS.has(`${name}.${String(key)}`)) continue;
        if (isNodesOwn(object, name, key, then) || isLoaded(object, then, now)) continue;
        if (then) Reflect.defineProperty(object, key, then);
        else Reflect.deleteProperty(object, key);
      }
    }
    // Node itself stores things under symbols.
    for (const key of this.addedGlobals()) {
      if (typeof key === 'string') Reflect.deleteProperty(globalThis, key);
    }
    this.wall = new Wall(this.#builtIns(), syncImports);
  }

  #addSdk(sdk: Map<object, string>, value: unknown, name: string): void {
    if (!isObject(value) || this.#known.has(value)) return;
    sdk.set(value, name);
    this.#known.set(value, { name, ofSdk: true, properties: propertiesOf(value), ...stateOf(value) });
    if (typeof value === 'function')
      this.#addSdk(sdk, Reflect.getOwnPropertyDescriptor(value, 'prototype')?.value, `${name}.prototype`);
  }

  #add(value: unknown, found: string, depth: number): void {
    const name = (isObject(value) && this.#names.get(value)) || found;
    if (!isObject(value) || value === globalThis || name.endsWith('process.moduleLoadList')) return;
    const known = this.#known.get(value);
    // What was met in passing may be met again as what a module exports.
    if (known && (known.properties || depth <= 0)) return;
    const properties = depth > 0 ? propertiesOf(value) : null;
    this.#known.set(value, { name: known?.name ?? name, properties, ...stateOf(value) });
    if (!properties) return;
    const ofNode = Number.isFinite(depth);
    for (const [key, descriptor] of properties) {
      if (!leadsOn(descriptor)) continue;
      // A module's internals: caches, other modules.
      if (ofNode && typeof key === 'string' && key.startsWith('_')) continue;
      // For a class, its instances' members matter as much as its own.
      this.#addAll(descriptor, `${name}.${String(key)}`, key === 'prototype' ? depth : depth - 1);
    }
    this.#add(Object.getPrototypeOf(value), `${name}.__proto__`, depth - 1);
  }

  #addAll({ value, get, set }: PropertyDescriptor, name: string, depth: number): void {
    this.#add(value, name, depth);
    if (get) this.#add(get, `get ${name}`, depth);
    if (set) this.#add(set, `set ${name}`, depth);
  }
}

/** Records the built-in objects. Call it inside the compute-only context, before any user code runs. */
export function snapshotIntrinsics(sdkExports: Readonly<Record<string, unknown>> = {}): Intrinsics {
  return new Intrinsics(sdkExports);
}

/** A module's change of a built-in object, undone while the host works. */
function patchesOfKept({ name, key, then, now }: Kept): Patch[] {
  if (key === null) return [{ name: `${name}.__proto__`, member: '.__proto__', value: now?.value }];
  const path = `${name}.${String(key)}`;
  if (RESTLESS.has(path)) return [];
  const values = now ? differences(then, now) : [undefined];
  return values.map((value) => ({ name: path, member: memberName(key), value }));
}

function stateOf(object: object): Pick<Known, 'above' | 'open'> {
  return { above: Object.getPrototypeOf(object) as object | null, open: Object.isExtensible(object) };
}

/** Node's own bookkeeping: under symbols and underscores, and everywhere in `process`. */
function isNodesOwn(object: object, name: string, key: PropertyKey, then: unknown): boolean {
  if (object === process && then !== undefined) return true;
  if (!(object === process || object === console || name.startsWith('node:'))) return false;
  if (typeof key === 'symbol') return then !== undefined || /^(?:k[A-Z]|nodejs)/.test(key.description ?? '');
  return typeof key === 'string' && key.startsWith('_') && (then !== undefined || NODES_PRIVATE.has(key));
}

/** What Node adds to its objects when they are used. */
const NODES_PRIVATE = new Set(['_events', '_eventsCount', '_maxListeners', '_exiting', '_times']);

/** Whether Node has replaced an accessor by its value, as it does when some classes are first used. */
function isLoaded(
  object: object,
  then: PropertyDescriptor | undefined,
  now: PropertyDescriptor | undefined,
): boolean {
  if (!then?.get || now?.value === undefined) return false;
  return Reflect.apply(then.get, object, []) === now.value;
}

/** The namespace of `import * as process` in a bundle, as long as it is unchanged. */
function isImportOfProcess(value: object): boolean {
  return (
    !types.isProxy(value) &&
    Object.getPrototypeOf(value) === Object.getPrototypeOf(process) &&
    Reflect.getOwnPropertyDescriptor(value, 'default')?.value === process &&
    Object.values(Object.getOwnPropertyDescriptors(value)).every(({ configurable }) => !configurable)
  );
}

/** A function with a prototype can be reached from each instance. */
function isMaker(object: object): boolean {
  return isObject(Reflect.getOwnPropertyDescriptor(object, 'prototype')?.value);
}

/** Built-in objects that no global leads to. */
function hiddenIntrinsics(): [string, unknown][] {
  const generator = function* (): Generator<number> {
    yield 0;
  };
  const asyncGenerator = async function* (): AsyncGenerator<number> {
    yield 0;
  };
  const proto = (value: unknown): unknown => Object.getPrototypeOf(value);
  return [
    ['ArrayIterator', proto([][Symbol.iterator]())],
    ['MapIterator', proto(new Map().entries())],
    ['SetIterator', proto(new Set().entries())],
    ['StringIterator', proto(''[Symbol.iterator]())],
    ['RegExpStringIterator', proto(''.matchAll(/x/g))],
    ['GeneratorFunction', proto(generator)],
    ['AsyncGeneratorFunction', proto(asyncGenerator)],
    ['AsyncFunction', proto(async () => undefined)],
    ['ThrowTypeError', Object.getOwnPropertyDescriptor(Function.prototype, 'caller')?.get],
  ];
}
