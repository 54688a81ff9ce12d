/**
 * What the values of author code are: which can be stored and as what, and how to speak of those that cannot.
 */

import { isRowPrototype } from '../../../../sdk/records.js';

/** Ends the row in hand: `gave` completes "the node gave …", `advice` says what to do instead. */
export type Refuse = (gave: string, advice: string) => never;

export type ScalarKind = 'null' | 'number' | 'boolean' | 'string';
type ValueKind = ScalarKind | 'record' | 'json';

type PlainObject = Readonly<Record<string, unknown>>;

/** Deeper than any data is nested: only a value that contains itself gets there. */
const DEEPEST = 500;

/** The kind of a scalar; null for anything else. */
export function scalarKind(value: unknown): ScalarKind | null {
  switch (typeof value) {
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'string':
      return 'string';
    default:
      return value === null ? 'null' : null;
  }
}

/** The kind of any value that can be stored, looking one level deep. Refuses all others. */
export function valueKind(value: unknown, refuse: Refuse): ValueKind {
  const scalar = scalarKind(value);
  if (scalar) return scalar;
  if (Array.isArray(value)) return 'json';
  if (!isPlainObject(value) || isThenable(value)) return refuseStranger(value, '', refuse);
  const entries = Object.entries(value);
  for (const [key, field] of entries) {
    if (field === undefined) refuseUndefined(key, refuse);
    if (scalarKind(field) === null && !Array.isArray(field) && !isPlainObject(field)) {
      refuseStranger(field, ` in field ${key}`, refuse);
    }
  }
  // An object without fields has no columns to be stored in.
  const flat = entries.length > 0 && entries.every(([, field]) => scalarKind(field) !== null);
  return flat ? 'record' : 'json';
}

/** An object literal, whichever realm it comes from, or a row of a view; not an instance of a class. */
export function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || prototype === Object.prototype || isRowPrototype(prototype)) return true;
  // A class's prototype inherits from that of Object; the prototype of a literal inherits from nothing.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty');
}

export function refuseUndefined(field: string, refuse: Refuse): never {
  return refuse(
    `a record whose field ${field} is undefined`,
    'give every field a value, and null where there is none',
  );
}

/** The JSON text of arrays and objects. Refuses what JSON would change or drop; −0 keeps its sign. */
export function jsonText(value: unknown, refuse: Refuse): string {
  return checkJson(value, refuse, 0) ? JSON.stringify(value) : writtenText(value);
}

/** Refuses what JSON would change or drop. True: `JSON.stringify`, which is faster and leaves nothing behind, writes the rest as it is. */
function checkJson(value: unknown, refuse: Refuse, depth: number): boolean {
  if (depth > DEEPEST) {
    return refuse('a value that contains itself', 'return data that JSON can write');
  }
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) {
        return refuse(`JSON that contains ${value}`, 'JSON has no such number, so write null in its place');
      }
      return !Object.is(value, -0);
    case 'string':
    case 'boolean':
      return true;
    case 'undefined':
      return refuse('JSON that contains undefined', 'write null in its place');
    default:
      return value === null || checkComposite(value, refuse, depth);
  }
}

function checkComposite(value: unknown, refuse: Refuse, depth: number): boolean {
  let plain = true;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) plain = checkJson(value[i], refuse, depth + 1) && plain;
  } else {
    if (!isPlainObject(value)) return refuseStranger(value, ' within JSON', refuse);
    for (const key of Object.keys(value)) plain = checkJson(value[key], refuse, depth + 1) && plain;
  }
  // Of those who know this name, `JSON.stringify` would ask for another value.
  return plain && !('toJSON' in (value as object));
}

/** Of a value that was checked. */
function writtenText(value: unknown): string {
  if (Array.isArray(value)) return `[${Array.from(value, writtenText).join(',')}]`;
  if (isPlainObject(value)) {
    const fields = Object.entries(value).map(
      ([key, field]) => `${JSON.stringify(key)}:${writtenText(field)}`,
    );
    return `{${fields.join(',')}}`;
  }
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

/** Refuses a value of a kind that cannot be stored, saying what to return instead. */
function refuseStranger(value: unknown, where: string, refuse: Refuse): never {
  if (isThenable(value)) {
    // Nobody awaits it: a rejection must not end the process.
    if (value instanceof Promise) value.catch(() => undefined);
    return refuse(
      `a promise${where}`,
      'a computeFn must be synchronous: return the value itself, and read outside data through a StreamInput',
    );
  }
  if (typeof value === 'bigint') return refuse(`a bigint${where}`, 'return Number(value), or its text');
  if (value instanceof Date) return refuse(`a Date${where}`, 'return date.getTime() / 1000, or its text');
  if (ArrayBuffer.isView(value)) {
    return refuse(`${instanceOf(value)}${where}`, 'return Array.from(values) to emit an array');
  }
  const what = typeof value === 'object' ? instanceOf(value) : `a ${typeof value}`;
  return refuse(
    `${what}${where}`,
    'return a number, a boolean, a text, null, a record of these, or plain arrays and objects',
  );
}

/** True for promises and whatever else `await` would wait for. */
export function isThenable(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}

function instanceOf(value: unknown): string {
  const constructor = (value as { readonly constructor?: unknown }).constructor;
  const name = typeof constructor === 'function' ? constructor.name : '';
  return name ? `an instance of ${name}` : 'an object of a class';
}

/** Equal bit for bit: NaN equals NaN, 0 differs from −0; records and JSON by what they hold. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((element, index) => sameValue(element, b[index]));
  }
  if (!isPlainObject(a) || !isPlainObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}
