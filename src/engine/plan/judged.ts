import { fingerprints } from '../fingerprint/fingerprints.js';
import { resolveGraph } from '../graph/graph.js';
import type { StrategyHost } from '../ports/host.js';
import type { NodeRecord, NodeStore } from '../ports/store.js';
import { records } from '../run/materialize.js';
import type { RangeSet } from './ranges.js';

/**
 * Has the names of a strategy's nodes stand for the versions that its code gives now, as far as the store has rows of them. After a
 * change was taken back, whoever reads by name is so shown what is called fresh, although nothing was run.
 */
export async function pointNames({
  host,
  store,
}: {
  readonly host: StrategyHost;
  readonly store: NodeStore;
}): Promise<void> {
  const graph = resolveGraph(await host.describe());
  const prints = fingerprints(graph, 'status');
  const ids = prints.map(({ hash }) => hash);
  const coverage = await store.coverage(ids);
  await pointCovered(
    store,
    records(graph, prints),
    ids.map((id) => coverage.get(id) ?? []),
  );
}

/** @param covered by node: what is covered of the version judged */
export function pointCovered(
  store: NodeStore,
  nodes: readonly NodeRecord[],
  covered: readonly RangeSet[],
): Promise<void> {
  const held = nodes.filter((_, index) => (covered[index] ?? []).length > 0);
  return store.point(nodes, new Set(held.map(({ fingerprint }) => fingerprint)));
}
