import type { Range, Seconds } from '../../sdk/time/time.js';
import { formatInterval } from '../../sdk/time/time.js';
import { ceilToSlot, closeOf, floorToSlot, slotSeeing } from '../../sdk/time/grid.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import { intersection, isEmpty, within, type RangeSet } from './ranges.js';
import type { Span } from '../run/reporting/report.js';

/** Between which times a node's bars can be known, given the sources' data. */
export interface Horizon {
  /** No bar opens before this. */
  readonly begin: Seconds;
  /** Every bar that closes by then is known; later ones are not yet. */
  readonly limit: Seconds;
}

/** Horizons of all nodes, from the streams' horizons. */
export function horizons(graph: Graph, streams: ReadonlyMap<number, Horizon>): readonly Horizon[] {
  const all: Horizon[] = [];
  for (const index of graph.order) {
    const node = graph.nodes[index] as GraphNode;
    all[index] = streams.get(index) ?? {
      begin: beginOf(node, (input) => floorOrInfinite(all[input]?.begin ?? 0, node)),
      limit: limitOf(graph, node, (input) => all[input]?.limit ?? -Infinity),
    };
  }
  return all;
}

/** A node begins with the last of its inputs. Gathered inputs may be missing, so they begin with the first of them. */
function beginOf({ edges }: GraphNode, begin: (input: number) => Seconds): Seconds {
  let last = -Infinity;
  let gathered: Seconds | null = null;
  for (const { node, gather } of edges) {
    const first = begin(node);
    if (gather) gathered = Math.min(gathered ?? Infinity, first);
    else last = Math.max(last, first);
  }
  return Math.max(last, gathered ?? -Infinity);
}

/**
 * Up to when a node's slots are decided: a slot is, once every input bar that could close by its close is known. An input's next
 * bar closes one interval after its limit, so slots up to just before that are decided.
 */
export function limitOf(graph: Graph, node: GraphNode, limit: (input: number) => Seconds): Seconds {
  let undecided = Infinity;
  for (const edge of node.edges)
    undecided = Math.min(undecided, closeOf(limit(edge.node), graph.nodes[edge.node] as GraphNode));
  if (!Number.isFinite(undecided)) return undecided;
  return slotSeeing(undecided, node);
}

function floorOrInfinite(time: Seconds, node: GraphNode): Seconds {
  return Number.isFinite(time) ? floorToSlot(time, node) : time;
}

/** A range on a node's own grid: the opens in `[start, end)` are exactly those of the result. */
export function onGrid(range: Range, node: GraphNode): Range {
  return {
    start: ceilToSlot(range.start, node),
    end: ceilToSlot(range.end, node),
  };
}

/** The part of a request in which a node can have bars, on its grid. */
export function attainable(request: Range, node: GraphNode, horizon: Horizon): Range {
  return intersection(onGrid(request, node), { start: horizon.begin, end: horizon.limit });
}

/** A request's ends need not be on a node's grid: reaching the grid's first or last slot counts as reaching the end. */
export function asRequested(request: Range, node: GraphNode, set: RangeSet): RangeSet {
  const grid = onGrid(request, node);
  return set.map((range) => ({
    start: range.start <= grid.start ? request.start : range.start,
    end: range.end >= grid.end ? request.end : range.end,
  }));
}

/** Whether a request lies between two bars of a node: then it lacks nothing, and has nothing. */
export function isBetweenBars(request: Range, node: GraphNode): boolean {
  return isEmpty(onGrid(request, node));
}

/** Why a node has no row in a request between two of its bars. */
export function betweenBarsText({ interval }: Pick<GraphNode, 'interval'>): string {
  return `No bar of ${formatInterval(interval)} opens in this range.`;
}

/** Ranges of a request that no data fill: before the sources begin, and after their last bar, where data may still come. */
export function outsideData(
  request: Range,
  node: GraphNode,
  { begin, limit }: Horizon,
): { readonly unavailable: readonly Span[]; readonly notYet: readonly Span[] } {
  const spans = (part: Range): readonly Span[] =>
    asRequested(request, node, within([onGrid(request, node)], part)).map(({ start, end }) => [start, end]);
  return {
    unavailable: spans({ start: -Infinity, end: begin }),
    notYet: spans({ start: Math.max(limit, begin), end: Infinity }),
  };
}
