import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import { floorToSlot } from '../../sdk/time/grid.js';
import type { FileContext } from '../files.js';
import { openSql, type Relation } from '../sql/relation.js';
import { refuseAbsent, type OneSymbol } from '../universe/symbols.js';
import { OnceAsked } from '../universe/once.js';

/** How the files of a universe are read: one symbol's rows of each, and all rows. */
export interface SymbolTable {
  readonly shown: string;
  readonly relation: Relation;
  /** What follows FROM for all symbols, and the column in it that names them. */
  readonly all: string;
  readonly raw: string;
}

/** The first and last open of table copies, by query: a copy never changes. */
const extents = new OnceAsked<Record<string, unknown>>();

function extentOf(context: FileContext, tables: readonly SymbolTable[]): Promise<Record<string, unknown>> {
  const opens = tables.map(({ relation, all }) => `SELECT ${openSql(relation)} AS open FROM ${all}`);
  const sql = `SELECT min(open) AS first, max(open) AS last FROM (${opens.join(' UNION ALL ')}) WHERE isfinite(open)`;
  return extents.get(context, sql, async () => (await context.database.rows(sql))[0] ?? {});
}

/** The bars of one symbol of a table with many. They begin and end with the table: where the symbol has no row, that is known. */
export function symbolReader(
  stream: OpenStream,
  context: FileContext,
  one: OneSymbol,
  rows: SourceReader,
  tables: () => Promise<readonly SymbolTable[]>,
): SourceReader {
  const { database } = context;
  return {
    // A copy sorted by symbol is read in part.
    whole: false,
    boundsByVersion: true,
    files: rows.files ?? [],
    version: () => rows.version(),
    async bounds() {
      const all = await tables();
      const from = all.map((table) => ({ from: table.all, raw: table.raw }));
      await refuseAbsent(stream, database, one, from, all.map(({ shown }) => shown).join(', '));
      const { first, last } = await extentOf(context, all);
      if (typeof first !== 'number' || typeof last !== 'number') return null;
      return { first: floorToSlot(first, stream), last: floorToSlot(last, stream) };
    },
    read: (range, skip) => rows.read(range, skip),
    notes: () => rows.notes?.() ?? [],
    ...(rows.taken && { taken: () => (rows.taken as NonNullable<SourceReader['taken']>)() }),
  };
}
