import { same } from '../../engine/history/difference.js';
import type { RowValue } from '../../sdk/table.js';

/** Bit for bit, and in the order of keys. */
export function sameBits(a: RowValue, b: RowValue): boolean {
  return same(a, b) && (typeof a !== 'object' || JSON.stringify(a) === JSON.stringify(b));
}
