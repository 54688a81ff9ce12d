import { boundsOf, BOX, type Bounds, type Position } from '../layout/boxes.js';
import { alongOf, LARGEST, MARGIN, measures, READABLE, SMALLEST, type Direction } from '../layout/flow.js';

/** The viewpoint: a point of the drawing at `(x, y)` of the window is scaled by `zoom`. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const LEAST = 0.02;
const MOST = 2.5;

export function panned(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x + dx, y: camera.y + dy };
}

/** Zooms by a factor, keeping the point under `at` in place. */
export function zoomed(camera: Camera, factor: number, at: Position): Camera {
  const zoom = Math.min(MOST, Math.max(LEAST, camera.zoom * factor));
  const scale = zoom / camera.zoom;
  return { zoom, x: at.x - (at.x - camera.x) * scale, y: at.y - (at.y - camera.y) * scale };
}

/** Shows all of the bounds, with a margin. */
export function fitted(bounds: Bounds, size: Size): Camera {
  return seenAt(bounds, size, Math.max(LEAST, fittingZoom(bounds, size)));
}

/** Pixels between visible rows and the edges: less than a row gap, so that no row is cut. */
export const EDGE = 14;

/**
 * The first view: all boxes, unless names would be unreadable. A larger graph shows whole rows, from its inputs on, or up to a
 * box that must be visible.
 */
export function opening(
  positions: readonly Position[],
  size: Size,
  direction: Direction,
  wanted: Position | null = null,
): Camera | null {
  const bounds = boundsOf(positions);
  if (!bounds) return null;
  const fitting = fittingZoom(bounds, size);
  if (fitting >= SMALLEST) return seenAt(bounds, size, fitting);
  const rows = rowsOf(positions, direction);
  const { along } = measures(direction);
  const [room, across, extent] =
    direction === 'right'
      ? [size.width, size.height, bounds.bottom - bounds.top]
      : [size.height, size.width, bounds.right - bounds.left];
  const most = Math.min(LARGEST, (across - 2 * MARGIN) / extent);
  const lengthOf = (count: number): number => (rows[count - 1] ?? 0) - (rows[0] ?? 0) + along;
  const zoomOf = (count: number): number => (room - 2 * EDGE) / lengthOf(count);
  const distance = (count: number): number => Math.abs(Math.log(zoomOf(count) / READABLE));
  // The number of rows that brings names closest to the layout's size; whole rows are preferred.
  const counts = rows.map((_, at) => at + 1).filter((count) => zoomOf(count) >= SMALLEST);
  const fit = counts.filter((count) => zoomOf(count) <= most);
  const [count = 1] = (fit.length > 0 ? fit : counts).sort((a, b) => distance(a) - distance(b));
  const zoom = Math.min(LARGEST, Math.max(SMALLEST, zoomOf(count)));
  const whole = seenAt(bounds, size, zoom);
  if (lengthOf(rows.length) * zoom <= room - 2 * EDGE) return whole;
  const at = wanted ? rows.indexOf(alongOf(wanted, direction)) : -1;
  const first = Math.max(0, Math.min(at - count + 1, rows.length - count));
  const start = EDGE - ((rows[first] ?? 0) - along / 2) * zoom;
  return direction === 'right' ? { ...whole, x: start } : { ...whole, y: start };
}

/** The middles of rows, in order. */
function rowsOf(positions: readonly Position[], direction: Direction): number[] {
  return [...new Set(positions.map((at) => alongOf(at, direction)))].sort((a, b) => a - b);
}

/** Whether a box is fully in view. */
export function isWhole(camera: Camera, at: Position, { width, height }: Size): boolean {
  const { x, y } = toWindow(camera, at);
  const [w, h] = [(BOX.width * camera.zoom) / 2, (BOX.height * camera.zoom) / 2];
  return x >= w && x + w <= width && y >= h && y + h <= height;
}

function fittingZoom({ left, top, right, bottom }: Bounds, { width, height }: Size): number {
  return Math.min(LARGEST, (width - 2 * MARGIN) / (right - left), (height - 2 * MARGIN) / (bottom - top));
}

function seenAt({ left, top, right, bottom }: Bounds, { width, height }: Size, zoom: number): Camera {
  return { zoom, x: width / 2 - ((left + right) / 2) * zoom, y: height / 2 - ((top + bottom) / 2) * zoom };
}

/** The smallest move that brings a box into view, close enough to read. */
export function showing(camera: Camera, at: Position, box: Size, size: Size, margin = 24): Camera {
  const near = camera.zoom < SMALLEST ? zoomed(camera, READABLE / camera.zoom, toWindow(camera, at)) : camera;
  const middle = toWindow(near, at);
  const [w, h] = [(box.width * near.zoom) / 2 + margin, (box.height * near.zoom) / 2 + margin];
  return panned(near, inward(middle.x, w, size.width), inward(middle.y, h, size.height));
}

function inward(middle: number, half: number, size: number): number {
  if (size <= 2 * half) return size / 2 - middle;
  return Math.max(0, half - middle) + Math.min(0, size - half - middle);
}

/** How to move and scale a drawing made for one camera to match another. */
export function between(drawn: Camera, seen: Camera): Camera {
  const zoom = seen.zoom / drawn.zoom;
  return { zoom, x: seen.x - drawn.x * zoom, y: seen.y - drawn.y * zoom };
}

/** Whether a drawing that extends beyond its frame still fills it when moved and scaled so. */
export function fills({ x, y, zoom }: Camera, { width, height }: Size, margin: number): boolean {
  const covers = (at: number, length: number): boolean =>
    at - zoom * margin * length <= 0 && at + zoom * (1 + margin) * length >= length;
  return covers(x, width) && covers(y, height);
}

export function toWindow({ x, y, zoom }: Camera, at: Position): Position {
  return { x: at.x * zoom + x, y: at.y * zoom + y };
}

export function toDrawing({ x, y, zoom }: Camera, at: Position): Position {
  return { x: (at.x - x) / zoom, y: (at.y - y) / zoom };
}
