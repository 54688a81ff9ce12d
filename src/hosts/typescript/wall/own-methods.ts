/**
 * Gives a Node object its class's methods as own properties, so that it keeps working whatever a strategy later puts on the
 * prototype.
 */
export function ownMethods<T extends object>(object: T): T {
  let link = Object.getPrototypeOf(object) as object | null;
  for (; link && link !== Object.prototype; link = Object.getPrototypeOf(link) as object | null) {
    for (const key of Reflect.ownKeys(link)) {
      const method = Object.getOwnPropertyDescriptor(link, key);
      if (typeof method?.value !== 'function' || Object.hasOwn(object, key)) continue;
      Object.defineProperty(object, key, { ...method, enumerable: false });
    }
  }
  return object;
}
