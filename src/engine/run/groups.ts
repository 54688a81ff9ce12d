import type { GraphNode } from '../graph/graph.js';
import { memberOf } from '../graph/member.js';
import type { NodeWork } from '../plan/plan.js';
import type { RunState } from './run-state.js';

/** Nodes that are computed together, none of which reads another's rows. */
export type Group = readonly (readonly [GraphNode, NodeWork])[];

/** Members of a family that come in a row are together; all others are by themselves. */
export function groupsOf(state: RunState, work: ReadonlyMap<number, NodeWork>): readonly Group[] {
  const groups: [GraphNode, NodeWork][][] = [];
  const inLast = new Set<number>();
  for (const index of state.graph.order) {
    const own = work.get(index);
    if (!own) continue;
    const node = state.node(index);
    const [first] = groups.at(-1)?.[0] ?? [];
    const reads = node.edges.some((edge) => inLast.has(state.canonical(edge.node)));
    if (first && !reads && isAlike(first, node)) groups.at(-1)?.push([node, own]);
    else {
      groups.push([[node, own]]);
      inLast.clear();
    }
    inLast.add(index);
  }
  return groups;
}

/** Whether both are members of one family, computed apart from the firings before. */
function isAlike(one: GraphNode, other: GraphNode): boolean {
  const [{ family, symbol }, also] = [memberOf(one), memberOf(other)];
  return !one.scan && symbol !== undefined && also.symbol !== undefined && family === also.family;
}
