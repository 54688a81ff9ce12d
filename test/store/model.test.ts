import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {
  Reuse,
  Commit,
  Invalidation,
  NewSegment,
  NodeRecord,
  NodeStore,
} from '../../src/engine/ports/store.js';
import { union } from '../../src/engine/plan/ranges.js';
import { nullColumn, type Table } from '../../src/sdk/table.js';
import type { Range } from '../../src/sdk/time/time.js';
import { openStore, type Store } from '../../src/store/store.js';
import { MemoryStore } from '../support/memory-store.js';
import {
  ALL_TIME,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  record,
  recordTable,
  rowsOf,
  valueTable,
} from './support.js';
import { cases } from '../support/profile.js';

/** A small DAG: two streams, a chain of two below the first, and a fan-in. */
const INPUTS: Readonly<Record<string, readonly string[]>> = {
  s1: [],
  s2: [],
  a: ['s1'],
  b: ['a'],
  c: ['b', 's2'],
};
const NODES = Object.keys(INPUTS);
const SLOTS = 24;

type Step =
  | {
      readonly kind: 'commit';
      readonly writes: readonly Write[];
      readonly drops: readonly Drop[];
      readonly reuse: number;
    }
  | { readonly kind: 'register'; readonly edited: string }
  | { readonly kind: 'fail'; readonly writes: readonly Write[]; readonly drops: readonly Drop[] }
  | { readonly kind: 'reopen' };

interface Write {
  readonly node: string;
  readonly start: number;
  readonly length: number;
  readonly seed: number;
}

interface Drop {
  readonly node: string;
  readonly range: Range;
  readonly whole: boolean;
  readonly until: number | null;
}

const slot = fc.integer({ min: 0, max: SLOTS - 1 });
const write: fc.Arbitrary<Write> = fc.record({
  node: fc.constantFrom(...NODES),
  start: slot,
  length: fc.integer({ min: 1, max: 8 }),
  seed: fc.integer({ min: 0, max: 9 }),
});
const drop: fc.Arbitrary<Drop> = fc.record({
  node: fc.constantFrom(...NODES),
  range: fc
    .tuple(slot, fc.constantFrom(1, 3, 8, Infinity))
    .map(([start, length]) => ({ start, end: start + length })),
  whole: fc.boolean(),
  until: fc.option(slot),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      writes: fc.array(write, { maxLength: 4 }),
      drops: fc.array(drop, { maxLength: 2 }),
      reuse: fc.nat({ max: 40 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('register' as const), edited: fc.constantFrom(...NODES) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      writes: fc.array(write, { maxLength: 2 }),
      drops: fc.array(drop, { maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);

/** Rows in `[start, end)`, some missing, some null; records for node `b`, numbers for the others. */
function tableOf({ node, start, seed }: Write, end: number): Table {
  const times = Array.from({ length: end - start }, (_, index) => start + index).filter(
    (time) => (time + seed) % 4 !== 0,
  );
  const values = times.map((time) => (time % 3 === 0 ? -0 : time * 1.5 + seed));
  if (seed === 9) return valueTable(times, nullColumn(times.length));
  const valid = times.map((time) => (time % 5 === 0 ? 0 : 1));
  if (node !== 'b') return valueTable(times, numbers(values, valid));
  return recordTable(times, { x: numbers(values), y: numbers(values, valid) }, valid);
}

function records(version: Readonly<Record<string, number>>): NodeRecord[] {
  return NODES.map((node) => {
    const inputs = INPUTS[node] ?? [];
    // Fingerprints stay, so that coverage can be compared whatever was edited; own hashes change.
    return record(node, node, {
      codeHash: `${node} ${version[node] ?? 0}`,
      inputs,
      lookbacks: inputs.map((_, position) => (position === 0 ? inputs.length : null)),
      kind: inputs.length > 0 ? 'node' : 'stream',
    });
  });
}

/** Turns a step into a commit that is allowed: what would be covered twice is left out. */
async function commitOf(model: MemoryStore, plan: Extract<Step, { kind: 'commit' }>): Promise<Commit> {
  const invalidations = plan.drops.map(({ node: fingerprint, range, whole, until }): Invalidation => ({
    fingerprint,
    range,
    whole,
    ...(until !== null && { cause: { stream: 's1', until } }),
  }));
  const covered = new Map<string, Range[]>();
  for (const [node, spans] of await model.coverage(NODES)) covered.set(node, [...spans]);
  const isFree = (node: string, range: Range): boolean =>
    !(covered.get(node) ?? []).some((span) => span.start < range.end && range.start < span.end);
  const segments: NewSegment[] = [];
  for (const each of plan.writes) {
    const range = { start: each.start, end: Math.min(SLOTS, each.start + each.length) };
    if (!isFree(each.node, range)) continue;
    covered.get(each.node)?.push(range);
    const table = tableOf(each, range.end);
    segments.push({
      fingerprint: each.node,
      codeHash: `${each.node} own`,
      range,
      table,
      inputDigests: [`digest ${each.seed}`],
      ...(each.seed > 2 && { since: { s1: each.seed > 4 ? each.start - each.seed : -Infinity } }),
    });
  }
  const reuses: Reuse[] = [];
  const known = [...model.segments].filter(([, { fingerprint, range }]) => isFree(fingerprint, range));
  const chosen = known[plan.reuse];
  if (chosen) reuses.push({ fingerprint: chosen[1].fingerprint, segment: chosen[0], range: chosen[1].range });
  const sources = plan.writes.slice(0, 1).map(({ node, seed }) => ({
    fingerprint: node,
    state: { version: seed === 0 ? null : `v${seed}`, first: seed, last: null },
  }));
  return { invalidations, segments, reuses, sources };
}

async function assertAlike(store: NodeStore, model: NodeStore): Promise<void> {
  const names = [...NODES, 'unknown'];
  const ranges = [ALL_TIME, { start: 3, end: 11 }, { start: 10, end: 10 }, { start: 7, end: 8 }];
  const requests = names.flatMap((fingerprint) => ranges.map((range) => ({ fingerprint, range })));
  // Before coverage is known as well as after, when it tells the columns and the counts.
  assert.deepEqual(await store.summarize(requests), await model.summarize(requests));
  assert.deepEqual([...(await store.coverage(names))], [...(await model.coverage(names))]);
  assert.deepEqual([...(await store.covered(names))], [...(await model.covered(names))]);
  assert.deepEqual([...(await store.sources(names))].sort(), [...(await model.sources(names))].sort());
  assert.deepEqual((await store.read(requests)).map(rowsOf), (await model.read(requests)).map(rowsOf));
  // Of one answer first these are asked, then others, then these again.
  for (const asked of [requests, requests.toReversed().slice(2), requests]) {
    assert.deepEqual(await store.summarize(asked), await model.summarize(asked));
  }
  for (const before of [9, Infinity]) {
    for (const count of [1, 6]) {
      for (const node of names) {
        const found = await store.lastTimes(node, before, count);
        assert.deepEqual(found, await model.lastTimes(node, before, count), `${node} ${before} ${count}`);
      }
    }
  }
  const counts = [1, 5];
  const times = names.flatMap((fingerprint) =>
    [2, 9].flatMap((from) => counts.map((count) => ({ fingerprint, from, count }))),
  );
  assert.deepEqual(await store.timesFrom(times), await model.timesFrom(times));
  assert.deepEqual(await store.readsSince(requests), await model.readsSince(requests));
  for (const stream of ['s1', 's2', 'a', 'c'])
    assert.deepEqual(await found(store, stream), await found(model, stream));
  const owns = ['a own', 'b own', 'nobody'];
  const candidates = await store.candidates(owns, { start: 2, end: 20 });
  assert.deepEqual(candidates, await model.candidates(owns, { start: 2, end: 20 }));
  const ids = candidates.map(({ segment }) => segment);
  assert.deepEqual((await store.readSegments(ids)).map(rowsOf), (await model.readSegments(ids)).map(rowsOf));
}

async function found(store: NodeStore, stream: string): Promise<unknown[]> {
  return [...(await store.dependents(stream))].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
}

async function play(dir: string, steps: readonly Step[]): Promise<void> {
  const model = new MemoryStore();
  const version: Record<string, number> = {};
  let store: Store = await openStore({ dir });
  try {
    assert.deepEqual(await store.register(records(version)), await model.register(records(version)));
    for (const each of steps) {
      if (each.kind === 'reopen') {
        await store.close();
        store = await openStore({ dir });
      } else if (each.kind === 'register') {
        version[each.edited] = (version[each.edited] ?? 0) + 1;
        assert.deepEqual(await store.compare(records(version)), await model.compare(records(version)));
        assert.deepEqual(await store.register(records(version)), await model.register(records(version)));
      } else if (each.kind === 'fail') {
        const parts = await commitOf(model, { ...each, kind: 'commit', reuse: 0 });
        const absent = { fingerprint: 'a', segment: 9999, range: { start: SLOTS, end: SLOTS + 1 } };
        await assert.rejects(store.commit({ ...parts, reuses: [absent] }), { code: 'internal' });
      } else {
        const parts = await commitOf(model, each);
        await store.commit(parts);
        await model.commit(parts);
      }
      await assertAlike(store, model);
      // What is asked again is recalled.
      await assertAlike(store, model);
    }
  } finally {
    await store.close();
  }
}

describe('store: like the model', () => {
  it('through any sequence of commits, invalidations, adoptions and openings', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) =>
        inFolder((dir) => play(dir, steps)),
      ),
      cases(15),
    );
  });

  it('refuses coverage that overlaps, and then holds what it held before', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      const table = valueTable([0, 60], numbers([1, 2]));
      const at = (start: number, end: number): NewSegment => ({
        fingerprint: 'a',
        codeHash: 'o',
        range: { start, end },
        table,
        inputDigests: [],
      });
      await store.commit({ ...EMPTY_COMMIT, segments: [at(0, 120)] });
      const before = await store.coverage(['a', 'fresh']);
      const clash = { ...EMPTY_COMMIT, segments: [{ ...at(0, 60), fingerprint: 'fresh' }, at(60, 180)] };
      await assert.rejects(store.commit(clash), { code: 'internal' });
      assert.deepEqual(await store.coverage(['a', 'fresh']), before);
      await assert.rejects(store.commit({ ...EMPTY_COMMIT, segments: [at(200, 300), at(240, 260)] }), {
        code: 'internal',
      });
      await assert.rejects(store.commit({ ...EMPTY_COMMIT, segments: [at(300, 300)] }), { code: 'internal' });
      await assert.rejects(
        store.commit({
          ...EMPTY_COMMIT,
          reuses: [{ fingerprint: 'b', segment: 99, range: { start: 0, end: 60 } }],
        }),
        { code: 'internal' },
      );
      await assert.rejects(store.readSegments([99]), { code: 'internal' });
      const [segmentId] = (await store.coverage(['a'])).get('a') ?? [];
      assert.ok(segmentId);
      await store.commit({
        ...EMPTY_COMMIT,
        reuses: [{ fingerprint: 'fresh', segment: segmentId.segment, range: { start: 0, end: 60 } }],
      });
      const [reused] = await store.read([{ fingerprint: 'fresh', range: ALL_TIME }]);
      assert.deepEqual([...(reused?.ts ?? [])], [0], 'only the rows of the reused part');
      const spans = (await store.coverage(['fresh'])).get('fresh') ?? [];
      assert.deepEqual(union(spans), [{ start: 0, end: 60 }]);
      await store.close();
    });
  });
});
