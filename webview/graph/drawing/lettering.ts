import { BAR } from './bar.js';

/** Size of a name, in units of the drawing, where a box is seen from near. */
export const NAME_SIZE = 13;

/** From line to line, in sizes of a letter. */
export const LEADING = 1.15;

/** No letter is smaller on the screen, in pixels. */
const LEAST = 11.2;

/** From this zoom on a subtitle of 12 units is large enough to be read. */
const NEAR = 0.94;

/** What a box says at a zoom, and how large. */
export interface Lettering {
  /** Of the name, in units of the drawing. */
  readonly size: number;
  /** Lines that a name may take. */
  readonly lines: number;
  readonly subtitle: boolean;
}

/** From near a box says what it is; from farther away its name alone, in letters that grow as it shrinks. */
export function letteringAt(zoom: number): Lettering {
  if (zoom >= NEAR) return { size: NAME_SIZE, lines: 1, subtitle: true };
  // In steps, so that not every turn of a wheel draws all boxes once more.
  const size = Math.max(NAME_SIZE, Math.ceil((LEAST / zoom) * 2) / 2);
  return { size, lines: Math.max(1, Math.min(2, Math.floor(BAR.y / (size * LEADING)))), subtitle: false };
}
