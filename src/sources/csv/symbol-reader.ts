import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import { floorToSlot } from '../../sdk/grid.js';
import type { FileContext } from '../files.js';
import { openSql, type Relation } from '../sql/relation.js';
import { refuseAbsent, type OneSymbol } from '../symbols.js';

/** How the files of a universe are read: of each, the rows of one symbol, and those of all. */
export interface SymbolTable {
  readonly shown: string;
  readonly relation: Relation;
  /** What follows FROM for all symbols, and the column in it that names them. */
  readonly all: string;
  readonly raw: string;
}

/** The bars of one symbol of a table with many, which begin and end with the table: what it has no row of is known, too. */
export function symbolReader(
  stream: OpenStream,
  { database }: FileContext,
  one: OneSymbol,
  rows: SourceReader,
  tables: () => Promise<readonly SymbolTable[]>,
): SourceReader {
  return {
    // A copy in order of symbols is read in part.
    whole: false,
    boundsByVersion: true,
    files: rows.files ?? [],
    version: () => rows.version(),
    async bounds() {
      const all = await tables();
      const from = all.map((table) => ({ from: table.all, raw: table.raw }));
      await refuseAbsent(stream, database, one, from, all.map(({ shown }) => shown).join(', '));
      const opens = all.map((table) => `SELECT ${openSql(table.relation)} AS open FROM ${table.all}`);
      const [row] = await database.rows(
        `SELECT min(open) AS first, max(open) AS last FROM (${opens.join(' UNION ALL ')}) WHERE isfinite(open)`,
      );
      const { first, last } = row ?? {};
      if (typeof first !== 'number' || typeof last !== 'number') return null;
      return { first: floorToSlot(first, stream), last: floorToSlot(last, stream) };
    },
    read: (range, skip) => rows.read(range, skip),
    notes: () => rows.notes?.() ?? [],
    ...(rows.taken && { taken: () => (rows.taken as NonNullable<SourceReader['taken']>)() }),
  };
}
