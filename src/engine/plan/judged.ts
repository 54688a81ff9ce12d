import type { StrategyHost } from '../ports/host.js';
import type { NodeRecord, NodeStore } from '../ports/store.js';
import { coveredOf, prepare } from './prepare.js';
import type { RangeSet } from './ranges.js';

/**
 * Which rows a name refers to if the current code has none: an `earlier` version's; or the `last-run`'s, if the code cannot be
 * hashed, so that no rows are known to be current.
 */
export type OtherVersion = 'earlier' | 'last-run';

/**
 * Points the names of a strategy's nodes to the versions of its current code, as far as the store has their rows. After an undone
 * change, reading by name then gives what is called fresh, although nothing was run.
 * @returns the nodes whose names refer to other rows, since the current code has none
 */
export async function pointNames({
  host,
  store,
}: {
  readonly host: StrategyHost;
  readonly store: NodeStore;
}): Promise<ReadonlyMap<string, OtherVersion>> {
  const prepared = await prepare({ host, store }, 'status');
  const { graph, fingerprints: prints, records, coverage } = prepared;
  await pointCovered(store, records, coveredOf(prepared, coverage));
  const current = await store.current(graph.storedAs);
  return new Map(
    graph.nodes.flatMap(({ name, index }): [string, OtherVersion][] => {
      const known = current.get(name);
      if (known === undefined || known === prints[index]?.hash) return [];
      return [[name, prints[index]?.unhashable ? 'last-run' : 'earlier']];
    }),
  );
}

/** @param covered by node: coverage of the current version */
export function pointCovered(
  store: NodeStore,
  nodes: readonly NodeRecord[],
  covered: readonly RangeSet[],
): Promise<void> {
  const held = nodes.filter((_, index) => (covered[index] ?? []).length > 0);
  return store.point(nodes, new Set(held.map(({ fingerprint }) => fingerprint)));
}
