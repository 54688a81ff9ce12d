import type { FileContext } from '../files.js';

/** What all streams of a universe need is made once: for each library of sources, by a key. */
export class Once<T> {
  readonly #made = new WeakMap<FileContext, Map<string, T>>();

  get(context: FileContext, key: string, make: () => T): T {
    const known = this.#made.get(context) ?? new Map<string, T>();
    this.#made.set(context, known);
    const made = known.get(key) ?? make();
    known.set(key, made);
    return made;
  }
}
