import type { HeldTo, ServiceOutcome, StreamService } from '../../sdk/providers/fetched.js';
import { SeamlessError } from '../../sdk/errors.js';
import { gridOf } from '../../sdk/time/grid.js';
import type { GraphNode } from '../graph/graph.js';
import { holdMs, Overdue, type Deadline, type Deadlines } from '../sources/deadline.js';
import { downstream } from '../graph/reach.js';
import { isRefusal } from '../sources/refusals.js';
import { deadlineText, missedText, serviceOutcome } from '../sources/service-level.js';
import type { StreamKeeper } from '../sources/streams.js';
import { takingIn } from '../sources/takings.js';
import type { RunState } from './run-state.js';

/** Slots before the end of a request in which its last bar is looked for, for all streams at once. */
const LAST_SLOTS = 16;

/** Thrown to wait for a stream: the run starts again after the given time. */
export class Held extends Error {
  readonly waitMs: number;
  readonly #deadline: Deadline;

  constructor(node: GraphNode, { preset, name }: HeldTo, { misses }: ServiceOutcome, deadline: Deadline) {
    const whose = preset === null ? '' : ` of preset ${preset}`;
    super(`${node.name} waits for ${name ?? 'its service level'}${whose}: ${misses.join(' ')}`);
    this.waitMs = Math.max(1, Math.min(holdMs(node.interval), deadline.leftMs));
    this.#deadline = deadline;
  }

  /** Records the time that was spent waiting. */
  waited(ms: number): void {
    this.#deadline.spend(ms);
  }
}

/** What is checked: streams whose preset has a service level. */
interface HeldStream {
  readonly node: GraphNode;
  readonly held: HeldTo;
  readonly deadline: Deadline;
}

/**
 * Reads the request of all streams with a service level, and checks them before a node reads them: a stream that must not be used
 * blocks its dependents, a late one ends there.
 * @param late streams that were not opened in time
 * @throws Held to wait for one
 */
export async function judgeServices(
  state: RunState,
  keepers: ReadonlyMap<number, StreamKeeper>,
  deadlines: Deadlines | undefined,
  left: ReadonlySet<number>,
  late: ReadonlySet<number>,
): Promise<ReadonlyMap<number, StreamService>> {
  const services = new Map<number, StreamService>();
  const streams = deadlines ? heldStreams(state, deadlines, left) : [];
  if (streams.length === 0) return services;
  await readAll(state, keepers, streams);
  const [refused, waits] = [new Map<number, SeamlessError>(), [] as Held[]];
  const judged = streams.filter(({ node: { index } }) => !state.failures.has(index) || late.has(index));
  const outcomes = await judgeAll(state, judged);
  for (const [i, { node, held, deadline }] of judged.entries()) {
    const { index } = node;
    const outcome = outcomes[i] as ServiceOutcome;
    services.set(index, { ...outcome, preset: held.preset, name: held.name });
    if (outcome.met || held.level.miss === 'partialFill' || late.has(index)) continue;
    const { leftMs, isOver } = deadline;
    if (held.level.miss === 'hold' && leftMs > 0 && !isOver)
      waits.push(new Held(node, held, outcome, deadline));
    else refused.set(index, new SeamlessError('source', missedText(held, outcome.misses)));
  }
  const [wait] = waits.sort((a, b) => a.waitMs - b.waitMs);
  if (wait) throw wait;
  for (const [index, refusal] of refused) state.refuse(index, refusal);
  unuse(state, refused.keys());
  return services;
}

/** Adds streams that became late after the check: windows look back at bars before the request. */
export function judgeLate(
  state: RunState,
  services: ReadonlyMap<number, StreamService>,
  deadlines: Deadlines | undefined,
): ReadonlyMap<number, StreamService> {
  if (!deadlines) return services;
  const late = heldStreams(state, deadlines, new Set()).filter(
    ({ node, deadline }) => deadline.isOver && services.has(node.index),
  );
  const judged = new Map(services);
  for (const { node, held } of late) {
    const known = services.get(node.index) as StreamService;
    const misses = [...new Set([deadlineText(held.level), ...known.misses])];
    judged.set(node.index, { ...known, met: false, misses });
  }
  unuse(
    state,
    late.flatMap(({ node: { index } }) => (state.failures.has(index) ? [index] : [])),
  );
  return judged;
}

/** Nodes that depend on a stream that must not be used must not be used either. */
function unuse(state: RunState, streams: Iterable<number>): void {
  const streamsOf = new Set([...streams].map((index) => state.canonical(index)));
  const same = state.graph.nodes.filter(({ index }) => streamsOf.has(state.canonical(index)));
  const reached = downstream(
    state.graph,
    same.map(({ index }) => index),
  );
  for (const index of reached) state.covered[index] = [];
}

function heldStreams(state: RunState, deadlines: Deadlines, left: ReadonlySet<number>): HeldStream[] {
  return state.graph.nodes.flatMap((node) => {
    const held = node.description.source?.held;
    if (!held || left.has(node.index)) return [];
    return [{ node, held, deadline: deadlines.of(state.fingerprint(node.index).hash, held) }];
  });
}

async function readAll(
  state: RunState,
  keepers: ReadonlyMap<number, StreamKeeper>,
  streams: readonly HeldStream[],
): Promise<void> {
  await takingIn(state.store, async (takings) => {
    for (const { node } of streams) {
      const keeper = keepers.get(node.index);
      if (!keeper || state.failures.has(node.index)) continue;
      try {
        await keeper.ensure(state.wanted(node), takings);
      } catch (error) {
        if (error instanceof Overdue) state.cut(node.index, error.from);
        else if (isRefusal(error)) state.refuse(node.index, error);
        else throw error;
      }
    }
  });
}

/** Checked like a fetch of the same range, in the order of the streams. */
async function judgeAll(state: RunState, streams: readonly HeldStream[]): Promise<ServiceOutcome[]> {
  const { judged: range, store } = state;
  const prints = streams.map(({ node }) => state.fingerprint(node.index).hash);
  const summaries = await store.summarize(prints.map((fingerprint) => ({ fingerprint, range })));
  const lasts = await store.timesFrom(
    streams.map(({ node }, i) => ({
      fingerprint: prints[i] as string,
      from: Math.max(range.start, range.end - LAST_SLOTS * node.interval),
      count: LAST_SLOTS + 1,
    })),
  );
  const asOf = Date.now() / 1000;
  const outcomes: ServiceOutcome[] = [];
  for (const [i, { node, held, deadline }] of streams.entries()) {
    const bars = summaries[i]?.rows ?? 0;
    const near = lasts[i]?.findLast((ts) => ts < range.end);
    const found = near ?? (await store.lastTimes(prints[i] as string, range.end, 1))[0];
    const last = bars === 0 ? null : (found ?? null);
    const facts = { range, asOf, bars, last, unsettled: held.unsettled, late: deadline.isOver };
    outcomes.push(serviceOutcome(held.level, facts, gridOf(node)));
  }
  return outcomes;
}
