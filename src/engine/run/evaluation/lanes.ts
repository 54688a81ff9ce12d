import type { Grid } from '../../../sdk/time/grid.js';
import type { Graph, GraphNode } from '../../graph/graph.js';

/**
 * Nodes that a slot computes together and that do not read each other: a universe's streams, a family's members, or a single
 * node.
 */
export interface Lane {
  readonly kind: GraphNode['kind'];
  /** They have windows of one length over inputs of the same grids. */
  readonly nodes: readonly GraphNode[];
}

/**
 * The nodes that represent themselves or others, inputs before dependents.
 * @param canonical position of the node that stands for each
 */
export function lanesOf(graph: Graph, canonical: readonly number[]): Lane[] {
  const depths: number[] = [];
  const lanes = new Map<string, { kind: GraphNode['kind']; depth: number; nodes: GraphNode[] }>();
  for (const index of graph.order) {
    const node = graph.nodes[index] as GraphNode;
    const depth = node.edges.reduce(
      (most, edge) => Math.max(most, (depths[canonical[edge.node] as number] ?? 0) + 1),
      0,
    );
    depths[index] = depth;
    if (canonical[index] !== index) continue;
    const { kind } = node;
    const key = JSON.stringify([depth, kind, familyOf(node), shapeOf(graph, node)]);
    const lane = lanes.get(key);
    if (lane) lane.nodes.push(node);
    else lanes.set(key, { kind, depth, nodes: [node] });
  }
  return [...lanes.values()].sort((a, b) => a.depth - b.depth);
}

/** A node outside a family has its own lane, and so has a scan, since each has its own state. */
function familyOf({ index, scan, description: { member } }: GraphNode): string | number {
  return member && member.symbol !== null && !scan ? member.family : index;
}

function shapeOf(graph: Graph, node: GraphNode): unknown {
  const inputs = node.edges.map(({ node: input, ...window }) => ({
    ...window,
    grid: keyOf(graph.nodes[input] as GraphNode),
  }));
  return [keyOf(node), inputs];
}

function keyOf({ interval, phase, calendar }: Grid): unknown {
  return [interval, phase, calendar?.key ?? null];
}
