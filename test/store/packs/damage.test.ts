// Slow (5 s): properties of the store.
import assert from 'node:assert/strict';
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DamageFound, openStore, type Store } from '../../../src/store/store.js';
import {
  ALL_TIME,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  packsIn,
  record,
  recordTable,
  rowsOf,
  segment,
  unexpected,
  valueTable,
} from '../support.js';

const TS = Array.from({ length: 3000 }, (_, index) => index * 60);
const END = TS.length * 60;
const MASK = TS.map((_, index) => (index % 7 === 0 ? 0 : 1));
const PRICES = valueTable(TS, numbers(TS.map((ts) => Math.cos(ts))));
const VALUES = valueTable(TS, numbers(TS.map(Math.sin), MASK));
const RECORDS = recordTable(
  TS.slice(1),
  {
    up: { type: 'boolean', values: Uint8Array.from(TS.slice(1), (_, index) => index & 1), valid: null },
    text: { type: 'string', values: TS.slice(1).map((ts) => `text ${ts}`), valid: null },
  },
  MASK.slice(1),
);
const NODES = ['price', 'fast', 'signal'] as const;
const TABLES = { price: PRICES, fast: VALUES, signal: RECORDS };
/** The pack of each commit: the stream's, the nodes'. */
const [STREAM, COMPUTED] = [0, 1];

/** A stream in one pack; a node that reads it, and one of records that reads the node, in another. */
async function makeCache(dir: string): Promise<readonly string[]> {
  const store = await openStore({ dir });
  await store.register([
    record('price', 'f-price', { kind: 'stream' }),
    record('fast', 'f-fast', { inputs: ['f-price'] }),
    record('signal', 'f-signal', { inputs: ['f-fast'] }),
  ]);
  await store.commit({ ...EMPTY_COMMIT, segments: [segment('f-price', 0, END, PRICES)] });
  const [stream = ''] = packsIn(dir);
  await store.commit({
    ...EMPTY_COMMIT,
    segments: [segment('f-fast', 0, END, VALUES), segment('f-signal', 0, END, RECORDS)],
  });
  await store.close();
  return [stream, packsIn(dir).find((pack) => pack !== stream) ?? ''].map((name) => join(dir, 'packs', name));
}

function overwrite(path: string, wanted: Uint8Array): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf(wanted);
  assert.ok(at > 0, 'what was stored is in the pack as it was in memory');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

/** What a disk may do to a pack. */
const DAMAGES: Readonly<Record<string, (packs: readonly string[]) => void>> = {
  'a value is another': (packs) =>
    overwrite(packs[COMPUTED] ?? '', new Uint8Array(Float64Array.of(Math.sin(60), Math.sin(120)).buffer)),
  'a time is another': (packs) =>
    overwrite(packs[COMPUTED] ?? '', new Uint8Array(BigInt64Array.of(6000n, 6060n).buffer)),
  'a text is another': (packs) => overwrite(packs[COMPUTED] ?? '', Buffer.from('text 120')),
  'it is cut': (packs) => truncateSync(packs[COMPUTED] ?? '', 30_000),
  'it is empty': (packs) => truncateSync(packs[COMPUTED] ?? '', 0),
  'it is all zeros': (packs) => writeFileSync(packs[COMPUTED] ?? '', Buffer.alloc(200_000)),
  'it is gone': (packs) => rmSync(packs[COMPUTED] ?? ''),
  'another is in its place': (packs) => copyFileSync(packs[STREAM] ?? '', packs[COMPUTED] ?? ''),
};

async function coveredNodes(store: Store): Promise<string[]> {
  const coverage = await store.coverage(NODES.map((node) => `f-${node}`));
  return [...coverage].filter(([, spans]) => spans.length > 0).map(([name]) => name.slice(2));
}

const requests = NODES.map((node) => ({ fingerprint: `f-${node}`, range: ALL_TIME }));

describe('store: a pack that is not what was written', () => {
  for (const [name, damage] of Object.entries(DAMAGES)) {
    it(`${name}: is set aside alone, with a sentence, and what it held can be stored again`, async () => {
      await inFolder(async (dir) => {
        damage(await makeCache(dir));
        const store = await openStore({ dir, onMessage: unexpected });
        await assert.rejects(store.read(requests), (error: unknown) => {
          assert.ok(error instanceof DamageFound, String(error));
          assert.match(
            error.message,
            /Rows of fast of Momentum \(1970.*\), signal of Momentum \(1970.*were damaged.*set aside.*Run again/,
          );
          return true;
        });
        assert.deepEqual(await coveredNodes(store), ['price']);
        const [price, fast, signal] = await store.read(requests);
        assert.deepEqual(rowsOf(price ?? assert.fail()), rowsOf(PRICES));
        assert.deepEqual([fast?.ts.length, signal?.ts.length], [0, 0]);
        assert.deepEqual(await store.candidates(['own of f-fast'], ALL_TIME), [], 'nothing reuses it');
        const segments = [segment('f-fast', 0, END, VALUES), segment('f-signal', 0, END, RECORDS)];
        await store.commit({ ...EMPTY_COMMIT, segments });
        const again = await store.read(requests);
        NODES.forEach((node, index) =>
          assert.deepEqual(rowsOf(again[index] ?? assert.fail()), rowsOf(TABLES[node]), node),
        );
        await store.close();
      });
    });
  }

  it('of a stream: what depends on it is believed again only when its rows were read', async () => {
    await inFolder(async (dir) => {
      const packs = await makeCache(dir);
      rmSync(packs[STREAM] ?? '');
      const again = await openStore({ dir, onMessage: unexpected });
      await assert.rejects(again.read([{ fingerprint: 'f-price', range: ALL_TIME }]), DamageFound);
      assert.deepEqual(await coveredNodes(again), []);
      assert.equal((await again.candidates(['own of f-fast'], ALL_TIME)).length, 1, 'it can be reused');
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
        DAMAGES['a time is another']?.(await makeCache(dir));
        const again = await openStore({ dir, onMessage: unexpected });
        await assert.rejects(look(again), DamageFound);
        await look(again).catch((error: unknown) => assert.ok(!(error instanceof DamageFound)));
        await again.close();
      });
    }
  });

  it('is found with all others of its nodes at once', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await store.register([record('fast', 'f-fast')]);
      for (const start of [0, 600, 1200]) {
        const table = valueTable([start, start + 60], numbers([start, 1]));
        await store.commit({ ...EMPTY_COMMIT, segments: [segment('f-fast', start, start + 600, table)] });
      }
      const [first = '', , third = ''] = packsIn(dir);
      for (const name of [first, third]) truncateSync(join(dir, 'packs', name), 10);
      await assert.rejects(
        store.read([{ fingerprint: 'f-fast', range: { start: 0, end: 60 } }]),
        DamageFound,
      );
      const spans = (await store.coverage(['f-fast'])).get('f-fast') ?? [];
      assert.deepEqual(
        spans.map(({ start }) => start),
        [600],
      );
      assert.equal(readdirSync(join(dir, 'packs')).filter((name) => name.endsWith('.damaged')).length, 2);
      await store.close();
    });
  });
});

describe('store: a catalog that is lost', () => {
  it('is made again from the packs: everything can be reused, and nothing is believed', async () => {
    await inFolder(async (dir) => {
      await makeCache(dir);
      rmSync(join(dir, 'cache.duckdb'));
      const messages: string[] = [];
      const store = await openStore({ dir, onMessage: (text) => messages.push(text) });
      assert.match(messages.join('\n'), /^The catalog of the cache in .* was made again from its 2 packs/);
      assert.deepEqual(await coveredNodes(store), []);
      for (const node of NODES) {
        const [found, ...others] = await store.candidates([`own of f-${node}`], ALL_TIME);
        assert.ok(found && others.length === 0, node);
        assert.deepEqual(found.range, { start: 0, end: END });
        const [table] = await store.readSegments([found.segment]);
        assert.deepEqual(rowsOf(table ?? assert.fail()), rowsOf(TABLES[node]), node);
      }
      await store.close();
      await (await openStore({ dir, onMessage: unexpected })).close();
    });
  });

  it('does without what is no pack', async () => {
    await inFolder(async (dir) => {
      const packs = await makeCache(dir);
      renameSync(join(dir, 'cache.duckdb'), join(dir, 'elsewhere'));
      truncateSync(packs[COMPUTED] ?? '', 50_000);
      writeFileSync(join(dir, 'packs', 'other.parquet'), 'PAR1 no PAR1');
      const store = await openStore({ dir });
      assert.equal((await store.candidates(['own of f-price'], ALL_TIME)).length, 1);
      assert.equal((await store.candidates(['own of f-fast'], ALL_TIME)).length, 0);
      await store.upkeep();
      assert.equal(packsIn(dir).length, 1, 'they are deleted');
      await store.close();
    });
  });
});
