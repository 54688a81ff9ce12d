import { syncBuiltinESMExports } from 'node:module';

/** Decides whether the code that runs now may use an API; throws when it may not. */
export type Check = (api: string) => void;

// A strategy gets the function below in its place.
const sync = syncBuiltinESMExports;

let importsAreMade = false;

/** Has imports of Node's modules see what the modules have. */
export function syncImports(): void {
  importsAreMade = true;
  try {
    sync();
  } finally {
    importsAreMade = false;
  }
}

/** Changes to objects of the language and of Node that can be taken back, last first. */
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

  /** Puts a check before a function or class. Static properties, `prototype` and `instanceof` stay what they are. */
  guardFunction(target: object, key: PropertyKey, api: string, check: Check): void {
    const owner = ownerOf(target, key);
    const descriptor = owner && Object.getOwnPropertyDescriptor(owner, key);
    const original: unknown = owner && Reflect.get(target, key);
    if (!owner || !descriptor?.configurable || typeof original !== 'function') return;
    const value = guarded(original, () => check(api));
    this.define(owner, key, { value, writable: true, enumerable: descriptor.enumerable ?? true });
  }

  /** Puts a check before the reading of a value. */
  guardValue(target: object, key: string, api: string, check: Check): void {
    const owner = ownerOf(target, key);
    const descriptor = owner && Object.getOwnPropertyDescriptor(owner, key);
    if (!owner || !descriptor?.configurable) return;
    let { value } = descriptor as { value: unknown };
    const read = (self: object): unknown =>
      descriptor.get ? (Reflect.apply(descriptor.get, self, []) as unknown) : value;
    const standIn = {
      [Symbol.toPrimitive](hint: string): unknown {
        check(api);
        return hint === 'string' ? String(read(target)) : read(target);
      },
    };
    this.define(owner, key, {
      enumerable: descriptor.enumerable ?? true,
      get(this: object) {
        // An import of the name takes the value once and for all, unless that asks again.
        if (importsAreMade) return typeof read(this) === 'number' ? standIn : read(this);
        check(api);
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

export function guarded(original: object, check: () => void): object {
  return new Proxy(original as Callable, {
    apply(target, self, args) {
      check();
      return Reflect.apply(target, self, args);
    },
    construct(target, args, newTarget) {
      check();
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
}

function ownerOf(target: object, key: PropertyKey): object | null {
  for (let owner: object | null = target; owner; owner = Object.getPrototypeOf(owner) as object | null) {
    if (Object.hasOwn(owner, key)) return owner;
  }
  return null;
}
