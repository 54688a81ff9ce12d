import {
  DamageFound,
  forgetHolder,
  movedAway,
  noteHolder,
  openStore,
  startAhead,
  type OpenStoreOptions,
  type Store,
} from '../../store/store.js';

/** Milliseconds until an idle store is closed, for waiting processes. */
const IDLE_MS = 1000;

/** Milliseconds between checks whether another process waits, or the file has gone. */
const LOOK_MS = 50;

/** Each attempt sets damaged parts aside. If damage is found more often, the disk is at fault. */
const MOST_REBUILDS = 20;

/** How a cache is opened, and what for: a clause for waiting processes, such as `materializing Momentum`. */
export interface StoreUse extends OpenStoreOptions {
  readonly purpose: string;
}

interface Kept {
  readonly dir: string;
  readonly memoryMb: number | undefined;
  readonly store: Store;
  readonly timer: NodeJS.Timeout;
}

/**
 * Keeps a cache open between requests, since opening it costs more than most requests. It is closed as soon as another process
 * asks for it, its file was moved, or anything went wrong. For one caller at a time.
 */
export class StoreKeeper {
  #kept: Kept | null = null;
  #closing: Promise<void> = Promise.resolve();

  /** Prepares to open a cache while something else is awaited. Takes no lock. */
  prepare({ dir }: Pick<OpenStoreOptions, 'dir'>): void {
    if (this.#kept?.dir === dir) return;
    // In the next turn, so that the other work is requested first.
    setImmediate(startAhead);
  }

  /** Runs `work` with the cache, opening it if necessary. @throws what `openStore` and `work` throw */
  async use<T>(options: StoreUse, work: (store: Store) => Promise<T>): Promise<T> {
    const store = await this.#take(options);
    let result: T;
    if (store.inPlace) noteHolder(store.file, options.purpose);
    try {
      result = await work(store);
      await store.settle();
      this.#forget(store);
    } catch (error) {
      this.#forget(store);
      // Closing may fail for the same reason: the first error says more.
      await store.close().catch(() => undefined);
      throw movedAway(options.dir) ?? error;
    }
    if (store.wanted) await store.close();
    else this.#keep(store, options);
    return result;
  }

  /** Like `use`, for work that rebuilds what is missing: when damage was set aside, it is run again. */
  async rebuild<T>(options: StoreUse, work: (store: Store) => Promise<T>): Promise<T> {
    for (let round = 1; ; round++) {
      try {
        return await this.use(options, work);
      } catch (error) {
        if (!(error instanceof DamageFound) || round > MOST_REBUILDS) throw error;
        options.onMessage?.(`${error.what} What is needed is made again.`);
      }
    }
  }

  /** Closes what is open, unless it is in use. */
  async close(): Promise<void> {
    const kept = this.#kept;
    this.#kept = null;
    if (kept) {
      clearInterval(kept.timer);
      this.#closing = kept.store.close();
    }
    await this.#closing;
  }

  /** Before closing: afterwards the note may be another process's. */
  #forget(store: Store): void {
    if (store.inPlace) forgetHolder(store.file);
  }

  async #take(options: OpenStoreOptions): Promise<Store> {
    const kept = this.#kept;
    const { dir, memoryMb } = options;
    if (kept?.dir === dir && kept.memoryMb === memoryMb && kept.store.inPlace) {
      clearInterval(kept.timer);
      this.#kept = null;
      return kept.store;
    }
    await this.close();
    return openStore(options);
  }

  #keep(store: Store, { dir, memoryMb, onMessage }: OpenStoreOptions): void {
    const until = performance.now() + IDLE_MS;
    let upkeep: Promise<void> | null = null;
    const timer = setInterval(() => {
      const idle = performance.now() >= until;
      if (!idle && !store.wanted && store.inPlace) return;
      // Before closing, unless someone needs it: then it stops at the next step.
      upkeep ??= idle && store.inPlace ? this.#keepUp(store) : Promise.resolve();
      const failed = (error: unknown): void => onMessage?.(String(error));
      const done = upkeep.catch(failed);
      done.then(() => (this.#kept?.store === store ? this.close() : undefined)).catch(failed);
    }, LOOK_MS);
    this.#kept = { dir, memoryMb, store, timer: timer.unref() };
  }

  /** Store maintenance, as long as nobody needs the store. */
  #keepUp(store: Store): Promise<void> {
    return store.upkeep(() => this.#kept?.store === store && !store.wanted);
  }
}
