import type { StrategyRef } from '../../protocol/payloads.js';
import { storedName } from '../../protocol/project.js';
import { hasCache } from '../../store/store.js';
import type { StoreKeeper } from '../session/store-keeper.js';
import { openOptions, type OpenedCache, type RequestHooks } from './request.js';

/** A cache that is opened while its strategy is loaded. */
interface OpeningAhead {
  /** Before the cache is used. @throws what opening it throws */
  done(): Promise<void>;
  /** Gives up, if the strategy cannot be loaded. */
  end(): Promise<void>;
}

/**
 * Opens a cache and looks up what it has of a strategy, which takes as long as describing a thousand symbols. Another process that asks
 * for the cache meanwhile gets it.
 */
export function openAhead(
  stores: StoreKeeper,
  { className, ...place }: StrategyRef,
  cache: OpenedCache,
  hooks: RequestHooks,
): OpeningAhead {
  if (!hasCache(cache.dir)) {
    stores.prepare(cache);
    return { done: () => Promise.resolve(), end: () => Promise.resolve() };
  }
  const given = new AbortController();
  const signal = AbortSignal.any([hooks.signal, given.signal]);
  const options = openOptions({ ...cache, create: false }, { ...hooks, signal });
  const looked = stores.rebuild(options, async (store) => {
    if (className !== null) await store.lookUp(storedName(place, className));
  });
  // Whoever waits for it is told; without anybody, there is another error to tell.
  const settled = looked.catch(() => undefined);
  return {
    done: () => looked,
    async end() {
      given.abort();
      await settled;
    },
  };
}
