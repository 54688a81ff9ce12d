import type { DuckDBConnection } from '@duckdb/node-api';
import type { OpenStream } from '../../engine/ports/source.js';
import type { SeamlessError } from '../../sdk/errors.js';
import { shorten, splitLine } from './format/cells.js';
import type { CsvLayout } from './format/layout.js';
import { databaseMessage, type Database } from '../sql/database.js';
import { rowError, sourceError } from '../faults.js';
import { LONG_LINE } from './format/lines.js';
import type { SourceFile } from '../files.js';

/** A query for the rows of a CSV file. */
export interface CsvReading {
  readonly file: SourceFile;
  readonly layout: CsvLayout;
  /** DuckDB's type of each column. */
  readonly types: readonly string[];
  /** What follows FROM. */
  readonly from: string;
  /** Position of the column with the time. */
  readonly time: number;
}

/** A row DuckDB could not take, from its table of rejects. */
export interface Reject {
  readonly line: number;
  readonly column: string | null;
  readonly kind: string;
  readonly text: string;
  readonly message: string;
}

/** Turns the failure of a CSV query into a sentence that names the faulty line, by reading the file again. */
export async function explainCsvFailure(
  stream: OpenStream,
  database: Database,
  reading: CsvReading,
  failure: unknown,
): Promise<SeamlessError> {
  const reject = await firstReject(database, reading.from).catch(() => null);
  if (reject) return rowError(stream, sentence(reading, reject), failure);
  const said = databaseMessage(failure).split('\n')[0] ?? '';
  if (/Parallel CSV Reader/.test(said)) {
    return sourceError(stream, `a line of ${reading.file.shown} ${LONG_LINE}.`, failure);
  }
  return sourceError(
    stream,
    `${reading.file.shown} cannot be read as CSV: ${said} Check its quotes and that all lines end alike.`,
    failure,
  );
}

async function firstReject(database: Database, from: string): Promise<Reject | null> {
  const [first = null] = await database.use((connection) => rejectedLines(connection, from, 1));
  return first;
}

/** The same FROM clause, but skipping lines that cannot be read. */
export function ignoring(from: string): string {
  return from.replace(/\)$/, ', ignore_errors = true)');
}

/** Whether a fault concerns one line only. An open quote, for one, swallows the lines after it. */
export function isOfOneLine({ kind }: Reject): boolean {
  return kind === 'CAST' || kind === 'MISSING COLUMNS' || kind === 'TOO MANY COLUMNS';
}

/** This many lines show whether most can be read. */
const FEW = 1_000;

/**
 * The rows of a query, without the few lines that cannot be read.
 * @throws what the query over all lines failed with
 */
export async function rowsOfSound(
  database: Database,
  from: string,
  query: (from: string) => string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  try {
    return await database.rows(query(from));
  } catch (failure) {
    const rejects = await database.use((each) => rejectedLines(each, from, FEW)).catch(() => []);
    if (rejects.length === 0 || !rejects.every(isOfOneLine)) throw failure;
    const [sound] = await database.rows(
      `SELECT count(*)::DOUBLE AS rows FROM (FROM ${ignoring(from)} LIMIT ${FEW})`,
    );
    if (Number(sound?.['rows']) > rejects.length) return database.rows(query(ignoring(from)));
    throw failure;
  }
}

/** The first faulty lines, in file order, each with its first fault. */
export async function rejectedLines(
  connection: DuckDBConnection,
  from: string,
  most: number,
): Promise<readonly Reject[]> {
  // Enough to include the first faulty line, since DuckDB reads parts of the file in parallel; few enough for memory.
  const rejecting = from.replace(/\)$/, ', store_rejects = true, rejects_limit = 10000)');
  // All columns and all rows: DuckDB fails on narrower queries over rejected lines.
  await connection.run(`SELECT count(COLUMNS(*)) FROM ${rejecting}`);
  const found = await connection.runAndReadAll(
    `SELECT line::DOUBLE AS line, column_name AS "column", error_type::VARCHAR AS kind, csv_line AS text, error_message AS message
     FROM reject_errors QUALIFY row_number() OVER (PARTITION BY line ORDER BY byte_position) = 1 ORDER BY line LIMIT ${most}`,
  );
  return found.getRowObjectsJS().map((row) => {
    const text = (name: string) => (typeof row[name] === 'string' ? row[name] : '');
    return {
      line: Number(row['line']),
      column: text('column') || null,
      kind: text('kind'),
      // DuckDB prefixes a line's text with the empty lines before it.
      text: text('text').replace(/^[\r\n]+/, ''),
      message: text('message'),
    };
  });
}

export function sentence({ file, layout, types, time }: CsvReading, reject: Reject): string {
  const where = `line ${reject.line} of ${file.shown}`;
  const cells = splitLine(reject.text, layout.delimiter);
  switch (reject.kind) {
    case 'CAST': {
      const index = Number(reject.column?.slice(1));
      const cell = JSON.stringify(cells[index] ?? '');
      const headed = !layout.header && reject.line === layout.skip + 1;
      const advice = headed ? ' If that line is a header, leave out the option columns.' : '';
      if (index === time) {
        return `${where} has ${cell} for a time, which is not one: the others are numbers.${advice}`;
      }
      const text = cells[index]?.trim() ?? '';
      if (text !== '' && text === layout.names[index] && layout.header)
        return `${where} repeats the header: remove it, or say conformance: 'permissive' to leave such lines out and count them.`;
      // A marker for a missing value is short.
      const mark = /^[^'\\]{1,12}$/.test(text)
        ? `, or say missing: ['${text}'] where it stands for none`
        : '';
      const holds = types[index] === 'BOOLEAN' ? 'true or false' : 'numbers';
      return `${where} has ${cell} in column ${layout.names[index]}, which holds ${holds}: correct it, or leave the cell empty${mark}.${advice}`;
    }
    case 'MISSING COLUMNS':
    case 'TOO MANY COLUMNS': {
      const named = layout.header ? 'its header names' : 'the option columns names';
      return `${where} has ${count(cells.length)}, but ${named} ${layout.names.length}: ${shorten(reject.text)}.`;
    }
    case 'UNQUOTED VALUE':
      return `${where} has a quote that is not closed, or text after one that is: ${shorten(reject.text)}.`;
    case 'INVALID ENCODING':
      return `${where} is not UTF-8 text: save the file as UTF-8.`;
    default:
      if (/^Maximum line size/.test(reject.message)) return `${where} ${LONG_LINE}.`;
      return `${where} cannot be read: ${reject.message}`;
  }
}

function count(cells: number): string {
  return cells === 1 ? '1 cell' : `${cells} cells`;
}
