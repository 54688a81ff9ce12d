import assert from 'node:assert/strict';
import { startDatabase, stopDatabase } from '../../../src/store/duckdb/file.js';
import { withRoom } from '../../../src/store/duckdb/room.js';
import { querySql, openStore } from '../../../src/store/store.js';
import { EMPTY_COMMIT, inFolder, record, segment, valueTable } from '../support.js';

const LONG = 'SELECT len(list(i)) FROM range(20000000) AS t(i)';

describe('store: what is too large for the usual share of the memory', () => {
  it('is done with what the machine has free', async () => {
    const database = await startDatabase(64);
    try {
      const set = (sql: string) => database.connection.run(sql);
      const work = () => database.connection.runAndReadAll(LONG);
      await assert.rejects(work(), /Out of Memory/);
      const done = await withRoom(set, undefined, work);
      assert.equal(Number(done.getRows()[0]?.[0]), 20_000_000);
    } finally {
      stopDatabase(database);
    }
  });

  it('is refused with the way out if a limit was set', async () => {
    const database = await startDatabase(64);
    try {
      const set = (sql: string) => database.connection.run(sql);
      const work = withRoom(set, 64, () => database.connection.run(LONG));
      await assert.rejects(work, /more than the 64 MB .* fewer rows .* raise the setting seamless\.memory/);
      const other = withRoom(set, 64, () => database.connection.run('SELEKT'));
      await assert.rejects(other, /Parser Error/);
    } finally {
      stopDatabase(database);
    }
  });

  it('is asked for by a query, too', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      const texts = Array.from({ length: 90 }, (_, row) => String(row).padEnd(1_000_000, 'abc'));
      const ts = texts.map((_, row) => row * 60);
      const node = { strategy: 's.ts#S' };
      await store.register([record('long', 'f', node)]);
      const table = valueTable(ts, { type: 'string', values: texts, valid: null });
      await store.commit({ ...EMPTY_COMMIT, segments: [segment('f', 0, 5400, table)] });
      await store.close();
      const ask = (memoryMb?: number) =>
        querySql({ dir, projectRoot: dir, sql: 'SELECT value FROM long', most: 1, memoryMb });
      await assert.rejects(ask(64), /more than the 64 MB of memory that DuckDB may use/);
      const { rows } = await ask();
      assert.equal(rows[0]?.[0], texts[0]);
    });
  });
});
