import type { LiveCoverage, LiveRun, PanelNode } from '../../src/panel/state.js';
import { quickLayout } from '../layout/quick.js';
import type { Bends, LayoutInput, Position, Positions } from '../layout/boxes.js';
import {
  acrossOf,
  alongOf,
  flowFor,
  measures,
  positionAt,
  type Direction,
  type Flow,
  type Room,
} from '../layout/flow.js';
import { Layouts } from '../layout/layouts.js';
import type { ViewState } from '../ui/view-state.js';
import { NOT_LIVE, type Live } from './items.js';
import { byFamily } from '../../src/present/families.js';
import { graphOf, reach, type NodeGraph } from './model.js';
import { sceneOf, type Scene } from './scene.js';

/** Larger graphs (nodes and families) are grouped by prefix by default. */
const MANY = 120;

interface GraphModelHandlers {
  /** A new layout has moved boxes. */
  readonly onPlaced: () => void;
  readonly onError: (error: Error) => void;
}

type Arrangement = Pick<ViewState, 'focus' | 'roots' | 'collapsed' | 'open'>;

/** The graph as arranged: its boxes and their positions. */
export class GraphModel {
  readonly #layouts: Layouts;
  #graph: NodeGraph = graphOf([]);
  #scene: Scene = sceneOf(this.#graph, { focus: 'all', roots: [], collapsed: false, open: [] });
  #positions: Positions = new Map();
  #bends: Bends = new Map();
  #flow: Flow = { direction: 'right', most: Infinity };
  #isSettling = false;
  #live: Live = NOT_LIVE;
  #families: ReadonlyMap<string, readonly PanelNode[]> = new Map();
  /** Nodes and families. */
  #count = 0;
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

  /** Where edges pass between boxes of the layers they span; empty until the layout is ready. */
  get bends(): Bends {
    return this.#bends;
  }

  /** The parameters of its layout. */
  get flow(): Flow {
    return this.#flow;
  }

  /** The direction of edges. */
  get direction(): Direction {
    return this.#flow.direction;
  }

  /** Whether positions are provisional until the layout is ready. */
  get isSettling(): boolean {
    return this.#isSettling;
  }

  get live(): Live {
    return this.#live;
  }

  setNodes(nodes: readonly PanelNode[]): void {
    this.#graph = graphOf(nodes);
    const all = byFamily(nodes);
    this.#count = all.length;
    this.#families = new Map(
      all.flatMap(({ family, members }) => (family === null ? [] : [[family, members]])),
    );
    this.#version += 1;
  }

  node(name: string | null): PanelNode | null {
    return name !== null && this.#graph.hasNode(name) ? this.#graph.getNodeAttribute(name, 'node') : null;
  }

  /** The nodes of a family; null: there is no such family. */
  family(name: string | null | undefined): readonly PanelNode[] | null {
    return this.#families.get(name ?? '') ?? null;
  }

  isCollapsed({ collapsed }: Pick<ViewState, 'collapsed'>): boolean {
    return collapsed ?? this.#count > MANY;
  }

  /** Makes the scene for a view if it changed, and requests a layout if its shape changed, or if the room needs another flow. */
  arrange(view: Arrangement, room: Room): void {
    const { focus, roots, open } = view;
    const collapsed = this.isCollapsed(view);
    const made = JSON.stringify([this.#version, focus, roots, collapsed, open, room]);
    if (made === this.#made) return;
    this.#made = made;
    const before = this.#scene.shape;
    this.#scene = sceneOf(this.#graph, { focus, roots, collapsed, open });
    const input = { ids: this.#scene.items.map(({ id }) => id), edges: this.#scene.edges };
    const flow = flowFor(input, room);
    const isSame = flow.direction === this.#flow.direction && flow.most === this.#flow.most;
    if (this.#scene.shape === before && isSame) return;
    // Another flow has other rows, so the old placement is useless.
    const former: Positions = isSame ? this.#positions : new Map();
    this.#flow = flow;
    this.#positions = placedAtOnce(input, former, flow);
    this.#bends = new Map();
    if (input.ids.length === 0) return;
    this.#isSettling = true;
    this.#layouts.ask(input, new Map(input.ids.flatMap((id) => pair(id, former))), flow);
  }

  /** The box with everything upstream and downstream. */
  litBy(id: string): ReadonlySet<string> | null {
    const item = this.#scene.byId.get(id);
    if (!item) return null;
    const names = item.members.map(({ name }) => name);
    const lit = [...reach(this.#graph, names, 'up'), ...reach(this.#graph, names, 'down')];
    return new Set(lit.flatMap((name) => this.#scene.itemOf.get(name) ?? []));
  }

  /** The boxes with a node whose name contains the text, in graph order. */
  find(text: string): string[] {
    const wanted = text.trim().toLowerCase();
    return this.#scene.items
      .filter(({ members }) => members.some(({ name }) => name.toLowerCase().includes(wanted)))
      .map(({ id }) => id);
  }

  addLive(node: string | null, coverage: readonly LiveCoverage[]): void {
    const all = new Map(this.#live.coverage);
    for (const each of coverage) all.set(each.name, each);
    this.#live = { ...this.#live, coverage: all, node };
  }

  /** No run is active. */
  clearLive(checking: boolean): void {
    const { run, values } = this.#live;
    this.#live = { ...NOT_LIVE, checking, run, values };
  }

  /** Values of a run in a world; null: none is active. */
  setWorldRun(run: LiveRun | null): void {
    const isSame = run !== null && run.run === this.#live.run?.run;
    const values = new Map(isSame ? this.#live.values : []);
    for (const value of run?.values ?? []) values.set(value.name, value);
    this.#live = { ...this.#live, run, values };
  }
}

function pair(id: string, positions: Positions): [string, Position][] {
  const at = positions.get(id);
  return at ? [[id, at]] : [];
}

/** Positions until the layout is ready: old boxes stay, new ones get a quick placement. */
function placedAtOnce(input: LayoutInput, former: Positions, flow: Flow): Positions {
  const kept = input.ids.filter((id) => former.has(id));
  if (kept.length * 2 < input.ids.length) return quickLayout(input, flow);
  const placed = new Map(input.ids.flatMap((id) => pair(id, former)));
  const taken = [...placed.values()];
  const { direction } = flow;
  const { along, rowGap } = measures(direction);
  for (const id of input.ids) {
    if (placed.has(id)) continue;
    const near = input.edges.flatMap(({ from, to }) => (to === id ? (placed.get(from) ?? []) : []));
    const past = near.length > 0 ? along + rowGap : 0;
    const on = Math.max(0, ...near.map((at) => alongOf(at, direction))) + past;
    const beside = near.reduce((sum, at) => sum + acrossOf(at, direction), 0) / Math.max(1, near.length);
    const at = positionAt(on, freeFrom(taken, on, beside, direction), direction);
    placed.set(id, at);
    taken.push(at);
  }
  return placed;
}

/** The first free place in a row, from a position on. */
function freeFrom(taken: readonly Position[], on: number, beside: number, direction: Direction): number {
  const { along, across, boxGap } = measures(direction);
  const row = taken
    .filter((at) => Math.abs(alongOf(at, direction) - on) < along)
    .map((at) => acrossOf(at, direction))
    .sort((a, b) => a - b);
  let free = beside;
  for (const at of row) if (Math.abs(at - free) < across + boxGap) free = at + across + boxGap;
  return free;
}
