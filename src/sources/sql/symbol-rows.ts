import { concatTables, emptyTable, pickRows, sliceTable, type Column, type Table } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';
import { streamTables, type SelectedColumn } from '../batches.js';
import { symbolSql } from '../universe/symbols.js';
import { sqlText, type Database } from './database.js';

/** What the first look at a symbol's rows shows. */
export interface SymbolLook {
  /** Opens of its first rows, in table order. */
  readonly opens: readonly Seconds[];
  readonly rows: number;
  /** Rows without a time. */
  readonly untimed: number;
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
const MOST_ROWS = 2 ** 20;

const CODE: SelectedColumn = { name: 'code', type: 'number' };

/** A table of many symbols, read for all of them together: asking for one symbol's rows reads the next symbols' as well. */
export class SymbolRows {
  readonly #database: Database;
  readonly #verify: () => Promise<void>;
  readonly #answers = new Map<string, Promise<Record<string, unknown>[]>>();
  readonly #looks = new Map<string, Promise<ReadonlyMap<string, SymbolLook>>>();
  /** Symbols that are being read, with their row counts. */
  readonly #wanted = new Map<string, number>();
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
    const named = await this.answer(
      `SELECT DISTINCT ${symbolSql(raw)} AS symbol FROM ${from} ORDER BY symbol`,
    );
    const symbols = named.flatMap(({ symbol }) => (typeof symbol === 'string' ? [symbol] : []));
    const found = symbols.map(() => ({ opens: [] as Seconds[], rows: 0, untimed: 0 }));
    if (symbols.length === 0) return new Map();
    const sql = `SELECT ${codeSql(raw, symbols)} AS code, ${open} AS open FROM ${from}`;
    const [counted] = await this.answer(`SELECT count(*)::DOUBLE AS count FROM ${from}`);
    const connection = await this.#database.connect();
    try {
      const columns: readonly SelectedColumn[] = [{ name: 'open', type: 'number' }];
      for await (const table of streamTables(connection, sql, columns, Number(counted?.['count']))) {
        const [opens] = table.columns as [Column];
        for (let row = 0; row < table.ts.length; row++) {
          const look = found[table.ts[row] as number];
          if (!look) continue;
          look.rows++;
          if (opens.valid?.[row] === 0) look.untimed++;
          else if (look.opens.length < most) look.opens.push(opens.values[row] as Seconds);
        }
      }
    } finally {
      connection.closeSync();
    }
    return new Map(
      symbols.map((symbol, at) => {
        const { opens, rows, untimed } = found[at] as (typeof found)[number];
        return [symbol, { opens, rows, untimed }];
      }),
    );
  }

  /** Announces a symbol, so that it is read together with others. */
  want(symbol: string, { rows }: SymbolLook): void {
    this.#wanted.set(symbol, rows);
  }

  /** The rows of a symbol, in table order. */
  async read(symbol: string, query: RowsQuery, columns: readonly SelectedColumn[]): Promise<Table> {
    const key = JSON.stringify(query);
    if (this.#batch?.key !== key || !this.#batch.rows.has(symbol)) {
      if (this.#batch?.key !== key || this.#given.has(symbol)) this.#given.clear();
      this.#batch = null;
      const rows = await this.#load(this.#nextTo(symbol), query, columns);
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
    const all = [...this.#wanted.keys()].sort(byBytes);
    const at = all.indexOf(symbol);
    const together = [symbol];
    let rows = this.#wanted.get(symbol) as number;
    for (const next of [...all.slice(at + 1), ...all.slice(0, at).reverse()]) {
      if (this.#given.has(next)) continue;
      rows += this.#wanted.get(next) as number;
      if (rows > MOST_ROWS) break;
      together.push(next);
    }
    return together.sort(byBytes);
  }

  async #load(
    symbols: readonly string[],
    { select, from, raw, pruned, where }: RowsQuery,
    columns: readonly SelectedColumn[],
  ): Promise<Map<string, Table>> {
    // A range of symbols rather than a list: a list becomes a join, which loses the order.
    const [least, most] = [symbols[0], symbols.at(-1)].map((symbol) => sqlText(symbol ?? ''));
    const own = `(FROM ${from} WHERE ${symbolSql(raw)} BETWEEN ${least} AND ${most} AND ${codeSql(raw, symbols)} IS NOT NULL)`;
    const sql = `FROM (SELECT ${select}, ${codeSql(raw, symbols)} AS code FROM ${own}${pruned})${where}`;
    const [counted] = await this.#database.rows(`SELECT count(*)::DOUBLE AS count FROM (${sql})`);
    const parts = symbols.map((): Table[] => []);
    const connection = await this.#database.connect();
    try {
      for await (const table of streamTables(connection, sql, [...columns, CODE], Number(counted?.['count'])))
        for (const { code, part } of byCode(table)) parts[code]?.push(part);
    } finally {
      connection.closeSync();
    }
    return new Map(symbols.map((symbol, at) => [symbol, concatTables(parts[at] as Table[])]));
  }
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

/** DuckDB's text order. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** A number for each symbol: its position in the list. */
function codeSql(raw: string, symbols: readonly string[]): string {
  return `enum_code(TRY_CAST(${symbolSql(raw)} AS ENUM(${symbols.map(sqlText).join(', ')})))::DOUBLE`;
}

/** Splits a table by its last column, the symbol's code; each symbol's rows keep their order. */
function byCode(table: Table): { readonly code: number; readonly part: Table }[] {
  const codes = (table.columns.at(-1) as Column).values as Float64Array;
  const bare: Table = { ...table, names: table.names.slice(0, -1), columns: table.columns.slice(0, -1) };
  const order = orderOf(codes);
  const sorted = order ? pickRows(bare, order) : bare;
  const codeAt = (row: number): number => codes[order ? (order[row] as number) : row] as number;
  const parts: { readonly code: number; readonly part: Table }[] = [];
  for (let from = 0; from < codes.length;) {
    const code = codeAt(from);
    let to = from + 1;
    while (to < codes.length && codeAt(to) === code) to++;
    parts.push({ code, part: sliceTable(sorted, from, to) });
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
