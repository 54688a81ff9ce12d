import { DirectedGraph } from 'graphology';
import { topologicalSort } from 'graphology-dag';
import { SeamlessError } from '../../sdk/errors.js';
import { gridOf, isTicks, longestSlot, sameGrid, type Grid } from '../../sdk/time/grid.js';
import { formatInterval, parseTime, type Seconds } from '../../sdk/time/time.js';
import type { EdgeDescription, GraphDescription, NodeDescription, SourceDescription } from '../ports/host.js';
import type { OpenStream } from '../ports/source.js';
import { anchorOf } from './anchors.js';
import { gridOfNode, refuseStraddling } from './grids.js';

/** An input of a node, fully resolved. */
export interface Edge {
  readonly node: number;
  /** Default number of bars in a window. */
  readonly period: number;
  /** Bars that must exist before the consumer fires, and the most it may look at. */
  readonly lookback: number;
  /**
   * For a window counted in time: its seconds. Period and look-back are then the most bars it can hold; one is enough to fire.
   */
  readonly span?: Seconds;
  /** See `EdgeDescription.gather`: period and look-back are 1, and the bar may be missing. */
  readonly gather?: true;
}

/** How many bars of an input must exist before its consumer fires. */
export function needOf({ span, lookback, gather }: Pick<Edge, 'span' | 'lookback' | 'gather'>): number {
  if (gather) return 0;
  return span === undefined ? lookback : 1;
}

/** A node, fully resolved. */
export interface GraphNode extends Grid {
  readonly index: number;
  readonly name: string;
  readonly kind: 'stream' | 'node';
  /** Each firing passes a state to the next: a bar depends on all bars before it. */
  readonly scan: boolean;
  readonly label: string;
  /** For a stream: its source has no bars between its last one and this time; null: unknown. */
  readonly completeUntil: Seconds | null;
  readonly edges: readonly Edge[];
  readonly description: NodeDescription;
}

export interface Graph {
  readonly strategy: string;
  /** The strategy's name in the store. */
  readonly storedAs: string;
  readonly nodes: readonly GraphNode[];
  /** Positions of the nodes, inputs before their dependents. */
  readonly order: readonly number[];
}

/** Resolves intervals and periods, and sorts. @throws SeamlessError for an invalid strategy */
export function resolveGraph(description: GraphDescription): Graph {
  if (description.nodes.length === 0) {
    throw new SeamlessError(
      'strategy',
      `Strategy ${description.strategy} has no nodes: create them in setup() and pass them to this.addNodes([...]).`,
    );
  }
  refuseDuplicates(description);
  const order = sortNodes(description);
  const nodes: GraphNode[] = [];
  let last: GraphNode | null = null;
  for (const index of order) {
    // Members of a family follow one another.
    const like: GraphNode | null =
      last && isResolvedLike(last, description.nodes[index] as NodeDescription, nodes) ? last : null;
    last = like ? resolvedLike(like, index, description) : resolveNode(index, description, nodes);
    nodes[index] = last;
  }
  const { strategy, storedAs = strategy } = description;
  return { strategy, storedAs, nodes, order };
}

function refuseDuplicates(description: GraphDescription): void {
  const seen = new Map<string, NodeDescription>();
  for (const node of description.nodes) {
    const first = seen.get(node.name);
    if (first) {
      const where = first.location ? `, first made in ${first.location.file}:${first.location.line}` : '';
      throw new SeamlessError(
        'duplicate-node',
        `Strategy ${description.strategy} has two nodes named ${node.name}${where}: give each its own name.`,
        about(node),
      );
    }
    seen.set(node.name, node);
  }
}

function sortNodes(description: GraphDescription): number[] {
  const { nodes } = description;
  // In the host's order: sorting ten thousand takes longer than comparing their fingerprints.
  if (nodes.every(({ inputs }, index) => inputs.every(({ node }) => node < index))) return [...nodes.keys()];
  const graph = new DirectedGraph();
  description.nodes.forEach((_, index) => graph.addNode(index));
  description.nodes.forEach((node, index) => {
    for (const input of node.inputs) graph.mergeEdge(input.node, index);
  });
  const cycle = findCycle(description);
  if (cycle) {
    const names = cycle.map((index) => description.nodes[index]?.name ?? '?');
    throw new SeamlessError(
      'cycle',
      `Strategy ${description.strategy} has a cycle: ${names.join(' → ')}. A node cannot depend on itself; take one of these inputs away.`,
      { ...about(description.nodes[cycle[0] ?? 0]), path: names },
    );
  }
  return topologicalSort(graph).map(Number);
}

/** A cycle as a path that ends where it starts, or null. Iterative: a chain may be thousands of nodes long. */
function findCycle(description: GraphDescription): number[] | null {
  const finished = new Set<number>();
  for (let root = 0; root < description.nodes.length; root++) {
    const path: number[] = [];
    const onPath = new Set<number>();
    const stack: { node: number; next: number }[] = [{ node: root, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as { node: number; next: number };
      if (top.next === 0) {
        if (finished.has(top.node)) {
          stack.pop();
          continue;
        }
        if (onPath.has(top.node)) return [...path.slice(path.indexOf(top.node)), top.node].reverse();
        path.push(top.node);
        onPath.add(top.node);
      }
      const input = description.nodes[top.node]?.inputs[top.next++];
      if (input) {
        stack.push({ node: input.node, next: 0 });
      } else {
        stack.pop();
        path.pop();
        onPath.delete(top.node);
        finished.add(top.node);
      }
    }
  }
  return null;
}

function resolveNode(index: number, graph: GraphDescription, resolved: readonly GraphNode[]): GraphNode {
  const node = graph.nodes[index] as NodeDescription;
  const inputs = node.inputs.map((input) => resolved[input.node] as GraphNode);
  const gathered = inputs.filter((_, position) => node.inputs[position]?.gather);
  const interval =
    node.interval ??
    (gathered.length > 0 ? commonInterval(node, gathered) : (graph.interval ?? commonInterval(node, inputs)));
  refuseOffGrid(node, interval, gathered);
  const grid = gridOfNode(node, interval, inputs);
  const edges = node.inputs.map((input, position): Edge => {
    if (input.gather) return { node: input.node, period: 1, lookback: 1, gather: true };
    if (input.span !== undefined) return spanEdge(node, grid, input, inputs[position] as GraphNode);
    refuseCountedTicks(node, inputs[position] as GraphNode);
    const period = input.period ?? graph.period;
    if (period === null) {
      throw new SeamlessError(
        'period',
        `Node ${node.name} has no period: say how many bars of its inputs it looks at, in the node or as the strategy's default.`,
        about(node),
      );
    }
    const least = inputs[position]?.description.leastHistory ?? 1;
    return { node: input.node, period, lookback: Math.max(period, least) };
  });
  return {
    index,
    name: node.name,
    kind: node.kind,
    scan: node.scan ?? false,
    label: labelOf(node, grid),
    ...grid,
    completeUntil: completeUntilOf(node),
    edges,
    description: node,
  };
}

/** Whether nothing but its name and its inputs' places tells a node from one that was resolved. */
function isResolvedLike(
  { description: known, edges }: GraphNode,
  node: NodeDescription,
  resolved: readonly GraphNode[],
): boolean {
  return (
    node.kind === 'node' &&
    node.kind === known.kind &&
    node.source === null &&
    known.source === null &&
    node.label === known.label &&
    node.interval === known.interval &&
    node.calendar === known.calendar &&
    node.anchor === known.anchor &&
    node.scan === known.scan &&
    node.inputs.length === edges.length &&
    node.inputs.every((input, at) => {
      const other = known.inputs[at] as EdgeDescription;
      const [a, b] = [resolved[input.node] as GraphNode, resolved[other.node] as GraphNode];
      return (
        input.period === other.period &&
        input.span === other.span &&
        input.gather === other.gather &&
        input.slot === other.slot &&
        sameGrid(a, b) &&
        a.calendar?.name === b.calendar?.name &&
        a.description.leastHistory === b.description.leastHistory
      );
    })
  );
}

function resolvedLike(known: GraphNode, index: number, graph: GraphDescription): GraphNode {
  const description = graph.nodes[index] as NodeDescription;
  const { kind, scan, label, interval, phase, calendar, completeUntil } = known;
  const edges = known.edges.map((edge, at): Edge => {
    const { period, lookback } = edge;
    const node = description.inputs[at]?.node ?? 0;
    return edge.span === undefined && !edge.gather ? { node, period, lookback } : { ...edge, node };
  });
  const { name } = description;
  return { index, name, kind, scan, label, interval, phase, calendar, completeUntil, edges, description };
}

/** `resample`; `resample W-FRI`. */
function labelOf({ label }: NodeDescription, grid: Grid): string {
  const anchor = isTicks(grid) ? null : anchorOf(grid);
  return anchor === null ? label : `${label} ${anchor}`;
}

/** @throws SeamlessError `interval` for a node that fires at other bars than those it gathers */
function refuseOffGrid(node: NodeDescription, interval: Seconds, gathered: readonly GraphNode[]): void {
  const stranger = gathered.find((input) => input.interval !== interval);
  if (!stranger) return;
  throw new SeamlessError(
    'interval',
    `Node ${node.name} has an interval of ${formatInterval(interval)}, but gathers the bars of ${stranger.name}, which take ${formatInterval(stranger.interval)}: leave its interval out, or bring its inputs to one interval with resample first.`,
    about(node),
  );
}

/** How many ticks a time window holds is unknown. */
const ANY_NUMBER = 2 ** 31 - 1;

/** @throws SeamlessError `period` for a window counted in ticks */
function refuseCountedTicks(node: NodeDescription, source: GraphNode): void {
  if (!isTicks(source)) return;
  throw new SeamlessError(
    'period',
    `Node ${node.name} counts its window in ticks of ${source.name}: make bars of them with barsOf({ name: 'bars', input, interval: '1m' }) and use those, or count the window in time: period: '1m'.`,
    about(node),
  );
}

/** @throws SeamlessError `period` for a window too short to hold a bar */
function spanEdge(node: NodeDescription, grid: Grid, edge: EdgeDescription, source: GraphNode): Edge {
  const slot = longestSlot(source);
  if (edge.slot) refuseStraddling(node, grid, source);
  const span = edge.slot ? Math.max(edge.span as Seconds, longestSlot(grid)) : (edge.span as Seconds);
  if (span < slot) {
    throw new SeamlessError(
      'period',
      `Node ${node.name} has a window of ${formatInterval(span)} over ${source.name}, whose bars take ${slot > source.interval ? 'up to ' : ''}${formatInterval(slot)}: make it at least as long as one of them.`,
      about(node),
    );
  }
  if (isTicks(source)) return { node: edge.node, period: ANY_NUMBER, lookback: ANY_NUMBER, span };
  // Calendar slots may be shorter than their interval: the last one of each day.
  const short = source.calendar ? Math.ceil(span / 86_400) + 1 : 0;
  const bars = Math.ceil(span / source.interval) + short;
  return { node: edge.node, period: bars, lookback: bars, span };
}

function commonInterval(node: NodeDescription, inputs: readonly GraphNode[]): Seconds {
  if (inputs.length === 0) {
    throw new SeamlessError(
      'interval',
      `${node.name} has no interval: say how long its bars are (interval: '1m'), in the stream or as the strategy's default.`,
      about(node),
    );
  }
  const intervals = [...new Set(inputs.map((input) => input.interval))];
  const [only] = intervals;
  if (intervals.length === 1 && only !== undefined) return only;
  const listed = inputs.map((input) => `${input.name} ${formatInterval(input.interval)}`).join(', ');
  throw new SeamlessError(
    'interval',
    `Node ${node.name} has inputs of unequal intervals (${listed}) and none of its own: say which it fires on.`,
    about(node),
  );
}

/** In JavaScript it may be anything. @throws SeamlessError `source` if it is no time */
function completeUntilOf({ name, source }: NodeDescription): Seconds | null {
  const time = source?.kind === 'custom' ? undefined : source?.options['completeUntil'];
  if (time === undefined) return null;
  const what = `The completeUntil of ${name}`;
  if (typeof time === 'number' || typeof time === 'string') return parseTime(time, what);
  throw new SeamlessError(
    'source',
    `${what} is ${JSON.stringify(time)}: write a time such as '2024-03-14'.`,
    { node: name },
  );
}

/** A stream to open its source with; where it was created is looked up when needed. */
export function openStream(node: GraphNode, source: SourceDescription): OpenStream {
  const { index, name, description } = node;
  return {
    node: index,
    name,
    ...gridOf(node),
    source,
    get location() {
      return description.location;
    },
  };
}

function about(node: NodeDescription | undefined): {
  node?: string;
  location?: NonNullable<NodeDescription['location']>;
} {
  if (!node) return {};
  return node.location ? { node: node.name, location: node.location } : { node: node.name };
}
