import { isObject } from './shape/shape.js';

/* An object's properties at one moment, and what has changed since. */

export function propertiesOf(object: object): Map<PropertyKey, PropertyDescriptor> {
  const properties = new Map<PropertyKey, PropertyDescriptor>();
  for (const key of Reflect.ownKeys(object)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key);
    if (descriptor) properties.set(key, descriptor);
  }
  return properties;
}

/** A changed property. */
interface Change {
  readonly key: PropertyKey;
  readonly then: PropertyDescriptor | undefined;
  readonly now: PropertyDescriptor | undefined;
}

export function changes(object: object, properties: ReadonlyMap<PropertyKey, PropertyDescriptor>): Change[] {
  const found: Change[] = [];
  const keys = Reflect.ownKeys(object);
  let kept = 0;
  for (const key of keys) {
    const then = properties.get(key);
    if (then) kept++;
    const now = Reflect.getOwnPropertyDescriptor(object, key);
    if (now && !isSame(then, now)) found.push({ key, then, now });
  }
  if (kept === properties.size) return found;
  for (const [key, then] of properties) {
    if (!Object.hasOwn(object, key)) found.push({ key, then, now: undefined });
  }
  return found;
}

function isSame(then: PropertyDescriptor | undefined, now: PropertyDescriptor): boolean {
  return (
    then !== undefined &&
    Object.is(then.value, now.value) &&
    then.get === now.get &&
    then.set === now.set &&
    then.writable === now.writable &&
    then.enumerable === now.enumerable &&
    then.configurable === now.configurable
  );
}

/** The changed parts of a property. */
export function differences(then: PropertyDescriptor | undefined, now: PropertyDescriptor): unknown[] {
  const parts = ['value', 'get', 'set'] as const;
  const found = parts.flatMap((part) => (Object.is(then?.[part], now[part]) ? [] : [now[part] as unknown]));
  const { writable, enumerable, configurable } = now;
  // Whether it is writable, enumerable and configurable. A property with the value undefined exists, too.
  return [...found, `${String(writable)} ${String(enumerable)} ${String(configurable)}`];
}

/** Whether a property holds an object: most hold a number or a text. */
export function leadsOn({ value, get, set }: PropertyDescriptor): boolean {
  return isObject(value) || get !== undefined || set !== undefined;
}
