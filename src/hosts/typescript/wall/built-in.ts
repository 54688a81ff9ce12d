import { apply, symbolDescription } from './kept.js';

/** A built-in object, with what it was before any line of an author's. */
export interface BuiltIn {
  readonly object: object;
  /** `Array.prototype`. */
  readonly name: string;
  readonly properties: ReadonlyMap<PropertyKey, PropertyDescriptor>;
  /** What it inherits from. */
  readonly above: object | null;
  /** Whether properties can be added to it. */
  readonly open: boolean;
  /** Looked at after each piece of work: what code depends on without naming it, and what many use. */
  readonly core: boolean;
}

/** A property that is no longer as it was. */
export interface Change {
  readonly object: object;
  /** The object's. */
  readonly name: string;
  /** Null: what it inherits from, as the value of both. */
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
  /** Node's, and not the language's. */
  readonly ofNode: boolean;
}

const error = Error;
const global = globalThis;
const main = process;

/**
 * Whether a property changes as Node works. Whoever changed it may have changed built-ins as well: only functions of `kept.ts` are
 * called.
 */
export function isRestless(
  { object, ofNode }: Owner,
  key: PropertyKey,
  then: PropertyDescriptor | undefined,
  now: PropertyDescriptor | undefined,
): boolean {
  if (object === error && key === 'stackTraceLimit') return true;
  // Who sets it for a moment leaves the property behind, with nothing in it.
  if (object === error && key === 'prepareStackTrace' && !then && now?.value === undefined) return true;
  if (!ofNode && object !== global) return false;
  // The process has settings and counts of its own: what code reads of them is watched for the nodes whose code does.
  if (ofNode && !isCode(then) && !isCode(now)) return object === main || !isSetting(key, then);
  if (isPrivate(key, then !== undefined)) return true;
  // Made anew each time it is asked for, until the first has taken its place.
  if (object === main && key === 'allowedNodeEnvironmentFlags' && then?.get !== undefined) return true;
  // Node puts what some accessors give in their place when they are first used.
  return then?.get !== undefined && now?.value !== undefined && apply(then.get, object, []) === now.value;
}

/** Whether Node leaves a property of its modules as it is, or absent, unless somebody sets it. */
function isSetting(key: PropertyKey, then: PropertyDescriptor | undefined): boolean {
  if (typeof key !== 'string' || key[0] === '_' || key === 'totalSocketCount') return false;
  return !then || then.value === null || typeof then.value !== 'object';
}

function isCode(property: PropertyDescriptor | undefined): boolean {
  if (!property) return false;
  const { get, set } = property;
  return typeof property.value === 'function' || get !== undefined || set !== undefined;
}

/** Node keeps its own accounts in its objects, under symbols and underscores. */
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
