// Slow (8 s): properties of the store.
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../../src/store/store.js';
import { cases } from '../support/profile.js';
import {
  anyOrderIsOne,
  chunkedIsWhole,
  incrementalIsCold,
  resumedIsUninterrupted,
  type Property,
} from '../support/worlds/properties.js';

/** A transaction takes its time: chunks enough to have borders, and no more. */
const LONG_CHUNKS = fc.record({
  chunkSlots: fc.constantFrom(40, 100, 16_384),
  scanSlots: fc.constantFrom(25, 4096),
});

const LONG_TICK_CHUNKS = fc.record({
  chunkSlots: fc.constantFrom(320, 800, 131_072),
  scanSlots: fc.constantFrom(200, 32_768),
});

describe('store: the same rows and the same coverage, bit for bit', () => {
  let folder: string;
  let open: { readonly store: Store; readonly dir: string }[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamless-worlds-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function newStore(): Promise<Store> {
    const dir = mkdtempSync(join(folder, 'cache-'));
    const store = await openStore({ dir });
    open.push({ store, dir });
    return store;
  }

  async function closeAll(): Promise<void> {
    const stores = open;
    open = [];
    for (const { store, dir } of stores) {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    }
  }

  function holds(sentence: string, property: Property, nightly: number): void {
    it(sentence, async () => {
      await fc.assert(property({ newStore, cuts: LONG_CHUNKS }), {
        ...cases(nightly),
        plugins: [fc.afterEach(closeAll)],
      });
    });
  }

  holds('after any runs, edits, source changes and failures, as from an empty cache', incrementalIsCold, 24);
  holds('in chunks, as at once', chunkedIsWhole, 12);
  holds('range by range in any order, as over one range', anyOrderIsOne, 12);
  holds('interrupted and resumed, as without', resumedIsUninterrupted, 12);

  it('of ticks, as from an empty cache and in chunks', async () => {
    const setting = { newStore, cuts: LONG_TICK_CHUNKS, scale: 'ticks' } as const;
    const settings = { ...cases(12), plugins: [fc.afterEach(closeAll)] };
    await fc.assert(incrementalIsCold(setting), settings);
    await fc.assert(chunkedIsWhole(setting), settings);
  });

  it('on calendars, as from an empty cache', async () => {
    await fc.assert(incrementalIsCold({ newStore, cuts: LONG_CHUNKS, scale: 'calendars' }), {
      ...cases(12),
      plugins: [fc.afterEach(closeAll)],
    });
  });
});
