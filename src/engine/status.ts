import type { SourceLocation } from '../sdk/errors.js';
import type { Range } from '../sdk/time.js';
import { fingerprints, type Fingerprint } from './fingerprints.js';
import { resolveGraph, type GraphNode } from './graph.js';
import { asRequested, horizons, onGrid, outsideData, type Horizon } from './horizon.js';
import { records } from './materialize.js';
import type {
  NodeHistory,
  NodeStore,
  RowSummary,
  SourceLibrary,
  SourceState,
  StrategyHost,
} from './ports.js';
import { difference, hull, intersection, isEmpty, union, within, type RangeSet } from './ranges.js';
import type { Span } from './report.js';

/**
 * - `fresh`: complete over the range. `partial`: in part. `empty`: nothing of it was ever computed.
 * - `stale`: it was computed, but its code, something upstream or a source has changed since.
 * A node that cannot be hashed is always `stale`.
 */
export type Freshness = 'fresh' | 'partial' | 'empty' | 'stale';

/**
 * What made a node stale.
 * - `own`: its code, parameters or captured values changed. `upstream`: those of a node it depends on did.
 * - `source`: a source it depends on, or is, changed. `unhashable`: it cannot be hashed, and is computed each time.
 */
export type StaleCause = 'own' | 'upstream' | 'source' | 'unhashable';

export interface NodeStatus {
  readonly name: string;
  readonly kind: 'stream' | 'node';
  readonly label: string;
  /** Interval in seconds. */
  readonly interval: number;
  readonly state: Freshness;
  /** Why it is stale; null when it is not. */
  readonly change: StaleCause | null;
  /** Inputs by name, with the bars of each that a window holds. */
  readonly inputs: readonly { readonly name: string; readonly period: number }[];
  /** Where its author made it; null when unknown. */
  readonly location: SourceLocation | null;
  /** Rows stored within the range. */
  readonly rows: number;
  /** Complete stretches of the range. */
  readonly coverage: readonly Span[];
  /** Stretches of the range before its sources begin, as far as they were looked at. */
  readonly unavailable: readonly Span[];
  /** Stretches of the range past the last bar its sources had when looked at: they may come to be filled. */
  readonly notYet: readonly Span[];
  /** Why, a sentence. */
  readonly reason: string;
}

export interface StrategyStatus {
  readonly strategy: string;
  /** The range looked at: the one asked for, or all that is covered; null when nothing is. */
  readonly range: Span | null;
  readonly nodes: readonly NodeStatus[];
}

/** Says what a materialization would find, and computes, reads and writes nothing. */
export async function statusOf(
  ports: { readonly host: StrategyHost; readonly store: NodeStore; readonly sources: SourceLibrary },
  range: Range | null,
): Promise<StrategyStatus> {
  const graph = resolveGraph(await ports.host.describe());
  const prints = fingerprints(graph, 'status');
  const ids = prints.map(({ full }) => full);
  const histories = await ports.store.compare(records(graph, prints));
  const coverage = await ports.store.coverage(ids);
  const covered = ids.map((id) => union(coverage.get(id) ?? []));
  const computed = graph.nodes.flatMap((node) => (node.kind === 'node' ? (covered[node.index] ?? []) : []));
  const known = await ports.store.sources(ids);
  const changed = await changedStreams(ports.sources, graph.nodes, prints, known);
  const limits = horizons(graph, streamHorizons(graph.nodes, prints, known));
  const stored = hull(union(computed.length > 0 ? computed : covered.flat()));
  const looked = range ? bounded(range, stored, limits) : stored;
  const summaries = await ports.store.summarize(
    ids.map((fingerprint) => ({ fingerprint, range: looked ?? { start: 0, end: 0 } })),
  );
  const touched = downstream(graph.nodes, graph.order, changed);
  const nodes = graph.nodes.map((node) =>
    nodeStatus({
      node,
      inputs: node.edges.map((edge) => ({
        name: (graph.nodes[edge.node] as GraphNode).name,
        period: edge.period,
      })),
      range: looked,
      covered: covered[node.index] as RangeSet,
      horizon: limits[node.index] as Horizon,
      history: histories[node.index] as NodeHistory,
      print: prints[node.index] as Fingerprint,
      summary: summaries[node.index] as RowSummary,
      sourceChanged: touched.has(node.index),
    }),
  );
  return { strategy: graph.strategy, range: looked && [looked.start, looked.end], nodes };
}

/** A range with an open end, ended where what is stored and what the sources have do; null when nothing is known. */
function bounded(range: Range, stored: Range | null, limits: readonly Horizon[]): Range | null {
  const { start, end } = range;
  if (Number.isFinite(start) && Number.isFinite(end)) return range;
  const data = limits.map(({ begin, limit }) => ({ start: begin, end: limit }));
  const finite = data.filter((each) => Number.isFinite(each.start) && Number.isFinite(each.end));
  const all = hull(union(stored ? [stored, ...finite] : finite));
  const closed = all && intersection(range, all);
  return closed && !isEmpty(closed) ? closed : null;
}

interface Facts {
  readonly node: GraphNode;
  readonly inputs: NodeStatus['inputs'];
  readonly range: Range | null;
  readonly covered: RangeSet;
  readonly horizon: Horizon;
  readonly history: NodeHistory;
  readonly print: Fingerprint;
  readonly summary: RowSummary;
  readonly sourceChanged: boolean;
}

function nodeStatus(facts: Facts): NodeStatus {
  const { node, range, covered, summary, horizon } = facts;
  const grid = range && onGrid(range, node);
  const coverage = range && grid ? asRequested(range, node, within(covered, grid)) : [];
  const { state, change, reason } = judge(facts, grid);
  return {
    name: node.name,
    kind: node.kind,
    label: node.label,
    interval: node.interval,
    state,
    change,
    inputs: facts.inputs,
    location: node.description.location,
    rows: summary.rows,
    coverage: coverage.map(({ start, end }): Span => [start, end]),
    ...(range ? outsideData(range, node, horizon) : { unavailable: [], notYet: [] }),
    reason,
  };
}

interface Judgement {
  readonly state: Freshness;
  readonly change: StaleCause | null;
  readonly reason: string;
}

function judge(facts: Facts, grid: Range | null): Judgement {
  const { covered, horizon, history, print, sourceChanged } = facts;
  if (print.unhashable) return stale('unhashable', `Computed each time, because ${print.unhashable}.`);
  // An edit is certain, whatever else changed; what a source's change reaches is not known yet.
  if (covered.length === 0 && history === 'own-changed') {
    return stale('own', 'Its code, parameters or captured values changed.');
  }
  if (sourceChanged)
    return stale(
      'source',
      'A source changed since, or is to be read again; the next run looks which bars are concerned.',
    );
  if (covered.length === 0) {
    if (history === 'input-changed') return stale('upstream', 'Something upstream of it changed.');
    return { state: 'empty', change: null, reason: 'It has not been materialized yet.' };
  }
  const known = horizon.begin < horizon.limit;
  const wanted = grid && known ? within([grid], { start: horizon.begin, end: horizon.limit }) : [];
  const missing = difference(wanted, covered).filter((part) => !isEmpty(part));
  return missing.length === 0
    ? { state: 'fresh', change: null, reason: 'Everything is in the cache.' }
    : { state: 'partial', change: null, reason: 'Part of the range has not been materialized yet.' };
}

function stale(change: StaleCause, reason: string): Judgement {
  return { state: 'stale', change, reason };
}

async function changedStreams(
  sources: SourceLibrary,
  nodes: readonly GraphNode[],
  prints: readonly Fingerprint[],
  known: ReadonlyMap<string, SourceState>,
): Promise<ReadonlySet<number>> {
  const changed = new Set<number>();
  for (const node of nodes) {
    const state = known.get((prints[node.index] as Fingerprint).full);
    const { source, location } = node.description;
    if (!state || !source) continue;
    const { index, name, interval, phase } = node;
    const reader = await sources.open({ node: index, name, interval, phase, source, location });
    const version = await reader.version();
    if (version !== null && version !== state.version) changed.add(index);
  }
  return changed;
}

function streamHorizons(
  nodes: readonly GraphNode[],
  prints: readonly Fingerprint[],
  known: ReadonlyMap<string, SourceState>,
): ReadonlyMap<number, Horizon> {
  const found = new Map<number, Horizon>();
  for (const node of nodes.filter(({ kind }) => kind === 'stream')) {
    const state = known.get((prints[node.index] as Fingerprint).full);
    const { first = null, last = null } = state ?? {};
    found.set(node.index, {
      begin: first ?? -Infinity,
      limit: last === null ? Infinity : last + node.interval,
    });
  }
  return found;
}

function downstream(
  nodes: readonly GraphNode[],
  order: readonly number[],
  changed: ReadonlySet<number>,
): ReadonlySet<number> {
  const touched = new Set(changed);
  for (const index of order) {
    if ((nodes[index] as GraphNode).edges.some((edge) => touched.has(edge.node))) touched.add(index);
  }
  return touched;
}
