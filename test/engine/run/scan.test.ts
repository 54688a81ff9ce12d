// Slow (15 s): properties over whole runs.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { materialize, type RunOutcome } from '../../../src/engine/run/materialize.js';
import { reportOf } from '../../../src/engine/run/reporting/outcome.js';
import { NOT_STARTED } from '../../../src/engine/ports/host.js';
import { difference, union, within } from '../../../src/engine/plan/ranges.js';
import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import { prepare } from '../../../src/engine/plan/prepare.js';
import { singleBar } from '../../../src/engine/run/single-bar.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import { floorToGrid, type Range } from '../../../src/sdk/time/time.js';
import { MemoryStore } from '../../support/memory-store.js';
import { bars, change, changedRows, CHANGES, MINUTES, ORIGIN, pair } from '../../support/toy-changes.js';
import {
  oracleWithStates,
  rowsOf,
  ToyHost,
  ToySources,
  type Toy,
  type ToyRow,
  type ToyState,
} from '../../support/toy-strategy.js';
import { cases } from '../../support/profile.js';

const INTERVALS = [60, 120, 300, 3600];

const streamArbitrary = fc.record({
  interval: fc.constantFrom(...INTERVALS),
  leastHistory: fc.integer({ min: 1, max: 3 }),
  holes: fc.constantFrom(0, 0.2, 0.6),
  seed: fc.integer({ min: 1, max: 1e6 }),
  whole: fc.boolean(),
  late: fc.constantFrom(0, 0, 0, 50),
});

/** Any DAG; at least its first computed node is a scan. */
const dagArbitrary = fc.record({
  streams: fc.array(streamArbitrary, { minLength: 1, maxLength: 2 }),
  nodes: fc.array(
    fc.record({
      interval: fc.constantFrom(...INTERVALS),
      picks: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 3 }),
      seed: fc.nat(1000),
      sparse: fc.constantFrom(0, 0, 2, 5),
      scan: fc.constantFrom(
        undefined,
        'sum' as const,
        'mean' as const,
        'position' as const,
        'position' as const,
      ),
    }),
    { minLength: 1, maxLength: 5 },
  ),
});

type Drawn = typeof dagArbitrary extends fc.Arbitrary<infer T> ? T : never;

function made({ streams, nodes }: Drawn): Toy[] {
  const toys: Toy[] = streams.map(({ interval, leastHistory, holes, seed, whole, late }) => {
    const rows = bars(interval, holes, seed).filter(({ ts }) => ts >= ORIGIN + late * 60);
    return { kind: 'stream', interval, leastHistory, rows, whole };
  });
  nodes.forEach(({ interval, picks, seed, sparse, scan }, index) => {
    const inputs = picks.map(([pick, period]) => ({ node: pick % toys.length, period }));
    toys.push({
      kind: 'node',
      interval,
      inputs,
      seed,
      sparse,
      failsAt: null,
      scan: index === 0 ? (scan ?? 'sum') : scan,
    });
  });
  return toys;
}

const rangeArbitrary = fc
  .tuple(fc.integer({ min: -20, max: MINUTES + 20 }), fc.integer({ min: 1, max: MINUTES }))
  .map(([start, length]) => ({ start: ORIGIN + start * 60, end: ORIGIN + (start + length) * 60 }));

const stepArbitrary = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('run' as const),
      range: rangeArbitrary,
      chunkSlots: fc.constantFrom(1, 8, 64, 16_384),
      scanSlots: fc.constantFrom(1, 3, 16, 4096),
      cancelAfter: fc.option(fc.nat(30), { freq: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom(...CHANGES), pick: fc.nat(), at: fc.nat() }),
  },
);

interface RunOptions {
  readonly host?: ToyHost;
  readonly chunkSlots?: number;
  readonly scanSlots?: number;
  readonly cancelAfter?: number | null;
}

interface Done {
  readonly outcome: RunOutcome;
  readonly report: RunReport;
}

/** Null: cancelled, or outside the data. */
async function run(
  toys: readonly Toy[],
  store: MemoryStore,
  range: Range,
  options: RunOptions = {},
): Promise<Done | null> {
  const { host = new ToyHost(toys), chunkSlots = 16_384, scanSlots = 16, cancelAfter = null } = options;
  const controller = new AbortController();
  let progressed = 0;
  const progress = (): void => {
    if (cancelAfter !== null && progressed++ >= cancelAfter) controller.abort();
  };
  try {
    const hooks = { progress, signal: controller.signal, chunkSlots, scanSlots };
    const outcome = await materialize(
      { host, store, sources: new ToySources(toys), nonce: 'nonce' },
      range,
      hooks,
    );
    return { outcome, report: await reportOf(outcome, 0) };
  } catch (error) {
    if (error instanceof SeamlessError && ['outside-data', 'cancelled'].includes(error.code)) return null;
    throw error;
  }
}

function stateBefore(states: readonly ToyState[], time: number): Uint8Array {
  return states.filter(({ ts }) => ts < time).at(-1)?.state ?? NOT_STARTED;
}

/** All that is covered must be what the definition says: rows and states, within the request and beyond. */
async function assertTruth(
  toys: readonly Toy[],
  store: MemoryStore,
  { outcome, report }: Done,
): Promise<void> {
  const { histories, states } = oracleWithStates(toys);
  const { state } = outcome;
  for (const node of state.graph.nodes) {
    const { hash: full } = state.fingerprint(node.index);
    const spans = (await store.coverage([full])).get(full) ?? [];
    for (const range of spans) {
      const [table] = await store.read([{ fingerprint: full, range }]);
      const truth = (histories[node.index] as ToyRow[]).filter(
        ({ ts }) => ts >= range.start && ts < range.end,
      );
      assert.deepEqual(table && rowsOf(table), truth, `${node.name} over ${range.start}..${range.end}`);
      if (!node.scan) continue;
      const [stored] = await store.readStates([range.segment]);
      assert.deepEqual(
        stored,
        stateBefore(states[node.index] ?? [], range.end),
        `${node.name} at ${range.end}`,
      );
    }
    const found = report.nodes[node.index]?.state;
    if (found === 'failed' || found === 'blocked') continue;
    const wanted = state.wanted(node);
    if (wanted.start < wanted.end) {
      assert.deepEqual(difference([wanted], union(spans)), [], `${node.name} is complete`);
      const { begin } = state.horizon(node.index);
      // What a scan has seen on its way is kept.
      if (node.scan) assert.equal(within(union(spans), { start: begin, end: wanted.end }).length, 1);
    }
  }
}

const ALL = { start: ORIGIN, end: ORIGIN + MINUTES * 60 };

describe('a scan', () => {
  it('agrees with one cold scan after any sequence of ranges, edits, failures, cancellations and source changes', async () => {
    await fc.assert(
      fc.asyncProperty(
        dagArbitrary,
        fc.array(stepArbitrary, { minLength: 1, maxLength: 10 }),
        rangeArbitrary,
        async (drawn, steps, last) => {
          const toys = made(drawn);
          const store = new MemoryStore();
          const finish = {
            kind: 'run' as const,
            range: last,
            chunkSlots: 64,
            scanSlots: 16,
            cancelAfter: null,
          };
          for (const step of [...steps, finish]) {
            if (step.kind !== 'run') {
              change(toys, step.kind, step.pick, step.at);
              continue;
            }
            const done = await run(toys, store, step.range, step);
            if (done) await assertTruth(toys, store, done);
          }
        },
      ),
      cases(300),
    );
  });

  it('computes an appended stretch, and nothing of what it has', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('sum' as const, 'position' as const),
        fc.integer({ min: 1, max: MINUTES - 1 }),
        rangeArbitrary,
        fc.constantFrom(0, 0.3),
        async (scan, known, range, holes) => {
          const rows = bars(60, holes, known);
          const toys = pair(scan, rows.slice(0, known), 2);
          const store = new MemoryStore();
          const first = await run(toys, store, range);
          const { hash: full = '' } = first?.outcome.state.fingerprint(1) ?? {};
          const reached = first
            ? Math.max(0, ...((await store.coverage([full])).get(full) ?? []).map(({ end }) => end))
            : 0;
          toys[0].rows = rows;
          const host = new ToyHost(toys);
          await run(toys, store, ALL, { host });
          const expected = rows
            .slice(1)
            .map(({ ts }) => ts + 60)
            .filter((asOf) => asOf - 60 >= reached);
          assert.deepEqual(host.fired[1], expected);
        },
      ),
      cases(200),
    );
  });

  it('computes after a correction from its block on, and no further than to where a stored state comes out as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('sum' as const, 'mean' as const, 'position' as const),
        fc.nat(MINUTES - 1),
        fc.constantFrom(1, 4, 16),
        fc.constantFrom(8, 64, 16_384),
        async (scan, at, scanSlots, chunkSlots) => {
          const toys = pair(scan, bars(60, 0, at + 1));
          const store = new MemoryStore();
          await run(toys, store, ALL, { scanSlots, chunkSlots });
          const before = oracleWithStates(toys).states[1] ?? [];
          toys[0].rows = changedRows(toys[0], 'correct', at);
          const host = new ToyHost(toys);
          const done = await run(toys, store, ALL, { host, scanSlots, chunkSlots });
          assert.ok(done);
          await assertTruth(toys, store, done);
          const after = oracleWithStates(toys).states[1] ?? [];
          const blockOf = (ts: number): number => floorToGrid(ts, Math.min(scanSlots, chunkSlots) * 60, 0);
          const corrected = ORIGIN + at * 60;
          const expected = toys[0].rows.filter(({ ts }) => {
            const block = Math.max(blockOf(ts), ORIGIN);
            const same = Buffer.from(stateBefore(before, block)).equals(stateBefore(after, block));
            return block === Math.max(blockOf(corrected), ORIGIN) || (ts > corrected && !same);
          });
          assert.deepEqual(
            host.fired[1],
            expected.map(({ ts }) => ts + 60),
          );
        },
      ),
      cases(150),
    );
  });

  it('is reused whole when what changed upstream of it comes out the same', async () => {
    const [stream, scan] = pair('sum', bars(60, 0, 7));
    const upstream = { ...scan, scan: undefined, seed: 1 };
    const toys: Toy[] = [stream, upstream, { ...scan, inputs: [{ node: 1, period: 2 }] }];
    const store = new MemoryStore();
    await run(toys, store, ALL);
    // Another function by its text, and the same by its values.
    upstream.failsAt = 1;
    const host = new ToyHost(toys);
    const done = await run(toys, store, ALL, { host });
    assert.deepEqual(host.fired[2], []);
    assert.equal(done?.report.nodes[2]?.state, 'reused');
  });

  it('edited, it finds what it is made from in the cache, from the beginning', async () => {
    const [stream, scan] = pair('sum', bars(60, 0.2, 7));
    const own = { ...scan, inputs: [{ node: 1, period: 2 }] };
    const toys: Toy[] = [stream, { ...scan, scan: undefined }, own];
    const store = new MemoryStore();
    const late = { start: ALL.end - 600, end: ALL.end };
    await run(toys, store, late);
    own.seed = 4;
    const host = new ToyHost(toys);
    const done = await run(toys, store, late, { host });
    assert.ok(done);
    await assertTruth(toys, store, done);
    assert.deepEqual([host.fired[1], host.fired[2]?.length], [[], stream.rows.length - 1]);
  });

  it('goes on across a hole that damage left in what is stored', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), rangeArbitrary, async (first, second, range) => {
        const toys = pair('mean', bars(60, 0.1, 5), 3);
        const store = new MemoryStore();
        const { outcome } = (await run(toys, store, ALL)) ?? assert.fail();
        const { hash: full } = outcome.state.fingerprint(1);
        const own = store.spans.filter(({ fingerprint }) => fingerprint === full);
        for (const pick of [first, second]) {
          const lost = own[pick % own.length];
          store.spans = store.spans.filter((span) => span !== lost);
          if (lost) store.segments.delete(lost.segment);
        }
        const done = await run(toys, store, range);
        if (!done) return;
        const { state } = done.outcome;
        const spans = (await store.coverage([full])).get(full) ?? [];
        assert.deepEqual(
          difference(
            [state.wanted(state.node(1))].filter(({ start, end }) => start < end),
            union(spans),
          ),
          [],
        );
        const again = await run(toys, store, ALL);
        assert.ok(again);
        await assertTruth(toys, store, again);
      }),
      cases(200),
    );
  });

  it('gives the state before one bar, whatever is stored', async () => {
    await fc.assert(
      fc.asyncProperty(dagArbitrary, rangeArbitrary, fc.nat(), async (drawn, range, pick) => {
        const toys = made(drawn);
        const store = new MemoryStore();
        const done = await run(toys, store, range);
        if (!done) return;
        const { states } = oracleWithStates(toys);
        const index = drawn.streams.length;
        const { limit } = done.outcome.state.horizon(index);
        const fired = (states[index] ?? []).filter(({ ts }) => ts < limit);
        const bar = fired[pick % Math.max(1, fired.length)]?.ts;
        if (bar === undefined) return;
        const host = new ToyHost(toys);
        const prepared = await prepare({ host, store }, 'n');
        const { graph } = prepared;
        const commits = store.segments.size;
        const hooks = { progress: () => undefined, signal: new AbortController().signal };
        const request = await singleBar(
          { host, store, sources: new ToySources(toys), nonce: 'n' },
          prepared,
          index,
          bar,
          hooks,
        );
        assert.deepEqual([...request.asOf], [bar + (graph.nodes[index]?.interval ?? 0)]);
        assert.deepEqual(request.state, stateBefore(fired, bar));
        const added = [...store.segments.values()].slice(commits);
        assert.ok(
          added.every(({ inputDigests }) => inputDigests.length === 0),
          'nothing of a computed node is stored',
        );
      }),
      cases(300),
    );
  });
});
