import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { NodeStore } from '../../../src/engine/ports/store.js';
import { floorToGrid, type Range } from '../../../src/sdk/time/time.js';
import { changeArbitrary, type Change } from './changes.js';
import {
  assertComplete,
  assertSame,
  assertSameReport,
  assertTruth,
  isDone,
  rangeArbitrary,
  run,
  World,
  type Cut,
  type Done,
  type Ended,
} from './runs.js';
import { openOf } from './slots.js';
import type { Break } from './sources.js';
import { ORIGIN, UNITS, worldArbitrary, type Scale, type Spec } from './spec.js';

interface Setting {
  /** Gives an empty store each time it is called. */
  readonly newStore: () => Promise<NodeStore>;
  /** How runs are cut into chunks. */
  readonly cuts: fc.Arbitrary<Cut>;
  /** Default: minutes. */
  readonly scale?: Scale;
}

/** A property over worlds: drawn by fast-check, tried on stores of one kind. */
export type Property = (setting: Setting) => fc.IAsyncProperty<unknown>;

const breakArbitrary: fc.Arbitrary<Break> = fc.record({
  pick: fc.nat(),
  where: fc.constantFrom('open', 'version', 'bounds', 'read', 'read', 'read'),
  after: fc.nat(6),
});

interface RunStep extends Cut {
  readonly kind: 'run';
  /** Null: that of the last run, as when somebody edits and looks again. */
  readonly range: Range | null;
  readonly extent: 'all' | 'missing';
  readonly cancelAfter: number | null;
  readonly breaks: Break | null;
}

type Step = RunStep | { readonly kind: 'change'; readonly change: Change };

const stepOf = (cuts: fc.Arbitrary<Cut>, scale: Scale): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .record({
          cut: cuts,
          range: fc.option(rangeArbitrary(scale), { freq: 2 }),
          extent: fc.constantFrom('all' as const, 'all' as const, 'missing' as const),
          cancelAfter: fc.option(fc.nat(25), { freq: 4 }),
          breaks: fc.option(breakArbitrary, { freq: 6 }),
        })
        .map(({ cut, ...rest }) => ({ kind: 'run' as const, ...cut, ...rest })),
    },
    { weight: 4, arbitrary: changeArbitrary.map((change) => ({ kind: 'change' as const, change })) },
  );

/** What a user does over days: runs, edits, undoes, gets new data, cancels. Then a run is like one in an empty cache. */
export const incrementalIsCold: Property = ({ newStore, cuts, scale = 'minutes' }) =>
  fc.asyncProperty(
    worldArbitrary(scale),
    fc.array(stepOf(cuts, scale), { minLength: 2, maxLength: 10 }),
    rangeArbitrary(scale),
    cuts,
    async (draw, steps, last, cut) => {
      const world = new World(draw);
      const store = await newStore();
      let range = last;
      for (const step of steps) {
        if (step.kind === 'change') {
          world.change(step.change);
          continue;
        }
        range = step.range ?? range;
        const ended = await run(world, store, range, step);
        if (!isDone(ended)) continue;
        await assertTruth(world, store, ended);
        await assertComplete(world, store, range, ended);
      }
      const done = await run(world, store, last, cut);
      const empty = await newStore();
      const cold = await run(world, empty, last);
      await endsAlike(world, last, { store, ended: done }, { store: empty, ended: cold });
    },
  );

/** However a run is cut into chunks, it stores the same; cut otherwise, all of it is there. */
export const chunkedIsWhole: Property = ({ newStore, cuts, scale = 'minutes' }) =>
  fc.asyncProperty(
    worldArbitrary(scale),
    rangeArbitrary(scale),
    cuts,
    cuts,
    async (draw, range, cut, other) => {
      const world = new World(draw);
      const [store, empty] = [await newStore(), await newStore()];
      const done = await run(world, store, range, cut);
      const cold = await run(world, empty, range);
      if (!(await endsAlike(world, range, { store, ended: done }, { store: empty, ended: cold }))) return;
      const again = await run(world, store, range, other);
      assertNothingComputed(world, again);
    },
  );

/** Only what fails, or cannot be hashed, is computed again. */
function assertNothingComputed(world: World, again: Done | string): void {
  assert.ok(typeof again === 'object');
  const unsettled = world.specs.map((spec, index): boolean => {
    const truth = world.truth[index];
    return (truth && truth.sound < truth.limit) || (spec.kind === 'node' && !spec.hashable);
  });
  // Whoever depends on one of these, and whoever it reads, may be at work.
  if (unsettled.includes(true)) return;
  assert.deepEqual(
    again.host.calls,
    world.specs.map(() => 0),
  );
}

interface Piece extends Cut {
  readonly range: Range;
}

/** A request in pieces that overlap, in any order. */
const piecesOf = (cuts: fc.Arbitrary<Cut>) =>
  fc.record({
    cuts: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(20)), {
      minLength: 1,
      maxLength: 4,
    }),
    order: fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
    cuttings: fc.array(cuts, { minLength: 5, maxLength: 5 }),
  });

type Pieces = ReturnType<typeof piecesOf> extends fc.Arbitrary<infer T> ? T : never;

function inPieces({ start, end }: Range, { cuts, order, cuttings }: Pieces, unit: number): Piece[] {
  const inner = cuts.map(([share, overlap]) => ({
    at: floorToGrid(start + share * (end - start), unit / 2, 0),
    overlap: overlap * unit,
  }));
  const borders = [{ at: start, overlap: 0 }, ...inner.sort((a, b) => a.at - b.at), { at: end, overlap: 0 }];
  const pieces = borders.slice(1).map(({ at, overlap }, i) => ({
    range: { start: borders[i]?.at ?? start, end: Math.min(end, at + overlap) },
    ...(cuttings[i] as Cut),
    rank: order[i] as number,
  }));
  return pieces.filter(({ range }) => range.start < range.end).sort((a, b) => a.rank - b.rank);
}

export const anyOrderIsOne: Property = ({ newStore, cuts, scale = 'minutes' }) =>
  fc.asyncProperty(
    worldArbitrary(scale),
    rangeArbitrary(scale),
    piecesOf(cuts),
    async (draw, range, drawn) => {
      const world = new World(draw);
      const [store, empty] = [await newStore(), await newStore()];
      const cold = await run(world, empty, range);
      if (!isDone(cold)) return;
      let done: Done | null = null;
      for (const piece of inPieces(range, drawn, UNITS[scale])) {
        const ended = await run(world, store, piece.range, piece);
        // A piece without a bar of any source is refused: then a longer one has its bars.
        const longer = {
          start: piece.range.start - 120 * UNITS[scale],
          end: piece.range.end + 120 * UNITS[scale],
        };
        const instead = ended === 'outside' ? await run(world, store, longer, piece) : ended;
        if (isDone(instead)) done = instead;
      }
      assert.ok(done);
      await assertTruth(world, store, done);
      if (world.specs.some((spec) => spec.kind === 'node' && !spec.hashable)) return;
      await assertSame(world, range, { store, done }, { store: empty, done: cold });
      const again = await run(world, store, range);
      assertNothingComputed(world, again);
      if (isDone(again)) assertSameReport(world, again.report, cold.report);
    },
  );

export const resumedIsUninterrupted: Property = ({ newStore, cuts, scale = 'minutes' }) =>
  fc.asyncProperty(
    worldArbitrary(scale),
    rangeArbitrary(scale),
    cuts,
    fc.array(fc.oneof(fc.nat(12), fc.nat(60), breakArbitrary), { minLength: 1, maxLength: 4 }),
    async (draw, range, cut, interruptions) => {
      const world = new World(draw);
      const [store, empty] = [await newStore(), await newStore()];
      const cold = await run(world, empty, range, cut);
      for (const each of interruptions) {
        const how = typeof each === 'number' ? { cancelAfter: each } : { breaks: each };
        await run(world, store, range, { ...cut, ...how });
      }
      const done = await run(world, store, range, cut);
      await endsAlike(world, range, { store, ended: done }, { store: empty, ended: cold });
    },
  );

/** Early cutoff: of nodes whose text changes and whose rows do not, those that read them are reused as they are. */
export const sameOutputStops: Property = ({ newStore, cuts, scale = 'minutes' }) =>
  fc.asyncProperty(
    worldArbitrary(scale),
    rangeArbitrary(scale),
    cuts,
    fc.array(fc.tuple(fc.nat(), fc.boolean()), { minLength: 1, maxLength: 4 }),
    fc.constantFrom(true, true, true, false),
    async (draw, drawn, cut, edits, early) => {
      const world = new World(draw, { settled: true });
      const range = early ? { start: ORIGIN - 60 * UNITS[scale], end: drawn.end } : drawn;
      const store = await newStore();
      if (!isDone(await run(world, store, range, cut))) return;
      for (const [pick, back] of edits) {
        const before = world.specs;
        world.change({ kind: 'rewording', pick, at: 0 });
        const edited = world.specs.findIndex((spec, index) => spec !== before[index]);
        await assertOnly(world, store, { range, cut }, [edited]);
        if (!back) continue;
        world.change({ kind: 'undo', pick, at: 0 });
        await assertOnly(world, store, { range, cut }, []);
      }
    },
  );

/**
 * A run over a range computes bars of these nodes in it and of no others, and stores what a run in an empty cache does. Bars
 * before and after it that are needed for those are not kept, and computed again.
 */
async function assertOnly(
  world: World,
  store: NodeStore,
  { range, cut }: { readonly range: Range; readonly cut: Cut },
  computed: readonly number[],
): Promise<void> {
  const done = await run(world, store, range, cut);
  assert.ok(isDone(done));
  const others = done.host.fired.flatMap((fired, index) => {
    const opens = fired.map((asOf) => openOf(asOf, world.specs[index] as Spec));
    const within = opens.filter((open) => open >= range.start && open < range.end);
    return within.length > 0 && !computed.includes(index) ? [`n${index} at ${within.join(', ')}`] : [];
  });
  assert.deepEqual(others, []);
  await assertTruth(world, store, done);
  await assertComplete(world, store, range, done);
}

/** A run and a cold one end the same way; where both are done, with the true rows and one report. @returns whether both are done */
async function endsAlike(
  world: World,
  range: Range,
  { store, ended }: { readonly store: NodeStore; readonly ended: Ended },
  cold: { readonly store: NodeStore; readonly ended: Ended },
): Promise<boolean> {
  if (!isDone(ended) || !isDone(cold.ended)) {
    assert.deepEqual(ended, cold.ended);
    return false;
  }
  await assertTruth(world, store, ended);
  await assertTruth(world, cold.store, cold.ended);
  await assertSame(world, range, { store, done: ended }, { store: cold.store, done: cold.ended });
  assertSameReport(world, ended.report, cold.ended.report);
  return true;
}
