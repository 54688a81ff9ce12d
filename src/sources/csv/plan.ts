import type { OpenStream, SourceTaken } from '../../engine/ports/source.js';
import { isTicks } from '../../sdk/time/grid.js';
import type { CellType } from '../batches.js';
import { sourceError } from '../faults.js';
import { fileSignature, type FileContext, type SourceFile } from '../files.js';
import { notATimeColumn, timeNames, type Relation } from '../sql/relation.js';
import { findTimeColumns, textColumns } from '../time/column.js';
import type { ColumnLook } from '../time/look.js';
import { numberReading, readAsText, textReading } from '../time/reading.js';
import { explainCsvFailure, type CsvReading } from './failure.js';
import { DECORATION, SCALED_NUMBER } from './format/cells.js';
import type { NumberMarks } from './format/numbers.js';
import type { PlainText } from './plain-text.js';
import { csvFrom, linesSql } from './read-csv.js';
import { lookAt, type ColumnKind, type Sampled } from './format/sample.js';
import type { CsvSettings } from './settings.js';
import { mayBeMixed } from '../universe/mixed-symbols.js';
import { bySymbol, symbolColumnOf, symbolIndex } from '../universe/symbols.js';
import { sqlText } from '../../sdk/sql-text.js';

/** How a file becomes bars. */
export interface CsvPlan {
  readonly text: PlainText;
  readonly reading: CsvReading;
  readonly relation: Relation;
  /**
   * The same rows as `relation.from`, valid only if no cell is a marker for a missing value; with one, the query fails. Looking
   * for markers costs a quarter of a read. Null: there are markers, or there may be texts.
   */
  readonly unmarked: string | null;
  /** Other columns that look like a time. */
  readonly otherTimes: readonly string[];
  /** What follows FROM for the rows of all symbols, and the column that names them; null: none was named. */
  readonly all: string;
  readonly symbol: number | null;
  /** Whether its rows may be of several symbols, with none chosen. */
  readonly maybeMixed: boolean;
}

/**
 * Decides how to read a CSV file as bars.
 * @throws SeamlessError `source` or `source-row` for what cannot be read, or could be read in two ways
 */
export async function planCsv(
  stream: OpenStream,
  context: FileContext,
  settings: CsvSettings,
  file: SourceFile,
): Promise<CsvPlan> {
  const { text, layout, sampled: seen } = await lookAt(stream, context, settings, file);
  const { names } = layout;
  const { sampled, marks } = withoutMark(seen, settings.one?.symbol ?? settings.symbol);
  const found = findTimeColumns(stream, sampled.looks, settings.time.time, file.shown);
  const { date, clock, parts, others: otherTimes } = found;
  const look = sampled.looks[date] as ColumnLook;
  const asText = readAsText(settings.time, look);
  const reading = asText
    ? textReading(stream, settings.time, textColumns(sampled.looks, found), file.shown)
    : numberReading(stream, settings.time, look);
  if (!reading) throw notATimeColumn(stream, look, file.shown);
  const { conformance } = settings.time;
  // Tick times that exceed a double's precision are read all the same.
  const timeType = asText || conformance === 'permissive' || isTicks(stream) ? 'VARCHAR' : 'DOUBLE';
  const { one } = settings;
  const symbol = one && symbolIndex(stream, names, one, file.shown);
  const chosen = symbol ?? (settings.symbol === null ? null : symbolColumnOf(names));
  const types = names.map((_, index) =>
    index === chosen
      ? 'VARCHAR'
      : index === date || index === clock
        ? timeType
        : duckdbType(sampled.kinds[index] ?? 'null', settings),
  );
  const from = csvFrom(text, layout, types, { ...sampled, marks });
  const reads = { file, layout, types, from, time: date };
  const all = symbol === null ? from : await ofSymbols(stream, context, reads, `c${symbol}`);
  const rows = onlySymbol(stream, settings, names, all, file);
  const apart = [date, clock, symbol];
  const values = names.map((_, index) => index).filter((index) => !apart.includes(index));
  const kinds = sampled.kinds.map((kind, index) => (index === chosen ? 'string' : kind));
  const relation: Relation = {
    from: rows,
    names,
    time: date,
    clock,
    parts: parts ? [parts.month, ...(parts.day === null ? [] : [parts.day])] : [],
    reading,
    columns: values.map((index) => ({
      name: names[index] ?? '',
      type: cellType(kinds[index] ?? 'null'),
    })),
    expressions: values.map((index) => valueSql(`c${index}`, kinds[index] ?? 'null', sampled, settings)),
  };
  const plain = rows === from && conformance !== 'permissive' && !sampled.marked;
  const unmarked = plain ? csvFrom(text, layout, types, { ...sampled, marks: [] }) : null;
  const maybeMixed = chosen === null && mayBeMixed(sampled.looks);
  return { text, reading: reads, relation, unmarked, otherTimes, all, symbol, maybeMixed };
}

/**
 * A mark for missing values may be the very symbol that is read, such as NA: then it cannot be empty in all columns, and cells of
 * numbers are compared one by one.
 */
function withoutMark(
  sampled: Sampled,
  symbol: string | null,
): { readonly sampled: Sampled; readonly marks: readonly string[] } {
  const { marks, kinds } = sampled;
  if (symbol === null || !marks.includes(symbol)) return { sampled, marks };
  const isNumber = (kind: ColumnKind): boolean => kind === 'number' || kind === 'local' || kind === 'null';
  return {
    sampled: { ...sampled, kinds: kinds.map((kind) => (isNumber(kind) ? 'scaled' : kind)) },
    marks: marks.filter((mark) => mark !== symbol),
  };
}

const DUCKDB_TYPES: Readonly<Record<ColumnKind, string>> = {
  number: 'DOUBLE',
  local: 'DOUBLE',
  null: 'DOUBLE',
  scaled: 'VARCHAR',
  boolean: 'BOOLEAN',
  string: 'VARCHAR',
  json: 'VARCHAR',
};

function duckdbType(kind: ColumnKind, { time }: CsvSettings): string {
  // Read as text first: the cast then empties a faulty cell instead of refusing the row.
  return time.conformance === 'permissive' ? 'VARCHAR' : DUCKDB_TYPES[kind];
}

function cellType(kind: ColumnKind): CellType {
  return kind === 'local' || kind === 'scaled' ? 'number' : kind;
}

function valueSql(raw: string, kind: ColumnKind, { marks, numbers }: Sampled, { time }: CsvSettings): string {
  if (kind === 'scaled') return scaledSql(raw, marks, numbers, time.conformance === 'permissive');
  if (time.conformance !== 'permissive') return raw;
  if (kind === 'number' || kind === 'local' || kind === 'null')
    return `TRY_CAST(${unmarked(raw, numbers)} AS DOUBLE)`;
  return kind === 'boolean' ? `TRY_CAST(${raw} AS BOOLEAN)` : raw;
}

function unmarked(raw: string, { decimal, thousands }: NumberMarks): string {
  const grouped = thousands === '' ? raw : `replace(${raw}, ${sqlText(thousands)}, '')`;
  return decimal === '.' ? grouped : `replace(${grouped}, '${decimal}', '.')`;
}

/** Reads 12.3K as 12300, $12 as 12 and (1.5) as -1.5. @param lenient other texts are empty; else they fail, as beside plain numbers */
function scaledSql(raw: string, marks: readonly string[], numbers: NumberMarks, lenient: boolean): string {
  const text = `trim(${raw})`;
  const digits = unmarked(`regexp_replace(${text}, ${sqlText(DECORATION)}, '', 'g')`, numbers);
  const letter = `upper(regexp_extract(${text}, '([KMBTkmbt])\\)?-?$', 1))`;
  const sign = `CASE WHEN regexp_matches(${text}, '[-−–(]') THEN -1 ELSE 1 END`;
  const size = `CAST(${digits} AS DOUBLE)`;
  // Thousands of a decimal fraction: rounding removes what the multiplication adds.
  const scale = `CASE ${letter} WHEN 'K' THEN 1e3 WHEN 'M' THEN 1e6 WHEN 'B' THEN 1e9 ELSE 1e12 END`;
  const value = `${sign} * CASE ${letter} WHEN '' THEN ${size} ELSE round(${size} * ${scale}, 6) END`;
  const missing = marks.length === 0 ? '' : `WHEN ${text} IN (${marks.map(sqlText).join(', ')}) THEN NULL `;
  return `CASE ${missing}WHEN regexp_matches(${text}, ${sqlText(SCALED_NUMBER)}) THEN ${value} ELSE ${lenient ? 'TRY_CAST' : 'CAST'}(${unmarked(text, numbers)} AS DOUBLE) END`;
}

/** The same plan for another file whose lines are all rows of this one. */
export function atPath(plan: CsvPlan, path: string): CsvPlan {
  const { text, reading, relation } = plan;
  const moved = (from: string): string =>
    from.replace(linesSql(text.path, reading.layout.skipped), () => linesSql(path, 0));
  return {
    ...plan,
    text: { ...text, path },
    reading: { ...reading, from: moved(reading.from) },
    relation: { ...relation, from: moved(relation.from) },
    unmarked: null,
  };
}

function onlySymbol(
  stream: OpenStream,
  { symbol, one }: CsvSettings,
  names: readonly string[],
  from: string,
  file: SourceFile,
): string {
  if (symbol === null) return from;
  const index = one ? symbolIndex(stream, names, one, file.shown) : symbolColumnOf(names);
  const raw = one ? `c${index}` : `trim(c${index})`;
  if (index >= 0) return `(FROM ${from} WHERE ${raw} = ${sqlText(symbol)})`;
  throw sourceError(
    stream,
    `${file.shown} has no column that names symbols, so that symbol: ${JSON.stringify(symbol)} chooses nothing; it has ${names.join(', ')}.`,
  );
}

/** The file sorted by symbol. @throws SeamlessError for a row that cannot be read, naming its line */
async function ofSymbols(
  stream: OpenStream,
  context: FileContext,
  reading: CsvReading,
  raw: string,
): Promise<string> {
  const signature = await fileSignature(stream, context.projectRoot, reading.file);
  try {
    return await bySymbol(
      context,
      reading.from,
      { raw, text: `trim(${raw})` },
      `${signature} ${reading.from}`,
    );
  } catch (error) {
    throw await explainCsvFailure(stream, context.database, reading, error);
  }
}

/** What a file was taken for, for people. */
export function takenOf({ text, reading, relation, otherTimes }: CsvPlan): SourceTaken {
  const { delimiter, skip, header } = reading.layout;
  return {
    time: timeNames(relation).join(' and '),
    otherTimes,
    timeWords: relation.reading.words,
    columns: relation.columns,
    details: [
      ...text.undone,
      `cells end with ${JSON.stringify(delimiter)}`,
      header ? 'a header' : 'no header',
      ...(skip > (header ? 1 : 0) ? [`${skip} lines before the first row`] : []),
    ],
  };
}
