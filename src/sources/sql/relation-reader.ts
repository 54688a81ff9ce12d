import type { OpenStream, SkippedRow, SourceReader, SourceTaken } from '../../engine/ports/source.js';
import { textDigest } from '../../engine/fingerprint/digest.js';
import { intersection, isEmpty } from '../../engine/plan/ranges.js';
import type { SourceNote } from '../../engine/ports/source-note.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Table } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import { streamTables } from '../batches.js';
import { Cleaner, Notes, UNREADABLE } from '../conformance.js';
import { RowsAround, type Skip } from '../csv/around.js';
import { databaseMessage, type Database } from './database.js';
import { refuseAbsent, symbolIndex, symbolSql, type OneSymbol } from '../universe/symbols.js';
import { BarCheck, rowError, sourceError, type BarFault } from '../faults.js';
import {
  cellOf,
  notATimeColumn,
  openSql,
  pruneRange,
  refuseBare,
  refuseTwins,
  selectBars,
  selectedColumns,
  timeNames,
  unbounded,
  type Relation,
} from './relation.js';
import type { RelationSource, RowReading } from './relation-source.js';
import { columnLooks, datesAsTexts } from './column-looks.js';
import { endsOf, rowFault, untimedFaults } from './row-faults.js';
import { roundedRows } from './rounded-rows.js';
import { countUntimed } from './untimed.js';
import type { SymbolLook, SymbolRows } from './symbol-rows.js';
import { timeReading } from './time-reading.js';
import { findTimeColumns, textColumns } from '../time/column.js';
import type { ColumnLook } from '../time/look.js';
import { orderSql, placeSql } from '../ticks.js';
import { mayBeMixed, refuseMixed } from '../universe/mixed-symbols.js';
import { adjusted, isNewestFirst, NEWEST_FIRST, refuseWideSpacing } from '../time/opens.js';
import { Rounded } from '../time/rounded.js';
import { onGridSql } from '../time/slots.js';
import { sqlText } from '../../sdk/sql-text.js';

/** Rows from which the unit of a numeric time is found. */
const SAMPLE_ROWS = 20_000;
/** Rows from which the spacing is found. */
const FIRST_ROWS = 1_000;
/** The same for each symbol of a table: more than a year of days, whose midnights follow daylight saving. */
const FIRST_OF_SYMBOL = 400;

/** A relation, and the type of its time column. */
interface Plan {
  readonly relation: Relation;
  /** The same with all symbols' rows, which show where the table begins and ends. */
  readonly all: Relation;
  readonly timeType: string;
  /** Other columns that look like a time. */
  readonly otherTimes: readonly string[];
  /** Whether columns are read as another type than the file's. */
  readonly recast: boolean;
  /** Reads its symbol together with the table's other symbols. */
  readonly shared: Shared | null;
}

interface Shared {
  readonly rows: SymbolRows;
  readonly look: SymbolLook;
  /** Those of all symbols. */
  readonly looks: ReadonlyMap<string, SymbolLook>;
  readonly symbol: string;
  /** The column with the symbols. */
  readonly raw: string;
}

interface Extent {
  readonly first: Seconds | null;
  readonly last: Seconds | null;
  /** Rows without a time, and the bars they hide; a permissive read counts them. */
  readonly untimed: readonly SkippedRow[];
  /** How many rows have no time; counted by a permissive read only. */
  readonly count: number;
}

function rowReading({ relation, timeType }: Pick<Plan, 'relation' | 'timeType'>): RowReading {
  const { names, columns, expressions } = relation;
  const open = openSql(relation);
  return {
    digest: textDigest([JSON.stringify({ names, columns, expressions, open, timeType })]),
    names,
    open,
  };
}

/** Reads the bars of a range, and only that part of the file where the format allows. */
export class RelationReader implements SourceReader {
  readonly whole = false;
  readonly #stream: OpenStream;
  readonly #database: Database;
  readonly #source: RelationSource;
  readonly #notes = new Notes();
  readonly #rounded: Rounded;
  /** Whether the file's rows come newest first; known once there is a plan. */
  #newestFirst = false;
  #plan: Promise<Plan> | null = null;
  #extent: Promise<Extent> | null = null;

  constructor(stream: OpenStream, database: Database, source: RelationSource) {
    this.#stream = stream;
    this.#database = database;
    this.#source = source;
    this.#rounded = new Rounded(stream, source.time, this.#notes);
  }

  /** Files only: a query may depend on the current time. */
  get boundsByVersion(): boolean {
    return this.#source.sameUntil !== undefined;
  }

  get files(): readonly string[] {
    return this.#source.files ?? [];
  }

  version(before?: string | null): Promise<string | null> {
    return this.#source.version(before);
  }

  async sameUntil(before: string): Promise<Seconds> {
    // If rows are repaired or sorted, each may depend on any other.
    if (!this.#source.sameUntil) return -Infinity;
    const plan = await this.#planned();
    const unknown = plan.recast || plan.shared || this.#sorts();
    return unknown ? -Infinity : this.#source.sameUntil(before, rowReading(plan));
  }

  async bounds() {
    this.#extent ??= this.#measure();
    const { first, last } = await this.#extent;
    return first === null || last === null ? null : { first, last };
  }

  async *read(range: Range, skip?: (row: SkippedRow) => void): AsyncGenerator<Table> {
    // A row without a time belongs to no range: it shows only in the whole.
    this.#extent ??= this.#measure();
    const extent = await this.#extent;
    const { first, untimed, count } = extent;
    const { relation, all, timeType, shared } = await this.#planned();
    const permissive = this.#source.time.conformance === 'permissive';
    const skipOrThrow = this.#skipOrThrow(range, skip);
    for (const { range: where, error } of untimed) skipOrThrow(where, error);
    if (count > 0 && first !== null)
      await countUntimed(this.#database, relation, openSql(relation), range, first, this.#notes);
    const around = this.#around(relation, skipOrThrow);
    // Rows that are left out are counted by the range that was asked for.
    const wanted = permissive || !this.boundsByVersion ? range : unbounded(this.#stream, range, extent);
    const cleaner = new Cleaner(this.#stream, this.#notes);
    try {
      if (shared) yield await around.next(await this.#sharedRows(shared, all, timeType, wanted));
      else {
        for await (const table of this.#ownRows(relation, timeType, wanted))
          yield permissive ? cleaner.clean(table) : await around.next(table);
      }
    } catch (error) {
      // If the file was rewritten while it was read, say so rather than call it damaged.
      await this.#source.finish();
      throw this.#explained(error);
    }
    await this.#source.finish();
    const plan = await this.#planned();
    if (!this.#sorts() && !plan.recast && !shared) await this.#source.remember?.(rowReading(plan));
  }

  /** A faulty row matters only to reads of its own time. */
  #skipOrThrow(range: Range, skip?: (row: SkippedRow) => void): Skip {
    return (where, error) => {
      if (where === null || (!skip && !isEmpty(intersection(where, range)))) throw error;
      if (!skip) return;
      this.#notes.add(UNREADABLE, 1, error.message);
      skip({ range: where, error });
    };
  }

  #around(relation: Relation, skipOrThrow: Skip): RowsAround {
    const { stamp } = this.#source.time;
    const explain = (fault: BarFault): Promise<SeamlessError> =>
      Promise.resolve(rowFault(this.#stream, this.#source, relation, fault));
    return new RowsAround(this.#stream, new BarCheck(this.#stream, stamp), stamp, explain, skipOrThrow);
  }

  async *#ownRows(relation: Relation, timeType: string, range: Range): AsyncGenerator<Table> {
    const { pruned, where } = this.#conditions(relation, timeType, range);
    const place = this.#sorts() ? placeSql(this.#stream, this.#newestFirst) : '';
    const rows = `SELECT ${selectBars(relation)}${place} FROM ${relation.from}${pruned}`;
    const sql = `FROM (${rows})${where}${this.#sorts() ? orderSql(this.#stream, this.#newestFirst) : ''}`;
    const count = await this.#count(sql);
    const connection = await this.#database.connect();
    try {
      for await (const table of streamTables(connection, sql, selectedColumns(relation), count))
        yield this.#rounded.told(table);
    } finally {
      connection.closeSync();
    }
  }

  async #sharedRows(
    { rows, looks, symbol, raw }: Shared,
    all: Relation,
    timeType: string,
    range: Range,
  ): Promise<Table> {
    const query = { select: selectBars(all), from: all.from, raw, ...this.#conditions(all, timeType, range) };
    const every = range.start === -Infinity && range.end === Infinity;
    return this.#rounded.told(await rows.read(symbol, query, selectedColumns(all), every ? looks : null));
  }

  /** Conditions on the rows of a range: on the file's own column, and on the opens. */
  #conditions(
    relation: Relation,
    timeType: string,
    range: Range,
  ): { readonly pruned: string; readonly where: string } {
    const pruned = pruneRange(this.#stream, this.#source.time, relation, timeType, range);
    const ends = [
      // Rows that are left out are counted separately.
      this.#source.time.conformance === 'permissive' ? 'isfinite(open)' : 'open IS NOT NULL',
      ...(Number.isFinite(range.start) ? [`open >= ${range.start}::DOUBLE`] : []),
      ...(Number.isFinite(range.end) ? [`open < ${range.end}::DOUBLE`] : []),
    ];
    return {
      pruned: pruned ? ` WHERE ${pruned}` : '',
      where: ` WHERE ${ends.join(' AND ')}`,
    };
  }

  /** How many rows a query gives; not asked where all must be in memory anyway. */
  async #count(sql: string): Promise<number | undefined> {
    if (this.#sorts()) return undefined;
    const [row] = await this.#database.rows(`SELECT count(*)::DOUBLE AS count FROM (${sql})`);
    return Number(row?.['count']);
  }

  #sorts(): boolean {
    return this.#source.sort || this.#newestFirst || this.#source.time.conformance === 'permissive';
  }

  notes(): readonly SourceNote[] {
    return this.#notes.list();
  }

  async notesIn(ranges: readonly Range[]): Promise<readonly SourceNote[]> {
    const { relation, timeType } = await this.#planned();
    const notes = new Notes();
    for (const range of ranges) {
      const { pruned, where } = this.#conditions(relation, timeType, range);
      const { count, first } = await roundedRows(relation, pruned, where, (sql) => this.#rows(sql));
      this.#rounded.counted(count, first, notes);
    }
    await this.#source.finish();
    return notes.list();
  }

  async taken(): Promise<SourceTaken> {
    const { relation, otherTimes } = await this.#planned();
    const { reading, columns } = relation;
    return {
      time: timeNames(relation).join(' and '),
      timeWords: reading.words,
      otherTimes,
      columns,
      details: [],
    };
  }

  #planned(): Promise<Plan> {
    this.#plan ??= this.#makePlan();
    return this.#plan;
  }

  async #makePlan(): Promise<Plan> {
    const stream = this.#stream;
    const { shown, time, one: wanted } = this.#source;
    const table = await this.#source.from();
    const rows = this.#source.symbols?.() ?? null;
    const ofAll = (sql: string): Promise<Record<string, unknown>[]> => this.#rows(sql, rows);
    const { source, names, types } = datesAsTexts(stream, table, await ofAll(`DESCRIBE FROM ${table}`));
    refuseTwins(stream, names, shown);
    refuseBare(stream, names, shown);
    const all = `${source} AS bars(${names.map((_, index) => `c${index}`).join(', ')})`;
    const symbol = wanted ? symbolIndex(stream, names, wanted, shown) : null;
    const one = wanted && { ...wanted, column: names[symbol ?? 0] ?? '' };
    const raw = `c${symbol ?? 0}`;
    if (one && !rows) await refuseAbsent(stream, this.#database, one, [{ from: all, raw }], shown);
    const from = one ? `(FROM ${all} WHERE ${symbolSql(raw)} = ${sqlText(one.symbol)})` : all;
    const looks = await columnLooks(names, types, `(FROM ${all} LIMIT ${SAMPLE_ROWS})`, ofAll);
    const found = findTimeColumns(stream, looks, time.time, shown);
    const { date, clock, parts: dated, others: otherTimes } = found;
    const look = looks[date] as ColumnLook;
    const timeType = types[date] ?? '';
    const reading = timeReading(stream, this.#source, textColumns(looks, found), timeType);
    if (!reading) throw notATimeColumn(stream, look, shown);
    const others = names.map((_, index) => index).filter((index) => ![date, clock, symbol].includes(index));
    const cells = others.map((index) => cellOf(types[index] ?? '', `c${index}`));
    const columns = others.map((index, i) => ({ name: names[index] ?? '', type: cells[i]?.type ?? 'null' }));
    const expressions = cells.map((cell, i) => `${cell.sql} AS v${i}`);
    const parts = dated ? [dated.month, ...(dated.day === null ? [] : [dated.day])] : [];
    const relation = { from, names, time: date, clock, parts, reading, columns, expressions };
    const shared = one && rows ? await this.#shared(rows, one, all, raw, openSql(relation)) : null;
    const opens = shared ? shared.look.opens.filter(Number.isFinite) : await this.#firstOpens(relation);
    const read = { ...relation, reading: adjusted(stream, time, reading, opens) };
    if (!one && mayBeMixed(looks)) {
      const { sort, choose = null } = this.#source;
      const table = { shown, names, open: openSql(read), unordered: sort, choose };
      await refuseMixed(stream, table, (query) => this.#rows(query(from)));
    }
    refuseWideSpacing(stream, opens, shown);
    this.#newestFirst = !this.#source.sort && !shared && isNewestFirst(stream, opens);
    if (this.#newestFirst) this.#notes.add(NEWEST_FIRST, 1, shown);
    const recast = source !== table;
    return { relation: read, all: { ...read, from: all }, timeType, otherTimes, recast, shared };
  }

  /** @throws SeamlessError `source` for a symbol that the table does not have */
  async #shared(rows: SymbolRows, one: OneSymbol, all: string, raw: string, open: string): Promise<Shared> {
    const { symbol } = one;
    const looks = await this.#explaining(rows.looks(all, raw, open, FIRST_OF_SYMBOL));
    const look = looks.get(symbol);
    if (look) {
      rows.want(symbol, look);
      return { rows, look, looks, symbol, raw };
    }
    await refuseAbsent(this.#stream, this.#database, one, [{ from: all, raw }], this.#source.shown);
    throw new Error(`${symbol} came while the table was read`);
  }

  async #firstOpens(relation: Relation): Promise<number[]> {
    const order = this.#source.sort ? ' ORDER BY open' : '';
    const rows = await this.#rows(
      `SELECT ${openSql(relation)} AS open FROM (FROM ${relation.from} LIMIT ${SAMPLE_ROWS})${order} LIMIT ${FIRST_ROWS}`,
    );
    return rows.flatMap(({ open }) => (typeof open === 'number' && Number.isFinite(open) ? [open] : []));
  }

  /** The first and last open. Every row must have a time. */
  async #measure(): Promise<Extent> {
    const { relation: own, all: relation, timeType, shared } = await this.#planned();
    if (this.#source.time.conformance === 'permissive') return this.#measureBars(relation);
    const raw = `c${relation.time}`;
    // Texts must be converted before they are ordered; for other types, file statistics may know the extremes.
    const open = openSql(relation);
    const ordered = timeType !== 'VARCHAR' && relation.reading.unit > 0 && relation.clock === null;
    const extremes = ordered
      ? `${relation.reading.open(`min(${raw})`, null)} AS first, ${relation.reading.open(`max(${raw})`, null)} AS last`
      : `min(${open}) AS first, max(${open}) AS last`;
    const timed = ordered ? raw : open;
    const untimedSql = `(count(*) - count(${timed}))::DOUBLE AS untimed`;
    const [row = {}] = await this.#rows(
      `SELECT ${extremes}, ${untimedSql} FROM ${relation.from}`,
      shared?.rows,
    );
    // A symbol is blamed for its own rows only.
    const untimed = async (): Promise<unknown> =>
      (own.from === relation.from ? row : (await this.#rows(`SELECT ${untimedSql} FROM ${own.from}`))[0])?.[
        'untimed'
      ];
    const some = Number(shared ? shared.look.untimed : await untimed()) > 0;
    const hidden = some ? await untimedFaults(this.#stream, this.#database, this.#source, own, timed) : [];
    if (row['first'] === null || row['first'] === undefined)
      return { first: null, last: null, untimed: hidden, count: 0 };
    const extent = { first: Number(row['first']), last: Number(row['last']) };
    return { ...endsOf(this.#stream, this.#source, relation, extent), untimed: hidden, count: 0 };
  }

  /** The same, over the rows that can be bars. */
  async #measureBars(relation: Relation): Promise<Extent> {
    const bar = onGridSql(this.#stream, 'open');
    const [row = {}] = await this.#rows(
      `SELECT min(open) FILTER (${bar}) AS first, max(open) FILTER (${bar}) AS last, count(*) FILTER (NOT coalesce(isfinite(open), false))::DOUBLE AS untimed
       FROM (SELECT ${openSql(relation)} AS open FROM ${relation.from})`,
    );
    const { first, last } = row;
    const count = Number(row['untimed']);
    return typeof first === 'number' && typeof last === 'number'
      ? { first, last, untimed: [], count }
      : { first: null, last: null, untimed: [], count };
  }

  /** @param shared asks once for all symbols */
  #rows(sql: string, shared: SymbolRows | null = null): Promise<Record<string, unknown>[]> {
    return this.#explaining(shared ? shared.answer(sql) : this.#database.rows(sql));
  }

  async #explaining<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #explained(error: unknown): SeamlessError {
    if (error instanceof SeamlessError) return error;
    const message = databaseMessage(error);
    // A failed cast is one row's fault; any other failure is the source's.
    const make = message.startsWith('Conversion Error') ? rowError : sourceError;
    return make(this.#stream, this.#source.explain(message), error);
  }
}
