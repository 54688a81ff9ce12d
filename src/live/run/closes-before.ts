import type { SourceReader } from '../../engine/ports/source.js';
import { closeOf, floorToSlot, longestSlot, type Grid } from '../../sdk/time/grid.js';
import type { Seconds } from '../../sdk/time/time.js';
import { lastSlots, type SlotCloses, type TimedClose } from '../money/correlation.js';
import { pricesOf } from './slot-loop.js';

/** The source of a symbol's bars. */
export interface PriceSource {
  readonly grid: Grid;
  /** Null: it has none. */
  readonly open: (() => Promise<Pick<SourceReader, 'bounds' | 'read'>>) | null;
}

/**
 * The closes of symbols in the last slots that closed by a time, oldest first, by position.
 * @param most slots
 */
export async function closesBefore(
  symbols: readonly PriceSource[],
  until: Seconds,
  most: number,
): Promise<SlotCloses[]> {
  const closes: TimedClose[][] = [];
  for (const symbol of symbols) closes.push(await lastCloses(symbol, until, most));
  return lastSlots(closes, most);
}

/** Reads far enough back to have `most` bars, across nights, weekends and holes. */
async function lastCloses({ grid, open }: PriceSource, until: Seconds, most: number): Promise<TimedClose[]> {
  const reader = await open?.();
  const bounds = await reader?.bounds();
  if (!reader || !bounds) return [];
  const last = Math.min(until, closeOf(bounds.last, grid));
  let found: TimedClose[] = [];
  for (let span = 2 * most * longestSlot(grid); ; span *= 4) {
    const start = Math.max(bounds.first, floorToSlot(last - span, grid));
    found = [];
    for await (const table of reader.read({ start, end: until })) {
      const priceAt = pricesOf(table, { at: 'nextOpen' });
      for (const [at, ts] of table.ts.entries()) {
        const close = closeOf(ts, grid);
        const price = close <= until ? priceAt(at) : null;
        if (price) found.push([close, price.close]);
      }
    }
    if (found.length >= most || start <= bounds.first) return found.slice(-most);
  }
}
