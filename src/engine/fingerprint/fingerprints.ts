import { plainDigest, textDigest, type Digest } from './digest.js';
import { phaseText } from '../graph/anchors.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import type { Part } from '../ports/host.js';
import { formatInterval } from '../../sdk/time/time.js';

/**
 * The version of what the engine means by a node: firing, windows, rows, indicators. Raise it whenever the same
 * strategy over the same data would give other rows, and every cache computes anew.
 */
const SEMANTICS_VERSION = 7;

/** Characters kept of a source's option. */
const LONGEST_OPTION = 200;

export interface Fingerprint {
  /** Everything that decides the node's rows, the data of the sources aside. */
  readonly hash: Digest;
  /** The same without the inputs: what reuse goes by. */
  readonly codeHash: Digest;
  /** Why no fingerprint can vouch for the node, so that it is computed each time; null when one can. */
  readonly unhashable: string | null;
}

/**
 * Fingerprints by node position. `nonce` makes those of nodes that cannot be hashed unique to this run:
 * they never hit, and neither does what depends on them, except by the digests of their rows.
 */
export function fingerprints(graph: Graph, nonce: string): readonly Fingerprint[] {
  const all: Fingerprint[] = [];
  for (const index of graph.order) {
    const node = graph.nodes[index] as GraphNode;
    const { own: code, source } = node.description;
    const windows = node.edges.map((edge) => {
      // When a bar of an input closes, and whether it must, is in its interval.
      const { interval, phase, calendar } = graph.nodes[edge.node] as GraphNode;
      const days = calendar ? `,calendar ${calendar.key}` : '';
      const span = edge.span === undefined ? '' : `,span ${edge.span}`;
      const gather = edge.gather ? ',gather' : '';
      return `[${edge.period},${edge.lookback},${interval},${phase}${span}${gather}${days}]`;
    });
    const { hash, unhashable = null } = code;
    const plain = [
      `semantics ${SEMANTICS_VERSION}`,
      kindOf(node),
      String(node.interval),
      String(node.phase),
      ...(node.calendar ? [`calendar ${node.calendar.key}`] : []),
      `[${windows.join(',')}]`,
    ];
    const codeHash =
      source || hash === undefined
        ? textDigest([
            ...plain,
            source ? canonicalJson([source.kind, source.options]) : '',
            hash ?? `${nonce} ${index}`,
          ])
        : plainDigest([...plain, '', hash]);
    const fingerprint = plainDigest([codeHash, ...node.edges.map((edge) => all[edge.node]?.hash ?? '')]);
    all[index] = { codeHash, hash: fingerprint, unhashable };
  }
  return all;
}

/** What the own hash of a node is made of, one by one, for people. Empty where it cannot be hashed. */
export async function partsOf(graph: Graph, node: GraphNode): Promise<readonly Part[]> {
  const { own: code, source } = node.description;
  if (code.hash === undefined) return [];
  const part = (kind: Part['kind'], name: string, value: unknown, text: string): Part => {
    const hash = textDigest([canonicalJson(value)]);
    return { kind, name, owner: '', title: name, file: null, hash, text };
  };
  const windows = node.edges.map((edge, position) => {
    const { interval, phase, calendar } = graph.nodes[edge.node] as GraphNode;
    const span = edge.span === undefined ? [] : [edge.span];
    const gather = edge.gather ? ['gather'] : [];
    const window = [
      edge.period,
      edge.lookback,
      interval,
      phase,
      ...span,
      ...gather,
      ...(calendar ? [calendar.key] : []),
    ];
    return part('window', String(position), window, JSON.stringify(window));
  });
  const options = Object.entries(source?.options ?? {}).map(([name, value]) =>
    part('option', name, value, canonicalJson(value).slice(0, LONGEST_OPTION)),
  );
  return [
    part('semantics', '', SEMANTICS_VERSION, String(SEMANTICS_VERSION)),
    part('kind', '', kindOf(node), kindOf(node)),
    part('interval', '', node.interval, formatInterval(node.interval)),
    part('phase', '', node.phase, phaseText(node)),
    ...(node.calendar ? [part('calendar', '', node.calendar.key, node.calendar.name)] : []),
    ...windows,
    ...(source ? [part('source', '', source.kind, source.kind)] : []),
    ...options,
    ...((await code.parts?.()) ?? []),
  ];
}

function kindOf({ kind, scan }: GraphNode): string {
  return scan ? 'scan' : kind;
}

/** JSON with the keys of records in order, so that equal options give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'number' && !Number.isFinite(item)) return `number ${item}`;
    if (typeof item === 'bigint') return `bigint ${item}`;
    if (item instanceof Map || item instanceof Set)
      return [item.constructor.name, ...(item as Iterable<unknown>)];
    if (item === null || typeof item !== 'object' || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
