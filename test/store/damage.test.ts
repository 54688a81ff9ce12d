import assert from 'node:assert/strict';
import { DamageFound, openStore, type Store } from '../../src/store/store.js';
import {
  ALL_TIME,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  query,
  record,
  recordTable,
  rowsOf,
  segment,
  unexpected,
  valueTable,
} from './support.js';

const TS = Array.from({ length: 3000 }, (_, index) => index * 60);
const END = TS.length * 60;
const MASK = TS.map((_, index) => (index % 7 === 0 ? 0 : 1));
const VALUES = valueTable(TS, numbers(TS.map(Math.sin), MASK));
const RECORDS = recordTable(
  TS.slice(1),
  {
    up: { type: 'boolean', values: Uint8Array.from(TS.slice(1), (_, index) => index & 1), valid: null },
    text: { type: 'string', values: TS.slice(1).map(String), valid: null },
  },
  MASK.slice(1),
);

/** A stream, a node that reads it, and one of records that reads the node. */
async function makeCache(dir: string): Promise<Store> {
  const store = await openStore({ dir });
  await store.register([
    record('price', 'f-price', { kind: 'stream' }),
    record('fast', 'f-fast', { inputs: ['f-price'] }),
    record('signal', 'f-signal', { inputs: ['f-fast'] }),
  ]);
  const segments = [
    segment('f-price', 0, END, VALUES),
    segment('f-fast', 0, END, VALUES),
    segment('f-signal', 0, END, RECORDS),
  ];
  await store.commit({ ...EMPTY_COMMIT, segments });
  return store;
}

const FAST = "(SELECT fp FROM names WHERE node = 'fast')";
const SIGNAL = "(SELECT id FROM segments WHERE fp = (SELECT fp FROM names WHERE node = 'signal'))";

/** What a disk may do to a segment without DuckDB's notice: blocks that were never written, or belong elsewhere. */
const DAMAGES: Readonly<Record<string, readonly [damaged: string, sql: string]>> = {
  'a value is another': [
    'fast',
    `UPDATE cells SET data = unhex('00') || data[2:] WHERE fp = ${FAST} AND block = 1`,
  ],
  'a mask is another': [
    'fast',
    `UPDATE cells SET valid = valid[2:] || unhex('01') WHERE fp = ${FAST} AND block = 0`,
  ],
  'a mask is gone': ['fast', `UPDATE cells SET valid = NULL WHERE fp = ${FAST} AND block = 0`],
  'a block is gone': ['fast', `DELETE FROM cells WHERE fp = ${FAST} AND block = 1`],
  'all blocks are gone': ['fast', `DELETE FROM cells WHERE fp = ${FAST}`],
  'blocks are in each other’s place': ['fast', `UPDATE cells SET block = 1 - block WHERE fp = ${FAST}`],
  'the segment says another size': ['fast', `UPDATE segments SET row_count = 2999 WHERE fp = ${FAST}`],
  'its columns are others': [
    'fast',
    `UPDATE segments SET schema = (SELECT max(id) FROM schemas) WHERE fp = ${FAST}`,
  ],
  'its columns are unknown': ['fast', `UPDATE segments SET schema = 99 WHERE fp = ${FAST}`],
  'its times are others': ['fast', `UPDATE segments SET axis = 99 WHERE fp = ${FAST}`],
  'a text is another': [
    'signal',
    `UPDATE cells SET data = encode(replace(decode(data), '"60"', '"61"')) WHERE segment = ${SIGNAL} AND position = 1`,
  ],
  'a text is no JSON': [
    'signal',
    `UPDATE cells SET data = data[2:] WHERE segment = ${SIGNAL} AND position = 1`,
  ],
  'the mask of present rows is gone': [
    'signal',
    `DELETE FROM cells WHERE segment = ${SIGNAL} AND position = -1`,
  ],
  'the times themselves are others': [
    'signal',
    'UPDATE axis_cells SET ts = ts[9:] || ts[1:8] WHERE block = 0 AND axis = (SELECT max(id) FROM axes)',
  ],
  'the times are gone': ['signal', 'DELETE FROM axis_cells WHERE axis = (SELECT max(id) FROM axes)'],
};

/** What only a seal can tell: rows that are some segment's, but not this one's. */
const MISPLACED: typeof DAMAGES = {
  'its code is another’s': ['fast', `UPDATE segments SET own = 'x' WHERE fp = ${FAST}`],
  'its range is another': ['fast', `UPDATE segments SET end_ts = end_ts + 60 WHERE fp = ${FAST}`],
  'it was made of other inputs': ['fast', `UPDATE segments SET input_digests = '["x"]' WHERE fp = ${FAST}`],
};

async function coveredNodes(store: Store): Promise<string[]> {
  const coverage = await store.coverage(['f-price', 'f-fast', 'f-signal']);
  return [...coverage].filter(([, spans]) => spans.length > 0).map(([name]) => name.slice(2));
}

async function expectSetAside(dir: string, node: string): Promise<void> {
  const again = await openStore({ dir, onMessage: unexpected });
  const requests = ['f-price', 'f-fast', 'f-signal'].map((fingerprint) => ({ fingerprint, range: ALL_TIME }));
  await assert.rejects(again.read(requests), (error: unknown) => {
    assert.ok(error instanceof DamageFound, String(error));
    assert.match(
      error.message,
      new RegExp(`Rows of ${node} of Momentum \\(1970.*were damaged.*set aside.*Run again`),
    );
    return true;
  });
  const others = ['price', 'fast', 'signal'].filter((name) => name !== node);
  assert.deepEqual(await coveredNodes(again), others);
  const [price, fast, signal] = await again.read(requests);
  const expected = { price: VALUES, fast: VALUES, signal: RECORDS };
  for (const [name, table] of Object.entries({ price, fast, signal })) {
    const rows = name === node ? [] : rowsOf(expected[name as keyof typeof expected]);
    assert.deepEqual(rowsOf(table ?? assert.fail()), rows, name);
  }
  const own = `own of f-${node}`;
  assert.deepEqual(await again.candidates([own], ALL_TIME), [], 'nothing adopts it');
  const table = expected[node as keyof typeof expected];
  await again.commit({ ...EMPTY_COMMIT, segments: [segment(`f-${node}`, 0, END, table)] });
  const [rebuilt] = await again.read([{ fingerprint: `f-${node}`, range: ALL_TIME }]);
  assert.deepEqual(rowsOf(rebuilt ?? assert.fail()), rowsOf(table));
  await again.close();
}

describe('store: a segment that is not what was stored', () => {
  for (const [name, [node, sql]] of Object.entries({ ...DAMAGES, ...MISPLACED })) {
    it(`${name}: is set aside, with a sentence, and can be stored again`, async () => {
      await inFolder(async (dir) => {
        const store = await makeCache(dir);
        await store.close();
        await query(store.file, sql);
        await expectSetAside(dir, node);
      });
    });
  }

  for (const [name, [node, sql]] of Object.entries(DAMAGES)) {
    it(`${name}, in a cache of an earlier format: is set aside as well`, async () => {
      await inFolder(async (dir) => {
        const store = await makeCache(dir);
        await store.close();
        await query(store.file, `UPDATE segments SET seal = NULL; ${sql}`);
        await expectSetAside(dir, node);
      });
    });
  }

  it('of a stream: what depends on it is believed again only when its rows were read', async () => {
    await inFolder(async (dir) => {
      const store = await makeCache(dir);
      await store.close();
      await query(store.file, "DELETE FROM cells WHERE fp = (SELECT fp FROM names WHERE node = 'price')");
      const again = await openStore({ dir, onMessage: unexpected });
      await assert.rejects(again.read([{ fingerprint: 'f-price', range: ALL_TIME }]), DamageFound);
      assert.deepEqual(await coveredNodes(again), []);
      assert.equal((await again.candidates(['own of f-fast'], ALL_TIME)).length, 1, 'it can be adopted');
      await again.close();
    });
  });

  it('is found when its times alone are looked at, and when it is exported', async () => {
    const looks: readonly ((store: Store) => Promise<unknown>)[] = [
      (store) => store.lastTimes('f-fast', END, 5),
      (store) => store.summarize([{ fingerprint: 'f-fast', range: { start: 60, end: 600 } }]),
      (store) =>
        store.exportNodes({
          strategy: 'Momentum',
          nodes: ['fast'],
          range: ALL_TIME,
          format: 'csv',
          path: `${store.file}.csv`,
        }),
    ];
    for (const look of looks) {
      await inFolder(async (dir) => {
        const store = await makeCache(dir);
        await store.close();
        await query(store.file, 'UPDATE axis_cells SET ts = ts[9:] || ts[1:8]');
        const again = await openStore({ dir, onMessage: unexpected });
        await assert.rejects(look(again), DamageFound);
        await look(again).catch((error: unknown) => assert.ok(!(error instanceof DamageFound)));
        await again.close();
      });
    }
  });
});
