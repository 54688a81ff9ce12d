import type { OpenStream } from '../engine/ports/source.js';
import { nearNames, type SeamlessError } from '../sdk/errors.js';
import { columnIndex } from '../sdk/table.js';
import { sourceError } from './faults.js';
import type { FileContext } from './files.js';
import type { Options } from './options.js';
import { sqlText, type Database } from './sql/database.js';

/** The symbol whose rows a stream reads of a table that has those of many. */
export interface OneSymbol {
  /** The column that names symbols. */
  readonly column: string;
  readonly symbol: string;
}

/** What a column that names symbols is called. */
export const SYMBOL_NAME =
  /^(?:symbol|ticker|sym|instrument|security|asset|pair|code|isin|figi|contract|market)(?:[ _](?:name|id|code))?$/i;

/** The options of a universe's stream; null: the table is that of one symbol. */
export function symbolOptions(options: Options): OneSymbol | null {
  const column = options.text('symbolColumn');
  return column === null ? null : { column, symbol: options.requiredText('symbol') };
}

/** The position of the column with the symbols. @throws SeamlessError `source` naming those there are. */
export function symbolIndex(
  stream: OpenStream,
  names: readonly string[],
  { column }: OneSymbol,
  shown: string,
): number {
  const index = columnIndex(names, column);
  if (index >= 0) return index;
  throw sourceError(
    stream,
    `${shown} has no column ${column} that names symbols; it has ${names.join(', ')}. Say which it is with the universe's symbol.`,
  );
}

/** Symbols as texts, whatever their type. @param raw their column */
export function symbolSql(raw: string): string {
  return `CAST(${raw} AS VARCHAR)`;
}

/** @throws SeamlessError `source` for a symbol that the table has no row of, with those like it. */
export async function refuseAbsent(
  stream: OpenStream,
  database: Database,
  { column, symbol }: OneSymbol,
  /** What follows FROM, with all symbols, and the column in it. */
  tables: readonly { readonly from: string; readonly raw: string }[],
  shown: string,
): Promise<void> {
  const each = tables.map(({ from, raw }) => `SELECT DISTINCT ${symbolSql(raw)} AS symbol FROM ${from}`);
  const has = await database.rows(
    `SELECT symbol FROM (${each.join(' UNION ALL ')}) WHERE symbol = ${sqlText(symbol)} LIMIT 1`,
  );
  if (has.length === 0) throw await absent();

  async function absent(): Promise<SeamlessError> {
    const rows = await database.rows(
      `SELECT DISTINCT symbol FROM (${each.join(' UNION ALL ')}) ORDER BY symbol`,
    );
    const symbols = rows.flatMap((row) => (typeof row['symbol'] === 'string' ? [row['symbol']] : []));
    const near = nearNames(symbol, symbols);
    const hint =
      near.length > 0
        ? `did you mean ${near.join(' or ')}?`
        : `it has ${symbols.length} others, such as ${symbols.slice(0, 3).join(', ')}.`;
    return sourceError(
      stream,
      `${shown} has no row with ${JSON.stringify(symbol)} in its column ${column}: ${hint}`,
    );
  }
}

/**
 * A table in order of its symbols, as a copy that can be read symbol by symbol: it is read once for all streams of a universe.
 * @param from what follows FROM, the same for all of them
 * @param raw the column with the symbols, as texts
 * @param content what changes when its rows, or how they are read, do
 * @returns what follows FROM, for the copy
 */
export async function bySymbol(
  context: FileContext,
  from: string,
  raw: string,
  content: string,
): Promise<string> {
  const key = JSON.stringify([raw, content]);
  const known = context.tables.get(key);
  if (known) return known;
  const made = copyBySymbol(context, from, raw);
  context.tables.set(key, made);
  made.catch(() => context.tables.delete(key));
  return made;
}

async function copyBySymbol({ database, scratch }: FileContext, from: string, raw: string): Promise<string> {
  const path = scratch.file('by-symbol.parquet');
  const numbered = `SELECT *, row_number() OVER () AS place FROM ${from}`;
  // Without dictionaries: those of doubles make one of +0 and -0.
  await database.rows(
    `COPY (SELECT * EXCLUDE (place) REPLACE (trim(${raw}) AS ${raw}) FROM (${numbered}) ORDER BY trim(${raw}), place)
     TO ${sqlText(path)} (FORMAT parquet, DICTIONARY_SIZE_LIMIT 1, ROW_GROUP_SIZE 16384)`,
  );
  return `read_parquet(${sqlText(path)})`;
}
