import type { NodeStanding, PanelNode } from '../../src/panel/state.js';
import { byFamily, worstOf } from '../../src/present/families.js';
import { prefixGroups, type Group } from './collapse.js';
import { reach, type Focus, type NodeGraph } from './model.js';

/** What is drawn as one box: a node, a family, or the nodes and families with a common prefix. */
export interface SceneItem {
  /** The node's or family's name; for a prefix `prefix…`, which no node can be called. */
  readonly id: string;
  readonly members: readonly PanelNode[];
  /** Null: a single node. */
  readonly group: Group | null;
  readonly standing: NodeStanding;
}

export interface Scene {
  readonly items: readonly SceneItem[];
  readonly byId: ReadonlyMap<string, SceneItem>;
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  /** Which item contains a node. */
  readonly itemOf: ReadonlyMap<string, string>;
  /** Equal for scenes with the same boxes and edges: they need no new layout. */
  readonly shape: string;
}

interface SceneOptions {
  readonly focus: Focus;
  /** The nodes in focus. */
  readonly roots: readonly string[];
  readonly collapsed: boolean;
  /** Prefixes that stay expanded in a collapsed graph. */
  readonly open: readonly string[];
}

export function sceneOf(graph: NodeGraph, options: SceneOptions): Scene {
  const shown = reach(graph, options.roots, options.focus);
  const nodes = graph.mapNodes((_name, { node }) => node).filter(({ name }) => shown.has(name));
  // The engine refuses a node with the name of a family.
  const boxes = byFamily(nodes).map(({ family, members }) => ({
    name: family ?? members[0].name,
    group: family === null ? null : ({ kind: 'family', name: family } as const),
    members,
  }));
  const prefixes = options.collapsed ? closedPrefixes(boxes, options.open) : new Map<string, string>();
  const itemOf = new Map<string, string>();
  const groups = new Map<string, { readonly group: Group | null; readonly members: PanelNode[] }>();
  for (const { name, group, members } of boxes) {
    const prefix = prefixes.get(name);
    const id = prefix === undefined ? name : prefix + GROUP_MARK;
    for (const node of members) itemOf.set(node.name, id);
    const known = groups.get(id);
    if (known) known.members.push(...members);
    else
      groups.set(id, {
        group: prefix === undefined ? group : { kind: 'prefix', name: prefix },
        members: [...members],
      });
  }
  const items = [...groups].map(([id, { group, members }]): SceneItem => ({
    id,
    group,
    members,
    standing: worstOf(members),
  }));
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

/** By box name: the prefix that contains it. */
function closedPrefixes(
  boxes: readonly { readonly name: string }[],
  open: readonly string[],
): Map<string, string> {
  const groups = [...prefixGroups(boxes.map(({ name }) => name))];
  const closed = groups.filter(([prefix]) => !open.includes(prefix));
  return new Map(closed.flatMap(([prefix, names]) => names.map((name) => [name, prefix] as const)));
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
