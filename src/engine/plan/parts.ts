import { addTo } from '../../sdk/lists.js';
import { chunkSpan, finestOf } from './chunk-span.js';
import type { NodeWork } from './plan.js';
import { difference, hull, union, type RangeSet } from './ranges.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import { memberOf } from '../graph/member.js';
import type { Seconds } from '../../sdk/time/time.js';

/** A node with fewer rows counts as this many: it takes memory for more than its rows. */
const LEAST_ROWS = 4000;

/** A node with so many inputs reads symbols that were written by hand. */
const MANY = 64;

/** Nodes that must be computed together, because they read each other's rows. */
export interface Part {
  /** Computed nodes, one per fingerprint. */
  readonly nodes: readonly number[];
  /** The length of a chunk if all of them are computed. */
  readonly grain: Seconds;
  /** Their interval; the shortest, if they have several. */
  readonly finest: Seconds;
}

/**
 * Splits a DAG into levels, in order of computation, and each level into parts. A symbol's nodes are a part of their own, so that
 * its whole history is computed at once, however many symbols there are. So are nodes without symbols that neither read each
 * other nor the same streams as other nodes. Nodes that read many symbols or nodes, or share one computed row with all of them,
 * are one level higher and read from the store.
 */
export function partsOf(
  graph: Graph,
  canonical: readonly number[],
  chunkSlots: number | undefined,
): readonly (readonly Part[])[] {
  const levels = levelsOf(graph, canonical);
  const groups = new Groups(graph.nodes.length);
  const rest = new Map<number, number>();
  for (const node of graph.nodes) {
    if (canonical[node.index] !== node.index) continue;
    const level = levels[node.index] as number;
    const { symbol } = memberOf(node);
    if (symbol === undefined && node.kind === 'node' && level > 0) {
      // They read many symbols or nodes: apart, each would read these again.
      groups.join(node.index, rest.get(level) ?? node.index);
      rest.set(level, node.index);
    }
    for (const edge of node.edges) {
      const source = canonical[edge.node] as number;
      const input = graph.nodes[source] as GraphNode;
      if (input.kind === 'node' && levels[source] === level) groups.join(node.index, source);
      // A stream that all symbols read does not make one part of them.
      else if (level === 0 && (symbol === undefined || memberOf(input).symbol !== undefined))
        groups.join(node.index, source);
    }
  }
  const found = new Map<number, number[]>();
  for (const index of graph.order) {
    const node = graph.nodes[index] as GraphNode;
    if (node.kind === 'stream' || canonical[index] !== index) continue;
    addTo(found, groups.of(index), index);
  }
  const parts: Part[][] = Array.from({ length: Math.max(-1, ...levels) + 1 }, () => []);
  for (const nodes of found.values()) {
    parts[levels[nodes[0] as number] as number]?.push(partOf(graph, canonical, nodes, chunkSlots));
  }
  return parts;
}

function partOf(
  graph: Graph,
  canonical: readonly number[],
  nodes: readonly number[],
  chunkSlots: number | undefined,
): Part {
  const read = [...withInputs({ graph, canonical }, nodes)].map((index) => graph.nodes[index] as GraphNode);
  return { nodes, grain: chunkSpan(read, chunkSlots), finest: finestOf(read) };
}

/** Nodes, and the nodes that they read. */
function withInputs(
  { graph, canonical }: Pick<Planned, 'graph' | 'canonical'>,
  nodes: readonly number[],
): ReadonlySet<number> {
  const all = new Set(nodes);
  for (const index of nodes) {
    for (const edge of (graph.nodes[index] as GraphNode).edges) all.add(canonical[edge.node] as number);
  }
  return all;
}

function levelsOf(graph: Graph, canonical: readonly number[]): readonly number[] {
  const levels: number[] = [];
  for (const index of graph.order) {
    const node = graph.nodes[index] as GraphNode;
    levels[index] = Math.max(
      0,
      ...node.edges.map((edge) => {
        const source = canonical[edge.node] as number;
        return (levels[source] as number) + (isBorder(graph.nodes[source] as GraphNode, node) ? 1 : 0);
      }),
    );
  }
  return levels;
}

/** Whether rows flow from many symbols or nodes to one node, or from a computed node without a symbol to many. */
function isBorder(input: GraphNode, node: GraphNode): boolean {
  const [from, to] = [memberOf(input), memberOf(node)];
  if (from.symbol !== undefined) return to.symbol === undefined;
  if (input.kind === 'node' && node.edges.length >= MANY) return true;
  // A family's node without a symbol computes all members' values, which they take over.
  return to.symbol !== undefined && input.kind === 'node' && from.family === undefined;
}

/** Union-find: sets are merged as they are found to belong together. */
class Groups {
  readonly #above: Int32Array;

  constructor(count: number) {
    this.#above = Int32Array.from({ length: count }, (_, index) => index);
  }

  of(index: number): number {
    let root = index;
    while (this.#above[root] !== root) root = this.#above[root] as number;
    this.#above[index] = root;
    return root;
  }

  join(a: number, b: number): void {
    this.#above[this.of(a)] = this.of(b);
  }
}

/** What is computed chunk by chunk in one go. */
export interface Batch {
  readonly work: ReadonlyMap<number, NodeWork>;
  readonly grain: Seconds;
}

/** A plan over all levels with current coverage: what lower levels have stored meanwhile is not computed again. */
interface Planned {
  readonly graph: Graph;
  readonly canonical: readonly number[];
  readonly work: ReadonlyMap<number, NodeWork>;
  readonly covered: readonly RangeSet[];
}

/**
 * Planned work for the parts of one level, as many at a time as fit into memory: shared work per chunk is then done once. Call it
 * when the lower levels are done.
 * @param cells rows × columns in memory at once; a single part may exceed it
 */
export function batchesOf(planned: Planned, parts: readonly Part[], cells: number): readonly Batch[] {
  const left = leftOf(planned);
  const batches: { readonly grain: Seconds; readonly nodes: number[]; cells: number }[] = [];
  for (const part of parts) {
    const nodes = part.nodes.filter((index) => (left.get(index)?.compute.length ?? 0) > 0);
    if (nodes.length === 0) continue;
    const own = withInputs(planned, nodes).size * rowsAtOnce(part, nodes, left);
    const open = batches.findLast(({ grain }) => grain === part.grain);
    if (open && open.cells + own <= cells) {
      open.nodes.push(...nodes);
      open.cells += own;
    } else batches.push({ grain: part.grain, nodes, cells: own });
  }
  return batches.map(({ grain, nodes }) => ({ grain, work: workFor({ ...planned, work: left }, nodes) }));
}

function leftOf({ work, covered }: Planned): ReadonlyMap<number, NodeWork> {
  return new Map(
    Array.from(work, ([index, each]) => [
      index,
      each.compute.length === 0
        ? each
        : { ...each, compute: difference(each.compute, covered[index] as RangeSet) },
    ]),
  );
}

function rowsAtOnce(
  { grain, finest }: Part,
  nodes: readonly number[],
  work: ReadonlyMap<number, NodeWork>,
): number {
  const range = hull(
    union(
      nodes.flatMap((index) => {
        const { compute, demand } = work.get(index) as NodeWork;
        return demand ? [...compute, demand] : compute;
      }),
    ),
  );
  return Math.max(LEAST_ROWS, Math.min(grain, range ? range.end - range.start : 0) / finest);
}

/** The work of some nodes and everything they need, in plan order. */
function workFor({ graph, canonical, work }: Planned, nodes: readonly number[]): Batch['work'] {
  const needed = new Set(nodes);
  for (const index of needed) {
    if (!work.get(index)?.compute.length) continue;
    for (const edge of (graph.nodes[index] as GraphNode).edges) needed.add(canonical[edge.node] as number);
  }
  const own = new Map<number, NodeWork>();
  for (const [index, each] of work) if (needed.has(index)) own.set(index, each);
  return own;
}
