import { BOX, edgeKey, type Position } from '../../layout/boxes.js';
import type { Direction, Placement } from '../../layout/flow.js';
import type { Scene } from '../scene.js';
import { round } from './far.js';

/**
 * Curves from inputs to their readers, as one path per kind of edge. Edges from one box share their common part, which is drawn
 * once.
 */
export function edgePaths(
  scene: Scene,
  { positions, bends, direction }: Placement,
  lit: ReadonlySet<string> | null,
): { readonly plain: string; readonly lit: string } {
  const plain = new Set<string>();
  const bright = new Set<string>();
  for (const edge of scene.edges) {
    const { from, to } = edge;
    const [a, b] = [positions.get(from), positions.get(to)];
    if (!a || !b) continue;
    const pieces = lit?.has(from) && lit.has(to) ? bright : plain;
    for (const piece of way(a, bends.get(edgeKey(edge)) ?? [], b, direction)) pieces.add(piece);
  }
  return {
    plain: [...plain].filter((piece) => !bright.has(piece)).join(''),
    lit: [...bright].join(''),
  };
}

/** From one box to another, straight through the gaps left in the rows between. */
function way(a: Position, through: readonly Position[], b: Position, direction: Direction): string[] {
  const stops = [a, ...through, b];
  const curve = direction === 'right' ? curveRight : curveDown;
  const curves = stops.slice(1).map((stop, at) => curve(stops[at] as Position, stop));
  const straight = through.map(({ x, y }) =>
    direction === 'right'
      ? `M${round(x - BOX.width / 2)} ${round(y)}h${BOX.width}`
      : `M${round(x)} ${round(y - BOX.height / 2)}v${BOX.height}`,
  );
  return [...curves, ...straight];
}

/** From the right of a box to the left of another. */
function curveRight(a: Position, b: Position): string {
  const [x1, x2] = [a.x + BOX.width / 2, b.x - BOX.width / 2];
  const bend = bendOf(x2 - x1);
  const [y1, y2] = [round(a.y), round(b.y)];
  return `M${round(x1)} ${y1}C${round(x1 + bend)} ${y1} ${round(x2 - bend)} ${y2} ${round(x2)} ${y2}`;
}

/** From the bottom of a box to the top of another. */
function curveDown(a: Position, b: Position): string {
  const [y1, y2] = [a.y + BOX.height / 2, b.y - BOX.height / 2];
  const bend = bendOf(y2 - y1);
  const [x1, x2] = [round(a.x), round(b.x)];
  return `M${x1} ${round(y1)}C${x1} ${round(y1 + bend)} ${x2} ${round(y2 - bend)} ${x2} ${round(y2)}`;
}

function bendOf(distance: number): number {
  return Math.max(20, Math.min(160, Math.abs(distance) / 2));
}
