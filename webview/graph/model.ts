import { DirectedGraph } from 'graphology';
import type { PanelNode } from '../../src/panel/state.js';

/** A strategy's nodes by name, with edges from inputs to dependents. */
export type NodeGraph = DirectedGraph<{ readonly node: PanelNode }, { readonly period: number }>;

/** Inputs outside the nodes are left out. */
export function graphOf(nodes: readonly PanelNode[]): NodeGraph {
  const graph: NodeGraph = new DirectedGraph();
  for (const node of nodes) graph.mergeNode(node.name, { node });
  for (const { name, inputs } of nodes) {
    for (const input of inputs) {
      if (graph.hasNode(input.name)) graph.mergeEdge(input.name, name, { period: input.period });
    }
  }
  return graph;
}

/** Which part of the graph is shown: `around` is a node with its inputs and readers. */
export type Focus = 'all' | 'around' | 'up' | 'down';

/** The roots with everything upstream (`up`), everything downstream (`down`), or their neighbours (`around`). */
export function reach(graph: NodeGraph, roots: readonly string[], focus: Focus): Set<string> {
  if (focus === 'all') return new Set(graph.nodes());
  const known = roots.filter((root) => graph.hasNode(root));
  if (focus === 'around') return new Set(known.flatMap((root) => [root, ...graph.neighbors(root)]));
  const found = new Set(known);
  for (const name of found) {
    for (const near of focus === 'up' ? graph.inNeighbors(name) : graph.outNeighbors(name)) found.add(near);
  }
  return found;
}

/**
 * How far back one bar of a node can look through all its inputs, in seconds: the sum of windows along the longest path. Assumes
 * data without holes; a cycle counts once.
 */
export function reachSeconds(graph: NodeGraph, name: string): number {
  const known = new Map<string, number>();
  const open = new Set<string>();
  const stack = graph.hasNode(name) ? [name] : [];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const owner = top;
    const inputs = graph.inNeighbors(owner);
    if (!open.has(owner)) {
      open.add(owner);
      stack.push(...inputs.filter((input) => !open.has(input)));
      continue;
    }
    stack.pop();
    const ways = inputs.map((input) => {
      const period = graph.getEdgeAttribute(graph.edge(input, owner), 'period');
      const { interval } = graph.getNodeAttribute(input, 'node');
      return (known.get(input) ?? interval) + Math.max(0, period - 1) * interval;
    });
    known.set(owner, Math.max(graph.getNodeAttribute(owner, 'node').interval, ...ways));
  }
  return known.get(name) ?? 0;
}
