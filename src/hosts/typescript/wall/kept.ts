import { types } from 'node:util';

/**
 * The functions that the wall itself uses, captured before any author code: changes of built-in objects do not affect them. Code
 * of the wall calls nothing else, and never appends to lists: an author may have put a setter on their prototype.
 */

export const {
  apply,
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  has,
  isExtensible,
  ownKeys,
  setPrototypeOf,
} = Reflect;

export const { is } = Object;

export const { isPromise } = types;

type Method = (this: never, ...args: never[]) => unknown;
type Uncurried<F> = F extends (this: infer T, ...args: infer A) => infer R
  ? (self: T, ...args: A) => R
  : never;

/** A method as a function of its receiver. */
function uncurried<F extends Method>(method: F): Uncurried<F> {
  return Function.prototype.call.bind(method) as unknown as Uncurried<F>;
}

export const whenSettled = uncurried(
  Promise.prototype.then as (
    this: Promise<unknown>,
    fulfilled: (value: unknown) => void,
    rejected: (reason: unknown) => void,
  ) => Promise<void>,
);

export const symbolDescription = uncurried(
  Object.getOwnPropertyDescriptor(Symbol.prototype, 'description')?.get as (
    this: symbol,
  ) => string | undefined,
);

/** A property descriptor without a prototype, so that it is read and defined correctly whatever `Object.prototype` has. */
export function plain(descriptor: PropertyDescriptor): PropertyDescriptor {
  setPrototypeOf(descriptor, null);
  return descriptor;
}

/** Both are results of `plain`. */
export function isSameProperty(one: PropertyDescriptor, other: PropertyDescriptor): boolean {
  return (
    isSameValue(one, other) &&
    one.writable === other.writable &&
    one.enumerable === other.enumerable &&
    one.configurable === other.configurable
  );
}

export function isSameValue(one: PropertyDescriptor, other: PropertyDescriptor): boolean {
  return is(one.value, other.value) && one.get === other.get && one.set === other.set;
}
