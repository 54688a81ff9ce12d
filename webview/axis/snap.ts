import { ceilToGrid, floorToGrid } from '../../src/sdk/time/time.js';
import type { Span } from '../../src/panel/state.js';

/**
 * The range that a person dragged, in either direction, extended to whole bars and cut to what is shown; null: nothing is left.
 * @param interval of the bars, in seconds
 */
export function snapped(a: number, b: number, interval: number, [start, end]: Span): Span | null {
  const from = Math.max(floorToGrid(Math.min(a, b), interval, 0), floorToGrid(start, interval, 0));
  const to = Math.min(ceilToGrid(Math.max(a, b), interval, 0), ceilToGrid(end, interval, 0));
  return from < to ? [from, to] : null;
}

/** The interval to snap to: the longest of the nodes that still leaves a bar every few pixels, or the shortest. */
export function snapInterval(intervals: readonly number[]): number {
  return intervals.length === 0 ? 60 : Math.max(1, Math.min(...intervals));
}
