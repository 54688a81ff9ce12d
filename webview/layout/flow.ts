import { BOX, type Bends, type LayoutInput, type Position, type Positions } from './boxes.js';
import { layersOf, rowsOf } from './layers.js';

/** Which way edges lead: inputs are on the left, or on top. */
export type Direction = 'right' | 'down';

/** How a graph is laid out: which way, and how many boxes a row holds at most. */
export interface Flow {
  readonly direction: Direction;
  readonly most: number;
}

/** Where a layout put boxes and edges. */
export interface Placement {
  readonly positions: Positions;
  readonly bends: Bends;
  /** Which way edges lead. */
  readonly direction: Direction;
}

/** The room for a drawing, in pixels, and the way its panel asks for. */
export interface Room {
  readonly width: number;
  readonly height: number;
  readonly direction: Direction;
}

/** Sizes along the way edges lead, and across it. */
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

/** Names of boxes are read without effort from this zoom on: layouts are made for it. */
export const READABLE = 0.62;

/** Down to this zoom names can be read, in larger letters and on two lines: nothing that is seen first is smaller. */
export const SMALLEST = 0.5;

/** What is seen first is not larger than this. */
export const LARGEST = 1.4;

/** Distance of a drawing from the edges of its room, in pixels. */
export const MARGIN = 20;

/** More boxes than this are not made to fit: their rows hold as many as make the graph about as long as wide. */
const MANY = 400;

/** How many times larger a graph must show for its layers to be split more. */
const SPLIT_GAIN = 1.05;

/**
 * The flow that shows a graph largest in a room. Where nothing shows all of it at a readable size, rows hold as many boxes as the
 * room does at that size, so that one goes along the graph and hardly across it.
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
    // A layer in one row says more than one in two: it is split for a real gain only.
    if (zoom > best.zoom * SPLIT_GAIN) best = { most, zoom };
  }
  return { direction, most: best.most };
}

function counted(rows: readonly number[]): number[] {
  const counts: number[] = [];
  for (const row of rows) counts[row] = (counts[row] ?? 0) + 1;
  return counts;
}
