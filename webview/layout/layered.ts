import dagre, { type Graph } from '@dagrejs/dagre';
import {
  BOX,
  edgeKey,
  folded,
  GAP,
  type Bends,
  type Layout,
  type LayoutInput,
  type Position,
  type Positions,
} from './boxes.js';

/**
 * Boxes in layers from left to right, inputs first, by dagre. With a former placement the boxes keep its order within their
 * layers, and new ones go beside their neighbours: an edit moves what it touched, and little else.
 */
export function layeredLayout(input: LayoutInput, former: Positions): Layout {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({
    rankdir: 'LR',
    ranker: layersFromInputs as unknown as 'longest-path',
    ranksep: GAP.layer,
    nodesep: GAP.box,
    edgesep: 8,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of input.ids) graph.setNode(id, { width: BOX.width, height: BOX.height });
  for (const { from, to } of input.edges) graph.setEdge(from, to);
  const kept = input.ids.filter((id) => former.has(id)).length;
  const seeded = kept > 0 && kept * 2 >= input.ids.length;
  dagre.layout(graph, seeded ? { customOrder: (layers) => orderAs(layers as unknown as Graph, former) } : {});
  const placed = new Map(
    input.ids.map((id) => {
      const { x = 0, y = 0 } = graph.node(id) as Partial<Position>;
      return [id, { x, y }];
    }),
  );
  const shown = folded(placed);
  // Folded layers are elsewhere than the room that was left for edges.
  const isAsPlaced = input.ids.every((id) => shown.get(id)?.x === placed.get(id)?.x);
  const bends = isAsPlaced ? bendsOf(graph, input) : new Map<string, Position[]>();
  return seeded ? shifted({ placed: shown, bends }, former) : { placed: shown, bends };
}

/** Of the points that dagre leads an edge through, those that lie in a layer between its ends. */
function bendsOf(graph: Graph, input: LayoutInput): Bends {
  const x = (name: string): number => (graph.node(name) as Partial<Position>).x ?? 0;
  const layers = new Set(input.ids.map((id) => Math.round(x(id))));
  const bends = new Map<string, Position[]>();
  for (const edge of input.edges) {
    const { points = [] } = graph.edge(edge.from, edge.to) as { readonly points?: readonly Position[] };
    const between = points
      .slice(1, -1)
      .filter((point) => layers.has(Math.round(point.x)))
      .map((point): Position => ({ x: point.x, y: point.y }));
    if (between.length > 0) bends.set(edgeKey(edge), between);
  }
  return bends;
}

const { topsort } = dagre.graphlib.alg;

/** Each box as far left as its inputs let it: inputs first. What dagre hands in is acyclic, with the layers an edge spans. */
function layersFromInputs(graph: Parameters<typeof topsort>[0]): void {
  const ranks = new Map<string, number>();
  for (const name of topsort(graph)) {
    const after = (graph.inEdges(name) ?? []).map((edge) => {
      const { minlen = 1 } = graph.edge(edge) as { readonly minlen?: number };
      return (ranks.get(edge.v) ?? 0) + minlen;
    });
    const rank = Math.max(0, ...after);
    ranks.set(name, rank);
    (graph.node(name) as { rank?: number }).rank = rank;
  }
}

/** What dagre's ordering sees: boxes and the bends of long edges, each in a layer. */
interface Ranked {
  readonly rank?: number;
  order?: number;
}

/** Passes of averaging over neighbours: a bend hangs between the ends of its edge, a new box beside what it is joined to. */
const PASSES = 4;

function orderAs(layers: Graph, former: Positions): void {
  const names = layers.nodes();
  const wanted = new Map(
    names.flatMap((name) => (former.has(name) ? [[name, former.get(name)?.y ?? 0]] : [])),
  );
  const label = (name: string): Ranked => layers.node(name) as Ranked;
  const ranked = names.toSorted((a, b) => (label(a).rank ?? 0) - (label(b).rank ?? 0));
  for (let pass = 0; pass < PASSES; pass++) {
    for (const name of pass % 2 === 0 ? ranked : ranked.toReversed()) {
      if (former.has(name)) continue;
      const near = (layers.neighbors(name) ?? []).flatMap((each) => wanted.get(each) ?? []);
      if (near.length > 0) wanted.set(name, near.reduce((sum, y) => sum + y, 0) / near.length);
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

/** The placement moved as a whole to where most boxes were before. */
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
