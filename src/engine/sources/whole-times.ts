import { concatTables, lowerBound, sliceTable, type Table } from '../../sdk/table.js';

/** The same rows in tables that do not split rows of one time. */
export async function* wholeTimes(tables: AsyncIterable<Table>): AsyncGenerator<Table> {
  let held: Table | null = null;
  for await (const table of tables) {
    if (table.ts.length === 0) continue;
    const all: Table = held ? concatTables([held, table]) : table;
    const from = lowerBound(all.ts, all.ts.at(-1) as number);
    if (from > 0) yield sliceTable(all, 0, from);
    held = sliceTable(all, from, all.ts.length);
  }
  if (held) yield held;
}
