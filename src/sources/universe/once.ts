/** What all streams of a universe need is made once: for each library of sources, or its database, by a key. */
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

/** The same of what takes time. What failed is made again: its sentence names the stream that asked. */
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
