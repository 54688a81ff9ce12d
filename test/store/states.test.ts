import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { NOT_STARTED } from '../../src/engine/ports/host.js';
import { type NewSegment } from '../../src/engine/ports/store.js';
import { emptyTable, rowValue } from '../../src/sdk/table.js';
import { DamageFound, openStore, type Store } from '../../src/store/store.js';
import {
  ALL_TIME,
  checkpoint,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  overwriteInPacks,
  packsIn,
  record,
  segment,
  valueTable,
} from './support.js';

const SCAN = 'f-total';
const SIZES = [0, 1, 16, 16_367, 16_368, 16_369, 100_000];

/** A segment of one row, or none, per size of state. */
function segments(): (NewSegment & { readonly state: Uint8Array })[] {
  return SIZES.map((size, index) => {
    const table = index % 2 === 0 ? emptyTable() : valueTable([index * 60], numbers([index]));
    const state = size === 0 ? NOT_STARTED : new Uint8Array(randomBytes(size));
    return { ...segment(SCAN, index * 60, (index + 1) * 60, table), state };
  });
}

async function stored(store: Store): Promise<number[]> {
  return ((await store.coverage([SCAN])).get(SCAN) ?? []).map((span) => span.segment);
}

async function makeCache(dir: string, made: readonly NewSegment[]): Promise<Store> {
  const store = await openStore({ dir });
  await store.register([
    record('price', 'f-price', { kind: 'stream' }),
    record('total', SCAN, { inputs: ['f-price'] }),
  ]);
  await store.commit({ ...EMPTY_COMMIT, segments: made });
  return store;
}

describe('store: states of scans', () => {
  it('come back as they were, beside rows that are read without them', async () => {
    await inFolder(async (dir) => {
      const made = segments();
      const first = await makeCache(dir, made);
      await first.close();
      await checkpoint(first.file);
      const store = await openStore({ dir });
      const ids = await stored(store);
      const states = await store.readStates([...ids].reverse());
      assert.deepEqual(
        states.map((state) => Buffer.from(state)),
        made.map(({ state }) => Buffer.from(state)).reverse(),
      );
      assert.deepEqual(await store.readStates([]), []);
      const [table] = await store.read([{ fingerprint: SCAN, range: ALL_TIME }]);
      assert.deepEqual(
        table && [...table.ts].map((ts, row) => [ts, rowValue(table, row)]),
        [1, 3, 5].map((value) => [value * 60, value]),
      );
      await store.close();
    });
  });

  it('are reused with their segments, and go with them', async () => {
    await inFolder(async (dir) => {
      const made = segments();
      const store = await makeCache(dir, made);
      const ids = await stored(store);
      await store.register([record('total', 'f-other', { inputs: ['f-price'] })]);
      const reuses = ids.map((id, index) => ({
        fingerprint: 'f-other',
        segment: id,
        range: { start: index * 60, end: (index + 1) * 60 },
      }));
      await store.commit({ ...EMPTY_COMMIT, reuses });
      const spans = (await store.coverage(['f-other'])).get('f-other') ?? [];
      const states = await store.readStates(spans.map((span) => span.segment));
      assert.deepEqual(
        states.map((state) => state.length),
        SIZES,
      );
      await store.clear();
      await store.close();
      assert.deepEqual(packsIn(dir), []);
    });
  });

  it('are set aside with their rows when a byte is another', async () => {
    await inFolder(async (dir) => {
      const made = [segments().at(-1)].filter((each) => each !== undefined);
      const first = await makeCache(dir, made);
      await first.close();
      overwriteInPacks(dir, made[0]?.state.subarray(5000, 5016) ?? assert.fail());
      const store = await openStore({ dir });
      const [id = -1] = await stored(store);
      const error: unknown = await store.readStates([id]).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof DamageFound, String(error));
      assert.match(
        error.message,
        /^Rows of total of Momentum \(.*\) were damaged in the cache, and were set aside\. Run again/,
      );
      assert.deepEqual(await stored(store), []);
      // Its place is free for what is computed again.
      await store.commit({ ...EMPTY_COMMIT, segments: made });
      const [again = -1] = await stored(store);
      assert.equal((await store.readStates([again]))[0]?.length, 100_000);
      await store.close();
    });
  });
});
