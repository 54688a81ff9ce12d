/** A box's size in units of the drawing: one pixel each at zoom 1. */
export const BOX = { width: 196, height: 62 } as const;

/** The middle of a box. */
export interface Position {
  readonly x: number;
  readonly y: number;
}

export type Positions = ReadonlyMap<string, Position>;

/** A graph as the layout sees it. */
export interface LayoutInput {
  readonly ids: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

/** Where an edge over several layers passes through those between, by `edgeKey`: the middles of its gaps. */
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
