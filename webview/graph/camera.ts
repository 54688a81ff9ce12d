import type { Bounds, Position } from '../layout/boxes.js';
import { LARGEST, MARGIN, READABLE, type Direction } from '../layout/flow.js';

/** Where the drawing is seen from: a point of the drawing at `(x, y)` of the window, times `zoom`. */
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

/** Zoomed by a factor, the point under `at` staying where it is. */
export function zoomed(camera: Camera, factor: number, at: Position): Camera {
  const zoom = Math.min(MOST, Math.max(LEAST, camera.zoom * factor));
  const scale = zoom / camera.zoom;
  return { zoom, x: at.x - (at.x - camera.x) * scale, y: at.y - (at.y - camera.y) * scale };
}

/** All of the bounds in view, with a margin. */
export function fitted(bounds: Bounds, size: Size): Camera {
  return seenAt(bounds, size, Math.max(LEAST, fittingZoom(bounds, size)));
}

/** What is seen first: all of the bounds, unless names could not be read then; of a larger graph, its inputs. */
export function opening(bounds: Bounds, size: Size, direction: Direction): Camera {
  const zoom = Math.max(READABLE, fittingZoom(bounds, size));
  const whole = seenAt(bounds, size, zoom);
  const [left, top] = [MARGIN - bounds.left * zoom, MARGIN - bounds.top * zoom];
  const tooWide = (bounds.right - bounds.left) * zoom > size.width - 2 * MARGIN;
  const tooHigh = (bounds.bottom - bounds.top) * zoom > size.height - 2 * MARGIN;
  return direction === 'right'
    ? { ...whole, ...(tooWide && { x: left }) }
    : { ...whole, ...(tooHigh && { y: top }) };
}

function fittingZoom({ left, top, right, bottom }: Bounds, { width, height }: Size): number {
  return Math.min(LARGEST, (width - 2 * MARGIN) / (right - left), (height - 2 * MARGIN) / (bottom - top));
}

function seenAt({ left, top, right, bottom }: Bounds, { width, height }: Size, zoom: number): Camera {
  return { zoom, x: width / 2 - ((left + right) / 2) * zoom, y: height / 2 - ((top + bottom) / 2) * zoom };
}

/** Moved as little as brings a box into view, and near enough that it can be read. */
export function showing(camera: Camera, at: Position, box: Size, size: Size, margin = 24): Camera {
  const near = camera.zoom < READABLE ? zoomed(camera, READABLE / camera.zoom, toWindow(camera, at)) : camera;
  const middle = toWindow(near, at);
  const [w, h] = [(box.width * near.zoom) / 2 + margin, (box.height * near.zoom) / 2 + margin];
  return panned(near, inward(middle.x, w, size.width), inward(middle.y, h, size.height));
}

function inward(middle: number, half: number, size: number): number {
  if (size <= 2 * half) return size / 2 - middle;
  return Math.max(0, half - middle) + Math.min(0, size - half - middle);
}

/** How a drawing made for one camera is moved and scaled to look as through another. */
export function between(drawn: Camera, seen: Camera): Camera {
  const zoom = seen.zoom / drawn.zoom;
  return { zoom, x: seen.x - drawn.x * zoom, y: seen.y - drawn.y * zoom };
}

/** Whether a drawing that is larger than its frame by a share on each side still fills it when moved and scaled so. */
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
