/** Makes what a universe's streams share once: per library or database, by a key. */
export class Once<T> {
  readonly #made = new WeakMap<object, Map<string, T>>();

  get(context: object, key: string, make: () => T): T {
    const known = this.#made.get(context) ?? new Map<string, T>();
    this.#made.set(context, known);
    const made = known.get(key) ?? make();
    known.set(key, made);
    return made;
  }
}

/** The same for promises. A failure is not kept: its message names the stream that asked. */
export class OnceAsked<T> {
  readonly #asked = new Once<Map<string, Promise<T>>>();

  get(context: object, key: string, ask: () => Promise<T>): Promise<T> {
    const asked = this.#asked.get(context, '', () => new Map());
    const known = asked.get(key);
    if (known) return known;
    const answer = ask();
    asked.set(key, answer);
    answer.catch(() => asked.delete(key));
    return answer;
  }
}
