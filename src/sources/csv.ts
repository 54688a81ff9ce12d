import type { OpenStream, SourceReader } from '../engine/ports/source.js';
import { SeamlessError } from '../sdk/errors.js';
import { sliceTableByTime, type Table } from '../sdk/table.js';
import type { Range } from '../sdk/time.js';
import { streamTables, type CellType } from './batches.js';
import { explainCsvFailure, type CsvReading } from './csv-failure.js';
import { findLine, readLayout, splitLine, type CsvLayout } from './csv-layout.js';
import { literalPath, sqlText } from './database.js';
import { BarCheck, barError, sourceError, WRITE_TIMES, type BarFault } from './faults.js';
import {
  contentHash,
  fileSignature,
  readingOf,
  refuseChanged,
  resolveSource,
  type FileContext,
  type SourceFile,
} from './files.js';
import { Options, type TimeOptions } from './options.js';
import {
  findTimeColumn,
  notATimeColumn,
  readTime,
  refuseBare,
  refuseTwins,
  selectBars,
  type Relation,
} from './relation.js';

/** Rows by which the type of a column is told: enough for a cell that differs to be the exception it is. */
const SAMPLE_ROWS = 20_000;

interface CsvSettings {
  readonly file: SourceFile;
  readonly columns: readonly string[] | null;
  readonly delimiter: string | null;
  readonly time: TimeOptions;
}

/** The way from a file to its bars. */
interface CsvPlan {
  readonly reading: CsvReading;
  readonly relation: Relation;
}

/** @throws SeamlessError `source` when the file is missing or an option is wrong. */
export async function openCsv(stream: OpenStream, context: FileContext): Promise<SourceReader> {
  const options = new Options(stream);
  const settings: CsvSettings = {
    file: resolveSource(stream, context.projectRoot, options.requiredText('path')),
    columns: options.texts('columns'),
    delimiter: options.text('delimiter'),
    time: options.time(),
  };
  options.finish();
  if (settings.delimiter !== null && settings.delimiter.length > 1) {
    throw sourceError(
      stream,
      `its delimiter ${JSON.stringify(settings.delimiter)} must be a single character.`,
    );
  }
  await fileSignature(stream, context.projectRoot, settings.file);
  return new CsvReader(stream, context, settings);
}

class CsvReader implements SourceReader {
  /** There is no way into the middle of a CSV file but through what comes before. */
  readonly whole = true;
  readonly files: readonly string[];
  readonly #stream: OpenStream;
  readonly #context: FileContext;
  readonly #settings: CsvSettings;
  /** What the file was when its version was told; null before that. */
  #signature: string | null = null;

  constructor(stream: OpenStream, context: FileContext, settings: CsvSettings) {
    this.#stream = stream;
    this.#context = context;
    this.#settings = settings;
    this.files = [settings.file.path];
  }

  async version(): Promise<string> {
    const { projectRoot, hints } = this.#context;
    const { file, columns, delimiter, time } = this.#settings;
    const { hash, signature } = await contentHash(this.#stream, projectRoot, file, hints);
    this.#signature = signature;
    return `sha256:${hash}:${readingOf({ columns, delimiter, time })}`;
  }

  async bounds() {
    let first: number | null = null;
    let last = Number.NaN;
    for await (const { ts } of this.read({ start: -Infinity, end: Infinity })) {
      first ??= ts[0] ?? null;
      last = ts.at(-1) ?? last;
    }
    return first === null ? null : { first, last };
  }

  async *read(range: Range): AsyncGenerator<Table> {
    const { projectRoot, database } = this.#context;
    const { file, time } = this.#settings;
    const signature = this.#signature ?? (await fileSignature(this.#stream, projectRoot, file));
    const plan = await this.#plan();
    const check = new BarCheck(this.#stream, time.stamp);
    const sql = `SELECT ${selectBars(plan.relation)} FROM ${plan.relation.from}`;
    const connection = await database.connect();
    try {
      for await (const table of streamTables(connection, sql, plan.relation.columns)) {
        const fault = check.next(table.ts);
        if (fault) throw await this.#explain(plan, fault);
        const wanted = sliceTableByTime(table, range.start, range.end);
        if (wanted.ts.length > 0) yield wanted;
      }
    } catch (error) {
      // A file that is written anew under the reader looks malformed: that it changed is the better word.
      await refuseChanged(this.#stream, projectRoot, file, signature);
      if (error instanceof SeamlessError) throw error;
      throw await explainCsvFailure(this.#stream, database, plan.reading, error);
    } finally {
      connection.closeSync();
    }
    await refuseChanged(this.#stream, projectRoot, file, signature);
  }

  async #plan(): Promise<CsvPlan> {
    const { file, columns, delimiter, time } = this.#settings;
    const stream = this.#stream;
    const layout = await readLayout(stream, file, columns, delimiter);
    const { names } = layout;
    const timeColumn = findTimeColumn(stream, names, time.time, file.shown);
    refuseTwins(stream, names, file.shown);
    refuseBare(stream, names, file.shown);
    const sample = await this.#sample(layout, timeColumn);
    const timeType = sample.types[timeColumn] === 'number' ? 'DOUBLE' : 'VARCHAR';
    const reading = readTime(stream, time, timeType, sample.largestTime);
    if (!reading) throw notATimeColumn(stream, names[timeColumn] ?? '', timeType, file.shown);
    const types = sample.types.map((type, index) => (index === timeColumn ? timeType : DUCKDB_TYPES[type]));
    const others = names.map((_, index) => index).filter((index) => index !== timeColumn);
    const from = csvFrom(file, layout, types);
    const relation: Relation = {
      from,
      names,
      time: timeColumn,
      reading,
      columns: others.map((index) => ({ name: names[index] ?? '', type: sample.types[index] ?? 'null' })),
      expressions: others.map((index) => `c${index}`),
    };
    return { reading: { file, layout, types, from, time: timeColumn }, relation };
  }

  /** Tells the types of the columns by the first rows; a column that is empty there, by all. */
  async #sample(layout: CsvLayout, timeColumn: number) {
    const text = layout.names.map(() => 'VARCHAR');
    const from = csvFrom(this.#settings.file, layout, text);
    const all = layout.names.map((_, index) => index);
    try {
      const { database } = this.#context;
      const largest = `coalesce(max(abs(TRY_CAST(c${timeColumn} AS DOUBLE))), 0) AS largest`;
      const sampled = `(FROM ${from} LIMIT ${SAMPLE_ROWS})`;
      const [row = {}] = await database.rows(`SELECT ${largest}, ${countCells(all)} FROM ${sampled}`);
      const types = all.map((index) => typeByCells(row, index));
      const empty = all.filter((index) => types[index] === 'null' && index !== timeColumn);
      if (empty.length > 0 && Number(row['rows']) === SAMPLE_ROWS) {
        const [rest = {}] = await database.rows(`SELECT ${countCells(empty)} FROM ${from}`);
        for (const index of empty) types[index] = typeByCells(rest, index);
      }
      return { types, largestTime: Number(row['largest']) };
    } catch (error) {
      const reading = { file: this.#settings.file, layout, types: text, from, time: timeColumn };
      throw await explainCsvFailure(this.#stream, this.#context.database, reading, error);
    }
  }

  async #explain(plan: CsvPlan, fault: BarFault): Promise<SeamlessError> {
    const { file, layout, time } = plan.reading;
    const { line, text } = await findLine(file, layout, fault.row);
    return barError(this.#stream, fault, {
      row: `line ${line} of ${file.shown}`,
      cell: splitLine(text, layout.delimiter)[time]?.trim() || null,
      write: WRITE_TIMES,
      sort: `Sort the file by ${layout.names[time]}, or read it through sqlHistory, which sorts.`,
      seconds: 'Say which with the option timeUnit.',
    });
  }
}

const DUCKDB_TYPES: Readonly<Record<CellType, string>> = {
  number: 'DOUBLE',
  null: 'DOUBLE',
  boolean: 'BOOLEAN',
  string: 'VARCHAR',
  json: 'VARCHAR',
};

function csvFrom(file: SourceFile, layout: CsvLayout, types: readonly string[]): string {
  const columns = types.map((type, index) => `c${index}: '${type}'`).join(', ');
  const dialect = `delim = ${sqlText(layout.delimiter)}, quote = '"', escape = '"', comment = '', nullstr = ''`;
  const path = sqlText(literalPath(file.path));
  return `read_csv(${path}, auto_detect = false, header = false, skip = ${layout.skip}, ${dialect}, columns = {${columns}})`;
}

function countCells(indexes: readonly number[]): string {
  const counts = indexes.map(
    (i) =>
      `count(c${i})::DOUBLE AS filled${i}, count(TRY_CAST(c${i} AS DOUBLE))::DOUBLE AS numbers${i}, ` +
      `count(*) FILTER (lower(c${i}) IN ('true', 'false'))::DOUBLE AS booleans${i}`,
  );
  return ['count(*)::DOUBLE AS rows', ...counts].join(', ');
}

/** Where at least half of the cells are numbers, a text among them is a mistake to be reported, not a column of text. */
function typeByCells(counts: Readonly<Record<string, unknown>>, index: number): CellType {
  const filled = Number(counts[`filled${index}`]);
  if (filled === 0) return 'null';
  if (Number(counts[`numbers${index}`]) * 2 >= filled) return 'number';
  return Number(counts[`booleans${index}`]) === filled ? 'boolean' : 'string';
}
