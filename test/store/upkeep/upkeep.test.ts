import assert from 'node:assert/strict';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NewSegment } from '../../../src/engine/ports/store.js';
import { openStore, querySql, type Store } from '../../../src/store/store.js';
import { COLUMNS } from '../odd-values.js';
import {
  ALL_TIME,
  EMPTY_COMMIT,
  exact,
  inFolder,
  numbers,
  packsIn,
  query,
  record,
  recordTable,
  rowsOf,
  segment,
  unexpected,
  valueTable,
} from '../support.js';

const DAYS = 12;
const BARS = 12;
const DAY = BARS * 60;
const NODES = ['price', 'late', 'odd', 'total'] as const;

/** A day of a stream, of a node whose first bars are missing, of records of every kind, and of one with a state. */
function day(index: number): NewSegment[] {
  const start = index * DAY;
  const ts = Array.from({ length: BARS }, (_, bar) => start + bar * 60);
  const late = ts.slice(index === 0 ? 5 : 0);
  const value = (times: readonly number[]) => valueTable(times, numbers(times.map((time) => Math.sin(time))));
  const odd = recordTable(ts, COLUMNS, index % 3 === 0 ? ts.map((_, bar) => bar % 2) : null);
  return [
    segment('price', start, start + DAY, value(ts)),
    segment('late', start, start + DAY, value(late)),
    segment('odd', start, start + DAY, odd),
    { ...segment('total', start, start + DAY, value(ts)), state: Uint8Array.of(index, 1, 2) },
  ];
}

async function fill(store: Store): Promise<void> {
  const inputs = ['price'];
  await store.register(
    NODES.map((node) => record(node, node, node === 'price' ? { kind: 'stream' } : { inputs })),
  );
  for (let index = 0; index < DAYS; index++) await store.commit({ ...EMPTY_COMMIT, segments: day(index) });
  await store.publishViews();
}

/** All that can be read of the nodes. */
async function held(store: Store): Promise<unknown[]> {
  const tables = await store.read(NODES.map((fingerprint) => ({ fingerprint, range: ALL_TIME })));
  const part = { start: DAY - 90, end: 3 * DAY + 90 };
  const cut = await store.read(NODES.map((fingerprint) => ({ fingerprint, range: part })));
  const spans = (await store.coverage(['total'])).get('total') ?? [];
  const states = await store.readStates(spans.map((span) => span.segment));
  return [...tables.map(rowsOf), ...cut.map(rowsOf), states, spans];
}

async function shown(file: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const node of NODES) {
    const rows = await query(file, `SELECT * EXCLUDE (time) FROM "Momentum"."${node}" ORDER BY ts`);
    all.push(rows.map((row) => Object.values(row).map(exact)));
  }
  return all;
}

describe('store: upkeep', () => {
  it('merges small packs by copying their pages: every value, state and view stays as it is', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await fill(store);
      const before = await held(store);
      assert.equal(packsIn(dir).length, DAYS);
      await store.close();
      const views = await shown(store.file);
      const again = await openStore({ dir, onMessage: unexpected });
      await again.upkeep();
      assert.equal(packsIn(dir).length, 1);
      assert.deepEqual(await held(again), before);
      await again.close();
      assert.deepEqual(await shown(store.file), views);
      const asked = { dir, projectRoot: dir, sql: 'SELECT count(*), sum(ts) FROM late', most: 1 };
      const [counted] = (await querySql(asked)).rows;
      assert.equal(counted?.[0], DAYS * BARS - 5);

      rmSync(join(dir, 'cache.duckdb'));
      const found = await openStore({ dir });
      for (const node of NODES) {
        const candidates = await found.candidates([`own of ${node}`], ALL_TIME);
        const tables = await found.readSegments(candidates.map((each) => each.segment));
        const rows = tables
          .flatMap(rowsOf)
          .sort((a, b) => Number((a as unknown[])[0]) - Number((b as unknown[])[0]));
        assert.deepEqual(rows, before[NODES.indexOf(node)], node);
      }
      await found.close();
    });
  });

  it('writes packs anew without what a clean-up took, and stops when it may not go on', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      const ts = Array.from({ length: 20_000 }, (_, bar) => bar * 60);
      const names = ['old1', 'old2', 'old3', 'price', 'total'];
      const tables = names.map((_, index) =>
        valueTable(ts.slice(index), numbers(ts.slice(index).map(Math.sin))),
      );
      const nodes = names.map((name) =>
        record(name, name, { strategy: name.startsWith('old') ? 'Old' : 'New' }),
      );
      await store.register(nodes.filter(({ strategy }) => strategy === 'Old'));
      await store.register(nodes.filter(({ strategy }) => strategy === 'New'));
      const segments = names.map((name, index) =>
        segment(name, 0, 1_200_000, tables[index] ?? assert.fail()),
      );
      await store.commit({ ...EMPTY_COMMIT, segments });
      const size = (await store.contents()).packs.bytes;
      await store.clear('Old');
      await store.upkeep(() => false);
      assert.equal((await store.contents()).packs.bytes, size, 'nothing was done');
      await store.upkeep();
      const { packs } = await store.contents();
      assert.ok(packs.bytes < size * 0.55, `${packs.bytes} of ${size}`);
      const read = await store.read(
        ['price', 'total'].map((fingerprint) => ({ fingerprint, range: ALL_TIME })),
      );
      assert.deepEqual(read.map(rowsOf), tables.slice(3).map(rowsOf));
      await store.close();
      const rows = await query(store.file, 'SELECT count(*)::INTEGER AS n FROM "New".total');
      assert.deepEqual(rows, [{ n: 19_996 }]);
    });
  });

  it('deletes what no row names, and sets aside what it finds damaged', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await fill(store);
      for (const name of ['left.parquet', 'half.parquet.part']) writeFileSync(join(dir, 'packs', name), 'x');
      const [first = ''] = packsIn(dir).filter((name) => name !== 'left.parquet');
      truncateSync(join(dir, 'packs', first), 100);
      await assert.rejects(store.upkeep(), { code: 'cache', message: /Rows of .* were damaged/ });
      await store.upkeep();
      assert.equal(packsIn(dir).length, 1);
      const covered = (await store.coverage(['late'])).get('late') ?? [];
      assert.equal(covered.length, 0, 'what depends on a stream that lost rows is not believed');
      await store.close();
    });
  });
});
