// Slow (8 s): properties of the store.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { materialize } from '../../../src/engine/run/materialize.js';
import { reportOf } from '../../../src/engine/run/reporting/outcome.js';
import type { GraphDescription } from '../../../src/engine/ports/host.js';
import { union } from '../../../src/engine/plan/ranges.js';
import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import { startDatabase, stopDatabase } from '../../../src/store/duckdb/file.js';
import { openStore, type CacheLimits, type Store } from '../../../src/store/store.js';
import { WorldHost } from '../../support/worlds/host.js';
import {
  historiesOf,
  node,
  portsOf,
  rowsEach,
  rowsOf as madeRows,
  stream,
  type MadeNode,
  type MadeStream,
} from '../../support/worlds/made.js';
import { ORIGIN as START, type Spec } from '../../support/worlds/spec.js';
import {
  ALL_TIME,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  query,
  record,
  rowsOf,
  segment,
  valueTable,
} from '../support.js';
import { cases } from '../../support/profile.js';

const MINUTES = 80;
const STRATEGIES = ['One', 'Two'] as const;
type Name = (typeof STRATEGIES)[number];

/** Two strategies over one stream, whose first nodes are the same one until either is edited. */
interface World {
  readonly stream: MadeStream;
  readonly nodes: Readonly<Record<Name, readonly MadeNode[]>>;
}

function worldOf(whole: boolean): World {
  const rows = rowsEach(60, MINUTES, (i) => (i * 37) % 23);
  const over = (input: number, seed: number, sparse = 0): MadeNode =>
    node(60, { [input]: 3 }, { seed, sparse });
  return {
    stream: stream(60, rows, { whole }),
    nodes: { One: [over(0, 1), over(1, 2, 3)], Two: [over(0, 1), over(1, 3)] },
  };
}

class NamedHost extends WorldHost {
  readonly #name: string;

  constructor(specs: readonly Spec[], name: string) {
    super(specs);
    this.#name = name;
  }

  override async describe(): Promise<GraphDescription> {
    return { ...(await super.describe()), strategy: this.#name };
  }
}

interface Ran {
  readonly report: RunReport;
  readonly fingerprints: readonly string[];
  readonly specs: readonly Spec[];
}

async function run(world: World, store: Store, name: Name, from: number, length: number): Promise<Ran> {
  const specs = [world.stream, ...world.nodes[name]];
  const range = { start: START + from * 60, end: START + (from + length) * 60 };
  const ports = portsOf(specs, store, { host: new NamedHost(specs, name) });
  const hooks = { progress: () => undefined, signal: new AbortController().signal, chunkSlots: 8 };
  const outcome = await materialize(ports, range, hooks);
  await store.recordRun(name, range);
  const fingerprints = specs.map((_, index) => outcome.state.fingerprint(index).hash);
  return { report: await reportOf(outcome, 0), fingerprints, specs };
}

async function assertTrue(store: Store, { report, fingerprints, specs }: Ran): Promise<void> {
  const truth = historiesOf(specs);
  const [start, end] = report.range;
  for (const [index, node] of report.nodes.entries()) {
    const [table] = await store.read([{ fingerprint: fingerprints[index] ?? '', range: { start, end } }]);
    const expected = truth[index]?.filter(({ ts }) => ts >= start && ts < end);
    assert.ok(table);
    assert.deepEqual(madeRows(table), expected, node.name);
  }
  assert.deepEqual(report.coverageBounds, report.range);
}

const within = fc.record({
  from: fc.integer({ min: 0, max: 40 }),
  length: fc.integer({ min: 1, max: 40 }),
  name: fc.constantFrom(...STRATEGIES),
});
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('run' as const), run: within }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('edit' as const), run: within, seed: fc.nat({ max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('correct' as const), at: fc.nat(MINUTES - 1) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('clean' as const),
      maxBytes: fc.option(fc.constantFrom(1, 300_000, 1_000_000_000), { nil: undefined }),
      maxAgeDays: fc.option(fc.constantFrom(1e-9, 1), { nil: undefined }),
      keeps: fc.boolean(),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What is covered of each fingerprint, and its rows there. */
async function held(
  store: Store,
  fingerprints: readonly string[],
): Promise<Map<string, Map<string, unknown>>> {
  const all = new Map<string, Map<string, unknown>>();
  for (const [fingerprint, spans] of await store.coverage(fingerprints)) {
    const tables = await store.read(union(spans).map((range) => ({ fingerprint, range })));
    const rows = new Map(
      union(spans).map((range, at) => [JSON.stringify(range), rowsOf(tables[at] ?? assert.fail())]),
    );
    all.set(fingerprint, rows);
  }
  return all;
}

async function play(store: Store, whole: boolean, steps: readonly Step[]): Promise<void> {
  const world = worldOf(whole);
  const seen = new Set<string>();
  let last = null as Ran | null;
  for (const each of steps) {
    if (each.kind === 'correct') {
      world.stream.rows = world.stream.rows.map((row, i) =>
        i === each.at ? { ...row, value: Number(row.value) + 1 } : row,
      );
      last = null;
    } else if (each.kind === 'clean') {
      const before = await held(store, [...seen]);
      const keep = each.keeps && last ? last.report.strategy : null;
      await store.clean({ maxBytes: each.maxBytes, maxAgeDays: each.maxAgeDays }, keep);
      for (const [fingerprint, rows] of await held(store, [...seen])) {
        for (const [range, content] of rows) assert.deepEqual(content, before.get(fingerprint)?.get(range));
      }
      if (keep === null || !last) continue;
      const kept = await held(store, last.fingerprints);
      for (const fingerprint of last.fingerprints) {
        assert.deepEqual(kept.get(fingerprint), before.get(fingerprint), 'the last run lost something');
      }
    } else {
      const { name, from, length } = each.run;
      const [first] = world.nodes[name];
      if (each.kind === 'edit' && first) first.code.seed = each.seed;
      last = await run(world, store, name, from, length);
      for (const fingerprint of last.fingerprints) seen.add(fingerprint);
      await assertTrue(store, last);
    }
  }
}

describe('store: cleaning up', () => {
  it('leaves of what is covered exactly the rows, and a run after it what a cold one would', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(step, { minLength: 3, maxLength: 12 }),
        async (whole, steps) => {
          const end: Step = { kind: 'run', run: { name: 'One', from: 0, length: MINUTES } };
          await inFolder(async (dir) => {
            const store = await openStore({ dir });
            try {
              await play(store, whole, [...steps, end]);
            } finally {
              await store.close();
            }
          });
        },
      ),
      cases(20),
    );
  });

  const ROWS = 200_000;
  const TIMES = Array.from({ length: ROWS }, (_, index) => index * 60);

  /** A strategy's stream and node of 1.6 MB each, with rows that no other has. */
  async function fill(store: Store, strategy: string, version: string): Promise<readonly string[]> {
    const [price, fast] = [`price of ${strategy}`, `fast ${version} of ${strategy}`];
    await store.register([
      record('price', price, { strategy, kind: 'stream' }),
      record('fast', fast, { strategy, codeHash: version, inputs: [price] }),
    ]);
    const covered = await store.coverage([price, fast]);
    const missing = [price, fast].filter((fingerprint) => covered.get(fingerprint)?.length === 0);
    const table = (name: string) => valueTable(TIMES, numbers(TIMES.map((ts) => Math.sin(ts + name.length))));
    await store.commit({
      ...EMPTY_COMMIT,
      segments: missing.map((name) => segment(name, 0, ROWS * 60, table(name))),
    });
    await store.recordRun(strategy, { start: 0, end: ROWS * 60 });
    return [price, fast];
  }
  const rowsIn = async (store: Store, fingerprint: string): Promise<number> =>
    (await store.read([{ fingerprint, range: ALL_TIME }]))[0]?.ts.length ?? 0;

  it('takes rows of earlier versions first, then those used least lately, and gives their room to the disk', async () => {
    await inFolder(async (dir) => {
      let store = await openStore({ dir });
      const [, edited = ''] = await fill(store, 'Old', 'v1');
      const old = await fill(store, 'Old', 'v2');
      const young = await fill(store, 'Young', 'v1');
      // Closing brings the log into the file, which sizes are measured of.
      await store.close();
      store = await openStore({ dir });
      const size = (): number => store.bytes;

      // With its half of the times.
      assert.equal(Math.round((await store.planClean({})).bytes / 1e5), 24);
      const whole = (await store.contents()).bytes;
      await store.clean({});
      assert.deepEqual(await Promise.all([edited, ...old, ...young].map((each) => rowsIn(store, each))), [
        0,
        ROWS,
        ROWS,
        ROWS,
        ROWS,
      ]);
      assert.ok(size() < whole - 1_200_000, `${size()} of ${whole} bytes`);
      assert.deepEqual(await store.planClean({}), { bytes: 0, strategies: [] });

      const maxBytes = size() - 500_000;
      const plan = await store.planClean({ maxBytes });
      assert.deepEqual(plan.strategies, ['Old']);
      assert.deepEqual(await store.clean({ maxBytes }), plan);
      assert.ok(store.bytes <= maxBytes, `${store.bytes} of ${maxBytes} bytes`);
      assert.deepEqual(await Promise.all([...old, ...young].map((each) => rowsIn(store, each))), [
        0,
        0,
        ROWS,
        ROWS,
      ]);
      assert.ok(store.inPlace);

      await store.clean({ maxBytes: 1 }, 'Young');
      assert.deepEqual(await Promise.all(young.map((each) => rowsIn(store, each))), [ROWS, ROWS]);
      await store.close();
    });
  });

  it('with a limit goes by when rows were last of use alone, so that an earlier version outlives what nobody used for long', async () => {
    await inFolder(async (dir) => {
      const first = await openStore({ dir });
      const [, before = ''] = await fill(first, 'Young', 'v1');
      const young = await fill(first, 'Young', 'v2');
      const old = await fill(first, 'Old', 'v1');
      await first.close();
      await query(first.file, "UPDATE uses SET used_at = 1577836800 WHERE strategy = 'Old'");
      const store = await openStore({ dir });
      await store.clean({ maxBytes: store.bytes - 500_000 });
      assert.deepEqual(await Promise.all([before, ...young, ...old].map((each) => rowsIn(store, each))), [
        ROWS,
        ROWS,
        ROWS,
        0,
        0,
      ]);
      await store.close();
    });
  });

  it('never takes what is pinned, nor the sources that it depends on, until that is taken back', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      const one = await fill(store, 'src/one.ts#One', 'v1');
      const two = await fill(store, 'Two', 'v1');
      await store.pin('One', 'fast');
      const pinned = (await store.contents('One')).strategies[0]?.nodes.map(({ name, pinned: is }) => [
        name,
        is,
      ]);
      assert.deepEqual(pinned, [
        ['price', false],
        ['fast', true],
      ]);
      await store.clean({ maxBytes: 1, maxAgeDays: 1e-9 });
      assert.deepEqual(await Promise.all([...one, ...two].map((each) => rowsIn(store, each))), [
        ROWS,
        ROWS,
        0,
        0,
      ]);
      // A pin of the strategy is of all its nodes, and goes with theirs.
      await store.pin('One', null);
      await store.unpin('One', null);
      await store.clean({ maxBytes: 1 });
      assert.deepEqual(await Promise.all(one.map((each) => rowsIn(store, each))), [0, 0]);
      await store.close();
    });
  });

  it('goes by when rows were last used, not by when they were made', async () => {
    await inFolder(async (dir) => {
      const first = await openStore({ dir });
      const names = [...(await fill(first, 'Read', 'v1')), ...(await fill(first, 'Forgotten', 'v1'))];
      await first.close();
      await query(first.file, 'UPDATE uses SET used_at = 1577836800');
      const store = await openStore({ dir });
      await store.markUsed('Read');
      const limits: CacheLimits = { maxAgeDays: 30 };
      assert.deepEqual((await store.planClean(limits)).strategies, ['Forgotten']);
      await store.clean(limits);
      assert.deepEqual(await Promise.all(names.map((each) => rowsIn(store, each))), [ROWS, ROWS, 0, 0]);
      await store.close();
    });
  });

  it('keeps a stream on which rows depend that stay: its changes would go unnoticed', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      await store.register([record('price', 'f-price', { kind: 'stream' })]);
      await store.register([record('price', 'f-other', { kind: 'stream' })]);
      await store.register([record('fast', 'f-fast', { strategy: 'Other', inputs: ['f-price'] })]);
      const table = valueTable([0, 60], numbers([1, 2]));
      const segments = ['f-price', 'f-fast'].map((name) => segment(name, 0, 120, table));
      const state = { version: 'v1', first: 0, last: 60 };
      await store.commit({ ...EMPTY_COMMIT, segments, sources: [{ fingerprint: 'f-price', state }] });
      await store.clean({});
      await store.clear('Momentum');
      assert.deepEqual((await store.sources(['f-price'])).get('f-price'), state);
      assert.equal(await rowsIn(store, 'f-price'), 2);
      await store.close();
    });
  });
});

describe('store: memory', () => {
  it('is limited as asked', async () => {
    const database = await startDatabase(64);
    const setting = await database.connection.runAndReadAll("SELECT current_setting('memory_limit') AS size");
    assert.deepEqual(setting.getRows(), [['61.0 MiB']]);
    stopDatabase(database);
  });
});
