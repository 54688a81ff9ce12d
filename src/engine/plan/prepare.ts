import { isTicks } from '../../sdk/time/grid.js';
import type { PartChange } from '../fingerprint/changes.js';
import { Explainer } from '../fingerprint/explain.js';
import { fingerprints, partsOf, type Fingerprint } from '../fingerprint/fingerprints.js';
import { resolveGraph, type Graph, type GraphNode } from '../graph/graph.js';
import type { StrategyHost } from '../ports/host.js';
import type { Covered, NodeComparison, NodeRecord, NodeStore } from '../ports/store.js';
import type { RangeSet } from './ranges.js';

/** A strategy's current code compared with the store. Lists are by position in the graph. */
export interface Prepared {
  readonly graph: Graph;
  readonly fingerprints: readonly Fingerprint[];
  /** The nodes as the store remembers them. */
  readonly records: readonly NodeRecord[];
  readonly histories: readonly NodeComparison[];
  /** What changed about each node since it was stored. Empty: nothing, or unknown. */
  readonly changes: readonly (readonly PartChange[])[];
  /** By fingerprint. */
  readonly coverage: ReadonlyMap<string, Covered>;
}

/**
 * The first step of all work on a strategy and a store. Call it before other author code runs, which might change what a function
 * captured.
 * @param nonce goes into the fingerprints of unhashable nodes
 * @param register also registers the nodes as the current ones
 */
export async function prepare(
  { host, store }: { readonly host: StrategyHost; readonly store: NodeStore },
  nonce: string,
  { register = false }: { readonly register?: boolean } = {},
): Promise<Prepared> {
  const graph = resolveGraph(await host.describe());
  const prints = fingerprints(graph, nonce);
  const records = recordsOf(graph, prints);
  const histories = await (register ? store.register(records) : store.compare(records));
  const explainer = await Explainer.load(store, graph, prints, records, histories);
  const changes = graph.nodes.map(({ index }) => explainer.changes(index));
  const coverage = await store.covered(prints.map(({ hash }) => hash));
  return { graph, fingerprints: prints, records, histories, changes, coverage };
}

/** Coverage of each node, by position. */
export function coveredOf(
  { fingerprints: prints }: Pick<Prepared, 'fingerprints'>,
  coverage: Prepared['coverage'],
): RangeSet[] {
  return prints.map(({ hash }) => coverage.get(hash)?.ranges ?? []);
}

function recordsOf(graph: Graph, prints: readonly Fingerprint[]): NodeRecord[] {
  let reach: Reach = { lookbacks: [], spans: [] };
  return graph.nodes.map((node) => {
    const { hash, codeHash } = prints[node.index] as Fingerprint;
    const { name, kind, label, interval, phase, calendar } = node;
    const own = reachOf(graph, node);
    // Members of a family follow one another.
    if (!isSame(reach.lookbacks, own.lookbacks) || !isSame(reach.spans, own.spans)) reach = own;
    return {
      fingerprint: hash,
      codeHash,
      strategy: graph.storedAs,
      node: name,
      kind,
      interval,
      phase,
      calendar,
      inputs: node.edges.map((edge) => (prints[edge.node] as Fingerprint).hash),
      lookbacks: reach.lookbacks,
      spans: reach.spans,
      label,
      member: node.description.member ?? null,
      parts: () => partsOf(graph, node),
    };
  });
}

/** How far back a node looks at each input. */
type Reach = Required<Pick<NodeRecord, 'lookbacks' | 'spans'>>;

function reachOf(graph: Graph, node: GraphNode): Reach {
  return {
    lookbacks: node.edges.map(({ lookback, gather }) => (node.scan ? null : gather ? 0 : lookback)),
    spans: node.edges.map(({ node: input, span }) =>
      !node.scan && span !== undefined && isTicks(graph.nodes[input] as GraphNode) ? span : null,
    ),
  };
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}
