import { BOX, folded, GAP, type LayoutInput, type Position } from './boxes.js';

/**
 * A layered placement in a few milliseconds for thousands of boxes: layers by the longest way from an input, two sweeps of
 * barycentres within them. It is what the first paint shows while the layout library works in its thread.
 * Edges that close a cycle are taken as if they were not there.
 */
export function quickLayout({ ids, edges }: LayoutInput): Map<string, Position> {
  const index = new Map(ids.map((id, at) => [id, at]));
  const inputs: number[][] = ids.map(() => []);
  const outputs: number[][] = ids.map(() => []);
  for (const { from, to } of edges) {
    const [a, b] = [index.get(from), index.get(to)];
    if (a === undefined || b === undefined) continue;
    inputs[b]?.push(a);
    outputs[a]?.push(b);
  }
  const layerOf = layersOf(inputs, outputs);
  const layers: number[][] = [];
  layerOf.forEach((layer, at) => (layers[layer] ??= []).push(at));
  const place = new Float64Array(ids.length);
  const settle = (layer: readonly number[]): void =>
    layer.forEach((at, row) => (place[at] = row - (layer.length - 1) / 2));
  layers.forEach(settle);
  for (const neighbours of [inputs, outputs, inputs]) {
    const order = neighbours === inputs ? layers : layers.toReversed();
    for (const layer of order) {
      const wanted = new Map(layer.map((at) => [at, mean(neighbours[at] ?? [], place, place[at] ?? 0)]));
      layer.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
      settle(layer);
    }
  }
  const column = BOX.width + GAP.layer;
  const row = BOX.height + GAP.box;
  return folded(
    new Map(ids.map((id, at) => [id, { x: (layerOf[at] ?? 0) * column, y: (place[at] ?? 0) * row }])),
  );
}

/** Kahn's order; what a cycle keeps from it goes one layer past what it was reached from. */
function layersOf(inputs: readonly number[][], outputs: readonly number[][]): number[] {
  const layers = inputs.map(() => 0);
  const waiting = inputs.map((each) => each.length);
  const done = inputs.map(() => false);
  const queue = waiting.flatMap((count, at) => (count === 0 ? [at] : []));
  for (let left = inputs.length, head = 0; left > 0; left--) {
    if (head === queue.length) queue.push(done.indexOf(false));
    const at = queue[head++] as number;
    done[at] = true;
    for (const next of outputs[at] ?? []) {
      if (done[next]) continue;
      layers[next] = Math.max(layers[next] ?? 0, (layers[at] ?? 0) + 1);
      waiting[next] = (waiting[next] ?? 0) - 1;
      if (waiting[next] === 0 && !queue.includes(next, head)) queue.push(next);
    }
  }
  return layers;
}

function mean(neighbours: readonly number[], place: Float64Array, otherwise: number): number {
  if (neighbours.length === 0) return otherwise;
  return neighbours.reduce((sum, at) => sum + (place[at] ?? 0), 0) / neighbours.length;
}
