import type { Table } from '../../sdk/table.js';

/**
 * Gives every NaN of a table the same bits, in place. `Infinity - Infinity` has different bits before and after V8 optimizes a
 * function; equal rows must be equal byte for byte, or their digests differ.
 */
export function settleNaN(table: Table): Table {
  for (const { values } of table.columns) {
    if (!(values instanceof Float64Array)) continue;
    for (let i = 0; i < values.length; i++) {
      if (Number.isNaN(values[i])) values[i] = Number.NaN;
    }
  }
  return table;
}
