import assert from 'node:assert/strict';
import { FORMAT_VERSION } from '../../src/store/duckdb/schema.js';
import { openStore } from '../../src/store/store.js';
import { EARLIER_FORMATS, makeEarlier } from './earlier-formats.js';
import { everyTable } from './odd-values.js';
import {
  ALL_TIME,
  checkpoint,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  query,
  record,
  rowsOf,
  segment,
  unexpected,
  valueTable,
} from './support.js';

const CURRENT = [{ value: String(FORMAT_VERSION) }];
const FORMAT = "SELECT value FROM meta WHERE key = 'format'";

for (const format of EARLIER_FORMATS) {
  describe(`store: a cache of format ${format}`, () => {
    it('is brought up to date with every value it holds, and takes more', async () => {
      await inFolder(async (dir) => {
        const store = await openStore({ dir });
        const tables = Object.entries(everyTable());
        await store.commit({
          ...EMPTY_COMMIT,
          segments: tables.map(([name, table]) => segment(name, 0, 1e6, table)),
        });
        await store.close();
        await checkpoint(store.file);
        await makeEarlier(store.file, format);
        const added = valueTable([1e6], numbers([7]));
        for (const turn of [0, 1]) {
          const again = await openStore({ dir, onMessage: unexpected });
          const found = await again.read(
            tables.map(([fingerprint]) => ({ fingerprint, range: { start: 0, end: 1e6 } })),
          );
          tables.forEach(([name, table], at) =>
            assert.deepEqual(rowsOf(found[at] ?? assert.fail()), rowsOf(table), name),
          );
          if (turn === 0)
            await again.commit({ ...EMPTY_COMMIT, segments: [segment('number', 1e6, 2e6, added)] });
          const [all] = await again.read([{ fingerprint: 'number', range: { start: 1e6, end: 2e6 } }]);
          assert.deepEqual(rowsOf(all ?? assert.fail()), rowsOf(added));
          await again.close();
        }
        assert.deepEqual(await query(store.file, FORMAT), CURRENT);
      });
    });

    it('is brought up to date with what it knows of runs and uses', async () => {
      await inFolder(async (dir) => {
        const store = await openStore({ dir });
        await store.register([record('fast', 'f-fast')]);
        const table = valueTable([0, 60], numbers([1, 2]));
        await store.commit({ ...EMPTY_COMMIT, segments: [segment('f-fast', 0, 120, table)] });
        await store.recordRun('Momentum', { start: 0, end: 120 });
        await store.close();
        const [runs, names, uses] = ['2021-05-01', '2020-05-01', '2021-05-01'];
        await query(
          store.file,
          `UPDATE runs SET ran_at = TIMESTAMP '${runs}'; UPDATE names SET registered_at = TIMESTAMP '${names}';
           UPDATE uses SET used_at = TIMESTAMP '${uses}'`,
        );
        await makeEarlier(store.file, format);
        const again = await openStore({ dir, onMessage: unexpected });
        assert.deepEqual(await again.lastRuns('Momentum'), [[0, 120]]);
        assert.deepEqual((await again.planClean({ maxAgeDays: 30 })).strategies, ['Momentum']);
        const [read] = await again.read([{ fingerprint: 'f-fast', range: ALL_TIME }]);
        assert.deepEqual(rowsOf(read ?? assert.fail()), rowsOf(table));
        await again.close();
        const rows = await query(again.file, 'SELECT strategy, used_at::VARCHAR AS used FROM uses');
        assert.deepEqual(rows, [{ strategy: 'Momentum', used: '2021-05-01 00:00:00' }]);
        assert.deepEqual(await query(again.file, FORMAT), CURRENT);
      });
    });
  });
}
