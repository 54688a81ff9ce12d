import { BOX, type Position, type Positions } from '../layout/boxes.js';
import { round } from './far.js';
import type { Scene } from './scene.js';

/** Curves from the right of inputs to the left of what reads them, as one path for each kind of edge. */
export function edgePaths(
  scene: Scene,
  positions: Positions,
  lit: ReadonlySet<string> | null,
): { readonly plain: string; readonly lit: string } {
  const plain: string[] = [];
  const bright: string[] = [];
  for (const { from, to } of scene.edges) {
    const [a, b] = [positions.get(from), positions.get(to)];
    if (!a || !b) continue;
    (lit?.has(from) && lit.has(to) ? bright : plain).push(curve(a, b));
  }
  return { plain: plain.join(''), lit: bright.join('') };
}

/** @param a the middle of the box it leaves, @param b of the one it enters. */
function curve(a: Position, b: Position): string {
  const [x1, x2] = [a.x + BOX.width / 2, b.x - BOX.width / 2];
  const bend = Math.max(24, Math.min(160, Math.abs(x2 - x1) / 2));
  const [y1, y2] = [round(a.y), round(b.y)];
  return `M${round(x1)} ${y1}C${round(x1 + bend)} ${y1} ${round(x2 - bend)} ${y2} ${round(x2)} ${y2}`;
}
