/** Which files each result depends on, including missing ones, and the reverse. */
export class LookedAt {
  readonly #files = new Map<string, ReadonlySet<string>>();
  readonly #by = new Map<string, Set<string>>();

  /** Sets what a file's result depends on besides the file itself. */
  set(file: string, looked: ReadonlySet<string>): void {
    this.delete(file);
    if (looked.size === 0) return;
    this.#files.set(file, looked);
    for (const path of looked) {
      const known = this.#by.get(path);
      if (known) known.add(file);
      else this.#by.set(path, new Set([file]));
    }
  }

  delete(file: string): void {
    for (const path of this.#files.get(file) ?? []) {
      const known = this.#by.get(path);
      known?.delete(file);
      if (known?.size === 0) this.#by.delete(path);
    }
    this.#files.delete(file);
  }

  /** The files whose results depend on a path. */
  by(path: string): Iterable<string> {
    return this.#by.get(path) ?? [];
  }

  /** The paths in use that start with `prefix`. */
  under(prefix: string): readonly string[] {
    return [...this.#by.keys()].filter((path) => path.startsWith(prefix));
  }
}
