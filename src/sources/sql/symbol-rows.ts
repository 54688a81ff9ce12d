import { DuckDBListValue } from '@duckdb/node-api';
import { emptyTable, pickRows, sliceTable, type Column, type Table } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';
import { readTable, type SelectedColumn } from '../batches.js';
import { symbolSql } from '../universe/symbols.js';
import { type Database } from './database.js';
import { sqlText } from '../../sdk/sql-text.js';

/** What the first look at a symbol's rows shows. */
export interface SymbolLook {
  /** Opens of its first rows, in table order. */
  readonly opens: readonly Seconds[];
  readonly rows: number;
  /** Rows without a time. */
  readonly untimed: number;
  /** Positions of its first and last row in the table. */
  readonly first: number;
  readonly last: number;
  /** Position of the symbol among all in DuckDB's order of texts. */
  readonly order: number;
}

interface RowsQuery {
  /** The open, then an expression for each column. */
  readonly select: string;
  /** What follows FROM, with all symbols. */
  readonly from: string;
  /** Their column. */
  readonly raw: string;
  /** Conditions on the file's own column, and on the opens; each empty or with its WHERE. */
  readonly pruned: string;
  readonly where: string;
}

/** Most rows in memory at once, over all symbols that are read together. */
const MOST_ROWS = 2 ** 19;

const CODE: SelectedColumn = { name: 'code', type: 'number' };

/** A name that no column has. */
const PLACE = '"seamless: place"';

/** A table of many symbols, read for all of them together: asking for one symbol's rows reads the next symbols' as well. */
export class SymbolRows {
  readonly #database: Database;
  readonly #verify: () => Promise<void>;
  readonly #answers = new Map<string, Promise<Record<string, unknown>[]>>();
  readonly #looks = new Map<string, Promise<ReadonlyMap<string, SymbolLook>>>();
  /** Symbols that are being read. */
  readonly #wanted = new Map<string, SymbolLook>();
  /** The rows read last, by symbol, until they are taken. */
  #batch: { readonly key: string; readonly rows: Map<string, Table> } | null = null;

  /** Symbols taken since that query was first made. */
  readonly #given = new Set<string>();

  /** @param verify throws if the table has changed since the first look: other content must not be kept */
  constructor(database: Database, verify: () => Promise<void>) {
    this.#database = database;
    this.#verify = verify;
  }

  /** All rows of a small result, asked for once. */
  answer(sql: string): Promise<Record<string, unknown>[]> {
    return this.#once(this.#answers, sql, () => this.#database.rows(sql));
  }

  /**
   * First looks by symbol. @param from the FROM clause, with all symbols
   * @param raw the symbol column
   * @param open SQL for the open of a row
   * @param most how many opens per symbol
   */
  looks(from: string, raw: string, open: string, most: number): Promise<ReadonlyMap<string, SymbolLook>> {
    const key = JSON.stringify([from, raw, open, most]);
    return this.#once(this.#looks, key, () => this.#look(from, raw, open, most));
  }

  #once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
    const before = known.get(key);
    if (before) return before;
    const asked = ask().then(async (answer) => {
      await this.#verify();
      return answer;
    });
    known.set(key, asked);
    asked.catch(() => known.delete(key));
    return asked;
  }

  async #look(from: string, raw: string, open: string, most: number): Promise<Map<string, SymbolLook>> {
    const rows = `SELECT ${symbolSql(raw)} AS symbol, ${open} AS open, row_number() OVER () AS ${PLACE} FROM ${from}`;
    const sql = `SELECT symbol, arg_min(open, ${PLACE}, ${most}) FILTER (open IS NOT NULL), count(*)::DOUBLE, count(open)::DOUBLE,
        min(${PLACE})::DOUBLE, max(${PLACE})::DOUBLE
      FROM (${rows}) WHERE symbol IS NOT NULL GROUP BY symbol ORDER BY symbol`;
    const looks = new Map<string, SymbolLook>();
    await this.#database.use(async (connection) => {
      const result = await connection.run(sql);
      for (let index = 0; index < result.chunkCount; index++) {
        const chunk = result.getChunk(index);
        const [symbols, opens, ...numbers] = [0, 1, 2, 3, 4, 5].map((column) =>
          chunk.getColumnValues(column),
        );
        symbols?.forEach((symbol, row) => {
          const [count = 0, timed = 0, first = 0, last = 0] = numbers.map((values) => Number(values[row]));
          const list = opens?.[row];
          looks.set(String(symbol), {
            opens: list instanceof DuckDBListValue ? list.items.map(Number) : [],
            rows: count,
            untimed: count - timed,
            first,
            last,
            order: looks.size,
          });
        });
      }
    });
    return looks;
  }

  /** Announces a symbol, so that it is read together with others. */
  want(symbol: string, look: SymbolLook): void {
    this.#wanted.set(symbol, look);
  }

  /**
   * The rows of a symbol, in table order.
   * @param looks at all symbols, if the query has all rows with a time; null: not all
   */
  async read(
    symbol: string,
    query: RowsQuery,
    columns: readonly SelectedColumn[],
    looks: ReadonlyMap<string, SymbolLook> | null,
  ): Promise<Table> {
    const key = JSON.stringify(query);
    if (this.#batch?.key !== key || !this.#batch.rows.has(symbol)) {
      if (this.#batch?.key !== key || this.#given.has(symbol)) this.#given.clear();
      this.#batch = null;
      const rows = await this.#load(this.#nextTo(symbol), query, columns, looks);
      await this.#verify();
      this.#batch = { key, rows };
    }
    const { rows } = this.#batch;
    const table = rows.get(symbol) ?? emptyTable();
    rows.delete(symbol);
    this.#given.add(symbol);
    return table;
  }

  /** The symbols to read together, in order: this one, those after it, and those before it that were not read yet. */
  #nextTo(symbol: string): readonly string[] {
    const order = (each: string): number => this.#wanted.get(each)?.order ?? 0;
    const all = [...this.#wanted.keys()].sort((a, b) => order(a) - order(b));
    const at = all.indexOf(symbol);
    const together = [symbol];
    let { rows } = this.#wanted.get(symbol) as SymbolLook;
    for (const next of [...all.slice(at + 1), ...all.slice(0, at).reverse()]) {
      if (this.#given.has(next)) continue;
      rows += (this.#wanted.get(next) as SymbolLook).rows;
      if (rows > MOST_ROWS) break;
      together.push(next);
    }
    return together.sort((a, b) => order(a) - order(b));
  }

  async #load(
    symbols: readonly string[],
    { select, from, raw, pruned, where }: RowsQuery,
    columns: readonly SelectedColumn[],
    looks: ReadonlyMap<string, SymbolLook> | null,
  ): Promise<Map<string, Table>> {
    // A range of symbols rather than a list: a list becomes a join, which loses the order.
    const [least = '', most = ''] = [symbols[0], symbols.at(-1)];
    const between = `FROM ${from} WHERE ${symbolSql(raw)} BETWEEN ${sqlText(least)} AND ${sqlText(most)}`;
    const sqlOf = (rows: string, column = ''): string =>
      `FROM (SELECT ${select}${column} FROM ${rows}${pruned})${where}`;
    const counts = looks
      ? countsBetween(looks, least, most)
      : await this.#counted(sqlOf(`(${between})`, `, ${symbolSql(raw)} AS symbol`));
    const rows = symbols.reduce((sum, symbol) => sum + (counts.get(symbol) ?? 0), 0);
    const wanted = new Set(symbols);
    const runs = this.#runsOf(symbols);
    // Without the symbols beside the rows, which cost as much to read.
    const inRuns = runs && [...counts.keys()].every((symbol) => wanted.has(symbol));
    const sql = inRuns
      ? sqlOf(`(${between})`)
      : sqlOf(`(${between} AND ${codeSql(raw, symbols)} IS NOT NULL)`, `, ${codeSql(raw, symbols)} AS code`);
    const table = await this.#database.use((connection) =>
      readTable(connection, sql, inRuns ? columns : [...columns, CODE], rows),
    );
    return new Map(inRuns ? byCounts(table, runs, counts) : byCode(table, symbols));
  }

  async #counted(rows: string): Promise<ReadonlyMap<string, number>> {
    const counted = await this.#database.rows(
      `SELECT symbol, count(*)::DOUBLE AS count ${rows} GROUP BY symbol`,
    );
    return new Map(counted.map(({ symbol, count }) => [String(symbol), Number(count)]));
  }

  /** Symbols in table order, if the rows of each follow one another; else null. */
  #runsOf(symbols: readonly string[]): readonly string[] | null {
    const first = (symbol: string): number => this.#wanted.get(symbol)?.first ?? 0;
    const inRuns = symbols.every((symbol) => {
      const look = this.#wanted.get(symbol);
      return look !== undefined && look.last - look.first + 1 === look.rows;
    });
    return inRuns ? symbols.toSorted((a, b) => first(a) - first(b)) : null;
  }
}

/** How many rows with a time the symbols between two have, these included. @param looks in order */
function countsBetween(
  looks: ReadonlyMap<string, SymbolLook>,
  least: string,
  most: string,
): ReadonlyMap<string, number> {
  const [from = 0, to = 0] = [least, most].map((symbol) => looks.get(symbol)?.order);
  const between = [...looks].slice(from, to + 1);
  return new Map(between.map(([symbol, { rows, untimed }]) => [symbol, rows - untimed]));
}

/** The rows of each symbol, in order. */
type Parts = readonly (readonly [symbol: string, part: Table])[];

/** For rows in order of symbols, of which each has so many. */
function byCounts(table: Table, symbols: readonly string[], counts: ReadonlyMap<string, number>): Parts {
  let end = 0;
  return symbols.map((symbol) => {
    const from = end;
    end += counts.get(symbol) ?? 0;
    return [symbol, sliceTable(table, from, end)];
  });
}

/** What streams over the same content share, by the place they read from. */
const shared = new WeakMap<Database, Map<string, { readonly content: string; readonly rows: SymbolRows }>>();

/** @param content differs where the table may hold other rows */
export function symbolRowsOf(
  database: Database,
  table: string,
  content: string,
  verify: () => Promise<void>,
): SymbolRows {
  const tables = shared.get(database) ?? new Map<string, { content: string; rows: SymbolRows }>();
  shared.set(database, tables);
  const known = tables.get(table);
  if (known?.content === content) return known.rows;
  const rows = new SymbolRows(database, verify);
  tables.set(table, { content, rows });
  return rows;
}

/** A number for each symbol: its position in the list. */
function codeSql(raw: string, symbols: readonly string[]): string {
  return `enum_code(TRY_CAST(${symbolSql(raw)} AS ENUM(${symbols.map(sqlText).join(', ')})))::DOUBLE`;
}

/** For rows in any order, with the symbol's code as their last column. */
function byCode(table: Table, symbols: readonly string[]): Parts {
  const codes = (table.columns.at(-1) as Column).values as Float64Array;
  const bare: Table = { ...table, names: table.names.slice(0, -1), columns: table.columns.slice(0, -1) };
  const order = orderOf(codes);
  const sorted = order ? pickRows(bare, order) : bare;
  const codeAt = (row: number): number => codes[order ? (order[row] as number) : row] as number;
  const parts: [string, Table][] = [];
  for (let from = 0; from < codes.length;) {
    const code = codeAt(from);
    let to = from + 1;
    while (to < codes.length && codeAt(to) === code) to++;
    parts.push([symbols[code] as string, sliceTable(sorted, from, to)]);
    from = to;
  }
  return parts;
}

/** Rows by code, in stable order; null: they are sorted already. */
function orderOf(codes: Float64Array): Int32Array | null {
  let row = 1;
  while (row < codes.length && (codes[row - 1] as number) <= (codes[row] as number)) row++;
  if (row >= codes.length) return null;
  return Int32Array.from(codes.keys()).sort((a, b) => (codes[a] as number) - (codes[b] as number) || a - b);
}
