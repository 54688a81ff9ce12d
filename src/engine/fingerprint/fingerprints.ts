import { plainDigest, textDigest, type Digest } from './digest.js';
import { phaseText } from '../graph/anchors.js';
import type { Edge, Graph, GraphNode } from '../graph/graph.js';
import type { Part } from '../ports/host.js';
import { sameGrid } from '../../sdk/time/grid.js';
import { formatInterval } from '../../sdk/time/time.js';

/**
 * The version of the engine's semantics: firing, windows, rows, indicators. Raise it whenever the same strategy over the same
 * data would give other rows; every cache then computes again.
 */
const SEMANTICS_VERSION = 8;

/** How many characters of a source option are kept. */
const LONGEST_OPTION = 200;

export interface Fingerprint {
  /** Everything that decides the node's rows, except the sources' data. */
  readonly hash: Digest;
  /** The same without inputs: the key for reuse. */
  readonly codeHash: Digest;
  /** Why the node cannot be hashed, and so is computed each time; null: it can. */
  readonly unhashable: string | null;
}

/**
 * Fingerprints by node position. `nonce` makes those of unhashable nodes unique to this run: they never hit, and neither do their
 * dependents, except through the digests of their rows.
 */
export function fingerprints(graph: Graph, nonce: string): readonly Fingerprint[] {
  const all: Fingerprint[] = [];
  let last: { readonly node: GraphNode; readonly codeHash: Digest } | null = null;
  for (const index of graph.order) {
    const node = graph.nodes[index] as GraphNode;
    // Members of a family follow one another.
    const codeHash: Digest =
      last && haveOneCode(graph, last.node, node)
        ? last.codeHash
        : codeHashOf(graph, node, `${nonce} ${index}`);
    last = { node, codeHash };
    const inputs = node.edges.map((edge) => all[edge.node]?.hash ?? '');
    const { unhashable = null } = node.description.own;
    all[index] = { codeHash, hash: plainDigest([codeHash, ...inputs]), unhashable };
  }
  return all;
}

/** @param unique stands for code that cannot be hashed */
function codeHashOf(graph: Graph, node: GraphNode, unique: string): Digest {
  const { own, source } = node.description;
  const windows = node.edges.map((edge) => {
    // An input's interval decides when its bars close, and whether one must.
    const { interval, phase, calendar } = graph.nodes[edge.node] as GraphNode;
    const days = calendar ? `,calendar ${calendar.key}` : '';
    const span = edge.span === undefined ? '' : `,span ${edge.span}`;
    const gather = edge.gather ? ',gather' : '';
    return `[${edge.period},${edge.lookback},${interval},${phase}${span}${gather}${days}]`;
  });
  const plain = [
    `semantics ${SEMANTICS_VERSION}`,
    kindOf(node),
    String(node.interval),
    String(node.phase),
    ...(node.calendar ? [`calendar ${node.calendar.key}`] : []),
    `[${windows.join(',')}]`,
  ];
  return source || own.hash === undefined
    ? textDigest([...plain, source ? canonicalJson([source.kind, source.options]) : '', own.hash ?? unique])
    : plainDigest([...plain, '', own.hash]);
}

/** Whether all that `codeHashOf` hashes is the same of two nodes. */
function haveOneCode(graph: Graph, a: GraphNode, b: GraphNode): boolean {
  const { own, source } = b.description;
  return (
    own.hash !== undefined &&
    own.hash === a.description.own.hash &&
    source === null &&
    a.description.source === null &&
    kindOf(a) === kindOf(b) &&
    sameGrid(a, b) &&
    a.edges.length === b.edges.length &&
    a.edges.every((edge, at) => haveOneWindow(graph, edge, b.edges[at] as Edge))
  );
}

function haveOneWindow(graph: Graph, a: Edge, b: Edge): boolean {
  return (
    a.period === b.period &&
    a.lookback === b.lookback &&
    a.span === b.span &&
    a.gather === b.gather &&
    sameGrid(graph.nodes[a.node] as GraphNode, graph.nodes[b.node] as GraphNode)
  );
}

/** The parts of a node's code hash, for people. Empty if it cannot be hashed. */
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

/** JSON with sorted keys, so that equal options give equal texts. */
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
