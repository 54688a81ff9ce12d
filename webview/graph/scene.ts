import type { NodeStanding, PanelNode } from '../../src/panel/state.js';
import { prefixGroups } from './collapse.js';
import { reach, type Focus, type NodeGraph } from './model.js';

/** What is drawn as one box: a node, or the nodes of a prefix put together. */
export interface SceneItem {
  /** The node's name; of a group `prefix…`, which no node is called. */
  readonly id: string;
  readonly members: readonly PanelNode[];
  /** Null: a node of its own. */
  readonly prefix: string | null;
  readonly standing: NodeStanding;
}

export interface Scene {
  readonly items: readonly SceneItem[];
  readonly byId: ReadonlyMap<string, SceneItem>;
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  /** Which item a node is drawn in. */
  readonly itemOf: ReadonlyMap<string, string>;
  /** The same for scenes with the same boxes and edges: they need no new layout. */
  readonly shape: string;
}

export interface SceneOptions {
  readonly focus: Focus;
  /** The nodes that the focus is about. */
  readonly roots: readonly string[];
  readonly collapsed: boolean;
  /** Prefixes that stay open though the graph is collapsed. */
  readonly open: readonly string[];
}

/** From bad to good: a group stands as its worst member. */
const WORST_FIRST: readonly NodeStanding[] = [
  'failed',
  'blocked',
  'changed',
  'maybe-stale',
  'partial',
  'empty',
  'uncached',
  'fresh',
];

export function sceneOf(graph: NodeGraph, options: SceneOptions): Scene {
  const shown = reach(graph, options.roots, options.focus);
  const itemOf = new Map<string, string>();
  if (options.collapsed) {
    const closed = [...prefixGroups(shown)].filter(([prefix]) => !options.open.includes(prefix));
    for (const [prefix, names] of closed) for (const name of names) itemOf.set(name, groupId(prefix));
  }
  const members = new Map<string, PanelNode[]>();
  graph.forEachNode((name, { node }) => {
    if (!shown.has(name)) return;
    const id = itemOf.get(name) ?? name;
    itemOf.set(name, id);
    const list = members.get(id);
    if (list) list.push(node);
    else members.set(id, [node]);
  });
  const items = [...members].map(([id, nodes]): SceneItem => {
    const grouped = id.endsWith(GROUP_MARK) && !graph.hasNode(id);
    return {
      id,
      members: nodes,
      prefix: grouped ? id.slice(0, -GROUP_MARK.length) : null,
      standing: worst(nodes),
    };
  });
  const edges = edgesOf(graph, itemOf);
  return {
    items,
    byId: new Map(items.map((item) => [item.id, item])),
    edges,
    itemOf,
    shape: shapeOf(items, edges),
  };
}

const GROUP_MARK = '…';

function groupId(prefix: string): string {
  return prefix + GROUP_MARK;
}

function worst(nodes: readonly PanelNode[]): NodeStanding {
  return WORST_FIRST.find((standing) => nodes.some((node) => node.standing === standing)) ?? 'empty';
}

function edgesOf(graph: NodeGraph, itemOf: ReadonlyMap<string, string>): Scene['edges'] {
  const edges = new Map<string, { from: string; to: string }>();
  graph.forEachEdge((_edge, _attributes, source, target) => {
    const [from, to] = [itemOf.get(source), itemOf.get(target)];
    if (from === undefined || to === undefined || from === to) return;
    edges.set(`${from}\n${to}`, { from, to });
  });
  return [...edges.values()];
}

function shapeOf(items: readonly SceneItem[], edges: Scene['edges']): string {
  return `${items.map(({ id }) => id).join('\n')}\n\n${edges.map(({ from, to }) => `${from}\t${to}`).join('\n')}`;
}
