import { ceilToGrid, floorToGrid } from '../../src/sdk/time/time.js';
import type { Span } from '../../src/panel/state.js';

/**
 * What a person dragged from one time to another, in either direction, grown to whole bars and kept within what is shown;
 * null when nothing is left of it.
 * @param interval of the bars, in seconds.
 */
export function snapped(a: number, b: number, interval: number, [start, end]: Span): Span | null {
  const from = Math.max(floorToGrid(Math.min(a, b), interval, 0), floorToGrid(start, interval, 0));
  const to = Math.min(ceilToGrid(Math.max(a, b), interval, 0), ceilToGrid(end, interval, 0));
  return from < to ? [from, to] : null;
}

/** The bars a range is snapped to: the longest interval of the nodes that still leaves a bar every few pixels, or the least. */
export function snapInterval(intervals: readonly number[]): number {
  return intervals.length === 0 ? 60 : Math.max(1, Math.min(...intervals));
}
