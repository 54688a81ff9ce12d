import { fixedTag } from './data-shape.js';
import type { FunctionPlace } from '../inspection.js';
import { ABSENT } from './shape.js';
import type { CodeText } from '../text/code-text.js';
import { isWritten, memberKey } from '../text/members.js';
import { textOf } from '../text/syntax.js';

/* What is known about a function or class without its captured values: text, name, and members that match the text. */

/** Whether a class's property is the method or accessor in its text. */
export function isAsWritten(
  { members }: CodeText,
  isStatic: boolean,
  name: string,
  descriptor: PropertyDescriptor,
): boolean {
  if (members.length === 0 || !isMethodLike(descriptor)) return false;
  const { get, set } = descriptor;
  const is = (kind: 'method' | 'get' | 'set', fn: unknown): boolean =>
    typeof fn === 'function' &&
    nameOf(fn) === (kind === 'method' ? name : `${kind} ${name}`) &&
    Reflect.ownKeys(fn).length === 2 &&
    isWritten(members, memberKey(isStatic, kind, name), textOf(fn));
  if (get || set) return (!get || is('get', get)) && (!set || is('set', set));
  return is('method', descriptor.value);
}

/** A property as a class defines it for a method. */
export function isMethodLike({ enumerable, configurable, writable }: PropertyDescriptor): boolean {
  return !enumerable && configurable === true && writable !== false;
}

/** A name that a class gives itself: `static name = …`, `static get name()`. */
export function isOwnName(key: PropertyKey, descriptor: PropertyDescriptor): boolean {
  return key === 'name' && typeof descriptor.value !== 'string';
}

export function inheritsAsWritten(prototype: object, parent: object | null): boolean {
  const above = Object.getPrototypeOf(prototype) as object | null;
  if (parent === Function.prototype) return above === Object.prototype || above === null;
  return parent !== null && above === Reflect.getOwnPropertyDescriptor(parent, 'prototype')?.value;
}

/** A function's name, to which bundlers may append a number. Anything but a text is an ordinary member. */
export function nameTag(fn: object): string {
  const own = Reflect.getOwnPropertyDescriptor(fn, 'name');
  const value: unknown = own?.value;
  const name = typeof value === 'string' ? value.replace(/\d+$/, '') : '';
  const length = Reflect.getOwnPropertyDescriptor(fn, 'length')?.value as unknown;
  const odd = own?.writable === true || own?.enumerable === true || own?.configurable === false;
  return `${JSON.stringify(name)} ${String(typeof length === 'number' ? length : '')}${odd ? ' odd' : ''}${fixedTag(fn)}`;
}

export function nameOf(fn: object): unknown {
  return Reflect.getOwnPropertyDescriptor(fn, 'name')?.value;
}

/** The result of `createRequire`. */
export function isRequire(fn: object): boolean {
  return (
    nameOf(fn) === 'require' && typeof Reflect.getOwnPropertyDescriptor(fn, 'resolve')?.value === 'function'
  );
}

/** Older code defines classes by assigning to a function's prototype. */
export function isUsedPrototype(prototype: object, isBuiltIn: (value: object) => boolean): boolean {
  const keys = Reflect.ownKeys(prototype).filter((key) => key !== 'constructor');
  const parent = Object.getPrototypeOf(prototype) as object | null;
  return keys.length > 0 || (parent !== null && !isBuiltIn(parent));
}

/** A property as read: its value, or the accessor's functions. */
export function resolveProperty(receiver: object, name: string): { readonly value: unknown }[] {
  for (let at: object | null = receiver; at; at = Object.getPrototypeOf(at) as object | null) {
    const descriptor = Reflect.getOwnPropertyDescriptor(at, name);
    if (!descriptor) continue;
    const accessors = [descriptor.get, descriptor.set].filter((each) => each !== undefined);
    return accessors.length > 0 ? accessors.map((value) => ({ value })) : [{ value: descriptor.value }];
  }
  return [{ value: ABSENT }];
}

/** The offset in a class's text of a position in the same script, given the position of an anchor in the text; −1: outside. */
export function offsetIn(
  text: string,
  anchor: number,
  anchorPlace: FunctionPlace,
  place: FunctionPlace,
): number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const anchorLine = starts.filter((start) => start <= anchor).length - 1;
  const line = place.line - (anchorPlace.line - anchorLine);
  const start = starts[line];
  if (start === undefined) return -1;
  // Columns differ only on the text's first line, where they are known if the anchor is on it.
  if (line > 0) return start + place.column;
  return anchorLine === 0 ? place.column - (anchorPlace.column - anchor) : -1;
}
