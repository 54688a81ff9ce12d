// Slow (15 s): properties over whole runs.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { prepare } from '../../../src/engine/plan/prepare.js';
import { difference, union } from '../../../src/engine/plan/ranges.js';
import { singleBar } from '../../../src/engine/run/single-bar.js';
import { floorToGrid, type Range } from '../../../src/sdk/time/time.js';
import { cases } from '../../support/profile.js';
import { MemoryStore } from '../../support/memory-store.js';
import { changedRows } from '../../support/worlds/changes.js';
import { stateBefore, type Truth } from '../../support/worlds/definition.js';
import { drawnRows, node, portsOf, QUIET, stream } from '../../support/worlds/made.js';
import {
  assertComplete,
  assertTruth,
  isDone,
  rangeArbitrary,
  run,
  World,
  type Cut,
  type Done,
} from '../../support/worlds/runs.js';
import { MINUTES, ORIGIN, worldArbitrary, type Spec } from '../../support/worlds/spec.js';
import type { Row } from '../../support/worlds/values.js';

const ALL = { start: ORIGIN, end: ORIGIN + MINUTES * 60 };
const kinds = fc.constantFrom('sum' as const, 'mean' as const, 'position' as const);

/** Bars of minutes, whose values and holes go by a seed. */
function minutes(holes: number, seed: number): Row[] {
  return drawnRows(60, MINUTES, holes, seed);
}

/** Over specs as they are now, a run that must come to its end. */
async function ran(specs: readonly Spec[], store: MemoryStore, range: Range, cut: Partial<Cut> = {}) {
  const world = new World(specs);
  const done = await run(world, store, range, { scanSlots: 16, ...cut });
  assert.ok(isDone(done));
  return { ...done, world };
}

async function assertRight(store: MemoryStore, range: Range, { world, ...done }: Done & { world: World }) {
  await assertTruth(world, store, done);
  await assertComplete(world, store, range, done);
}

describe('a scan', () => {
  it('computes appended bars, and nothing of what it has', async () => {
    await fc.assert(
      fc.asyncProperty(
        kinds,
        fc.integer({ min: 1, max: MINUTES - 1 }),
        rangeArbitrary('minutes'),
        fc.constantFrom(0, 0.3),
        async (scan, known, range, holes) => {
          const rows = minutes(holes, known);
          const price = stream(60, rows.slice(0, known));
          const specs = [price, node(60, { 0: 2 }, { scan })];
          const store = new MemoryStore();
          const first = await run(new World(specs), store, range);
          const hash = isDone(first) ? first.outcome.state.fingerprint(1).hash : '';
          const covered = (await store.coverage([hash])).get(hash) ?? [];
          const reached = Math.max(0, ...covered.map(({ end }) => end));
          price.rows = rows;
          const { host } = await ran(specs, store, ALL);
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

  it('computes after a correction from its block on, until a state equals the stored one', async () => {
    await fc.assert(
      fc.asyncProperty(
        kinds,
        fc.nat(MINUTES - 1),
        fc.constantFrom(1, 4, 16),
        fc.constantFrom(8, 64, 16_384),
        async (scan, at, scanSlots, chunkSlots) => {
          const price = stream(60, minutes(0, at + 1));
          const specs = [price, node(60, { 0: 1 }, { scan })];
          const store = new MemoryStore();
          const cut = { scanSlots, chunkSlots };
          const before = (await ran(specs, store, ALL, cut)).world.truth[1] as Truth;
          price.rows = changedRows(price, { kind: 'correct', pick: 0, at });
          const done = await ran(specs, store, ALL, cut);
          await assertRight(store, ALL, done);
          const after = done.world.truth[1] as Truth;
          const blockOf = (ts: number): number => floorToGrid(ts, Math.min(scanSlots, chunkSlots) * 60, 0);
          const corrected = ORIGIN + at * 60;
          const expected = price.rows.filter(({ ts }) => {
            const block = Math.max(blockOf(ts), ORIGIN);
            const same = Buffer.from(stateBefore(before, block)).equals(stateBefore(after, block));
            return block === Math.max(blockOf(corrected), ORIGIN) || (ts > corrected && !same);
          });
          assert.deepEqual(
            done.host.fired[1],
            expected.map(({ ts }) => ts + 60),
          );
        },
      ),
      cases(150),
    );
  });

  it('is reused whole when what changed upstream of it comes out the same', async () => {
    const upstream = node(60, { 0: 1 });
    const specs = [stream(60, minutes(0, 7)), upstream, node(60, { 1: 2 }, { seed: 3, scan: 'sum' })];
    const store = new MemoryStore();
    await ran(specs, store, ALL);
    upstream.code.text = 1;
    const { host, report } = await ran(specs, store, ALL);
    assert.deepEqual(host.fired[2], []);
    assert.equal(report.nodes[2]?.state, 'reused');
  });

  it('edited, it reads its inputs from the cache, from the beginning', async () => {
    const price = stream(60, minutes(0.2, 7));
    const own = node(60, { 1: 2 }, { seed: 3, scan: 'sum' });
    const specs = [price, node(60, { 0: 1 }, { seed: 3 }), own];
    const store = new MemoryStore();
    const late = { start: ALL.end - 600, end: ALL.end };
    await ran(specs, store, late);
    own.code.seed = 4;
    const done = await ran(specs, store, late);
    await assertRight(store, late, done);
    assert.deepEqual([done.host.fired[1], done.host.fired[2]?.length], [[], price.rows.length - 1]);
  });

  it('goes on across a hole that damage left in what is stored', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), rangeArbitrary('minutes'), async (first, second, range) => {
        const specs = [stream(60, minutes(0.1, 5)), node(60, { 0: 3 }, { scan: 'mean' })];
        const store = new MemoryStore();
        const { outcome } = await ran(specs, store, ALL);
        const { hash } = outcome.state.fingerprint(1);
        const own = store.spans.filter(({ fingerprint }) => fingerprint === hash);
        for (const pick of [first, second]) {
          const lost = own[pick % own.length];
          store.spans = store.spans.filter((span) => span !== lost);
          if (lost) store.segments.delete(lost.segment);
        }
        const done = await run(new World(specs), store, range, { scanSlots: 16 });
        if (!isDone(done)) return;
        const { state } = done.outcome;
        const wanted = [state.wanted(state.node(1))].filter(({ start, end }) => start < end);
        assert.deepEqual(difference(wanted, union((await store.coverage([hash])).get(hash) ?? [])), []);
        await assertRight(store, ALL, await ran(specs, store, ALL));
      }),
      cases(200),
    );
  });

  it('gives the state before one bar, whatever is stored', async () => {
    let asked = 0;
    const parameters = cases(600);
    await fc.assert(
      fc.asyncProperty(
        worldArbitrary('minutes'),
        rangeArbitrary('minutes'),
        fc.nat(),
        async (draw, range, pick) => {
          const world = new World(draw, { settled: true });
          const index = world.specs.findIndex((spec) => spec.kind === 'node' && spec.scan !== null);
          const store = new MemoryStore();
          const done = index < 0 ? null : await run(world, store, range, { scanSlots: 16 });
          if (!done || !isDone(done)) return;
          const truth = world.truth[index] as Truth;
          const { limit } = done.outcome.state.horizon(index);
          const fired = truth.states.filter(({ ts }) => ts < limit);
          const bar = fired[pick % Math.max(1, fired.length)]?.ts;
          if (bar === undefined) return;
          const ports = portsOf(world.specs, store);
          const prepared = await prepare(ports, ports.nonce);
          const commits = store.segments.size;
          const request = await singleBar(ports, prepared, index, bar, QUIET);
          assert.deepEqual([...request.asOf], [bar + (prepared.graph.nodes[index]?.interval ?? 0)]);
          assert.deepEqual(request.state, stateBefore(truth, bar));
          const added = [...store.segments.values()].slice(commits);
          assert.ok(
            added.every(({ inputDigests }) => inputDigests.length === 0),
            'nothing of a computed node is stored',
          );
          asked++;
        },
      ),
      parameters,
    );
    assert.ok(asked > (parameters.numRuns ?? 0) / 8, `${asked} bars`);
  });
});
