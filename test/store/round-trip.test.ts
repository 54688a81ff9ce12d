import assert from 'node:assert/strict';
import { openStore } from '../../src/store/store.js';
import { everyTable } from './odd-values.js';
import { ALL_TIME, checkpoint, EMPTY_COMMIT, inFolder, rowsOf, segment, valueTable } from './support.js';

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
