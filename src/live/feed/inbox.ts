/** A queue between one writer and one reader. */
export class Inbox<T> implements AsyncIterable<T> {
  #items: T[] = [];
  #ended = false;
  #error: Error | null = null;
  #wake: () => void = () => undefined;

  put(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(error: Error): void {
    this.#error ??= error;
    this.end();
  }

  get size(): number {
    return this.#items.length;
  }

  /**
   * Takes everything; waits for up to `waitMs` while it is empty. Null: it has ended.
   * @throws the error it failed with, after everything before that was taken
   */
  async take(waitMs = Infinity): Promise<readonly T[] | null> {
    if (this.#items.length === 0 && !this.#ended) await this.#wait(waitMs);
    if (this.#items.length > 0) {
      const items = this.#items;
      this.#items = [];
      return items;
    }
    if (this.#error) throw this.#error;
    return this.#ended ? null : [];
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const items = await this.take();
      if (!items) return;
      yield* items;
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : null;
      this.#wake = () => {
        if (timer) clearTimeout(timer);
        resolve();
      };
    });
  }
}
