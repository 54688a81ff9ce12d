import { BOX, edgeKey, type Bends, type Position, type Positions } from '../layout/boxes.js';
import { round } from './far.js';
import type { Scene } from './scene.js';

/** Curves from the right of inputs to the left of what reads them, as one path for each kind of edge. */
export function edgePaths(
  scene: Scene,
  positions: Positions,
  bends: Bends,
  lit: ReadonlySet<string> | null,
): { readonly plain: string; readonly lit: string } {
  const plain: string[] = [];
  const bright: string[] = [];
  for (const edge of scene.edges) {
    const { from, to } = edge;
    const [a, b] = [positions.get(from), positions.get(to)];
    if (!a || !b) continue;
    (lit?.has(from) && lit.has(to) ? bright : plain).push(way(a, bends.get(edgeKey(edge)) ?? [], b));
  }
  return { plain: plain.join(''), lit: bright.join('') };
}

/** From the middle of a box to that of another, straight through the room left between the boxes of each layer on the way. */
function way(a: Position, through: readonly Position[], b: Position): string {
  const stops = [a, ...through, b];
  const pieces = stops.slice(1).map((stop, at) => curve(stops[at] as Position, stop));
  return `M${round(a.x + BOX.width / 2)} ${round(a.y)}${pieces.join(`h${BOX.width}`)}`;
}

/** From the right of a layer's boxes to the left of those of another. */
function curve(a: Position, b: Position): string {
  const [x1, x2] = [a.x + BOX.width / 2, b.x - BOX.width / 2];
  const bend = Math.max(24, Math.min(160, Math.abs(x2 - x1) / 2));
  const [y1, y2] = [round(a.y), round(b.y)];
  return `C${round(x1 + bend)} ${y1} ${round(x2 - bend)} ${y2} ${round(x2)} ${y2}`;
}
