import assert from 'node:assert/strict';
import { DuckDBInstance } from '@duckdb/node-api';
import type { NewSegment } from '../../../src/engine/ports/store.js';
import type { Range } from '../../../src/sdk/time/time.js';
import { openStore, type Store } from '../../../src/store/store.js';
import {
  ALL_TIME,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  record,
  rowsOf,
  segment,
  valueTable,
} from '../support.js';

const DAY = 86_400;
const NODES = ['price', 'mean', 'total'] as const;
const REQUESTS = NODES.map((fingerprint) => ({ fingerprint, range: ALL_TIME }));

/** A day of a stream, of a node and of a scan, a row each. */
function day(index: number): NewSegment[] {
  const [start, end] = [index * DAY, (index + 1) * DAY];
  // Parts of a report are found by their rows, so each node has rows of its own.
  const of = (name: (typeof NODES)[number]): NewSegment =>
    segment(name, start, end, valueTable([start], numbers([index + 100 * NODES.indexOf(name)])));
  return [
    of('price'),
    { ...of('mean'), inputDigests: [String(index)], since: { price: start - DAY } },
    { ...of('total'), state: Uint8Array.of(index) },
  ];
}

async function fill(store: Store, from: number, to: number): Promise<void> {
  const inputs = ['price'];
  await store.register(
    NODES.map((node) => record(node, node, node === 'price' ? { kind: 'stream' } : { inputs })),
  );
  for (let index = from; index < to; index++) await store.commit({ ...EMPTY_COMMIT, segments: day(index) });
}

async function spansOf(store: Store, node: string): Promise<Range[]> {
  const coverage = await store.coverage([node]);
  return (coverage.get(node) ?? []).map(({ start, end }) => ({ start, end }));
}

describe('store: short segments that daily runs leave', () => {
  it('are joined once there are four of a node, with every row as it was, except those of scans', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await fill(store, 0, 3);
      await store.joinTails();
      assert.equal((await spansOf(store, 'price')).length, 3);
      await fill(store, 3, 8);
      const before = (await store.read(REQUESTS)).map(rowsOf);
      await store.joinTails();
      assert.deepEqual((await store.read(REQUESTS)).map(rowsOf), before);
      assert.deepEqual(await spansOf(store, 'price'), [{ start: 0, end: 8 * DAY }]);
      assert.deepEqual(await spansOf(store, 'mean'), [{ start: 0, end: 8 * DAY }]);
      assert.equal((await spansOf(store, 'total')).length, 8);
      assert.deepEqual(await store.readsSince([{ fingerprint: 'mean', range: ALL_TIME }]), [{ price: -DAY }]);
      await store.close();
      const again = await openStore({ dir });
      assert.deepEqual((await again.read(REQUESTS)).map(rowsOf), before);
      await again.close();
    });
  });

  it('are not reused once they are joined, and stay where a report may read them for a week', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await fill(store, 0, 8);
      const [parts = []] = await store.partsOf([{ fingerprint: 'mean', range: ALL_TIME }]);
      const rows = rowsOf((await store.readParts(parts)) ?? assert.fail());
      assert.equal((await store.candidates(['own of mean'], ALL_TIME)).length, 8);
      await store.joinTails();
      assert.equal((await store.candidates(['own of mean'], ALL_TIME)).length, 0);
      assert.deepEqual(rowsOf((await store.readParts(parts)) ?? assert.fail()), rows);
      await store.close();

      await age(store.file);
      const later = await openStore({ dir });
      await fill(later, 8, 16);
      await later.coverage(NODES);
      await later.joinTails();
      assert.equal(await later.readParts(parts), null);
      assert.deepEqual(
        (await later.read(REQUESTS)).map((table) => table.ts.length),
        [16, 16, 16],
      );
      await later.close();
    });
  });
});

/** Makes all segments of a closed cache older than a week. */
async function age(file: string): Promise<void> {
  const duckdb = await DuckDBInstance.create(file);
  const connection = await duckdb.connect();
  await connection.run('UPDATE segments SET created_at = 0');
  connection.closeSync();
  duckdb.closeSync();
}
