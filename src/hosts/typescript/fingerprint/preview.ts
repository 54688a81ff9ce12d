import { types } from 'node:util';
import { hiddenKind } from './shape/data-shape.js';
import { isObject } from './shape/shape.js';

/** Length of a preview in characters, and how many items of a list it shows. */
const LENGTH = 80;
const ITEMS = 6;

/** A value in a few words. Unlike `util.inspect`, it runs no getters or other code of the value. */
export function preview(value: unknown): string {
  return shorten(show(value, 1));
}

/** One line of at most 80 characters. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > LENGTH ? `${line.slice(0, LENGTH - 1)}…` : line;
}

function show(value: unknown, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, LENGTH));
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (!isObject(value)) return String(value);
  const hidden = hiddenKind(value);
  if (hidden) return hidden;
  if (typeof value === 'function') return shorten(Function.prototype.toString.call(value));
  return showObject(value, depth);
}

function showObject(value: object, depth: number): string {
  if (types.isDate(value)) return showDate(value);
  if (types.isRegExp(value)) return `/${value.source}/${value.flags}`;
  if (types.isMap(value)) return `Map(${value.size})${list([...value.keys()], value.size, depth, '{}')}`;
  if (types.isSet(value)) return `Set(${value.size})${list([...value], value.size, depth, '{}')}`;
  if (Array.isArray(value) || types.isTypedArray(value)) {
    const items = Array.from({ length: Math.min(value.length, ITEMS) }, (_, index) => own(value, index));
    const kind = Array.isArray(value) ? '' : `${value[Symbol.toStringTag]}(${value.length})`;
    return kind + list(items, value.length, depth, '[]');
  }
  const name = className(value);
  const keys = Reflect.ownKeys(value);
  if (depth <= 0) return `${name}{…}`;
  const shown = keys.slice(0, ITEMS).map((key) => `${String(key)}: ${show(own(value, key), depth - 1)}`);
  return `${name}{ ${[...shown, ...(keys.length > ITEMS ? ['…'] : [])].join(', ')} }`;
}

function showDate(value: Date): string {
  const time = Date.prototype.getTime.call(value);
  return Number.isNaN(time) ? 'Invalid Date' : Date.prototype.toISOString.call(value);
}

function list(items: readonly unknown[], length: number, depth: number, brackets: string): string {
  const [open, close] = brackets;
  if (depth <= 0 && length > 0) return `${open}…${close}`;
  const shown = items.slice(0, ITEMS).map((item) => show(item, depth - 1));
  return `${open}${[...shown, ...(length > ITEMS ? ['…'] : [])].join(', ')}${close}`;
}

function own(value: object, key: PropertyKey): unknown {
  return Reflect.getOwnPropertyDescriptor(value, key)?.value;
}

function className(value: object): string {
  const prototype = Object.getPrototypeOf(value) as object | null;
  const maker =
    prototype && prototype !== Object.prototype && !types.isProxy(prototype)
      ? own(prototype, 'constructor')
      : null;
  const name = typeof maker === 'function' ? own(maker, 'name') : '';
  return typeof name === 'string' && name ? `${name} ` : '';
}
