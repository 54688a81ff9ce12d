import { apply, symbolDescription } from './kept.js';

/** A built-in object with its original state. */
export interface BuiltIn {
  readonly object: object;
  /** `Array.prototype`. */
  readonly name: string;
  readonly properties: ReadonlyMap<PropertyKey, PropertyDescriptor>;
  /** Its prototype. */
  readonly above: object | null;
  /** Whether it was extensible. */
  readonly open: boolean;
  /** Checked after each piece of work: what code depends on without naming it, and what is used most. */
  readonly core: boolean;
}

/** A changed property. */
export interface Change {
  readonly object: object;
  /** The object's. */
  readonly name: string;
  /** Null: the prototype, as the value of both. */
  readonly key: PropertyKey | null;
  readonly then: PropertyDescriptor | undefined;
  readonly now: PropertyDescriptor | undefined;
}

/** `Math.hypot`, `Array.prototype[Symbol.iterator]`. */
export function nameOfChange({ name, key }: Change): string {
  if (key === null) return `the prototype of ${name}`;
  return typeof key === 'symbol' ? `${name}[${key.description ?? 'a symbol'}]` : `${name}.${String(key)}`;
}

/** What decides which of an object's properties change by themselves. */
export interface Owner {
  readonly object: object;
  /** Node's, not the language's. */
  readonly ofNode: boolean;
}

const error = Error;
const global = globalThis;
const main = process;

/**
 * Whether a property changes as Node works. Code that changed it may have changed built-ins as well, so only functions of
 * `kept.ts` are called.
 */
export function isRestless(
  { object, ofNode }: Owner,
  key: PropertyKey,
  then: PropertyDescriptor | undefined,
  now: PropertyDescriptor | undefined,
): boolean {
  if (object === error && key === 'stackTraceLimit') return true;
  // Setting it temporarily leaves an empty property behind.
  if (object === error && key === 'prepareStackTrace' && !then && now?.value === undefined) return true;
  if (!ofNode && object !== global) return false;
  // The process has its own settings and counters; for nodes whose code reads them, the guard watches them.
  if (ofNode && !isCode(then) && !isCode(now)) return object === main || !isSetting(key, then);
  if (isPrivate(key, then !== undefined)) return true;
  // Created at each access until the first one replaces it.
  if (object === main && key === 'allowedNodeEnvironmentFlags' && then?.get !== undefined) return true;
  // Node replaces some accessors by their value on first use.
  return then?.get !== undefined && now?.value !== undefined && apply(then.get, object, []) === now.value;
}

/** Whether Node leaves a property of its modules unchanged, or absent, unless code sets it. */
function isSetting(key: PropertyKey, then: PropertyDescriptor | undefined): boolean {
  if (typeof key !== 'string' || key[0] === '_' || key === 'totalSocketCount') return false;
  return !then || then.value === null || typeof then.value !== 'object';
}

function isCode(property: PropertyDescriptor | undefined): boolean {
  if (!property) return false;
  const { get, set } = property;
  return typeof property.value === 'function' || get !== undefined || set !== undefined;
}

/** Node's own bookkeeping: under symbols and underscores. */
function isPrivate(key: PropertyKey, known: boolean): boolean {
  if (typeof key === 'symbol') {
    const text = symbolDescription(key) ?? '';
    const second = text[1] ?? '';
    const internal = text[0] === 'k' && second >= 'A' && second <= 'Z';
    return internal || (text[0] === 'n' && second === 'o') || (text[0] === 'u' && second === 'n');
  }
  if (typeof key !== 'string' || key[0] !== '_') return false;
  return known || key === '_events' || key === '_maxListeners' || key === '_exiting' || key === '_times';
}
