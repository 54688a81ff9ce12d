import assert from 'node:assert/strict';
import fc from 'fast-check';
import { attainable } from '../../../src/engine/plan/horizon.js';
import { materialize, type RunOutcome } from '../../../src/engine/run/materialize.js';
import { nextReportOf, reportOf } from '../../../src/engine/run/reporting/outcome.js';
import type { NodeStore } from '../../../src/engine/ports/store.js';
import { difference, isEmpty, union, within, type RangeSet } from '../../../src/engine/plan/ranges.js';
import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import { downstream } from '../../../src/engine/graph/reach.js';
import type { RunState } from '../../../src/engine/run/run-state.js';
import type { Extent } from '../../../src/engine/plan/selection.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import { rowValue, type Table } from '../../../src/sdk/table.js';
import type { Range } from '../../../src/sdk/time/time.js';
import { changed, type Change } from './changes.js';
import { stateBefore, truthOf, type Truth } from './definition.js';
import { WorldHost } from './host.js';
import { WorldSources, type Break } from './sources.js';
import { MINUTES, ORIGIN, specsOf, UNITS, type Scale, type Spec, type WorldDraw } from './spec.js';

/** A strategy with its sources, as it is now, and as it was. */
export class World {
  #specs: readonly Spec[];
  readonly #before: (readonly Spec[])[] = [];
  #truth: readonly Truth[] | null = null;

  /** @param settled no node fails, and all can be hashed */
  constructor(of: WorldDraw | readonly Spec[], { settled = false } = {}) {
    const specs = 'streams' in of ? specsOf(of) : of;
    this.#specs = settled ? specs.map(settledSpec) : specs;
  }

  get specs(): readonly Spec[] {
    return this.#specs;
  }

  get truth(): readonly Truth[] {
    this.#truth ??= truthOf(this.#specs);
    return this.#truth;
  }

  change(change: Change): void {
    const next = change.kind === 'undo' ? this.#before.pop() : changed(this.#specs, change);
    if (!next) return;
    if (change.kind !== 'undo') this.#before.push(this.#specs);
    this.#specs = next;
    this.#truth = null;
  }
}

function settledSpec(spec: Spec): Spec {
  if (spec.kind === 'stream') return { ...spec, tells: true };
  return { ...spec, hashable: true, code: { ...spec.code, failsOn: 0 } };
}

export const rangeArbitrary = (scale: Scale): fc.Arbitrary<Range> =>
  fc
    .tuple(
      fc.integer({ min: -30, max: MINUTES + 20 }),
      fc.integer({ min: 1, max: MINUTES }),
      fc.constantFrom(0, 0, 0.5),
    )
    .map(([start, length, odd]) => ({
      start: ORIGIN + (start + odd) * UNITS[scale],
      end: ORIGIN + (start + odd + length) * UNITS[scale],
    }));

/** How a run is cut into chunks, in slots. */
export interface Cut {
  readonly chunkSlots: number;
  readonly scanSlots: number;
}

const WHOLE: Cut = { chunkSlots: 16_384, scanSlots: 4096 };

export const cutArbitrary: fc.Arbitrary<Cut> = fc.record({
  chunkSlots: fc.constantFrom(2, 5, 16, 64, 16_384),
  scanSlots: fc.constantFrom(1, 7, 32, 4096),
});

/** The same where the finest slots are those that ticks are counted by. */
export const tickCutArbitrary: fc.Arbitrary<Cut> = fc.record({
  chunkSlots: fc.constantFrom(8, 20, 128, 512, 131_072),
  scanSlots: fc.constantFrom(8, 56, 256, 32_768),
});

interface RunOptions extends Partial<Cut> {
  /** Steps of its progress after which the run is cancelled; null: never. */
  readonly cancelAfter?: number | null;
  readonly breaks?: Break | null;
  readonly extent?: Extent;
}

export interface Done {
  readonly outcome: RunOutcome;
  readonly report: RunReport;
  readonly host: WorldHost;
}

export type Ended = Done | 'cancelled' | 'outside' | 'broken';

/** What became of all runs so far: what a property never met, it does not show. */
export const seen = {
  runs: 0,
  cancelled: 0,
  broken: 0,
  outside: 0,
  hit: 0,
  reused: 0,
  computed: 0,
  failed: 0,
  blocked: 0,
  stale: 0,
  partial: 0,
  rowsCompared: 0,
  /** Runs that said what the one after them reports. */
  foretold: 0,
};

export async function run(
  world: World,
  store: NodeStore,
  range: Range,
  options: RunOptions = {},
): Promise<Ended> {
  const ended = await tryRun(world, store, range, options);
  seen.runs++;
  if (typeof ended === 'string') seen[ended]++;
  else for (const { state } of ended.report.nodes) seen[state]++;
  return ended;
}

async function tryRun(
  world: World,
  store: NodeStore,
  range: Range,
  options: RunOptions = {},
): Promise<Ended> {
  const {
    chunkSlots,
    scanSlots,
    cancelAfter = null,
    breaks = null,
    extent = 'all',
  } = { ...WHOLE, ...options };
  const controller = new AbortController();
  let progressed = 0;
  const progress = (): void => {
    if (cancelAfter !== null && progressed++ >= cancelAfter) controller.abort();
  };
  const host = new WorldHost(world.specs);
  const ports = { host, store, sources: new WorldSources(world.specs, breaks), nonce: `run ${seen.runs}` };
  try {
    const hooks = { progress, signal: controller.signal, chunkSlots, scanSlots };
    const outcome = await materialize(ports, range, hooks, extent);
    const report = await reportOf(outcome, 0);
    const next = nextReportOf(outcome, report);
    // Each third one, for the time it takes.
    if (next && breaks === null && seen.runs % 3 === 0) {
      const again = await materialize({ ...ports, nonce: `${ports.nonce} again` }, range, {
        ...hooks,
        progress: () => undefined,
      });
      assert.deepEqual(await reportOf(again, 0), next);
      seen.foretold++;
    }
    return { outcome, report, host };
  } catch (error) {
    if (!(error instanceof SeamlessError)) throw error;
    if (error.code === 'cancelled' && cancelAfter !== null) return 'cancelled';
    if (error.code === 'source' && breaks !== null) return 'broken';
    if (error.code === 'outside-data') return 'outside';
    throw error;
  }
}

export function isDone(ended: Ended): ended is Done {
  return typeof ended === 'object';
}

// ---------------------------------------------------------------- what is compared

/** The rows of a table with every bit of their values, whatever its masks look like. */
export function bytesOf(table: Table): string[] {
  return Array.from(table.ts, (ts, index) => `${ts} ${exact(rowValue(table, index))}`);
}

const bits = new DataView(new ArrayBuffer(8));

export function exact(value: unknown): string {
  if (typeof value === 'number') {
    bits.setFloat64(0, value);
    return `${value} ${bits.getBigUint64(0).toString(16)}`;
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const items = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${exact(each)}`);
  return `${Array.isArray(value) ? 'array' : 'record'} { ${items.join(', ')} }`;
}

/** The streams whose source broke, and what depends on them: nothing is claimed of these, and the store has what it had. */
function blockedBy({ graph, failures }: RunState): ReadonlySet<number> {
  const broken = [...failures].flatMap(([index, { code }]) => (code === 'source' ? [index] : []));
  return downstream(graph, broken);
}

/** All that the store claims of a world's nodes is what the definition says. */
export async function assertTruth(world: World, store: NodeStore, { outcome }: Done): Promise<void> {
  const { state } = outcome;
  const prints = state.graph.nodes.map(({ index }) => state.fingerprint(index).hash);
  const coverage = await store.coverage(prints);
  const spans = prints.map((print) => union(coverage.get(print) ?? []));
  const blocked = blockedBy(state);
  const requests = prints.flatMap((fingerprint, index) =>
    blocked.has(index) ? [] : (spans[index] as RangeSet).map((range) => ({ fingerprint, range, index })),
  );
  const tables = await store.read(requests);
  requests.forEach(({ range, index }, position) => {
    const truth = world.truth[index] as Truth;
    const name = `n${index} over ${range.start}..${range.end}`;
    // Before the first bar a source may be known to have none: it had some there once.
    const begin = state.node(index).kind === 'stream' ? -Infinity : truth.begin;
    assert.ok(range.start >= begin && range.end <= truth.limit, `${name} is covered beyond its data`);
    const expected = truth.rows
      .filter(({ ts }) => ts >= range.start && ts < range.end)
      .map(({ ts, value }) => `${ts} ${exact(value)}`);
    assert.deepEqual(bytesOf(tables[position] as Table), expected, name);
    seen.rowsCompared += expected.length;
  });
  for (const { index, name, scan } of state.graph.nodes) {
    if (!scan || blocked.has(index)) continue;
    for (const { end, segment } of coverage.get(prints[index] as string) ?? []) {
      const [stored] = await store.readStates([segment]);
      assert.deepEqual(
        stored,
        stateBefore(world.truth[index] as Truth, end),
        `the state of ${name} at ${end}`,
      );
    }
  }
}

/** What of a request can be had of a node although other bars fail. */
function soundPart(
  request: Range,
  { begin, limit, sound }: Truth,
  outcome: RunOutcome,
  index: number,
): Range {
  return attainable(request, outcome.state.node(index), { begin, limit: Math.min(limit, sound) });
}

/** Rows and coverage of a request in a store, as far as they do not depend on a bar that fails. */
async function held(world: World, store: NodeStore, request: Range, { outcome }: Done): Promise<unknown> {
  const { state } = outcome;
  const nodes = state.graph.nodes.map(({ index }) => ({
    fingerprint: state.fingerprint(index).hash,
    range: soundPart(request, world.truth[index] as Truth, outcome, index),
  }));
  const coverage = await store.coverage(nodes.map(({ fingerprint }) => fingerprint));
  const tables = await store.read(nodes);
  return nodes.map(({ fingerprint, range }, index) => ({
    node: index,
    coverage: isEmpty(range) ? [] : within(union(coverage.get(fingerprint) ?? []), range),
    rows: isEmpty(range) ? [] : bytesOf(tables[index] as Table),
  }));
}

/** What a run brought to completion is complete: all of the request that the data, the failing bars and broken sources allow. */
export async function assertComplete(
  world: World,
  store: NodeStore,
  request: Range,
  done: Done,
): Promise<void> {
  const { state, left } = done.outcome;
  const coverage = await store.coverage(state.graph.nodes.map(({ index }) => state.fingerprint(index).hash));
  const blocked = blockedBy(state);
  for (const { index, name, scan } of state.graph.nodes) {
    if (blocked.has(index)) continue;
    if (left.has(index)) {
      await assertCompleteBefore(store, state, index);
      continue;
    }
    const wanted = soundPart(request, world.truth[index] as Truth, done.outcome, index);
    if (isEmpty(wanted)) continue;
    const covered = union(coverage.get(state.fingerprint(index).hash) ?? []);
    assert.deepEqual(within(covered, wanted), [wanted], `${name} is complete`);
    if (!scan) continue;
    const all = { start: state.horizon(index).begin, end: wanted.end };
    assert.equal(within(covered, all).length, 1, `what ${name} has seen on its way is kept`);
  }
}

/** A node that a run for what is missing left as it was is complete in its version before. */
async function assertCompleteBefore(store: NodeStore, state: RunState, index: number): Promise<void> {
  const node = state.node(index);
  const before = (await store.current(state.graph.strategy)).get(node.name) ?? '';
  assert.notEqual(before, state.fingerprint(index).hash);
  const covered = union((await store.coverage([before])).get(before) ?? []);
  assert.deepEqual(
    difference([state.wanted(node)], covered),
    [],
    `${node.name} is complete as it was before`,
  );
  assert.deepEqual([state.computed[index], state.reused[index]], [[], []], `${node.name} is left`);
}

interface Side {
  readonly store: NodeStore;
  readonly done: Done;
}

/** Two ways to one request come to the same, rows and coverage, bit for bit. */
export async function assertSame(world: World, request: Range, one: Side, other: Side): Promise<void> {
  assert.deepEqual(
    await held(world, one.store, request, one.done),
    await held(world, other.store, request, other.done),
  );
  await assertComplete(world, one.store, request, one.done);
}

/** What two reports say of one request, where no bar fails. */
export function assertSameReport(world: World, one: RunReport, other: RunReport): void {
  if (world.truth.some(({ sound, limit }) => sound < limit)) return;
  const told = ({ coverageBounds, nodes }: RunReport): unknown => [
    coverageBounds,
    nodes.map(({ name, rows, coverage, unavailable, notYet, unfired, failure }) => {
      return { name, rows, coverage, unavailable, notYet, unfired, failure };
    }),
  ];
  assert.deepEqual(told(one), told(other));
}
