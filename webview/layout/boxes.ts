/** A box's size on the drawing, in its own units: a pixel each at a zoom of 1. */
export const BOX = { width: 196, height: 62 } as const;

/** Distance between layers, and between boxes of a layer. */
export const GAP = { layer: 64, box: 18 } as const;

/** The middle of a box. */
export interface Position {
  readonly x: number;
  readonly y: number;
}

export type Positions = ReadonlyMap<string, Position>;

/** A graph as a layout sees it. */
export interface LayoutInput {
  readonly ids: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

/** Where an edge that spans layers passes through those between, by `edgeKey`: the middles of the room left for it. */
export type Bends = ReadonlyMap<string, readonly Position[]>;

export interface Layout {
  readonly placed: Map<string, Position>;
  readonly bends: Bends;
}

export function edgeKey({ from, to }: { readonly from: string; readonly to: string }): string {
  return `${from}\n${to}`;
}

/** The smallest rectangle around boxes; null without any. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function boundsOf(positions: Iterable<Position>): Bounds | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of positions) {
    left = Math.min(left, x - BOX.width / 2);
    top = Math.min(top, y - BOX.height / 2);
    right = Math.max(right, x + BOX.width / 2);
    bottom = Math.max(bottom, y + BOX.height / 2);
  }
  return left <= right ? { left, top, right, bottom } : null;
}

/** A layer of more boxes than this is folded into columns side by side: a tower of a thousand cannot be looked at. */
const TALLEST = 60;

/** Width to height that a folded graph comes near to. */
const ASPECT = 1.7;

/**
 * A layered placement with its tall layers folded, boxes in the order they had, row by row. One without tall layers stays as it
 * is. Layers are told apart by their `x`.
 */
export function folded(placed: ReadonlyMap<string, Position>): Map<string, Position> {
  const layers = new Map<number, { readonly id: string; readonly y: number }[]>();
  for (const [id, { x, y }] of placed) {
    const layer = layers.get(x);
    if (layer) layer.push({ id, y });
    else layers.set(x, [{ id, y }]);
  }
  const tallest = Math.max(0, ...[...layers.values()].map((layer) => layer.length));
  if (tallest <= TALLEST) return new Map(placed);
  const [width, height] = [BOX.width + GAP.layer / 3, BOX.height + GAP.box];
  const rows = Math.max(TALLEST / 2, Math.ceil(Math.sqrt((placed.size * width) / (ASPECT * height))));
  const result = new Map<string, Position>();
  let left = 0;
  for (const [, layer] of [...layers].sort(([a], [b]) => a - b)) {
    const columns = Math.ceil(layer.length / rows);
    const filled = Math.ceil(layer.length / columns);
    layer
      .sort((a, b) => a.y - b.y)
      .forEach(({ id }, at) => {
        const row = Math.floor(at / columns) - (filled - 1) / 2;
        result.set(id, { x: left + (at % columns) * width, y: row * height });
      });
    left += (columns - 1) * width + BOX.width + GAP.layer;
  }
  return result;
}
