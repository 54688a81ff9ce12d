import { closeBefore, closeOf, floorToSlot, isTicks, longestSlot, sameGrid } from '../../sdk/time/grid.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { Edge, Graph, GraphNode } from '../graph/graph.js';
import { attainable, type Horizon } from './horizon.js';
import { difference, hull, intersection, isEmpty, union, within, type RangeSet } from './ranges.js';

/** What is to be done for one node in a range. */
export interface NodeWork {
  /** Bars that active consumers read, including warm-up, contiguous; null: nobody reads it. */
  readonly demand: Range | null;
  /** Ranges to compute, on the node's grid: uncovered parts of the request, and warm-up. */
  readonly compute: RangeSet;
  /** Rows that consumers still look back to at the next chunk; null: nobody reads the node. */
  readonly carried: number | null;
  /** The same for ticks, in seconds; null if rows are counted. */
  readonly carriedSpan: Seconds | null;
}

/** The input of planning. Positions are those of the graph. */
export interface PlanInput {
  readonly graph: Graph;
  /** Position of the node that stands for each: nodes with equal fingerprints are one. */
  readonly canonical: readonly number[];
  readonly horizons: readonly Horizon[];
  /** Up to when each node can be computed in this run: its horizon, or the bar at which it or an input failed. */
  readonly limits: readonly Seconds[];
  readonly covered: readonly RangeSet[];
  /** Nodes that are not computed: no active node reads them. */
  readonly left: ReadonlySet<number>;
  /** Open of the `count`-th bar of a stream before a time, or of its first bar. */
  readonly rowsBack: (stream: number, before: Seconds, count: number) => Promise<Seconds>;
  /** Factor by which a node's history is overestimated, because its rows proved sparser than its inputs'. */
  readonly sparsity: readonly number[];
}

/** The ranges of a request that must be computed for any node, as separate pieces of time. */
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

/** What a scan needs to have some ranges: everything uncovered from its beginning. */
function sinceBeginning(input: PlanInput, node: GraphNode, ranges: RangeSet): RangeSet {
  const last = ranges.at(-1);
  if (!last) return [];
  const { begin } = input.horizons[node.index] as Horizon;
  return difference(union([{ start: begin, end: last.end }]), input.covered[node.index] as RangeSet);
}

/**
 * Plans one range backwards through the DAG: what each node computes, and from when on its rows are needed. Warm-up is counted in
 * rows: exact for streams; computed nodes are assumed to emit a row each time they fire. A node that emits fewer is detected
 * during the run, and planned again from further back.
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
    // Its slots see what closes after the previous slot's close, up to their own.
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

/** The hull of two demands. An empty demand still says from when on its node is read. */
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
 * How many bars of an input that closed by a slot's open a firing may see. If the input is no slower than the node, one of its
 * last bars closes within the slot: otherwise the slot does not fire.
 */
export function rowsBefore(node: GraphNode, edge: Edge, graph: Graph): number {
  const { interval } = graph.nodes[edge.node] as GraphNode;
  return interval <= node.interval ? edge.lookback - 1 : edge.lookback;
}

/** How many bars of an input that closed before a chunk its firings may see. On one grid, a firing's last bar is in the chunk. */
function rowsCarried(node: GraphNode, edge: Edge, graph: Graph): number {
  return sameGrid(node, graph.nodes[edge.node] as GraphNode) ? edge.lookback - 1 : edge.lookback;
}

/** The bars of an input that `slots` may read: `rows` closed before the first slot, then all up to the last close. */
async function inputDemand(input: PlanInput, source: number, slots: Range, rows: number): Promise<Range> {
  const node = input.graph.nodes[source] as GraphNode;
  const before = floorToSlot(slots.start, node);
  const count = Math.ceil(rows * (input.sparsity[source] as number));
  const start = count === 0 ? before : await timeBack(input, source, before, count);
  return { start, end: Math.max(before, floorToSlot(slots.end, node)) };
}

/** The same for windows counted in time. @param from where the first slot's window begins */
function spanDemand(input: PlanInput, source: number, slots: Range, from: Seconds): Range {
  const node = input.graph.nodes[source] as GraphNode;
  const start = floorToSlot(Math.min(slots.start, from), node);
  return { start, end: Math.max(start, floorToSlot(slots.end, node)) };
}

/** When the `count`-th bar of a node before `before` opens, as far as the streams' times tell. */
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

/** Any number of ticks makes a bar: assume one per slot. A sparser node is planned again. */
function timeOf(nodes: readonly GraphNode[], count: number): Seconds {
  return (count + 1) * Math.max(...nodes.map((node) => longestSlot(node)));
}

/**
 * The chain from a node through the inputs that its firings follow to a stream, and how many bars of that make one of the node.
 */
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
