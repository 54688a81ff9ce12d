import { reachable } from '../../sdk/lists.js';
import type { Graph, GraphNode } from './graph.js';

/** Some nodes, and everything upstream of them. @param canonical the node that stands for each, if nodes are merged */
export function upstream(
  { nodes }: Graph,
  from: Iterable<number>,
  canonical?: readonly number[],
): ReadonlySet<number> {
  const inputs = (index: number): number[] =>
    (nodes[index] as GraphNode).edges.map(({ node }) => canonical?.[node] ?? node);
  return new Set(reachable(from, inputs));
}

/** Some nodes, and everything downstream of them. */
export function downstream(graph: Graph, from: Iterable<number>): ReadonlySet<number> {
  const found = new Set(from);
  for (const index of graph.order) {
    if ((graph.nodes[index] as GraphNode).edges.some((edge) => found.has(edge.node))) found.add(index);
  }
  return found;
}
