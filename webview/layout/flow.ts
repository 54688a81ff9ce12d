import { BOX, type Bends, type LayoutInput, type Position, type Positions } from './boxes.js';
import { layersOf, rowsOf } from './layers.js';

/** The direction of edges: inputs are on the left, or at the top. */
export type Direction = 'right' | 'down';

/** The parameters of a layout: direction, and the most boxes in a row. */
export interface Flow {
  readonly direction: Direction;
  readonly most: number;
}

/** A layout's result: positions of boxes and edges. */
export interface Placement {
  readonly positions: Positions;
  readonly bends: Bends;
  /** The direction of edges. */
  readonly direction: Direction;
}

/** The room for a drawing in pixels, and the direction that suits its panel. */
export interface Room {
  readonly width: number;
  readonly height: number;
  readonly direction: Direction;
}

/** Sizes along the edges, and across. */
export function measures(direction: Direction) {
  return direction === 'right'
    ? ({ along: BOX.width, across: BOX.height, rowGap: 56, boxGap: 18, lineGap: 8 } as const)
    : ({ along: BOX.height, across: BOX.width, rowGap: 36, boxGap: 18, lineGap: 8 } as const);
}

export function alongOf({ x, y }: Position, direction: Direction): number {
  return direction === 'right' ? x : y;
}

export function acrossOf({ x, y }: Position, direction: Direction): number {
  return direction === 'right' ? y : x;
}

export function positionAt(along: number, across: number, direction: Direction): Position {
  return direction === 'right' ? { x: along, y: across } : { x: across, y: along };
}

/** Names are easy to read from this zoom on: layouts aim for it. */
export const READABLE = 0.62;

/** Names are readable down to this zoom, in larger letters and on two lines: the first view is never smaller. */
export const SMALLEST = 0.5;

/** The first view is never larger than this. */
export const LARGEST = 1.4;

/** Pixels between a drawing and the edges of its room. */
export const MARGIN = 20;

/** Larger graphs are not made to fit: their rows make the graph about as long as wide. */
const MANY = 400;

/** How much larger a graph must become to split its layers further. */
const SPLIT_GAIN = 1.05;

/**
 * The flow that shows a graph largest. If nothing shows all of it readably, rows hold as many boxes as fit at a readable size, so
 * that one scrolls along the graph and hardly across.
 */
export function flowFor(input: LayoutInput, { width, height, direction }: Room): Flow {
  const size = measures(direction);
  const [along, across] = direction === 'right' ? [width, height] : [height, width];
  const widest = Math.max(1, ...counted(layersOf(input)));
  const fitting = Math.max(1, Math.floor((across - 2 * MARGIN) / READABLE / (size.across + size.boxGap)));
  if (input.ids.length > MANY) {
    return { direction, most: Math.min(widest, Math.max(fitting, Math.ceil(Math.sqrt(input.ids.length)))) };
  }
  let best = { most: Math.min(widest, fitting), zoom: READABLE / SPLIT_GAIN };
  for (let most = widest; most >= 1; most--) {
    const { rows, passing } = rowsOf(input, most);
    const boxes = counted(rows);
    const wide = boxes.map(
      (count, row) => count * (size.across + size.boxGap) + (passing[row] ?? 0) * size.lineGap,
    );
    const long = boxes.length * (size.along + size.rowGap) - size.rowGap;
    const zoom = Math.min(LARGEST, (across - 2 * MARGIN) / Math.max(1, ...wide), (along - 2 * MARGIN) / long);
    // One row per layer is clearer than two: split only for a real gain.
    if (zoom > best.zoom * SPLIT_GAIN) best = { most, zoom };
  }
  return { direction, most: best.most };
}

function counted(rows: readonly number[]): number[] {
  const counts: number[] = [];
  for (const row of rows) counts[row] = (counts[row] ?? 0) + 1;
  return counts;
}
