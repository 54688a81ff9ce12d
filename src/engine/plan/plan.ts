import { closeBefore, closeOf, floorToSlot, isTicks, longestSlot, sameGrid } from '../../sdk/time/grid.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { Edge, Graph, GraphNode } from '../graph/graph.js';
import { attainable, type Horizon } from './horizon.js';
import { difference, hull, intersection, isEmpty, union, within, type RangeSet } from './ranges.js';

/** What is to be done for one node in a range. */
export interface NodeWork {
  /** Bars that consumers at work read, warm-up included, without a break; null when none does. */
  readonly demand: Range | null;
  /** Ranges to compute, on the node's grid: those of the request that are not covered, and warm-up. */
  readonly compute: RangeSet;
  /** Rows that consumers still look back to when the next chunk begins; null when nobody reads the node. */
  readonly carried: number | null;
  /** The same of ticks, in seconds; null where rows are counted. */
  readonly carriedSpan: Seconds | null;
}

/** What a plan is made from. Positions are those of the graph. */
export interface PlanInput {
  readonly graph: Graph;
  /** Position of the node that stands for each: nodes with equal fingerprints are one. */
  readonly canonical: readonly number[];
  readonly horizons: readonly Horizon[];
  /** Up to when each node can be computed in this run: its horizon, or the bar at which it or an input failed. */
  readonly limits: readonly Seconds[];
  readonly covered: readonly RangeSet[];
  /** Nodes of which nothing is computed: no node at work reads them. */
  readonly left: ReadonlySet<number>;
  /** Open of the `count`-th bar of a stream before a time, or of its first bar. */
  readonly rowsBack: (stream: number, before: Seconds, count: number) => Promise<Seconds>;
  /** By how much to overestimate the history of a node, because its rows proved sparser than its inputs'. */
  readonly sparsity: readonly number[];
}

/** The ranges of a request that have to be computed, over all nodes, as separate pieces of time. */
export function uncovered(input: PlanInput, request: Range): RangeSet {
  const missing = input.graph.nodes
    .filter((node) => node.kind === 'node' && input.canonical[node.index] === node.index)
    .flatMap((node) => nodeGaps(input, node, request));
  return union(missing);
}

/** What one node lacks of a request. */
export function nodeGaps(input: PlanInput, node: GraphNode, request: Range): RangeSet {
  if (input.left.has(node.index)) return [];
  const horizon = input.horizons[node.index] as Horizon;
  const wanted = attainable(request, node, {
    begin: horizon.begin,
    limit: input.limits[node.index] as Seconds,
  });
  const missing = isEmpty(wanted) ? [] : difference([wanted], input.covered[node.index] as RangeSet);
  return node.scan ? sinceBeginning(input, node, missing) : missing;
}

/** What a scan needs so as to have some ranges: all from its beginning that is not covered. */
function sinceBeginning(input: PlanInput, node: GraphNode, ranges: RangeSet): RangeSet {
  const last = ranges.at(-1);
  if (!last) return [];
  const { begin } = input.horizons[node.index] as Horizon;
  return difference(union([{ start: begin, end: last.end }]), input.covered[node.index] as RangeSet);
}

/**
 * Plans one range backwards through the DAG: what each node computes, and from when on its rows are needed.
 * Warm-up is counted in rows: exactly at the streams, and through computed nodes as if they emitted a row each time
 * they fire. A node that emits fewer is found short when it runs, and planned again from earlier on.
 */
export async function planRange(
  input: PlanInput,
  request: Range,
  range: Range,
): Promise<ReadonlyMap<number, NodeWork>> {
  const demands = new Map<number, Range>();
  const carried = new Map<number, number>();
  const spans = new Map<number, Seconds>();
  const work = new Map<number, NodeWork>();
  for (const index of [...input.graph.order].reverse()) {
    if (input.canonical[index] !== index) continue;
    const node = input.graph.nodes[index] as GraphNode;
    const demand = demands.get(index) ?? null;
    const compute = node.kind === 'stream' ? [] : computeRanges(input, node, request, range, demand);
    if (!demand && compute.length === 0) continue;
    const carriedSpan = spans.get(index) ?? null;
    work.set(index, { demand, compute, carried: carried.get(index) ?? null, carriedSpan });
    const whole = hull(compute);
    if (!whole) continue;
    // What its slots see closes after the slot before them has closed, and by their own close.
    const seen = { start: closeBefore(whole.start, node), end: closeBefore(whole.end, node) };
    for (const edge of node.edges) {
      const source = input.canonical[edge.node] as number;
      const wanted =
        edge.span === undefined
          ? await inputDemand(input, source, seen, rowsBefore(node, edge, input.graph))
          : spanDemand(input, source, seen, closeOf(whole.start, node) - edge.span);
      demands.set(source, spanning(wanted, demands.get(source) ?? wanted));
      carried.set(source, Math.max(rowsCarried(node, edge, input.graph), carried.get(source) ?? 0));
      if (edge.span !== undefined && isTicks(input.graph.nodes[source] as GraphNode))
        spans.set(source, Math.max(edge.span, spans.get(source) ?? 0));
    }
  }
  return work;
}

/** From the earlier start to the later end. An empty demand still says from when on its node is looked at. */
function spanning(a: Range, b: Range): Range {
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

function computeRanges(
  input: PlanInput,
  node: GraphNode,
  request: Range,
  range: Range,
  demand: Range | null,
): RangeSet {
  const gaps = within(nodeGaps(input, node, request), range);
  if (!demand) return gaps;
  const possible = {
    start: (input.horizons[node.index] as Horizon).begin,
    end: input.limits[node.index] as Seconds,
  };
  const demanded = intersection(demand, possible);
  const missing = difference(union([...gaps, demanded]), input.covered[node.index] as RangeSet);
  return node.scan ? sinceBeginning(input, node, missing) : missing;
}

/**
 * How many bars of an input that closed by a slot's open a firing in it may see. One of its last bars closes within the
 * slot where the input is no slower than the node: nothing fires without.
 */
export function rowsBefore(node: GraphNode, edge: Edge, graph: Graph): number {
  const { interval } = graph.nodes[edge.node] as GraphNode;
  return interval <= node.interval ? edge.lookback - 1 : edge.lookback;
}

/** How many bars of an input that closed before a chunk the firings in it may see. On one grid a firing's last bar is of its chunk. */
function rowsCarried(node: GraphNode, edge: Edge, graph: Graph): number {
  return sameGrid(node, graph.nodes[edge.node] as GraphNode) ? edge.lookback - 1 : edge.lookback;
}

/** The bars of an input that slots in `slots` may read: `rows` closed before the first, then all up to the last close. */
async function inputDemand(input: PlanInput, source: number, slots: Range, rows: number): Promise<Range> {
  const node = input.graph.nodes[source] as GraphNode;
  const before = floorToSlot(slots.start, node);
  const count = Math.ceil(rows * (input.sparsity[source] as number));
  const start = count === 0 ? before : await timeBack(input, source, before, count);
  return { start, end: Math.max(before, floorToSlot(slots.end, node)) };
}

/** The same for windows that are counted in time. @param from where the window of the first slot begins */
function spanDemand(input: PlanInput, source: number, slots: Range, from: Seconds): Range {
  const node = input.graph.nodes[source] as GraphNode;
  const start = floorToSlot(Math.min(slots.start, from), node);
  return { start, end: Math.max(start, floorToSlot(slots.end, node)) };
}

/** When the `count`-th bar of a node before `before` opens, as far as the timestamps of the streams tell. */
async function timeBack(input: PlanInput, index: number, before: Seconds, count: number): Promise<Seconds> {
  const { nodes, bars } = drivers(input.graph, index);
  const last = nodes.at(-1) as GraphNode;
  const stream = input.canonical[last.index] as number;
  const start = isTicks(last)
    ? before - timeOf(nodes, count)
    : await input.rowsBack(stream, before, count * bars);
  const { begin } = input.horizons[index] as Horizon;
  if (start <= (input.horizons[stream] as Horizon).begin) return begin;
  const own = input.graph.nodes[index] as GraphNode;
  return Math.max(begin, floorToSlot(Math.min(start, before), own));
}

/** Of ticks any number makes a bar: how long the bars take if there is one in each slot. A node that proves sparser is planned again. */
function timeOf(nodes: readonly GraphNode[], count: number): Seconds {
  return (count + 1) * Math.max(...nodes.map((node) => longestSlot(node)));
}

/** A node, the input whose bars its firings follow, and so on to a stream; and how many bars of that make one of the node. */
export function drivers(
  graph: Graph,
  index: number,
): { readonly nodes: readonly GraphNode[]; readonly bars: number } {
  let node = graph.nodes[index] as GraphNode;
  const nodes = [node];
  let bars = 1;
  while (node.kind === 'node') {
    const driver = driverOf(graph, node);
    bars *= Math.max(1, Math.ceil(node.interval / driver.interval));
    node = driver;
    nodes.push(node);
  }
  return { nodes, bars };
}

/** The input whose bars a node's firings follow: the slowest of those up to its own interval, else the fastest. */
function driverOf(graph: Graph, node: GraphNode): GraphNode {
  const inputs = node.edges.map((edge) => graph.nodes[edge.node] as GraphNode);
  const prompt = inputs.filter((candidate) => candidate.interval <= node.interval);
  return prompt.length > 0
    ? prompt.reduce((slowest, each) => (each.interval > slowest.interval ? each : slowest))
    : inputs.reduce((fastest, each) => (each.interval < fastest.interval ? each : fastest));
}
