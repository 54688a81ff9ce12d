import type { OpenStream } from '../../engine/ports/source.js';
import { nearHint } from '../../sdk/errors.js';
import { columnIndex } from '../../sdk/table.js';
import { sourceError } from '../faults.js';
import type { FileContext } from '../files.js';
import type { Options } from '../options.js';
import { type Database } from '../sql/database.js';
import { OnceAsked } from './once.js';
import { sqlText } from '../../sdk/sql-text.js';

/** The symbol to read from a table with many. */
export interface OneSymbol {
  /** The symbol column; null: found by its name. */
  readonly column: string | null;
  readonly symbol: string;
}

/** Usual names of symbol columns. */
export const SYMBOL_NAME =
  /^(?:(?:symbol|ticker|sym|instrument|security|asset|pair|code|isin|figi|contract|market)(?:[ _](?:name|id|code))?|(?:ts|stock|sec|fund|bond)[ _]?code|tic|tckrsymb|secid|ric|permno|gvkey|cusip|sedol|product[ _]id|(?:股票|证券|基金|合约)?代码|종목코드|(?:銘柄)?コード)$/i;
/** Which of several to take: names for symbols before codes and numbers, a bare `name` last. */
const RANKS = [
  /^(?:symbol|ticker|sym|tic|tckrsymb|ts[ _]?code)(?:[ _](?:name|id|code))?$/i,
  SYMBOL_NAME,
  /^name$/i,
];

/** Position of the column whose name says symbol; -1: none. */
export function symbolColumnOf(names: readonly string[]): number {
  const found = RANKS.map((rank) => names.findIndex((name) => rank.test(name.trim())));
  return found.find((index) => index >= 0) ?? -1;
}

/** The options of a universe's stream; null: the table has one symbol. @param named the option `symbol` alone will do */
export function symbolOptions(options: Options, named = false): OneSymbol | null {
  const column = options.text('symbolColumn');
  if (column === null && (!named || options.text('symbol') === null)) return null;
  return { column, symbol: options.requiredText('symbol') };
}

/** Position of the symbol column. @throws SeamlessError `source` naming the columns */
export function symbolIndex(
  stream: OpenStream,
  names: readonly string[],
  { column }: OneSymbol,
  shown: string,
): number {
  const index = column === null ? symbolColumnOf(names) : columnIndex(names, column);
  if (index >= 0) return index;
  if (column === null) {
    const way = 'choose the rows with WHERE in a query of sqlHistory';
    throw sourceError(
      stream,
      `${shown} has no column that names symbols; it has ${names.join(', ')}: ${way}.`,
    );
  }
  throw sourceError(
    stream,
    `${shown} has no column ${column} that names symbols; it has ${names.join(', ')}. Say which it is with the universe's symbol.`,
  );
}

/** Symbols as text, whatever their type. @param raw the symbol column */
export function symbolSql(raw: string): string {
  return `CAST(${raw} AS VARCHAR)`;
}

/** The symbols of tables, by query: asked once for all streams of a universe. */
const known = new OnceAsked<ReadonlySet<string>>();

/** @throws SeamlessError `source` for a symbol without rows in the table, suggesting similar ones */
export async function refuseAbsent(
  stream: OpenStream,
  database: Database,
  { column, symbol }: OneSymbol,
  /** What follows FROM, with all symbols, and the column in it. */
  tables: readonly { readonly from: string; readonly raw: string }[],
  shown: string,
): Promise<void> {
  const each = tables.map(({ from, raw }) => `SELECT DISTINCT ${symbolSql(raw)} AS symbol FROM ${from}`);
  const sql = `SELECT DISTINCT symbol FROM (${each.join(' UNION ALL ')}) ORDER BY symbol`;
  const symbols = await known.get(database, sql, async () => {
    const rows = await database.rows(sql);
    return new Set(rows.flatMap((row) => (typeof row['symbol'] === 'string' ? [row['symbol']] : [])));
  });
  if (symbols.has(symbol)) return;
  const some = `it has ${symbols.size} others, such as ${[...symbols].slice(0, 3).join(', ')}.`;
  const hint = nearHint(symbol, symbols, some);
  throw sourceError(
    stream,
    `${shown} has no row with ${JSON.stringify(symbol)} in its column ${column ?? ''}: ${hint}`,
  );
}

/**
 * Copies a table sorted by symbol, so that one symbol can be read at a time. Made once for all streams of a universe.
 * @param from the FROM clause, the same for all of them
 * @param raw the symbol column as text; `text` is its value in the copy
 * @param content changes when rows, or how they are read, do
 * @returns the FROM clause for the copy
 */
export function bySymbol(
  context: FileContext,
  from: string,
  { raw, text }: { readonly raw: string; readonly text: string },
  content: string,
): Promise<string> {
  return copies.get(context, JSON.stringify([text, content]), async () => {
    const path = context.scratch.file('by-symbol.parquet');
    const numbered = `SELECT *, row_number() OVER () AS ${PLACE} FROM ${from}`;
    // No dictionaries: a dictionary of doubles merges +0 and -0.
    await context.database.rows(
      `COPY (SELECT * EXCLUDE (${PLACE}) REPLACE (${text} AS ${raw}) FROM (${numbered}) ORDER BY ${text}, ${PLACE})
       TO ${sqlText(path)} (FORMAT parquet, DICTIONARY_SIZE_LIMIT 1, ROW_GROUP_SIZE 16384)`,
    );
    return `read_parquet(${sqlText(path)})`;
  });
}

const copies = new OnceAsked<string>();

/** A column name that no table has. */
const PLACE = '"seamless: place"';
