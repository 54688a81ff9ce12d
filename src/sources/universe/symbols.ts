import type { OpenStream } from '../../engine/ports/source.js';
import { nearNames } from '../../sdk/errors.js';
import { columnIndex } from '../../sdk/table.js';
import { sourceError } from '../faults.js';
import type { FileContext } from '../files.js';
import type { Options } from '../options.js';
import { sqlText, type Database } from '../sql/database.js';
import { OnceAsked } from './once.js';

/** The symbol whose rows a stream reads of a table that has those of many. */
export interface OneSymbol {
  /** The column that names symbols; null: the one that its name says. */
  readonly column: string | null;
  readonly symbol: string;
}

/** What a column that names symbols is called. */
export const SYMBOL_NAME =
  /^(?:(?:symbol|ticker|sym|instrument|security|asset|pair|code|isin|figi|contract|market)(?:[ _](?:name|id|code))?|(?:ts|stock|sec|fund|bond)[ _]?code|tic|tckrsymb|secid|ric|permno|gvkey|cusip|sedol|product[ _]id|(?:股票|证券|基金|合约)?代码|종목코드|(?:銘柄)?コード)$/i;
/** Which of several it is: what people call a symbol, before codes and numbers; a bare name is the last. */
const RANKS = [
  /^(?:symbol|ticker|sym|tic|tckrsymb|ts[ _]?code)(?:[ _](?:name|id|code))?$/i,
  SYMBOL_NAME,
  /^name$/i,
];

/** Position of the column that names symbols by what it is called; -1: there is none. */
export function symbolColumnOf(names: readonly string[]): number {
  const found = RANKS.map((rank) => names.findIndex((name) => rank.test(name.trim())));
  return found.find((index) => index >= 0) ?? -1;
}

/** The options of a universe's stream; null: the table is that of one symbol. @param named the option `symbol` alone will do */
export function symbolOptions(options: Options, named = false): OneSymbol | null {
  const column = options.text('symbolColumn');
  if (column === null && (!named || options.text('symbol') === null)) return null;
  return { column, symbol: options.requiredText('symbol') };
}

/** The position of the column with the symbols. @throws SeamlessError `source` naming those there are. */
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
      `${shown} has no column that names symbols, as symbol has it; it has ${names.join(', ')}: ${way}.`,
    );
  }
  throw sourceError(
    stream,
    `${shown} has no column ${column} that names symbols; it has ${names.join(', ')}. Say which it is with the universe's symbol.`,
  );
}

/** Symbols as texts, whatever their type. @param raw their column */
export function symbolSql(raw: string): string {
  return `CAST(${raw} AS VARCHAR)`;
}

/** The symbols of tables, by what asks for them: asked for once for all streams of a universe. */
const known = new OnceAsked<ReadonlySet<string>>();

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
  const sql = `SELECT DISTINCT symbol FROM (${each.join(' UNION ALL ')}) ORDER BY symbol`;
  const symbols = await known.get(database, sql, async () => {
    const rows = await database.rows(sql);
    return new Set(rows.flatMap((row) => (typeof row['symbol'] === 'string' ? [row['symbol']] : [])));
  });
  if (symbols.has(symbol)) return;
  const near = nearNames(symbol, [...symbols]);
  const hint =
    near.length > 0
      ? `did you mean ${near.join(' or ')}?`
      : `it has ${symbols.size} others, such as ${[...symbols].slice(0, 3).join(', ')}.`;
  throw sourceError(
    stream,
    `${shown} has no row with ${JSON.stringify(symbol)} in its column ${column ?? ''}: ${hint}`,
  );
}

/**
 * A table in order of its symbols, as a copy that can be read symbol by symbol: it is read once for all streams of a universe.
 * @param from what follows FROM, the same for all of them
 * @param raw the column with the symbols, as texts; `text` is what they are in the copy
 * @param content what changes when its rows, or how they are read, do
 * @returns what follows FROM, for the copy
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
    // Without dictionaries: those of doubles make one of +0 and -0.
    await context.database.rows(
      `COPY (SELECT * EXCLUDE (${PLACE}) REPLACE (${text} AS ${raw}) FROM (${numbered}) ORDER BY ${text}, ${PLACE})
       TO ${sqlText(path)} (FORMAT parquet, DICTIONARY_SIZE_LIMIT 1, ROW_GROUP_SIZE 16384)`,
    );
    return `read_parquet(${sqlText(path)})`;
  });
}

const copies = new OnceAsked<string>();

/** A name that no column has. */
const PLACE = '"seamless: place"';
