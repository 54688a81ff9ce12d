import { builtinModules, createRequire } from 'node:module';
import { runInNewContext } from 'node:vm';

/** What is known of one built-in object: its name, and what its properties were. */
interface Known {
  readonly name: string;
  /** null where they were not followed. */
  readonly properties: ReadonlyMap<PropertyKey, PropertyDescriptor> | null;
}

/** A property of a built-in object that is not what it was. */
export interface Patch {
  readonly name: string;
  /** The value there now: also an accessor's function, or undefined when the property is gone. */
  readonly value: unknown;
}

/** Modules of Node that are retired, experimental or warn when loaded. */
const LEFT_OUT =
  /^(?:_|punycode|sys|domain|constants|wasi|trace_events|inspector|repl|test|cluster|sqlite|sea)/;

/** Written by Node, V8 and tools that map stack traces; no computation depends on them. */
const RESTLESS = new Set(['Error.prepareStackTrace', 'Error.stackTraceLimit']);

/** How far what only Node has is followed: to the prototypes of what a module exports. */
const NODE_DEPTH = 2;

/** The functions and objects that JavaScript and Node bring along, by name, as they were at one moment. */
export class Intrinsics {
  readonly #known = new Map<object, Known>();
  readonly #globals = new Map<PropertyKey, PropertyDescriptor>(descriptorsOf(globalThis));
  /** Those that JavaScript code depends on without naming them, such as `Array.prototype`. */
  readonly #language: readonly object[];

  constructor() {
    // A new context has JavaScript's own globals and none of Node's.
    const names = runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[];
    for (const name of names) this.#add(this.#globals.get(name)?.value, name, Number.POSITIVE_INFINITY);
    for (const [name, value] of hiddenIntrinsics()) this.#add(value, name, Number.POSITIVE_INFINITY);
    this.#language = [...this.#known.keys()];
    for (const [key, descriptor] of this.#globals) this.#addAll(descriptor, String(key), NODE_DEPTH);
    const require = createRequire(import.meta.url);
    for (const name of builtinModules
      .map((name) => name.replace(/^node:/, ''))
      .filter((each) => !LEFT_OUT.test(each))) {
      this.#add(require(`node:${name}`), `node:${name}`, NODE_DEPTH);
    }
  }

  /** The name of a built-in function or object; undefined for anything else. */
  nameOf(value: object): string | undefined {
    return this.#known.get(value)?.name;
  }

  /** What a global was when the snapshot was taken; undefined when there was none of that name. */
  globalAt(name: PropertyKey): PropertyDescriptor | undefined {
    return this.#globals.get(name);
  }

  /** Names of globals that came after the snapshot. */
  addedGlobals(): PropertyKey[] {
    return Reflect.ownKeys(globalThis).filter((key) => !this.#globals.has(key));
  }

  /** What someone changed in the objects that any JavaScript depends on. */
  languagePatches(): Patch[] {
    return this.#language.flatMap((object) => this.patchesOf(object));
  }

  /** What someone changed in one built-in object. */
  patchesOf(object: object): Patch[] {
    const { name, properties } = this.#known.get(object) ?? { name: '', properties: null };
    if (!properties || object === process) return [];
    const patches: Patch[] = [];
    const keys = Reflect.ownKeys(object);
    for (const key of keys) {
      const then = properties.get(key);
      const now = Reflect.getOwnPropertyDescriptor(object, key);
      if (now && !sameCode(then, now)) patches.push(...differences(`${name}.${String(key)}`, then, now));
    }
    if (keys.length - patches.length < properties.size) {
      for (const key of properties.keys()) {
        if (!Object.hasOwn(object, key)) patches.push({ name: `${name}.${String(key)}`, value: undefined });
      }
    }
    return patches.filter((patch) => !RESTLESS.has(patch.name));
  }

  #add(value: unknown, name: string, depth: number): void {
    if (!isObject(value) || this.#known.has(value) || value === globalThis) return;
    const properties = depth > 0 ? new Map(descriptorsOf(value)) : null;
    this.#known.set(value, { name, properties });
    if (!properties) return;
    const ofNode = Number.isFinite(depth);
    for (const [key, descriptor] of properties) {
      // Private matters of a module: caches, other modules.
      if (ofNode && typeof key === 'string' && key.startsWith('_')) continue;
      this.#addAll(descriptor, `${name}.${String(key)}`, depth - 1);
    }
    this.#add(Object.getPrototypeOf(value), `${name}.__proto__`, depth - 1);
  }

  #addAll(descriptor: PropertyDescriptor, name: string, depth: number): void {
    this.#add(descriptor.value, name, depth);
    this.#add(descriptor.get, `get ${name}`, depth);
    this.#add(descriptor.set, `set ${name}`, depth);
  }
}

/** Remembers what is built in. Call it once the compute-only context is in place and before any user code runs. */
export function snapshotIntrinsics(): Intrinsics {
  return new Intrinsics();
}

function sameCode(then: PropertyDescriptor | undefined, now: PropertyDescriptor): boolean {
  return (
    then !== undefined && Object.is(then.value, now.value) && then.get === now.get && then.set === now.set
  );
}

function differences(name: string, then: PropertyDescriptor | undefined, now: PropertyDescriptor): Patch[] {
  const patches: Patch[] = [];
  for (const part of ['value', 'get', 'set'] as const) {
    if (Object.is(then?.[part], now[part])) continue;
    // Plain data that changes is a state, not a patch, unless it hides or replaces code.
    if (isObject(then?.[part]) || isObject(now[part])) patches.push({ name, value: now[part] });
  }
  return patches;
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

function descriptorsOf(object: object): [PropertyKey, PropertyDescriptor][] {
  return Reflect.ownKeys(object).flatMap((key) => {
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key);
    return descriptor ? [[key, descriptor] as [PropertyKey, PropertyDescriptor]] : [];
  });
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
