import { dirname } from 'node:path';
import type { Payload } from '../../protocol/payloads.js';
import type { CacheReport } from '../../protocol/results.js';
import { removeKept } from '../../protocol/sidecar/kept-file.js';
import { classOf, type CacheLimits, type Store } from '../../store/store.js';
import type { RequestHooks } from './request.js';
import { unknownNode, unknownStrategy } from './unknown-names.js';

/** Shows, clears, cleans or pins a cache. */
export async function changeCache(store: Store, payload: Payload<'cache'>): Promise<CacheReport> {
  const { action, strategy, limits = {} } = payload;
  const before = await store.contents(strategy);
  if (action === 'clear') {
    if (strategy !== undefined && before.strategies.length === 0)
      throw await unknownStrategy(store, strategy);
    await store.clear(strategy);
    removeKept(dirname(store.file));
  } else if (action === 'clean' && !payload.dryRun) await store.clean(limits);
  else if (action === 'pin' || action === 'unpin') await changePin(store, action, payload);
  const after = action === 'show' ? before : await store.contents(strategy);
  const freed = Math.max(0, before.bytes - after.bytes);
  return { ...after, freed, cleanable: await store.planClean(limits) };
}

async function changePin(
  store: Store,
  action: 'pin' | 'unpin',
  { strategy = '', node }: Payload<'cache'>,
): Promise<void> {
  const [known] = (await store.contents(strategy)).strategies;
  if (!known) throw await unknownStrategy(store, strategy);
  if (node === undefined) return store[action](strategy, null);
  const chosen = known.nodes.filter(({ name, family }) => name === node || family === node);
  if (chosen.length === 0) throw await unknownNode(store, strategy, node);
  for (const { name } of chosen) await store[action](strategy, name);
}

/** A limit on age is in days, so checking once an hour is enough. */
const AGE_LOOK_MS = 3_600_000;

/** Enforces the cache limits that a person set. */
export class CacheLimit {
  /** When each cache file's age limit was last checked. */
  readonly #agedAt = new Map<string, number>();

  /** After a run. What the run used is kept; if that alone exceeds the limit, a message says so. */
  async keep(store: Store, limits: CacheLimits, strategy: string, { log }: RequestHooks): Promise<void> {
    const { maxBytes = Infinity } = limits;
    const since = performance.now() - (this.#agedAt.get(store.file) ?? -Infinity);
    const aged = limits.maxAgeDays !== undefined && since > AGE_LOOK_MS;
    if (!aged && store.bytes <= maxBytes) return;
    this.#agedAt.set(store.file, performance.now());
    await store.clean(limits, strategy);
    if (store.bytes <= maxBytes) return;
    log({
      level: 'warn',
      text: `The cache takes ${Math.ceil(store.bytes / 1e6)} MB, more than its limit of ${Math.floor(maxBytes / 1e6)} MB: what is left belongs to ${classOf(strategy)}. Raise the limit, or use a shorter range.`,
    });
  }
}
