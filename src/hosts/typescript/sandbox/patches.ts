import { syncBuiltinESMExports } from 'node:module';

/** Decides whether the current code may use an API; throws if not. @param args the call's arguments */
export type Check = (api: string, args?: readonly unknown[]) => void;

// A strategy gets the function below in its place.
const sync = syncBuiltinESMExports;

let importsAreMade = false;

/** Updates named imports of Node's modules after the modules were patched. */
export function syncImports(): void {
  importsAreMade = true;
  try {
    sync();
  } finally {
    importsAreMade = false;
  }
}

/** Reversible changes to built-in objects, undone last first. */
export class Patches {
  readonly #undo: (() => void)[] = [];

  define(target: object, key: PropertyKey, descriptor: PropertyDescriptor): void {
    const before = Object.getOwnPropertyDescriptor(target, key);
    Object.defineProperty(target, key, { ...descriptor, configurable: true });
    this.#undo.push(() => {
      if (before) Object.defineProperty(target, key, before);
      else Reflect.deleteProperty(target, key);
    });
  }

  /** Adds a check before a function or class. Static properties, `prototype` and `instanceof` keep working. */
  guardFunction(target: object, key: PropertyKey, api: string, check: Check): void {
    const owner = ownerOf(target, key);
    const descriptor = owner && Object.getOwnPropertyDescriptor(owner, key);
    const original: unknown = owner && Reflect.get(target, key);
    if (!owner || !descriptor?.configurable || typeof original !== 'function') return;
    // Some of Node's functions call themselves when converted to a text or number.
    this.guardFunction(original, Symbol.toPrimitive, api, check);
    const value = guarded(original, (args) => check(api, args));
    this.define(owner, key, { value, writable: true, enumerable: descriptor.enumerable ?? true });
  }

  /** Adds a check before reading a value. */
  guardValue(target: object, key: string, api: string, check: Check): void {
    const owner = ownerOf(target, key);
    const descriptor = owner && Object.getOwnPropertyDescriptor(owner, key);
    if (!owner || !descriptor?.configurable) return;
    let { value } = descriptor as { value: unknown };
    const read = (self: object): unknown =>
      descriptor.get ? (Reflect.apply(descriptor.get, self, []) as unknown) : value;
    const checkRead = (): void => check(api);
    this.define(owner, key, {
      enumerable: descriptor.enumerable ?? true,
      get(this: object) {
        if (importsAreMade) return imported(read(this), api, checkRead);
        checkRead();
        return read(this);
      },
      ...(descriptor.writable === true && { set: (given: unknown) => (value = given) }),
    });
  }

  undo(): void {
    for (const restore of this.#undo.splice(0).reverse()) restore();
  }
}

type Callable = (...args: unknown[]) => unknown;

export function guarded(original: object, check: (args: readonly unknown[]) => void): object {
  return new Proxy(original as Callable, {
    apply(target, self, args) {
      check(args);
      return Reflect.apply(target, self, args);
    },
    construct(target, args, newTarget) {
      check(args);
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
}

const standIns = new WeakMap<object, string>();

/** The API that a wrapper was made for; undefined for any other value. */
export function standInName(value: object): string | undefined {
  return standIns.get(value);
}

/** A named import captures the value: this wrapper looks it up at each use. */
function imported(value: unknown, api: string, check: () => void): unknown {
  if (typeof value !== 'number' && typeof value !== 'object') return value;
  const asked =
    <A extends readonly unknown[], R>(trap: (...given: A) => R) =>
    (...given: A): R => {
      check();
      return trap(...given);
    };
  const standIn = new Proxy(Object(value) as object, {
    get: asked((target: object, key: PropertyKey): unknown => {
      const found: unknown = Reflect.get(target, key);
      return typeof found === 'function' ? found.bind(target) : found;
    }),
    has: asked(Reflect.has),
    ownKeys: asked(Reflect.ownKeys),
    getPrototypeOf: asked(Reflect.getPrototypeOf),
    getOwnPropertyDescriptor: asked(Reflect.getOwnPropertyDescriptor),
  });
  standIns.set(standIn, api);
  return standIn;
}

function ownerOf(target: object, key: PropertyKey): object | null {
  for (let owner: object | null = target; owner; owner = Object.getPrototypeOf(owner) as object | null) {
    if (Object.hasOwn(owner, key)) return owner;
  }
  return null;
}
