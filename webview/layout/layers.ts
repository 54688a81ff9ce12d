import type { LayoutInput } from './boxes.js';

/** For each box, the indices of its neighbours. */
interface Links {
  readonly inputs: readonly number[][];
  readonly outputs: readonly number[][];
}

export function linksOf({ ids, edges }: LayoutInput): Links {
  const index = new Map(ids.map((id, at) => [id, at]));
  const inputs: number[][] = ids.map(() => []);
  const outputs: number[][] = ids.map(() => []);
  for (const { from, to } of edges) {
    const [a, b] = [index.get(from), index.get(to)];
    if (a === undefined || b === undefined || a === b) continue;
    inputs[b]?.push(a);
    outputs[a]?.push(b);
  }
  return { inputs, outputs };
}

/** For each box, the longest path from an input, by Kahn's algorithm. Edges that close a cycle are ignored. */
export function layersOf(input: LayoutInput, { inputs, outputs }: Links = linksOf(input)): number[] {
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

interface Rows {
  /** For each box, its row: after its inputs, except in cycles. */
  readonly rows: readonly number[];
  /** For each row, how many boxes of earlier rows have readers after it: that many lines pass through. */
  readonly passing: readonly number[];
}

/** Layers in which those with more than `most` boxes are split evenly into several rows, in order. */
export function rowsOf(input: LayoutInput, most: number): Rows {
  const links = linksOf(input);
  const layers: number[][] = [];
  layersOf(input, links).forEach((layer, at) => (layers[layer] ??= []).push(at));
  const rows = input.ids.map(() => 0);
  let next = 0;
  // A cycle can leave a layer empty.
  for (const layer of layers.filter(Boolean)) {
    const parts = Math.max(1, Math.ceil(layer.length / most));
    layer.forEach((box, at) => (rows[box] = next + Math.floor((at * parts) / layer.length)));
    next += parts;
  }
  const passing = Array.from({ length: next }, () => 0);
  links.outputs.forEach((readers, box) => {
    const row = rows[box] ?? 0;
    const last = Math.max(row, ...readers.map((reader) => rows[reader] ?? 0));
    for (let at = row + 1; at < last; at++) passing[at] = (passing[at] ?? 0) + 1;
  });
  return { rows, passing };
}
