import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../../src/store/segments/places.js';
import { PlacesReader } from '../../src/store/segments/places-reader.js';
import { openStore } from '../../src/store/store.js';
import { everyTable } from './odd-values.js';
import {
  ALL_TIME,
  checkpoint,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  recordTable,
  rowsOf,
  segment,
  valueTable,
} from './support.js';

describe('store: every value survives', () => {
  it('after closing, checkpointing and opening again', async () => {
    await inFolder(async (dir) => {
      const tables = everyTable();
      const first = await openStore({ dir });
      await first.commit({
        ...EMPTY_COMMIT,
        segments: Object.entries(tables).map(([name, table]) => segment(name, 0, 1e6, table)),
      });
      await first.close();
      await checkpoint(first.file);
      const second = await openStore({ dir });
      for (const [name, table] of Object.entries(tables)) {
        const [found] = await second.read([{ fingerprint: name, range: ALL_TIME }]);
        assert.ok(found);
        assert.deepEqual(rowsOf(found), rowsOf(table), name);
        assert.equal(found.shape, table.shape, name);
        assert.deepEqual(found.names, table.names, name);
        assert.deepEqual(
          found.columns.map(({ type }) => type),
          table.columns.map(({ type }) => type),
          name,
        );
      }
      await second.close();
    });
  });

  it('through the packs themselves, for a process that was told where they lie', async () => {
    await inFolder(async (dir) => {
      const tables = everyTable();
      const store = await openStore({ dir });
      const segments = Object.entries(tables).map(([name, table]) => segment(name, 0, 1e6, table));
      await store.commit({ ...EMPTY_COMMIT, segments });
      const reader = new PlacesReader();
      for (const fingerprint of Object.keys(tables)) {
        for (const range of [ALL_TIME, { start: 60, end: 300 }]) {
          const [expected] = await store.read([{ fingerprint, range }]);
          // As it crosses to another process.
          const places = structuredClone((await store.places([{ fingerprint, range }]))[0] as Places);
          for (const round of ['first', 'with times that are known']) {
            const found = reader.read(places);
            assert.deepEqual(found, expected, `${fingerprint}, ${round}`);
            found.ts.fill(-1);
          }
        }
      }
      const packs = join(dir, 'packs');
      for (const name of readdirSync(packs)) rmSync(join(packs, name));
      const [fingerprint = ''] = Object.keys(tables).filter((name) => (tables[name]?.ts.length ?? 0) > 0);
      assert.equal(
        new PlacesReader().read((await store.places([{ fingerprint, range: ALL_TIME }]))[0] as Places),
        null,
      );
      await store.close();
    });
  });

  it('under column names of any characters', async () => {
    await inFolder(async (dir) => {
      const names = { nul: 'nul\0inside', quote: '"\n', mark: '\uFEFFmark', lone: 'lone \ud800' };
      for (const [fingerprint, name] of Object.entries(names)) {
        const first = await openStore({ dir });
        const table = recordTable([0], { [name]: numbers([1]) });
        await first.commit({ ...EMPTY_COMMIT, segments: [segment(fingerprint, 0, 60, table)] });
        await first.close();
        const second = await openStore({ dir });
        const [found] = await second.read([{ fingerprint, range: ALL_TIME }]);
        assert.deepEqual(found?.names, [name]);
        assert.equal(found.ts.length, 1);
        await second.close();
      }
    });
  });

  it('when the memory of a column is a part of a larger one', async () => {
    await inFolder(async (dir) => {
      const all = Float64Array.from({ length: 100 }, (_, index) => index / 7);
      const mask = Uint8Array.from({ length: 100 }, (_, index) => index % 2);
      const table = valueTable([60, 120], {
        type: 'number',
        values: all.subarray(33, 35),
        valid: mask.subarray(33, 35),
      });
      const store = await openStore({ dir });
      await store.commit({ ...EMPTY_COMMIT, segments: [segment('part', 0, 600, table)] });
      const [found] = await store.read([{ fingerprint: 'part', range: ALL_TIME }]);
      assert.ok(found);
      assert.deepEqual(rowsOf(found), rowsOf(table));
      await store.close();
    });
  });
});
