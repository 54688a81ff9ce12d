import { isRestless, type BuiltIn, type Change, type Owner } from './built-in.js';
import {
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  has,
  isExtensible,
  isSameProperty,
  isSameValue,
  ownKeys,
  plain,
  setPrototypeOf,
} from './kept.js';

/** The expected state of one built-in object. */
interface Entry extends Owner {
  readonly name: string;
  readonly core: boolean;
  /** In the object's own order. */
  keys: readonly PropertyKey[];
  /** The expected property of each key. */
  expected: readonly PropertyDescriptor[];
  /** Whether the language makes it immutable: no check is needed. */
  closed: readonly boolean[];
  /** Keys that were accepted although they are new. */
  added: readonly PropertyKey[];
  above: object | null;
  open: boolean;
}

interface KnownFunction {
  readonly object: object;
  readonly key: PropertyKey;
  readonly value: unknown;
}

/** Changes in the order of discovery. Author code may have broken appending to lists. */
export interface Found {
  readonly change: Change;
  /** No host code can notice it. */
  readonly quiet: boolean;
  /** Whether it is undone. */
  readonly undone: boolean;
  /** Whether it is checked after each piece of work. */
  readonly core: boolean;
  readonly before: Found | null;
}

/**
 * The expected state of built-in objects, to compare with the actual one. Code that changed one object may have changed any, so
 * during a check only functions of `kept.ts` are called, and lists are read by index.
 */
export class Ledger {
  readonly #entries: readonly Entry[];
  readonly #core: readonly Entry[];
  #functions: readonly KnownFunction[];

  constructor(builtIns: readonly BuiltIn[]) {
    // `Object.prototype` first: while it is wrong, nothing else is read correctly.
    const isFirst = ({ object }: BuiltIn): number => (object === Object.prototype ? 0 : 1);
    this.#entries = [...builtIns].sort((a, b) => isFirst(a) - isFirst(b)).map(entryOf);
    this.#core = this.#entries.filter(({ core }) => core);
    this.#functions = this.#core.flatMap(functionsOf);
  }

  /**
   * Whether the functions of `core` are unchanged: a tenth of a full check, which may miss accessors in their place and
   * additions.
   */
  glance(): boolean {
    const known = this.#functions;
    try {
      for (let at = 0; at < known.length; at++) {
        const { object, key, value } = known[at] as KnownFunction;
        if ((object as Readonly<Record<PropertyKey, unknown>>)[key] !== value) return false;
      }
    } catch {
      // Reading it throws, so it is not the original function.
      return false;
    }
    return true;
  }

  /** All changes, last first; null: none. Those that the host could notice are undone, the others stay. */
  look(scope: 'core' | 'all'): Found | null {
    const entries = scope === 'core' ? this.#core : this.#entries;
    let found: Found | null = null;
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at] as Entry;
      if (!isAsExpected(entry)) found = lookAt(entry, found);
    }
    return found;
  }

  /** Accepts the current state as expected. */
  accept({ object, key, then, now }: Change): void {
    const entry = this.#entries.find((each) => each.object === object);
    if (!entry) return;
    entry.open = isExtensible(object);
    if (key === null) entry.above = getPrototypeOf(object);
    else {
      const should = new Map(entry.keys.map((each, at) => [each, entry.expected[at]]));
      if (now) should.set(key, now);
      else should.delete(key);
      if (!then) entry.added = [...entry.added, key];
      entry.keys = [...should.keys()];
      entry.expected = [...should.values()] as PropertyDescriptor[];
      entry.closed = entry.expected.map(isClosed);
      this.#functions = this.#core.flatMap(functionsOf);
    }
  }
}

function entryOf({ object, name, properties, above, open, core }: BuiltIn): Entry {
  const keys = [...properties.keys()];
  const expected = [...properties.values()].map(plain);
  const ofNode = object === process || object === console || name.startsWith('node:');
  return {
    object,
    name,
    core,
    above,
    open,
    ofNode,
    keys,
    expected,
    closed: expected.map(isClosed),
    added: [],
  };
}

function functionsOf({ object, keys, expected, closed }: Entry): KnownFunction[] {
  return keys.flatMap((key, at) => {
    const value = expected[at]?.value as unknown;
    return typeof value === 'function' && closed[at] === false ? [{ object, key, value }] : [];
  });
}

function isClosed({ configurable, writable, get, set }: PropertyDescriptor): boolean {
  return configurable === false && (writable === false || get !== undefined || set !== undefined);
}

/** The fast check: usually everything is unchanged. */
function isAsExpected({ object, keys, expected, closed, above, open }: Entry): boolean {
  const present = ownKeys(object);
  if (present.length !== keys.length) return false;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] as PropertyKey;
    if (present[at] !== key) return false;
    if (closed[at] === true) continue;
    const now = getOwnPropertyDescriptor(object, key);
    if (!now || !isSameProperty(expected[at] as PropertyDescriptor, now)) return false;
  }
  return getPrototypeOf(object) === above && isExtensible(object) === open;
}

function lookAt(entry: Entry, before: Found | null): Found | null {
  const { object, keys, expected } = entry;
  let found = before;
  const present = ownKeys(object);
  for (let at = 0; at < present.length; at++) {
    const key = present[at] as PropertyKey;
    const place = placeOf(keys, key);
    const then = place < 0 ? undefined : expected[place];
    const own = getOwnPropertyDescriptor(object, key);
    if (!own) continue;
    const now = plain(own);
    if (!then || !isSameProperty(then, now)) found = noted(entry, key, then, now, found);
  }
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] as PropertyKey;
    if (!getOwnPropertyDescriptor(object, key)) found = noted(entry, key, expected[at], undefined, found);
  }
  return lookAbove(entry, found);
}

/** −1: not found. */
function placeOf(keys: readonly PropertyKey[], key: PropertyKey): number {
  for (let at = 0; at < keys.length; at++) if (keys[at] === key) return at;
  return -1;
}

function lookAbove({ object, name, core, above, open }: Entry, before: Found | null): Found | null {
  const now = getPrototypeOf(object);
  const inherits = now === above;
  if (inherits && isExtensible(object) === open) return before;
  const change = { object, name, key: null, then: plain({ value: above }), now: plain({ value: now }) };
  return { change, quiet: inherits, undone: !inherits && setPrototypeOf(object, above), core, before };
}

function noted(
  entry: Entry,
  key: PropertyKey,
  then: PropertyDescriptor | undefined,
  now: PropertyDescriptor | undefined,
  before: Found | null,
): Found | null {
  const { object, name, core, added } = entry;
  if (isRestless(entry, key, then, now)) return before;
  const quiet = isQuiet(object, key, placeOf(added, key) < 0 ? then : undefined, now);
  const undone = !quiet && define(object, key, then);
  return { change: { object, name, key, then, now }, quiet, undone, core, before };
}

/** Restores a property's expected state: absent if undefined. False: it cannot be changed. */
export function define(object: object, key: PropertyKey, to: PropertyDescriptor | undefined): boolean {
  return to ? defineProperty(object, key, to) : deleteProperty(object, key);
}

/** Whether the change is visible only to code that asks for the property by name, which the host does not. */
function isQuiet(
  object: object,
  key: PropertyKey,
  then: PropertyDescriptor | undefined,
  now: PropertyDescriptor | undefined,
): boolean {
  // A frozen property still has its expected value.
  if (then && now && isSameValue(then, now)) return now.configurable === false;
  if (then) return false;
  if (object === globalThis) return true;
  if (object === Object.prototype || typeof key !== 'string' || isDigit(key[0] ?? '')) return false;
  if (key === 'then' || key === 'toJSON' || key === 'prepareStackTrace') return false;
  const above = getPrototypeOf(object);
  return above === null || !has(above, key);
}

function isDigit(text: string): boolean {
  return text >= '0' && text <= '9';
}
