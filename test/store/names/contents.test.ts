import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import type { Invalidation, NodeRecord } from '../../../src/engine/ports/store.js';
import { union } from '../../../src/engine/plan/ranges.js';
import { openStore, type Store } from '../../../src/store/store.js';
import {
  ALL_TIME,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  packsIn,
  query,
  record,
  segment,
  valueTable,
} from '../support.js';

const PRICE = record('price', 'f-price', { kind: 'stream', label: 'csv', interval: 60, phase: 30 });
const FAST = record('fast', 'f-fast', { inputs: ['f-price'] });
const SLOW = record('slow', 'f-slow', { inputs: ['f-price'], interval: 3600 });
const OTHER: readonly NodeRecord[] = [
  { ...PRICE, strategy: 'Other' },
  record('only', 'f-only', { strategy: 'Other', inputs: ['f-price'] }),
];

async function withStore(work: (store: Store, dir: string) => Promise<void>): Promise<void> {
  await inFolder(async (dir) => {
    const store = await openStore({ dir });
    try {
      await work(store, dir);
    } finally {
      await store.close();
    }
  });
}

async function fill(store: Store, fingerprints: readonly string[], rows = 10): Promise<void> {
  const ts = Array.from({ length: rows }, (_, index) => index * 60);
  const segments = fingerprints.map((name) => segment(name, 0, rows * 60, valueTable(ts, numbers(ts))));
  await store.commit({ ...EMPTY_COMMIT, segments });
}

describe('store: names', () => {
  it('compares a node with the one of its name before, and remembers nothing on comparing', async () => {
    await withStore(async (store) => {
      assert.deepEqual(await store.register([PRICE, FAST]), ['new', 'new']);
      const edited = { ...FAST, fingerprint: 'f-fast-2', codeHash: 'edited' };
      const moved = { ...FAST, fingerprint: 'f-fast-3' };
      assert.deepEqual(await store.compare([PRICE, edited]), ['same', 'own-changed']);
      assert.deepEqual(await store.compare([PRICE, moved]), ['same', 'input-changed']);
      assert.deepEqual(await store.compare([record('fresh', 'f-fresh')]), ['new']);
      assert.deepEqual(await store.register([PRICE, edited]), ['same', 'own-changed']);
      assert.deepEqual(await store.register([PRICE, FAST]), ['same', 'own-changed'], 'and back');
      assert.deepEqual(await store.compare([{ ...FAST, strategy: 'Other' }]), ['new']);
      assert.deepEqual(await store.register([]), []);
    });
  });

  it('keeps the earlier fingerprints of a name', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await store.register([FAST]);
      await store.register([{ ...FAST, fingerprint: 'f-2' }]);
      await store.close();
      const rows = await query(
        store.file,
        `SELECT fingerprint, replaced_at IS NULL AS "current" FROM names ORDER BY registered_at`,
      );
      assert.deepEqual(rows, [
        { fingerprint: 'f-fast', current: false },
        { fingerprint: 'f-2', current: true },
      ]);
    });
  });

  it('keeps the version of a name that is left, and its place among the others', async () => {
    await withStore(async (store) => {
      await store.register([PRICE, FAST, SLOW]);
      const edited = { ...FAST, fingerprint: 'f-fast-2', codeHash: 'edited' };
      const fresh = record('fresh', 'f-fresh');
      const left = new Set(['f-fast-2', 'f-fresh']);
      assert.deepEqual(await store.register([SLOW, edited, fresh], left), ['same', 'own-changed', 'new']);
      assert.deepEqual(
        [...(await store.current('Momentum'))].sort(),
        [
          ['fast', 'f-fast'],
          ['fresh', 'f-fresh'],
          ['price', 'f-price'],
          ['slow', 'f-slow'],
        ],
        'a name of which there was no version is not kept',
      );
      const { strategies } = await store.contents('Momentum');
      assert.deepEqual(
        strategies[0]?.nodes.map(({ name, listed }) => [name, listed]),
        [
          ['slow', true],
          ['fast', true],
          ['fresh', true],
          ['price', false],
        ],
      );
      assert.deepEqual(await store.compare([edited]), ['own-changed']);
    });
  });

  it('finds the current node of a name, with its columns', async () => {
    await withStore(async (store) => {
      await store.register([PRICE, FAST]);
      assert.equal((await store.findNode('Momentum', 'fast'))?.schema, null);
      await fill(store, ['f-price', 'f-fast']);
      const { fingerprint, kind, label, interval, phase, schema } =
        (await store.findNode('Momentum', 'price')) ?? assert.fail();
      assert.deepEqual([fingerprint, kind, label, interval, phase], ['f-price', 'stream', 'csv', 60, 30]);
      assert.deepEqual(schema, { shape: 'value', names: ['value'], types: ['number'] });
      await store.register([PRICE, { ...FAST, fingerprint: 'f-2' }]);
      assert.equal((await store.findNode('Momentum', 'fast'))?.fingerprint, 'f-2');
      assert.equal(await store.findNode('Momentum', 'nobody'), null);
      assert.equal(await store.findNode('Nobody', 'fast'), null);
    });
  });

  it('remembers the last ten ranges of a strategy, each once', async () => {
    await withStore(async (store) => {
      for (let day = 0; day < 12; day++) await store.recordRun('Momentum', { start: day, end: 100 });
      await store.recordRun('Momentum', { start: 5, end: 100 });
      await store.recordRun('Other', { start: 1, end: 2 });
      const starts = (await store.lastRuns('Momentum')).map(([start]) => start);
      assert.deepEqual(starts, [5, 11, 10, 9, 8, 7, 6, 4, 3, 2]);
      assert.deepEqual(await store.lastRuns('Other'), [[1, 2]]);
      assert.deepEqual(await store.lastRuns('Nobody'), []);
    });
  });

  it('writes nothing for a range that was recorded a moment ago, unless another was run since', async () => {
    await withStore(async (store) => {
      const logged = (): number => statSync(`${store.file}.wal`).size;
      const [one, other] = [
        { start: 0, end: 100 },
        { start: 0, end: 200 },
      ];
      await store.recordRun('Momentum', one);
      const before = logged();
      await store.recordRun('Momentum', one);
      assert.equal(logged(), before);
      await store.recordRun('Momentum', other);
      await store.recordRun('Momentum', one);
      assert.ok(logged() > before);
      assert.deepEqual(await store.lastRuns('Momentum'), [
        [0, 100],
        [0, 200],
      ]);
      await store.clear('Momentum');
      await store.recordRun('Momentum', one);
      assert.deepEqual(await store.lastRuns('Momentum'), [[0, 100]]);
    });
  });
});

describe('store: contents', () => {
  it('lists strategies and nodes, with rows, sizes and coverage, dropped nodes last', async () => {
    await withStore(async (store) => {
      await store.register([PRICE, SLOW, FAST]);
      await store.register(OTHER);
      await fill(store, ['f-price', 'f-fast', 'f-only']);
      await store.register([FAST, PRICE]);
      const { file, bytes, strategies } = await store.contents();
      assert.equal(file, store.file);
      assert.ok(bytes >= statSync(file).size);
      const listed = strategies.map(({ strategy, nodes }) => [
        strategy,
        nodes.map(({ name, listed: is }) => [name, is]),
      ]);
      assert.deepEqual(listed, [
        [
          'Momentum',
          [
            ['fast', true],
            ['price', true],
            ['slow', false],
          ],
        ],
        [
          'Other',
          [
            ['price', true],
            ['only', true],
          ],
        ],
      ]);
      assert.deepEqual(strategies[0]?.nodes[0], {
        name: 'fast',
        listed: true,
        rows: 10,
        bytes: 80,
        coverage: [[0, 600]],
        pinned: false,
      });
      assert.deepEqual([strategies[0].rows, strategies[0].bytes], [20, 160]);
      assert.deepEqual(
        (await store.contents('Other')).strategies.map(({ strategy }) => strategy),
        ['Other'],
      );
      assert.deepEqual(await store.register([PRICE, SLOW, FAST]), ['same', 'same', 'same']);
      const again = (await store.contents('Momentum')).strategies[0]?.nodes;
      assert.deepEqual(
        again?.map(({ name, listed: is }) => [name, is]),
        [
          ['price', true],
          ['slow', true],
          ['fast', true],
        ],
      );
    });
  });

  it('writes a pack for a commit, with what has the same times or a part of them', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      const ts = Array.from({ length: 10 }, (_, index) => index * 60);
      const parts = [ts, ts.slice(3), ts.slice(2, 5), []];
      const segments = parts.map((times, index) =>
        segment(`f${index}`, 0, 600, valueTable(times, numbers(times))),
      );
      await store.commit({ ...EMPTY_COMMIT, segments });
      assert.equal(packsIn(dir).length, 1);
      const odd = [0, 60, 180];
      await store.commit({
        ...EMPTY_COMMIT,
        segments: [
          segment('g', 0, 600, valueTable(ts, numbers(ts))),
          segment('h', 0, 600, valueTable(odd, numbers(odd))),
        ],
      });
      assert.equal(packsIn(dir).length, 3, 'times with a hole are others');
      const tables = await store.read(
        ['f0', 'f1', 'f2', 'f3', 'h'].map((fingerprint) => ({ fingerprint, range: ALL_TIME })),
      );
      tables.forEach((table, index) => assert.deepEqual([...table.ts], [...parts, odd][index]));
      tables.forEach((table) => assert.deepEqual(table.columns[0]?.values ?? table.ts, table.ts));
      const { packs } = await store.contents();
      assert.equal(packs.count, 3);
      assert.equal(packs.liveBytes, packs.bytes);
      await store.close();
    });
  });
});

describe('store: clearing', () => {
  it('forgets one strategy, and keeps what another has in common with it', async () => {
    await withStore(async (store) => {
      await store.register([PRICE, FAST]);
      await store.register(OTHER);
      await fill(store, ['f-price', 'f-fast', 'f-only']);
      const [reused] = (await store.coverage(['f-fast'])).get('f-fast') ?? [];
      const range = { start: 600, end: 1200 };
      await store.commit({
        ...EMPTY_COMMIT,
        segments: [{ ...segment('f-fast', 600, 1200, valueTable([600], numbers([1]))), range }],
      });
      const later = (await store.coverage(['f-fast'])).get('f-fast')?.[1];
      assert.ok(reused && later);
      await store.commit({
        ...EMPTY_COMMIT,
        reuses: [{ fingerprint: 'f-only', segment: later.segment, range }],
      });
      await store.recordRun('Momentum', range);
      await store.clear('Momentum');
      assert.deepEqual(
        (await store.contents()).strategies.map(({ strategy }) => strategy),
        ['Other'],
      );
      const coverage = await store.coverage(['f-price', 'f-fast', 'f-only']);
      assert.deepEqual(
        [...coverage.values()].map((spans) => spans.length),
        [1, 0, 2],
      );
      const tables = await store.read([
        { fingerprint: 'f-only', range: ALL_TIME },
        { fingerprint: 'f-price', range: ALL_TIME },
      ]);
      assert.deepEqual(
        tables.map(({ ts }) => ts.length),
        [11, 10],
      );
      assert.equal((await store.candidates(['own of f-fast'], ALL_TIME)).length, 1, 'the reused one stays');
      assert.deepEqual(await store.lastRuns('Momentum'), []);
      assert.deepEqual(await store.register([PRICE, FAST]), ['new', 'new']);
      await fill(store, ['f-fast']);
      assert.equal((await store.coverage(['f-fast'])).get('f-fast')?.length, 1);
    });
  });

  it('forgets everything, and gives the room back', async () => {
    await withStore(async (store) => {
      await store.register([PRICE, FAST]);
      await fill(store, ['f-price', 'f-fast'], 400_000);
      await store.clear('Nobody');
      const before = (await store.contents()).bytes;
      assert.ok(before > 6_000_000, `${before} bytes`);
      await store.clear();
      const after = await store.contents();
      assert.deepEqual(after.strategies, []);
      assert.ok(after.bytes < before / 4, `${after.bytes} of ${before} bytes`);
      assert.deepEqual(await store.register([PRICE, FAST]), ['new', 'new']);
      await fill(store, ['f-price']);
      const [table] = await store.read([{ fingerprint: 'f-price', range: ALL_TIME }]);
      assert.equal(table?.ts.length, 10);
    });
  });
});

describe('store: invalidation', () => {
  it('finds whatever depends on a stream, over any number of nodes between, and nothing else', async () => {
    await withStore(async (store) => {
      const chain = Array.from({ length: 300 }, (_, index) =>
        record(`n${index}`, `c${index}`, {
          inputs: index === 0 ? ['f-price'] : [`c${index - 1}`, 'f-price'],
          ...(index > 0 && { lookbacks: [3, null] }),
        }),
      );
      await store.register([PRICE, ...chain, record('apart', 'f-apart')]);
      const found = await store.dependents('f-price');
      assert.deepEqual(
        found.map(({ fingerprint }) => fingerprint).sort(),
        chain.map(({ fingerprint }) => fingerprint).sort(),
      );
      assert.deepEqual(
        found.find(({ fingerprint }) => fingerprint === 'c7'),
        {
          fingerprint: 'c7',
          interval: 60,
          phase: 0,
          calendar: null,
          inputs: [
            { fingerprint: 'c6', lookback: 3 },
            { fingerprint: 'f-price', lookback: null },
          ],
        },
      );
      assert.deepEqual(found.find(({ fingerprint }) => fingerprint === 'c0')?.inputs, [
        { fingerprint: 'f-price', lookback: null },
      ]);
      assert.deepEqual(await store.dependents('nobody'), []);
    });
  });

  it('removes the named part of a covered span, or all of it if asked, and nothing of what never read that far', async () => {
    await withStore(async (store) => {
      await store.register([record('a', 'f-a')]);
      const table = valueTable([0, 60, 120, 180], numbers([1, 2, 3, 4]));
      const spans = async () =>
        union((await store.coverage(['f-a'])).get('f-a') ?? []).map(({ start, end }) => [start, end]);
      const end = (invalidation: Omit<Invalidation, 'fingerprint'>) =>
        store.commit({ ...EMPTY_COMMIT, invalidations: [{ fingerprint: 'f-a', ...invalidation }] });
      await store.commit({
        ...EMPTY_COMMIT,
        segments: [{ ...segment('f-a', 0, 240, table), since: { price: -600, other: -Infinity } }],
      });
      const middle = { start: 60, end: 120 };
      await end({ range: middle, cause: { stream: 'price', until: -600 } });
      assert.deepEqual(await spans(), [[0, 240]]);
      await end({ range: middle, cause: { stream: 'price', until: -599 } });
      assert.deepEqual(await spans(), [
        [0, 60],
        [120, 240],
      ]);
      assert.deepEqual(await store.readsSince([{ fingerprint: 'f-a', range: { start: 120, end: 180 } }]), [
        { price: -600, other: -Infinity },
      ]);
      assert.deepEqual(await store.timesFrom([{ fingerprint: 'f-a', from: 0, count: 2 }]), [
        Float64Array.of(0, 120),
      ]);
      await end({ range: { start: 180, end: Infinity }, cause: { stream: 'other', until: -1e9 } });
      assert.deepEqual(await spans(), [
        [0, 60],
        [120, 180],
      ]);
      await end({ range: { start: 150, end: 160 }, whole: true });
      assert.deepEqual(await spans(), [[0, 60]]);
    });
  });
});
