import dagre, { type Graph } from '@dagrejs/dagre';
import { edgeKey, type Layout, type LayoutInput, type Position, type Positions } from './boxes.js';
import { compacted } from './compact.js';
import { acrossOf, measures, positionAt, type Direction, type Flow } from './flow.js';
import { rowsOf } from './layers.js';

/**
 * Boxes in rows, inputs first, ordered and placed by dagre. Edges from one box share their path through the rows between. With an
 * earlier placement, boxes keep its order within rows and new ones go beside their neighbours: an edit moves only what it
 * touched.
 */
export function layeredLayout(input: LayoutInput, former: Positions, { direction, most }: Flow): Layout {
  const size = measures(direction);
  const { rows } = rowsOf(input, most);
  const rowOf = new Map(input.ids.map((id, at) => [id, rows[at] ?? 0]));
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({
    ranker: ((ranked: Graph) => toRows(ranked, rowOf)) as unknown as 'longest-path',
    // dagre halves it, to place edge labels between rows.
    ranksep: 2 * size.rowGap,
    nodesep: size.boxGap,
    edgesep: size.lineGap,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of input.ids) graph.setNode(id, { width: size.across, height: size.along });
  const ways = waysOf(input, rowOf);
  for (const [from, to] of ways.steps) {
    if (!graph.hasNode(to)) graph.setNode(to, { width: 0, height: size.along });
    graph.setEdge(from, to);
  }
  const kept = input.ids.filter((id) => former.has(id)).length;
  const seeded = kept > 0 && kept * 2 >= input.ids.length;
  const wanted = new Map([...former].map(([id, at]) => [id, acrossOf(at, direction)]));
  dagre.layout(graph, seeded ? { customOrder: (ranked) => orderAs(ranked as unknown as Graph, wanted) } : {});
  const across = acrossIn(graph, direction);
  const at = (name: string): Position =>
    positionAt((graph.node(name) as Position).y, across(name), direction);
  const placed = new Map(input.ids.map((id) => [id, at(id)]));
  const bends = new Map([...ways.through].map(([key, names]) => [key, names.map(at)]));
  return seeded ? shifted({ placed, bends }, former) : { placed, bends };
}

/** dagre draws long edges straight, at the cost of wider rows. Accept up to this share of extra width. */
const WIDER = 1.2;

/** Positions of boxes and passages in their rows. */
function acrossIn(graph: Graph, direction: Direction): (name: string) => number {
  const size = measures(direction);
  const placed = graph
    .nodes()
    .map((name) => ({ name, ...(graph.node(name) as Position & { width: number }) }));
  const rows = new Map<number, typeof placed>();
  for (const item of placed) rows.set(item.y, [...(rows.get(item.y) ?? []), item]);
  const items = [...rows]
    .sort(([a], [b]) => a - b)
    .map(([, row]) =>
      row
        .sort((a, b) => a.x - b.x)
        .map(({ name, width }) => ({ name, width, gap: width > 0 ? size.boxGap : size.lineGap })),
    );
  const { places, width } = compacted(items, (name) => graph.neighbors(name) ?? []);
  const ends = placed.flatMap(({ x, width: own }) => [x - own / 2, x + own / 2]);
  const extent =
    ends.reduce((most, x) => Math.max(most, x), 0) - ends.reduce((least, x) => Math.min(least, x), 0);
  const byName = new Map(placed.map(({ name, x }) => [name, x]));
  const found = extent > width * WIDER ? places : byName;
  return (name) => found.get(name) ?? 0;
}

/** A place where a box's edges pass a row. No box has such a name. */
function passage(from: string, row: number): string {
  return `${from}\n\n${row}`;
}

interface Ways {
  /** Row by row: joined boxes and passages. */
  readonly steps: readonly (readonly [string, string])[];
  /** The passages of an edge over several rows, from start to end. */
  readonly through: ReadonlyMap<string, readonly string[]>;
}

function waysOf({ edges }: LayoutInput, rowOf: ReadonlyMap<string, number>): Ways {
  const steps = new Map<string, readonly [string, string]>();
  const through = new Map<string, readonly string[]>();
  for (const edge of edges) {
    const [a, b] = [rowOf.get(edge.from), rowOf.get(edge.to)];
    if (a === undefined || b === undefined || a === b) continue;
    // An edge that closes a cycle leads back: its path is that of a forward edge.
    const [first, last] = a < b ? [edge.from, edge.to] : [edge.to, edge.from];
    const names = Array.from({ length: Math.abs(b - a) - 1 }, (_, step) =>
      passage(first, Math.min(a, b) + 1 + step),
    );
    const stops = [first, ...names, last];
    stops.slice(1).forEach((to, step) => {
      const from = stops[step] as string;
      steps.set(edgeKey({ from, to }), [from, to]);
    });
    if (names.length > 0) through.set(edgeKey(edge), a < b ? names : names.toReversed());
  }
  return { steps: [...steps.values()], through };
}

/** dagre's data about a box or passage. */
interface Ranked {
  rank?: number;
  order?: number;
  /** dagre keeps marked edges straighter and their ends closer. */
  dummy?: 'passage';
}

function toRows(graph: Graph, rowOf: ReadonlyMap<string, number>): void {
  // dagre gives points only to edges over several rows (none here) but expects them for all: one, outside of any box.
  for (const edge of graph.edges()) Object.assign(graph.edge(edge), { points: [{ x: 1e9, y: 1e9 }] });
  for (const name of graph.nodes()) {
    const node = graph.node(name) as Ranked;
    const row = rowOf.get(name);
    const at = name.lastIndexOf('\n\n');
    if (row !== undefined) node.rank = row;
    else if (at < 0)
      node.rank = -1; // The root that dagre adds and removes.
    else Object.assign(node, { rank: Number(name.slice(at + 2)), dummy: 'passage' });
  }
}

/** Passes of averaging: a passage is between its ends, a new box beside its neighbours. */
const PASSES = 4;

function orderAs(graph: Graph, former: ReadonlyMap<string, number>): void {
  const names = graph.nodes();
  const wanted = new Map(names.flatMap((name) => (former.has(name) ? [[name, former.get(name) ?? 0]] : [])));
  const label = (name: string): Ranked => graph.node(name) as Ranked;
  const ranked = names.toSorted((a, b) => (label(a).rank ?? 0) - (label(b).rank ?? 0));
  for (let pass = 0; pass < PASSES; pass++) {
    for (const name of pass % 2 === 0 ? ranked : ranked.toReversed()) {
      if (former.has(name)) continue;
      const near = (graph.neighbors(name) ?? []).flatMap((each) => wanted.get(each) ?? []);
      if (near.length > 0) wanted.set(name, near.reduce((sum, at) => sum + at, 0) / near.length);
    }
  }
  const next = new Map<number, number>();
  for (const name of ranked.toSorted((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0))) {
    const node = label(name);
    const order = next.get(node.rank ?? 0) ?? 0;
    node.order = order;
    next.set(node.rank ?? 0, order + 1);
  }
}

/** Moves the placement as a whole to where most boxes were before. */
function shifted({ placed, bends }: Layout, former: Positions): Layout {
  const moves = [...placed].flatMap(([id, { x, y }]) => {
    const before = former.get(id);
    return before ? [{ x: before.x - x, y: before.y - y }] : [];
  });
  const [dx, dy] = [median(moves.map(({ x }) => x)), median(moves.map(({ y }) => y))];
  const move = ({ x, y }: Position): Position => ({ x: x + dx, y: y + dy });
  return {
    placed: new Map([...placed].map(([id, at]) => [id, move(at)])),
    bends: new Map([...bends].map(([key, points]) => [key, points.map(move)])),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
