import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bytesDigest } from './data-shape.js';
import { isObject, memberName } from './shape.js';

/** A function of a native addon: the bytes of its file stand for its code, and its path tells it from the others. */
export type AddonFunction = { readonly tag: string } | { readonly fails: string };

/** How deep functions are looked for in what an addon exports. */
const DEPTH = 3;

/** Digests of addons as they were when this process first looked at them: one that is loaded is never loaded again. */
const loaded = new Map<string, string>();

/**
 * The functions that loaded addons export.
 * @param files addons of a bundle, absolute; those that nobody required yet are passed over.
 */
export function addonFunctions(files: readonly string[]): ReadonlyMap<object, AddonFunction> {
  const found = new Map<object, AddonFunction>();
  const { cache } = createRequire(import.meta.url);
  for (const file of files) {
    const module = cache[file];
    if (!module) continue;
    const digest = bytesDigest(readFileSync(file));
    const first = loaded.get(file) ?? digest;
    loaded.set(file, first);
    collect(
      module.exports,
      '',
      DEPTH,
      (path) =>
        digest === first
          ? { tag: `addon ${digest} ${path}` }
          : { fails: 'a function of a native addon whose file changed after this process had loaded it' },
      found,
    );
  }
  return found;
}

function collect(
  value: unknown,
  path: string,
  depth: number,
  named: (path: string) => AddonFunction,
  found: Map<object, AddonFunction>,
): void {
  if (!isObject(value) || depth === 0 || found.has(value)) return;
  if (typeof value === 'function') found.set(value, named(path));
  for (const key of Reflect.ownKeys(value)) {
    const part = Reflect.getOwnPropertyDescriptor(value, key)?.value as unknown;
    if (key !== 'constructor') collect(part, path + memberName(key), depth - 1, named, found);
  }
}
