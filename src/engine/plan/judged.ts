import type { StrategyHost } from '../ports/host.js';
import type { NodeRecord, NodeStore } from '../ports/store.js';
import { coveredOf, prepare } from './prepare.js';
import type { RangeSet } from './ranges.js';

/**
 * Which rows a name stands for where none are stored of the code as it is now: those of an `earlier` version; or of the `last-run`,
 * where the code cannot be hashed, so that no rows are ever known to be of now.
 */
export type OtherVersion = 'earlier' | 'last-run';

/**
 * Has the names of a strategy's nodes stand for the versions that its code gives now, as far as the store has rows of them. After a
 * change was taken back, reading by name then gives what is called fresh, although nothing was run.
 * @returns the nodes whose names stand for other rows, since nothing is stored of the code as it is now
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

/** @param covered by node: what is covered of the version judged */
export function pointCovered(
  store: NodeStore,
  nodes: readonly NodeRecord[],
  covered: readonly RangeSet[],
): Promise<void> {
  const held = nodes.filter((_, index) => (covered[index] ?? []).length > 0);
  return store.point(nodes, new Set(held.map(({ fingerprint }) => fingerprint)));
}
