import type { LiveCoverage, PanelNode } from '../../src/panel/messages.js';
import { quickLayout } from '../layout/quick.js';
import { BOX, GAP, type Bends, type Position, type Positions } from '../layout/boxes.js';
import { Layouts } from '../layout/layouts.js';
import type { ViewState } from '../ui/view-state.js';
import { NOT_LIVE, type Live } from './items.js';
import { graphOf, reach, type NodeGraph } from './model.js';
import { sceneOf, type Scene } from './scene.js';

/** From this many nodes on a graph is grouped by prefix unless a person says otherwise. */
const MANY = 1500;

export interface GraphModelHandlers {
  /** The layout has put boxes elsewhere. */
  readonly onPlaced: () => void;
  readonly onError: (error: Error) => void;
}

type Arrangement = Pick<ViewState, 'focus' | 'roots' | 'collapsed' | 'open'>;

/** The graph as it is arranged: which boxes there are, and where. */
export class GraphModel {
  readonly #layouts: Layouts;
  #graph: NodeGraph = graphOf([]);
  #scene: Scene = sceneOf(this.#graph, { focus: 'all', roots: [], collapsed: false, open: [] });
  #positions: Positions = new Map();
  #bends: Bends = new Map();
  #isSettling = false;
  #live: Live = NOT_LIVE;
  /** What the scene was made from. */
  #made = '';
  #version = 0;

  constructor({ onPlaced, onError }: GraphModelHandlers) {
    this.#layouts = new Layouts(
      (placed, bends) => {
        this.#isSettling = false;
        this.#bends = bends;
        this.#positions = new Map([...this.#positions, ...placed]);
        onPlaced();
      },
      (error) => {
        this.#isSettling = false;
        onError(error);
      },
    );
  }

  get graph(): NodeGraph {
    return this.#graph;
  }

  get scene(): Scene {
    return this.#scene;
  }

  get positions(): Positions {
    return this.#positions;
  }

  /** Where edges go between the boxes of layers they span; none until the layout is there. */
  get bends(): Bends {
    return this.#bends;
  }

  /** Whether boxes are where they are only until the layout is there. */
  get isSettling(): boolean {
    return this.#isSettling;
  }

  get live(): Live {
    return this.#live;
  }

  setNodes(nodes: readonly PanelNode[]): void {
    this.#graph = graphOf(nodes);
    this.#version += 1;
  }

  node(name: string | null): PanelNode | null {
    return name !== null && this.#graph.hasNode(name) ? this.#graph.getNodeAttribute(name, 'node') : null;
  }

  isCollapsed({ collapsed }: Pick<ViewState, 'collapsed'>): boolean {
    return collapsed ?? this.#graph.order > MANY;
  }

  /** Makes the scene that a view asks for, if it is another, and has it laid out if it has another shape. */
  arrange(view: Arrangement): void {
    const { focus, roots, open } = view;
    const collapsed = this.isCollapsed(view);
    const made = JSON.stringify([this.#version, focus, roots, collapsed, open]);
    if (made === this.#made) return;
    this.#made = made;
    const before = this.#scene.shape;
    this.#scene = sceneOf(this.#graph, { focus, roots, collapsed, open });
    if (this.#scene.shape === before) return;
    const input = { ids: this.#scene.items.map(({ id }) => id), edges: this.#scene.edges };
    const former = this.#positions;
    this.#positions = placedAtOnce(input, former);
    this.#bends = new Map();
    if (input.ids.length === 0) return;
    this.#isSettling = true;
    this.#layouts.ask(input, new Map(input.ids.flatMap((id) => pair(id, former))));
  }

  /** The box with all that it depends on and all that depends on it. */
  litBy(id: string): ReadonlySet<string> | null {
    const item = this.#scene.byId.get(id);
    if (!item) return null;
    const names = item.members.map(({ name }) => name);
    const lit = [...reach(this.#graph, names, 'up'), ...reach(this.#graph, names, 'down')];
    return new Set(lit.flatMap((name) => this.#scene.itemOf.get(name) ?? []));
  }

  /** The boxes of which a node's name has that text in it, in the order of the graph. */
  find(text: string): string[] {
    const wanted = text.trim().toLowerCase();
    return this.#scene.items
      .filter(({ members }) => members.some(({ name }) => name.toLowerCase().includes(wanted)))
      .map(({ id }) => id);
  }

  addLive(node: string | null, coverage: readonly LiveCoverage[]): void {
    const all = new Map(this.#live.coverage);
    for (const each of coverage) all.set(each.name, each);
    this.#live = { coverage: all, node };
  }

  clearLive(): void {
    this.#live = NOT_LIVE;
  }
}

function pair(id: string, positions: Positions): [string, Position][] {
  const at = positions.get(id);
  return at ? [[id, at]] : [];
}

/** Where boxes are until the layout is there: where they were, new ones by a placement that takes no time. */
function placedAtOnce(
  input: { readonly ids: readonly string[]; readonly edges: Scene['edges'] },
  former: Positions,
): Positions {
  const quick = quickLayout(input);
  const kept = input.ids.filter((id) => former.has(id));
  if (kept.length * 2 < input.ids.length) return quick;
  const placed = new Map(input.ids.flatMap((id) => pair(id, former)));
  const taken = [...placed.values()];
  for (const id of input.ids) {
    if (placed.has(id)) continue;
    const near = input.edges.flatMap(({ from, to }) => (to === id ? (placed.get(from) ?? []) : []));
    const x = Math.max(0, ...near.map((at) => at.x)) + (near.length > 0 ? BOX.width + GAP.layer : 0);
    const y = near.reduce((sum, at) => sum + at.y, 0) / Math.max(1, near.length);
    const at = { x, y: freeBelow(taken, x, y) };
    placed.set(id, at);
    taken.push(at);
  }
  return placed;
}

/** The first place at or below a height where no box is. */
function freeBelow(taken: readonly Position[], x: number, y: number): number {
  const [w, h] = [BOX.width, BOX.height + GAP.box];
  const column = taken.filter((at) => Math.abs(at.x - x) < w).sort((a, b) => a.y - b.y);
  let free = y;
  for (const at of column) if (Math.abs(at.y - free) < h) free = at.y + h;
  return free;
}
