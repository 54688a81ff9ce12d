import {
  DamageFound,
  forgetHolder,
  isOpenedAtOnce,
  movedAway,
  noteHolder,
  openStore,
  startAhead,
  type OpenStoreOptions,
  type Store,
} from '../../store/store.js';

/** An idle store is let go of after this long: other processes wait for it. */
const IDLE_MS = 1000;

/** How often an idle keeper looks whether another process waits, or the file has gone. */
const LOOK_MS = 50;

/** Each time something is set aside there is less: a cache that is found damaged more often than this is on a disk that is. */
const MOST_REBUILDS = 20;

/** How a cache is opened, and what for: a clause for those who wait meanwhile, such as `materializing Momentum`. */
export interface StoreUse extends OpenStoreOptions {
  readonly purpose: string;
}

/** A cache that is being opened before anything needs it. */
interface Coming {
  readonly dir: string;
  readonly memoryMb: number | undefined;
  readonly store: Promise<Store>;
  /** Ends the wait for another process that has it. */
  readonly stop: () => void;
}

interface Kept {
  readonly dir: string;
  readonly memoryMb: number | undefined;
  readonly store: Store;
  readonly timer: NodeJS.Timeout;
}

/**
 * Keeps a cache open for a moment between requests, since opening it costs more than many a request. It is closed at once when
 * another process asks for it or its file is not where it was, and after anything that went wrong. Used by one caller at a time.
 */
export class StoreKeeper {
  #kept: Kept | null = null;
  #coming: Coming | null = null;
  #closing: Promise<void> = Promise.resolve();

  /** Gets ready to open a cache that is not open yet, while something else is waited for. Takes no lock. */
  prepare({ dir }: Pick<OpenStoreOptions, 'dir'>): void {
    if (this.#kept?.dir === dir) return;
    // In the next turn, so that what is waited for is asked for first.
    setImmediate(startAhead);
  }

  /**
   * Begins to open a cache that `use` is about to be asked for, where that goes to the file at once, and resolves when a thread of
   * DuckDB's is at it: without a turn of the event loop, in which a timer of the author's might run. What goes wrong is thrown by `use`.
   * Takes the lock: to be followed by `use` or `abandon`, and not by code of the author's.
   */
  async begin(options: OpenStoreOptions): Promise<void> {
    const { dir, memoryMb, signal } = options;
    if (this.#kept || this.#coming || !isOpenedAtOnce(dir)) return;
    const stopped = new AbortController();
    const either = signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal;
    await new Promise<void>((resolve) => {
      const store = this.#closing.then(() => openStore({ ...options, signal: either, onAttach: resolve }));
      store.catch(() => resolve());
      this.#coming = { dir, memoryMb, store, stop: () => stopped.abort() };
    });
  }

  /** Lets go of what `begin` opened and nobody used. */
  async abandon(): Promise<void> {
    const coming = this.#coming;
    this.#coming = null;
    if (!coming) return;
    coming.stop();
    const store = await coming.store.catch(() => null);
    await store?.close();
  }

  /** Gives `work` the cache, opened or still open. @throws what `openStore` and `work` throw. */
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
      // It may fail to close for the same reason: the first error tells more.
      await store.close().catch(() => undefined);
      throw movedAway(options.dir) ?? error;
    }
    if (store.wanted) await store.close();
    else this.#keep(store, options);
    return result;
  }

  /** As `use`, for work that makes good what it does not find: when something was set aside as damaged, it is begun anew. */
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

  /** Closes what is kept or coming; what is in use stays open. */
  async close(): Promise<void> {
    const kept = this.#kept;
    this.#kept = null;
    if (kept) {
      clearInterval(kept.timer);
      this.#closing = kept.store.close();
    }
    await this.abandon();
    await this.#closing;
  }

  /** Before it is closed: afterwards the note may be another's. */
  #forget(store: Store): void {
    if (store.inPlace) forgetHolder(store.file);
  }

  async #take(options: OpenStoreOptions): Promise<Store> {
    const kept = this.#kept;
    const coming = this.#coming;
    const { dir, memoryMb } = options;
    if (coming?.dir === dir && coming.memoryMb === memoryMb) {
      this.#coming = null;
      return coming.store;
    }
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
      // Before it is let go of, unless somebody wants it: then it stops at the next step.
      upkeep ??= idle && store.inPlace ? this.#keepUp(store) : Promise.resolve();
      const failed = (error: unknown): void => onMessage?.(String(error));
      const done = upkeep.catch(failed);
      done.then(() => (this.#kept?.store === store ? this.close() : undefined)).catch(failed);
    }, LOOK_MS);
    this.#kept = { dir, memoryMb, store, timer: timer.unref() };
  }

  /** What of the store's upkeep can be done as long as nobody wants it. */
  #keepUp(store: Store): Promise<void> {
    return store.upkeep(() => this.#kept?.store === store && !store.wanted);
  }
}
