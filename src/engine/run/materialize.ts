import { SeamlessError } from '../../sdk/errors.js';
import type { StreamService } from '../../sdk/providers/fetched.js';
import { formatInterval, formatRange, formatTime, type Range } from '../../sdk/time/time.js';
import { Execution } from './execution.js';
import { sentenceOf } from '../fingerprint/explain.js';
import type { Fingerprint } from '../fingerprint/fingerprints.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import { attainable, horizons, onGrid, type Horizon } from '../plan/horizon.js';
import { openSource, type VersionKind } from '../sources/open-source.js';
import { coveredOf, prepare, type Prepared } from '../plan/prepare.js';
import type { StrategyHost } from '../ports/host.js';
import type { SourceLibrary } from '../ports/source.js';
import type { SourceNote } from '../ports/source-note.js';
import type { NodeComparison, NodeStore, SourceState } from '../ports/store.js';
import { intersection, isEmpty, type RangeSet } from '../plan/ranges.js';
import { leftAsTheyAre, type Extent } from '../plan/selection.js';
import { RunState, type RunHooks } from './run-state.js';
import { judgeLate, judgeServices } from './service-gate.js';
import { Overdue } from '../sources/deadline.js';
import { downstream } from '../graph/reach.js';
import { isRefusal } from '../sources/refusals.js';
import { sourceName, sourcesUpstream, type ChangedSource } from '../sources/source-change.js';
import { StreamKeeper } from '../sources/streams.js';
import { takingIn } from '../sources/takings.js';

/** What a run works with. */
export interface Ports {
  readonly host: StrategyHost;
  readonly store: NodeStore;
  readonly sources: SourceLibrary;
  /** A unique text for unhashable nodes. */
  readonly nonce: string;
}

/** Everything that a report is made from after a run. */
export interface RunOutcome {
  readonly state: RunState;
  readonly histories: readonly NodeComparison[];
  /** What changed about each node, as a sentence; null: nothing, or unknown. */
  readonly changes: readonly (string | null)[];
  /** Changed nodes that were left alone. */
  readonly left: ReadonlySet<number>;
  /** Coverage before the run. */
  readonly before: readonly RangeSet[];
  /** What was read of each stream. */
  readonly taken: ReadonlyMap<number, RangeSet>;
  /** How a change of each stream's source is detected. */
  readonly versionKinds: ReadonlyMap<number, VersionKind>;
  /** What was repaired or left out of each stream's source. */
  readonly notes: ReadonlyMap<number, readonly SourceNote[]>;
  /** How streams met their presets' service levels. */
  readonly services: ReadonlyMap<number, StreamService>;
  /** The changed sources, by affected node. */
  readonly sources: ReadonlyMap<number, readonly ChangedSource[]>;
}

/**
 * Materializes a strategy over a range: computes and stores exactly what is not covered. With extent `missing`, changed nodes are
 * left alone if their previous version is complete and nobody needs them.
 * @throws SeamlessError for an invalid strategy, when no source can be read, for a range outside all data, or `cancelled`. A
 * failing node, or one of several unreadable sources, does not throw: it is in the outcome
 */
export async function materialize(
  ports: Ports,
  request: Range,
  hooks: RunHooks,
  extent: Extent = 'all',
): Promise<RunOutcome> {
  hooks.progress({ phase: 'loading', node: null, done: 0, total: 0 });
  const prepared = await prepare(ports, ports.nonce, { register: extent === 'all' });
  const { graph, histories } = prepared;
  const refused = new Map<number, SeamlessError>();
  const streams = graph.nodes.filter((node) => node.kind === 'stream');
  const { keepers, coverage } = await openStreams(ports, prepared, streams, { hooks, refused, request });
  // A source that cannot be read may not hold what it held before.
  const doubtful = downstream(graph, refused.keys());
  const covered = coveredOf(prepared, coverage).map((set, index) => (doubtful.has(index) ? [] : set));
  const known = {
    graph,
    request,
    fingerprints: prepared.fingerprints,
    horizons: horizonsOf(graph, keepers),
    covered,
  };
  const state = new RunState({ ...known, store: ports.store, host: ports.host, hooks });
  for (const [index, refusal] of refused) state.refuse(index, refusal);
  const left =
    extent === 'all' ? new Set<number>() : await leftAsTheyAre({ ...known, histories }, ports.store);
  const late = new Set([...refused].flatMap(([index, error]) => (error instanceof Overdue ? index : [])));
  const services = await judgeServices(state, keepers, hooks.deadlines, left, late);
  refuseOutside(state, request);
  if (extent === 'missing') {
    const kept = new Set([...left].map((index) => state.fingerprint(index).hash));
    await ports.store.register(prepared.records, kept);
  }
  await noteSchemas(state, prepared.fingerprints);
  await new Execution(state, keepers, left).run();
  await bringInStreams(state, keepers, left, services);
  const judged = judgeLate(state, services, hooks.deadlines);
  const taken = new Map([...keepers].map(([index, keeper]) => [index, keeper.taken]));
  const sources = new Map(
    [...keepers].flatMap(([index, { node, change }]) =>
      change ? [[index, { name: sourceName(node.name, node.description.source), change }] as const] : [],
    ),
  );
  return {
    state,
    histories,
    changes: prepared.changes.map(sentenceOf),
    left,
    before: covered,
    taken,
    services: judged,
    versionKinds: new Map([...keepers].map(([index, keeper]) => [index, keeper.versionKind])),
    notes: new Map([...keepers].map(([index, keeper]) => [index, keeper.notes])),
    sources: sourcesUpstream(graph, sources),
  };
}

/** Opened streams, by position in the graph. */
interface OpenedStreams {
  readonly keepers: ReadonlyMap<number, StreamKeeper>;
  /** For all nodes, once the store matches the sources. */
  readonly coverage: Prepared['coverage'];
}

/** How streams are opened. */
interface OpenHow {
  readonly hooks: RunHooks;
  readonly refused?: Map<number, SeamlessError> | undefined;
  readonly request?: Range;
}

/**
 * Opens streams, and brings the store in line with their sources.
 * @param how `refused` receives streams whose source cannot be read; nothing after the end of `request` is needed
 * @throws SeamlessError `source` or `source-row` when a source refuses and there is no `refused`, or all of them do
 */
export async function openStreams(
  ports: Ports,
  { graph, fingerprints: prints, coverage }: Pick<Prepared, 'graph' | 'fingerprints' | 'coverage'>,
  streams: readonly GraphNode[],
  { hooks, refused, request }: OpenHow,
): Promise<OpenedStreams> {
  const until = request ? Math.max(...graph.nodes.map((node) => onGrid(request, node).end)) : Infinity;
  const needed = { start: request?.start ?? Infinity, end: until };
  const hashes = streams.map((node) => (prints[node.index] as Fingerprint).hash);
  const known = await ports.store.sources(hashes);
  const { keepers, byFingerprint } = await openKeepers(ports, prints, streams, { hooks, refused });
  const of = (keeper: StreamKeeper): SourceState | undefined => known.get(keeper.fingerprint.hash);
  const accepted = async (keeper: StreamKeeper, work: Promise<void>): Promise<boolean> => {
    try {
      await work;
      return true;
    } catch (error) {
      if (!refused || !isRefusal(error)) throw error;
      for (const [index, each] of keepers) {
        if (each !== keeper) continue;
        keepers.delete(index);
        refused.set(index, error);
      }
      return false;
    }
  };
  const looked: StreamKeeper[] = [];
  for (const keeper of byFingerprint.values()) {
    hooks.progress({ phase: 'reading', node: keeper.node.name, done: 0, total: 0 });
    if (await accepted(keeper, keeper.look(of(keeper), needed))) looked.push(keeper);
  }
  await takingIn(ports.store, async (takings) => {
    for (const keeper of looked) {
      hooks.progress({ phase: 'reading', node: keeper.node.name, done: 0, total: 0 });
      await accepted(keeper, keeper.refresh(of(keeper), takings));
    }
  });
  const [first] = refused?.values() ?? [];
  if (first && keepers.size === 0) throw first;
  const wrote = [...keepers.values()].some((keeper) => keeper.wrote);
  const ids = prints.map(({ hash }) => hash);
  return { keepers, coverage: wrote ? await ports.store.covered(ids) : coverage };
}

/** Opens the source of each stream: streams with one fingerprint share a keeper. */
async function openKeepers(
  { store, sources }: Ports,
  prints: readonly Fingerprint[],
  streams: readonly GraphNode[],
  { hooks, refused }: Pick<OpenHow, 'hooks' | 'refused'>,
): Promise<{ keepers: Map<number, StreamKeeper>; byFingerprint: ReadonlyMap<string, StreamKeeper> }> {
  const spans = await store.coverage(streams.map((node) => (prints[node.index] as Fingerprint).hash));
  const keepers = new Map<number, StreamKeeper>();
  const byFingerprint = new Map<string, StreamKeeper>();
  for (const node of streams) {
    const print = prints[node.index] as Fingerprint;
    const { source } = node.description;
    const shared = byFingerprint.get(print.hash);
    if (shared || !source) {
      if (shared) keepers.set(node.index, shared);
      continue;
    }
    try {
      const deadline = (source.held && hooks.deadlines?.of(print.hash, source.held)) ?? null;
      const reader = await openSource(sources, node, source, deadline);
      // Ending one stream's coverage leaves the others alone.
      const keeper = new StreamKeeper(node, print, reader, store, spans.get(print.hash) ?? []);
      keepers.set(node.index, keeper);
      byFingerprint.set(print.hash, keeper);
    } catch (error) {
      if (!refused || !isRefusal(error)) throw error;
      refused.set(node.index, error);
    }
  }
  return { keepers, byFingerprint };
}

/** A stream without a keeper has unknown bounds. */
export function horizonsOf(graph: Graph, keepers: ReadonlyMap<number, StreamKeeper>): readonly Horizon[] {
  const streams = graph.nodes.filter(({ kind }) => kind === 'stream');
  return horizons(
    graph,
    new Map(
      streams.map(({ index }) => [
        index,
        keepers.get(index)?.horizon ?? { begin: -Infinity, limit: Infinity },
      ]),
    ),
  );
}

/** If no stream has a bar in a range, the range is a mistake, not an empty result. */
function refuseOutside(state: RunState, request: Range): void {
  const streams = state.graph.nodes.filter(
    (node) => node.kind === 'stream' && !state.failures.has(node.index),
  );
  if (streams.some((node) => !isEmpty(attainable(request, node, state.horizon(node.index))))) return;
  const over = streams.find(({ index }) => {
    const { begin, limit } = state.horizon(index);
    return !isEmpty(intersection(request, { start: begin, end: limit }));
  });
  if (over) {
    throw new SeamlessError(
      'outside-data',
      `The range ${formatRange(request)} lies between two bars: ${over.name} has one each ${formatInterval(over.interval)}, and none opens in it. Choose a longer range.`,
    );
  }
  const isBare = streams.every(({ index }) => shown(state.horizon(index)) === NO_BARS);
  const wayOut = isBare ? 'See whether its source is the right one.' : 'Choose a range within it.';
  const have = streams.map((node) => `${node.name} has ${shown(state.horizon(node.index))}`).join('; ');
  throw new SeamlessError(
    'outside-data',
    `The range ${formatRange(request)} lies wholly outside the data: ${have}. ${wayOut}`,
  );
}

function shown({ begin, limit }: Horizon): string {
  return begin < limit ? `${formatTime(begin)} → ${formatTime(limit)}` : NO_BARS;
}

const NO_BARS = 'no bars';

/** Tells a run which columns its nodes have emitted so far. */
export async function noteSchemas(state: RunState, prints: readonly Fingerprint[]): Promise<void> {
  const summaries = await state.store.summarize(
    prints.map(({ hash }) => ({ fingerprint: hash, range: { start: 0, end: 0 } })),
  );
  summaries.forEach(({ schema }, index) => {
    if (schema) state.noteSchema(index, schema);
  });
}

/** Streams that no node needed completely are still completed over the request. */
async function bringInStreams(
  state: RunState,
  keepers: ReadonlyMap<number, StreamKeeper>,
  left: ReadonlySet<number>,
  services: ReadonlyMap<number, StreamService>,
): Promise<void> {
  await takingIn(state.store, async (takings) => {
    for (const [index, keeper] of keepers) {
      if (left.has(index) || state.failures.has(index) || state.isCut(index)) continue;
      try {
        await keeper.ensure(state.wanted(state.node(index)), takings);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        state.refuse(index, error);
      }
    }
  });
  for (const [index, keeper] of keepers) {
    // A stream that missed its service level must not be used.
    if (!(services.has(index) && state.failures.has(index))) state.covered[index] = keeper.covered;
  }
}
