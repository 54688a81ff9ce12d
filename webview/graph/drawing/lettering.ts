import { BAR } from './bar.js';

/** Font size of a name when zoomed in, in units of the drawing. */
export const NAME_SIZE = 13;

/** Line height, in font sizes. */
export const LEADING = 1.15;

/** The smallest font on the screen, in pixels. */
const LEAST = 11.2;

/** From this zoom on, a subtitle of 12 units is readable. */
const NEAR = 0.94;

/** A box's text at a zoom level, and its font size. */
export interface Lettering {
  /** Of the name, in units of the drawing. */
  readonly size: number;
  /** Lines that a name may take. */
  readonly lines: number;
  readonly subtitle: boolean;
}

/** Zoomed in, a box shows what it is; zoomed out, only its name, with letters that grow as the box shrinks. */
export function letteringAt(zoom: number): Lettering {
  if (zoom >= NEAR) return { size: NAME_SIZE, lines: 1, subtitle: true };
  // In steps, so that not every zoom event redraws all boxes.
  const size = Math.max(NAME_SIZE, Math.ceil((LEAST / zoom) * 2) / 2);
  return { size, lines: Math.max(1, Math.min(2, Math.floor(BAR.y / (size * LEADING)))), subtitle: false };
}
