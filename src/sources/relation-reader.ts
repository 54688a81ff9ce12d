import type { OpenStream, SourceReader } from '../engine/ports/source.js';
import { SeamlessError } from '../sdk/errors.js';
import type { Table } from '../sdk/table.js';
import type { Range, Seconds } from '../sdk/time.js';
import { streamTables } from './batches.js';
import { databaseMessage, type Database } from './database.js';
import { BarCheck, barError, rowError, sourceError, WRITE_TIMES, type BarFault } from './faults.js';
import type { TimeOptions } from './options.js';
import {
  cellOf,
  findTimeColumn,
  isNumberType,
  notATimeColumn,
  readTime,
  pruneRange,
  refuseBare,
  refuseTwins,
  selectBars,
  type Relation,
} from './relation.js';

/** What DuckDB can read in part: Parquet files, the result of a query. */
export interface RelationSource {
  /** What follows FROM. */
  readonly from: string;
  /** What it is called in messages: `data/btc.parquet`, `its query`. */
  readonly shown: string;
  /** True when the rows have no order of their own. */
  readonly sort: boolean;
  readonly time: TimeOptions;
  /** See `SourceReader.files`. */
  readonly files?: readonly string[];
  version(): Promise<string | null>;
  /** Called after a range was read. @throws SeamlessError when what was read may be torn. */
  finish(): Promise<void>;
  /** What went wrong, when DuckDB says so. */
  explain(message: string): string;
}

/** Rows by which the unit of a numeric time is told. */
const SAMPLE_ROWS = 20_000;

/** A relation, and the type of its time column. */
interface Plan {
  readonly relation: Relation;
  readonly timeType: string;
}

interface Extent {
  readonly first: Seconds | null;
  readonly last: Seconds | null;
}

/** Reads the bars of a range, leaving the rest of the file alone where its format allows. */
export class RelationReader implements SourceReader {
  readonly whole = false;
  readonly #stream: OpenStream;
  readonly #database: Database;
  readonly #source: RelationSource;
  #plan: Promise<Plan> | null = null;
  #extent: Promise<Extent> | null = null;

  constructor(stream: OpenStream, database: Database, source: RelationSource) {
    this.#stream = stream;
    this.#database = database;
    this.#source = source;
  }

  get files(): readonly string[] {
    return this.#source.files ?? [];
  }

  version(): Promise<string | null> {
    return this.#source.version();
  }

  async bounds() {
    this.#extent ??= this.#measure();
    const { first, last } = await this.#extent;
    return first === null || last === null ? null : { first, last };
  }

  async *read(range: Range): AsyncGenerator<Table> {
    // A row without a time belongs to no range: only the whole can show it.
    await this.bounds();
    const { relation, timeType } = await this.#planned();
    const check = new BarCheck(this.#stream, this.#source.time.stamp);
    const connection = await this.#database.connect();
    try {
      const sql = this.#rangeQuery(relation, timeType, range);
      for await (const table of streamTables(connection, sql, relation.columns)) {
        const fault = check.next(table.ts);
        if (fault) throw this.#fault(relation, fault, null);
        yield table;
      }
    } catch (error) {
      // A file that is written anew under the reader looks damaged: that it changed is the better word.
      await this.#source.finish();
      throw this.#explained(error);
    } finally {
      connection.closeSync();
    }
    await this.#source.finish();
  }

  #rangeQuery(relation: Relation, timeType: string, range: Range): string {
    const pruned = pruneRange(this.#stream, this.#source.time, relation, timeType, range);
    const rows = `SELECT ${selectBars(relation)} FROM ${relation.from}${pruned ? ` WHERE ${pruned}` : ''}`;
    const ends = [
      ...(Number.isFinite(range.start) ? [`open >= ${range.start}::DOUBLE`] : []),
      ...(Number.isFinite(range.end) ? [`open < ${range.end}::DOUBLE`] : []),
    ];
    const where = ends.length > 0 ? ` WHERE ${ends.join(' AND ')}` : '';
    return `FROM (${rows})${where}${this.#source.sort ? ' ORDER BY open' : ''}`;
  }

  #planned(): Promise<Plan> {
    this.#plan ??= this.#makePlan();
    return this.#plan;
  }

  async #makePlan(): Promise<Plan> {
    const stream = this.#stream;
    const { shown, time, from: source } = this.#source;
    const described = await this.#rows(`DESCRIBE FROM ${source}`);
    const names = described.map((row) => String(row['column_name']));
    const types = described.map((row) => String(row['column_type']));
    const timeColumn = findTimeColumn(stream, names, time.time, shown);
    refuseTwins(stream, names, shown);
    refuseBare(stream, names, shown);
    const from = `${source} AS bars(${names.map((_, index) => `c${index}`).join(', ')})`;
    const timeType = types[timeColumn] ?? '';
    const raw = `c${timeColumn}`;
    const largest = isNumberType(timeType) ? await this.#largest(from, raw) : 0;
    const reading = readTime(stream, time, timeType, largest);
    if (!reading) throw notATimeColumn(stream, names[timeColumn] ?? '', timeType, shown);
    const others = names.map((_, index) => index).filter((index) => index !== timeColumn);
    const cells = others.map((index) => cellOf(types[index] ?? '', `c${index}`));
    const columns = others.map((index, i) => ({ name: names[index] ?? '', type: cells[i]?.type ?? 'null' }));
    const expressions = cells.map((cell, i) => `${cell.sql} AS v${i}`);
    return { relation: { from, names, time: timeColumn, reading, columns, expressions }, timeType };
  }

  async #largest(from: string, raw: string): Promise<number> {
    const sample = `(SELECT CAST(${raw} AS DOUBLE) AS t FROM ${from} LIMIT ${SAMPLE_ROWS})`;
    const [row] = await this.#rows(`SELECT coalesce(max(abs(t)), 0) AS largest FROM ${sample}`);
    return Number(row?.['largest'] ?? 0);
  }

  /** The opens of the first and last bar, and that every row has a time. */
  async #measure(): Promise<Extent> {
    const { relation, timeType } = await this.#planned();
    const raw = `c${relation.time}`;
    // Texts have no order but that of the times they stand for; for others, file statistics may know the extremes.
    const extremes =
      timeType === 'VARCHAR'
        ? `min(${relation.reading.open(raw)}) AS first, max(${relation.reading.open(raw)}) AS last`
        : `${relation.reading.open(`min(${raw})`)} AS first, ${relation.reading.open(`max(${raw})`)} AS last`;
    const timed = timeType === 'VARCHAR' ? relation.reading.open(raw) : raw;
    const [row = {}] = await this.#rows(
      `SELECT ${extremes}, (count(*) - count(${timed}))::DOUBLE AS untimed FROM ${relation.from}`,
    );
    if (Number(row['untimed']) > 0) throw await this.#untimed(relation, timed);
    if (row['first'] === null || row['first'] === undefined) return { first: null, last: null };
    const extent = { first: Number(row['first']), last: Number(row['last']) };
    for (const end of [extent.first, extent.last]) {
      const fault = new BarCheck(this.#stream, this.#source.time.stamp).next(Float64Array.of(end));
      if (fault) throw this.#fault(relation, fault, null);
    }
    return extent;
  }

  async #untimed(relation: Relation, timed: string): Promise<SeamlessError> {
    const raw = `c${relation.time}`;
    const [row] = await this.#rows(
      `SELECT max(CAST(${raw} AS VARCHAR)) AS cell FROM ${relation.from} WHERE ${timed} IS NULL`,
    );
    const cell = typeof row?.['cell'] === 'string' ? row['cell'] : null;
    const fault: BarFault = { kind: 'not-a-time', row: 0, time: Number.NaN, previous: Number.NaN };
    return this.#fault(relation, fault, cell);
  }

  #fault(relation: Relation, fault: BarFault, cell: string | null): SeamlessError {
    const timeName = relation.names[relation.time] ?? '';
    return barError(this.#stream, fault, {
      row: `a row of ${this.#source.shown}`,
      cell,
      write: WRITE_TIMES,
      sort: `Write the file sorted by ${timeName}, or read it through sqlHistory, which sorts.`,
      seconds: 'Say which with the option timeUnit.',
    });
  }

  async #rows(sql: string): Promise<Record<string, unknown>[]> {
    try {
      return await this.#database.rows(sql);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #explained(error: unknown): SeamlessError {
    if (error instanceof SeamlessError) return error;
    const message = databaseMessage(error);
    // A value that a cast refuses is one row's fault; anything else is the source's.
    const make = message.startsWith('Conversion Error') ? rowError : sourceError;
    return make(this.#stream, this.#source.explain(message), error);
  }
}
