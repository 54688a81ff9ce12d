import type { Fingerprint } from '../fingerprint/fingerprints.js';
import { attainable, type Horizon } from './horizon.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import { upstream } from '../graph/reach.js';
import type { NodeComparison, NodeStore } from '../ports/store.js';
import { difference, isEmpty, type RangeSet } from './ranges.js';
import type { Range } from '../../sdk/time/time.js';

/** `all`: every node is completed. `missing`: only nodes with missing or incomplete history, and their inputs. */
export type Extent = 'all' | 'missing';

interface Selectable {
  readonly graph: Graph;
  readonly request: Range;
  readonly fingerprints: readonly Fingerprint[];
  readonly horizons: readonly Horizon[];
  readonly covered: readonly RangeSet[];
  readonly histories: readonly NodeComparison[];
}

/**
 * The nodes that a run for missing rows leaves alone: they changed, their previous version is complete over the request, and no
 * node that lacks rows depends on them. Call it before the nodes are registered.
 */
export async function leftAsTheyAre(parts: Selectable, store: NodeStore): Promise<ReadonlySet<number>> {
  const { graph, fingerprints, histories } = parts;
  const changed = graph.nodes.filter((node) => {
    const history = histories[node.index];
    return (history === 'own-changed' || history === 'input-changed') && gaps(parts, node).length > 0;
  });
  if (changed.length === 0) return new Set();
  const current = await store.current(graph.storedAs);
  const earlier = changed.map((node) => current.get(node.name) ?? '');
  const coverage = await store.covered(earlier);
  const left = new Set<number>();
  changed.forEach((node, position) => {
    const covered = coverage.get(earlier[position] as string)?.ranges ?? [];
    // Over the whole request: a bar that only the new version has is missing in the one that would be read.
    if (difference([wanted(parts, node)], covered).length === 0) left.add(node.index);
  });
  const lacking = graph.nodes.filter((node) => !left.has(node.index) && gaps(parts, node).length > 0);
  const needed = upstream(
    graph,
    lacking.map(({ index }) => index),
  );
  // Nodes with equal fingerprints are treated as one.
  const computed = new Set([...needed].map((index) => fingerprints[index]?.hash));
  for (const index of left) if (computed.has(fingerprints[index]?.hash)) left.delete(index);
  return left;
}

function wanted({ request, horizons }: Selectable, node: GraphNode): Range {
  return attainable(request, node, horizons[node.index] as Horizon);
}

function gaps(parts: Selectable, node: GraphNode): RangeSet {
  const all = wanted(parts, node);
  return isEmpty(all) ? [] : difference([all], parts.covered[node.index] as RangeSet);
}
