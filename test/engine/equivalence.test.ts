import assert from 'node:assert/strict';
import fc from 'fast-check';
import { materialize, type RunOutcome } from '../../src/engine/materialize.js';
import { reportOf } from '../../src/engine/outcome.js';
import { difference, union } from '../../src/engine/ranges.js';
import type { RunReport } from '../../src/engine/report.js';
import type { Extent } from '../../src/engine/selection.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { MemoryStore } from '../support/memory-store.js';
import {
  oracle,
  rowsOf,
  ToyHost,
  ToySources,
  type Toy,
  type ToyNode,
  type ToyRow,
  type ToyStream,
} from '../support/toy-strategy.js';

/** Minutes from here; a handful of hours is enough to have every kind of boundary. */
const ORIGIN = 1_700_006_400;
const MINUTES = 400;
/** Cases of the longest hunt; where a number is asked for, it takes the time that it takes. */
const ASKED_CASES = Number(process.env['SEAMLESS_CASES'] ?? 0);

const INTERVALS = [60, 120, 300, 600, 3600];

const streamArbitrary = fc.record({
  kind: fc.constant('stream' as const),
  interval: fc.constantFrom(...INTERVALS),
  leastHistory: fc.integer({ min: 1, max: 4 }),
  holes: fc.constantFrom(0, 0.1, 0.4, 0.7),
  seed: fc.integer({ min: 1, max: 1e6 }),
  whole: fc.boolean(),
});

type DrawnStream = typeof streamArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** Toys to run, from what was drawn: steps change them, and shrinking must start from what was drawn. */
function made(drawn: readonly (DrawnStream | ToyNode)[]): Toy[] {
  return drawn.map((toy) => {
    if (toy.kind === 'node') return { ...toy };
    const { interval, leastHistory, holes, seed, whole } = toy;
    const rows = bars(interval, holes, seed);
    return { kind: 'stream', interval, leastHistory, rows, whole };
  });
}

function bars(interval: number, holes: number, seed: number): ToyRow[] {
  const rows: ToyRow[] = [];
  let state = seed;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  for (let ts = ORIGIN; ts < ORIGIN + MINUTES * 60; ts += interval) {
    if (random() >= holes) rows.push({ ts, value: Math.floor(random() * 1e6) / 64 });
  }
  return rows;
}

const dagArbitrary = fc
  .record({
    streams: fc.array(streamArbitrary, { minLength: 1, maxLength: 3 }),
    nodes: fc.array(
      fc.record({
        interval: fc.constantFrom(...INTERVALS),
        picks: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 3 }),
        seed: fc.nat(1000),
        sparse: fc.constantFrom(0, 0, 2, 3, 7),
        scan: fc.constantFrom(undefined, undefined, undefined, 'sum' as const, 'position' as const),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ streams, nodes }) => {
    const toys: (DrawnStream | ToyNode)[] = [...streams];
    for (const { interval, picks, seed, sparse, scan } of nodes) {
      const inputs = picks.map(([pick, period]) => ({ node: pick % toys.length, period }));
      toys.push({ kind: 'node', interval, inputs, seed, sparse, failsAt: null, scan });
    }
    return toys;
  });

const rangeArbitrary = fc
  .tuple(
    fc.integer({ min: -30, max: MINUTES + 30 }),
    fc.integer({ min: 1, max: MINUTES }),
    fc.constantFrom(0, 0, 30),
  )
  .map(([start, length, odd]) => ({
    start: ORIGIN + start * 60 + odd,
    end: ORIGIN + (start + length) * 60 + odd,
  }));

type Step =
  | {
      readonly kind: 'run';
      readonly range: { start: number; end: number };
      readonly chunkSlots: number;
      readonly cancelAfter: number | null;
      readonly extent: Extent;
    }
  | {
      readonly kind: 'edit' | 'fail' | 'correct' | 'insert' | 'delete' | 'prepend' | 'truncate' | 'extend';
      readonly pick: number;
      readonly at: number;
    };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('run' as const),
      range: rangeArbitrary,
      chunkSlots: fc.constantFrom(1, 3, 8, 64, 16_384),
      cancelAfter: fc.option(fc.nat(12), { freq: 3 }),
      extent: fc.constantFrom('all' as const, 'missing' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('edit', 'fail', 'correct', 'insert', 'delete', 'prepend', 'truncate', 'extend'),
      pick: fc.nat(),
      at: fc.nat(),
    }),
  },
);

/** Runs, and gives up after so many computations where that is asked for. Null: cancelled, or outside the data. */
async function run(
  toys: readonly Toy[],
  store: MemoryStore,
  range: { start: number; end: number },
  {
    host = new ToyHost(toys),
    chunkSlots = 16_384,
    cancelAfter = null,
    extent = 'all',
  }: { host?: ToyHost; chunkSlots?: number; cancelAfter?: number | null; extent?: Extent } = {},
): Promise<{ outcome: RunOutcome; report: RunReport } | null> {
  const controller = new AbortController();
  let progressed = 0;
  const progress = (): void => {
    if (cancelAfter !== null && progressed++ >= cancelAfter) controller.abort();
  };
  try {
    const hooks = { progress, signal: controller.signal, chunkSlots };
    const ports = { host, store, sources: new ToySources(toys), nonce: 'nonce' };
    const outcome = await materialize(ports, range, hooks, extent);
    return { outcome, report: await reportOf(outcome, 0) };
  } catch (error) {
    if (error instanceof SeamlessError && ['outside-data', 'cancelled'].includes(error.code)) return null;
    throw error;
  }
}

/** What the run stored for the range must be what the definition says, row by row and bit by bit. */
async function checkAgainstOracle(
  toys: readonly Toy[],
  store: MemoryStore,
  range: { start: number; end: number },
  result: { outcome: RunOutcome; report: RunReport },
): Promise<void> {
  const truth = oracle(toys);
  const { state } = result.outcome;
  for (const node of state.graph.nodes) {
    const [table] = await store.read([{ fingerprint: state.fingerprint(node.index).full, range }]);
    const report = result.report.nodes[node.index];
    assert.ok(table && report);
    const covered = (ts: number): boolean => report.coverage.some(([start, end]) => ts >= start && ts < end);
    const expected = (truth[node.index] as ToyRow[]).filter(({ ts }) => covered(ts));
    assert.deepEqual(rowsOf(table), expected, `${node.name} over ${range.start}..${range.end}`);
    const attainable = state.wanted(node);
    if (report.state === 'stale') {
      const earlier = (await store.current(state.graph.strategy)).get(node.name) ?? '';
      assert.notEqual(earlier, state.fingerprint(node.index).full);
      const spans = union((await store.coverage([earlier])).get(earlier) ?? []);
      assert.deepEqual(difference([attainable], spans), [], `${node.name} is complete in its version before`);
      assert.deepEqual([report.computedRanges, report.adoptedRanges], [[], []], `${node.name} is left`);
      continue;
    }
    if (report.state !== 'failed' && report.state !== 'blocked' && attainable.start < attainable.end) {
      const [first, ...rest] = report.coverage;
      assert.ok(first && rest.length === 0, `${node.name} is complete in one stretch`);
      assert.ok(
        first[0] <= attainable.start && first[1] >= Math.min(attainable.end, range.end),
        `${node.name} is complete`,
      );
    }
  }
}

function change(toys: readonly Toy[], step: Exclude<Step, { kind: 'run' }>): void {
  if (step.kind === 'edit' || step.kind === 'fail') {
    const nodes = toys.filter((toy): toy is ToyNode => toy.kind === 'node');
    const node = nodes[step.pick % nodes.length] as ToyNode;
    if (step.kind === 'edit') node.seed = step.at % 3;
    else
      node.failsAt =
        node.failsAt === null
          ? ORIGIN + Math.floor((step.at % (MINUTES * 60)) / node.interval) * node.interval
          : null;
    return;
  }
  const streams = toys.filter((toy): toy is ToyStream => toy.kind === 'stream');
  const stream = streams[step.pick % streams.length] as ToyStream;
  stream.rows = changedRows(stream, step.kind, step.at);
}

function changedRows({ rows, interval }: ToyStream, kind: string, at: number): readonly ToyRow[] {
  const index = rows.length === 0 ? 0 : at % rows.length;
  const firstTs = rows[0]?.ts ?? ORIGIN;
  const lastTs = rows.at(-1)?.ts ?? ORIGIN;
  const fresh = (ts: number): ToyRow => ({ ts, value: (at % 1000) / 16 });
  switch (kind) {
    case 'correct':
      return rows.map((row, i) => (i === index ? fresh(row.ts) : row));
    case 'delete':
      return rows.filter((_, i) => i !== index);
    case 'prepend':
      return [fresh(firstTs - interval * (1 + (at % 3))), ...rows];
    case 'truncate':
      return rows.slice(0, Math.max(1, rows.length - 1 - (at % 5)));
    case 'extend':
      return [...rows, fresh(lastTs + interval * (1 + (at % 3)))];
    default: {
      const slots = Math.max(1, Math.floor((lastTs - firstTs) / interval));
      const ts = firstTs + (at % slots) * interval;
      return rows.some((row) => row.ts === ts) ? rows : [...rows, fresh(ts)].sort((a, b) => a.ts - b.ts);
    }
  }
}

describe('a cache that tells the truth', () => {
  it('agrees with the definition after any sequence of ranges, code edits, failures and source changes', async () => {
    await fc.assert(
      fc.asyncProperty(
        dagArbitrary,
        fc.array(stepArbitrary, { minLength: 1, maxLength: 8 }),
        rangeArbitrary,
        async (drawn, steps, last) => {
          const toys = made(drawn);
          const store = new MemoryStore();
          const finish = {
            kind: 'run' as const,
            range: last,
            chunkSlots: 8,
            cancelAfter: null,
            extent: 'all' as const,
          };
          for (const step of [...steps, finish]) {
            if (step.kind !== 'run') {
              change(toys, step);
              continue;
            }
            const result = await run(toys, store, step.range, step);
            if (result) await checkAgainstOracle(toys, store, step.range, result);
          }
        },
      ),
      ASKED_CASES > 0
        ? { numRuns: ASKED_CASES }
        : { numRuns: 1000, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
    );
  }).timeout(ASKED_CASES > 0 ? 0 : 120_000);

  it('computes nothing when the same range is asked for again', async () => {
    await fc.assert(
      fc.asyncProperty(dagArbitrary, rangeArbitrary, async (drawn, range) => {
        const toys = made(drawn);
        const store = new MemoryStore();
        const first = await run(toys, store, range);
        if (!first) return;
        const host = new ToyHost(toys);
        const second = await run(toys, store, range, { host });
        assert.deepEqual(
          host.calls,
          toys.map(() => 0),
        );
        assert.ok(second);
        assert.deepEqual(second.report.coverageBounds, first.report.coverageBounds);
        assert.equal(second.report.hits, toys.length);
      }),
      { numRuns: 300 },
    );
  }).timeout(60_000);

  it('fires no bar of the request twice, whatever the ranges', async () => {
    await fc.assert(
      fc.asyncProperty(
        dagArbitrary,
        fc.array(rangeArbitrary, { minLength: 1, maxLength: 5 }),
        async (drawn, ranges) => {
          const toys = made(drawn);
          const store = new MemoryStore();
          for (const range of ranges) {
            const before = await run(toys, store, range);
            if (!before) continue;
            for (const { computedRanges, coverage } of before.report.nodes) {
              for (const [start, end] of computedRanges) {
                assert.ok(coverage.some((span) => span[0] <= start && end <= span[1]));
              }
            }
            const again = await run(toys, store, range);
            assert.ok(again?.report.nodes.every(({ computedRanges }) => computedRanges.length === 0));
          }
        },
      ),
      { numRuns: 200 },
    );
  }).timeout(60_000);
});
