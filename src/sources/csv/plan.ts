import type { OpenStream } from '../../engine/ports/source.js';
import { isTicks } from '../../sdk/grid.js';
import { columnIndex } from '../../sdk/table.js';
import type { CellType } from '../batches.js';
import { literalPath, sqlText } from '../sql/database.js';
import { rowError, sourceError } from '../faults.js';
import { endsInLongLine, LONG_LINE } from './lines.js';
import { fileSignature, type FileContext, type SourceFile } from '../files.js';
import { notATimeColumn, refuseBare, refuseTwins, type Relation } from '../sql/relation.js';
import { findTimeColumns, type ColumnLook } from '../time/column.js';
import { numberReading, readAsText, textReading } from '../time/reading.js';
import { MARKS, SCALED_NUMBER, cellKind } from './cells.js';
import { explainCsvFailure, rowsOfSound, type CsvReading } from './failure.js';
import { layoutOf, type CsvLayout } from './layout.js';
import { marksOf, PLAIN_NUMBERS, type NumberMarks } from './numbers.js';
import { plainText, type PlainText } from './plain-text.js';
import { csvFrom, linesSql } from './read-csv.js';
import type { CsvSettings } from './settings.js';
import { bySymbol, SYMBOL_NAME, symbolIndex } from '../symbols.js';

/** Rows from which the types of the columns are found: enough for a cell that differs to be the exception it is. */
const SAMPLE_ROWS = 20_000;
/** Bytes that DuckDB reads at a time for them: by default it reads far more than these rows. No line may be longer than a quarter of it. */
const SAMPLE_BUFFER = 8_388_608;
/** Distinct texts of a column that are looked at. */
const SAMPLE_TEXTS = 2_000;

/** The way from a file to its bars. */
export interface CsvPlan {
  readonly text: PlainText;
  readonly reading: CsvReading;
  readonly relation: Relation;
  /**
   * The same rows as in `relation.from` where none of their cells is a mark for a missing value; a file with one fails to be read so.
   * Looking for marks costs a quarter of a reading. Null: there are some, or there may be texts.
   */
  readonly unmarked: string | null;
  /** What was taken for granted, for people. */
  readonly taken: CsvTaken;
  /** What follows FROM for the rows of all symbols, and the column that names them; null: none was named. */
  readonly all: string;
  readonly symbol: number | null;
}

interface CsvTaken {
  readonly undone: readonly string[];
  readonly delimiter: string;
  readonly skippedLines: number;
  readonly header: boolean;
  readonly time: string;
  readonly timeWords: string;
  readonly otherTimes: readonly string[];
  readonly numbers: NumberMarks;
  /** Marks that stand for a missing value. */
  readonly marks: readonly string[];
  readonly newestFirst: boolean;
}

/** What a column holds. `local`: numbers with marks that DuckDB is given; `scaled`: numbers such as 12.3K. */
type ColumnKind = CellType | 'local' | 'scaled';

interface Sampled {
  readonly kinds: readonly ColumnKind[];
  readonly looks: readonly ColumnLook[];
  readonly marks: readonly string[];
  /** Whether cells are marks, or may be. */
  readonly marked: boolean;
  readonly numbers: NumberMarks;
}

/**
 * Finds out how to read a CSV file as bars.
 * @throws SeamlessError `source` or `source-row` for what cannot be read, or could be read in two ways.
 */
export async function planCsv(
  stream: OpenStream,
  context: FileContext,
  settings: CsvSettings,
  file: SourceFile,
): Promise<CsvPlan> {
  const text = await plainText(stream, context, file, settings.encoding);
  if (await endsInLongLine(text)) throw rowError(stream, `the last line of ${file.shown} ${LONG_LINE}.`);
  const layout = renamed(stream, layoutOf(stream, file, text.head, settings), settings.renamed, file);
  const { names } = layout;
  refuseTwins(stream, names, file.shown);
  refuseBare(stream, names, file.shown);
  const sampled = await sample(stream, context, settings, { file, text, layout });
  const { date, clock, others } = findTimeColumns(stream, sampled.looks, settings.time.time, file.shown);
  const look = sampled.looks[date] as ColumnLook;
  const beside = clock === null ? null : (sampled.looks[clock] ?? null);
  const asText = readAsText(settings.time, look);
  const reading = asText
    ? textReading(stream, settings.time, look, beside, file.shown)
    : numberReading(stream, settings.time, look);
  if (!reading) throw notATimeColumn(stream, look, file.shown);
  const { conformance } = settings.time;
  // What a double cannot hold of the times of ticks is to be read all the same.
  const timeType = asText || conformance === 'permissive' || isTicks(stream) ? 'VARCHAR' : 'DOUBLE';
  const { one } = settings;
  const symbol = one && symbolIndex(stream, names, one, file.shown);
  const types = names.map((_, index) =>
    index === symbol
      ? 'VARCHAR'
      : index === date || index === clock
        ? timeType
        : duckdbType(sampled.kinds[index] ?? 'null', settings),
  );
  const from = csvFrom(text, layout, types, sampled);
  const reads = { file, layout, types, from, time: date };
  const all = symbol === null ? from : await ofSymbols(stream, context, reads, text, `c${symbol}`);
  const rows = onlySymbol(stream, settings, names, all, file);
  const apart = [date, clock, symbol];
  const values = names.map((_, index) => index).filter((index) => !apart.includes(index));
  const relation: Relation = {
    from: rows,
    names,
    time: date,
    clock,
    reading,
    columns: values.map((index) => ({
      name: names[index] ?? '',
      type: cellType(sampled.kinds[index] ?? 'null'),
    })),
    expressions: values.map((index) =>
      valueSql(`c${index}`, sampled.kinds[index] ?? 'null', sampled, settings),
    ),
  };
  const taken: CsvTaken = {
    undone: text.undone,
    delimiter: layout.delimiter,
    skippedLines: layout.skip,
    header: layout.header,
    time: [names[date], ...(clock === null ? [] : [names[clock]])].join(' and '),
    timeWords: reading.words,
    otherTimes: others,
    numbers: sampled.numbers,
    marks: sampled.marks,
    newestFirst: false,
  };
  const plain = rows === from && conformance !== 'permissive' && !sampled.marked;
  const unmarked = plain ? csvFrom(text, layout, types, { ...sampled, marks: [] }) : null;
  return { text, reading: reads, relation, unmarked, taken, all, symbol };
}

/** @throws SeamlessError `source` when a column to be renamed is not there. */
export function renamed(
  stream: OpenStream,
  layout: CsvLayout,
  names: Readonly<Record<string, string>>,
  file: SourceFile,
): CsvLayout {
  const found = [...layout.names];
  for (const [name, wanted] of Object.entries(names)) {
    const index = columnIndex(layout.names, wanted);
    if (index < 0) {
      throw sourceError(
        stream,
        `${file.shown} has no column ${wanted}, which columns calls ${name}; it has ${layout.names.join(', ')}.`,
      );
    }
    // A column that has the name already makes way for the one that was asked for.
    const rival = columnIndex(found, name);
    if (rival >= 0 && rival !== index) found[rival] = `${found[rival] ?? ''} (file)`;
    found[index] = name;
  }
  return { ...layout, names: found };
}

interface Opened {
  readonly file: SourceFile;
  readonly text: PlainText;
  readonly layout: CsvLayout;
}

/** Tells what the columns hold by the first rows; a column that is empty there, by all. */
async function sample(
  stream: OpenStream,
  { database }: FileContext,
  settings: CsvSettings,
  { file, text, layout }: Opened,
): Promise<Sampled> {
  const types = layout.names.map(() => 'VARCHAR');
  const from = csvFrom(text, layout, types, { marks: [], numbers: PLAIN_NUMBERS }, SAMPLE_BUFFER);
  const all = layout.names.map((_, index) => index);
  try {
    const rows = (query: (from: string) => string) => rowsOfSound(database, from, query);
    const first = (each: string): string => `(FROM ${each} LIMIT ${SAMPLE_ROWS})`;
    const [row = {}] = await rows((each) => `SELECT ${countCells(all)} FROM ${first(each)}`);
    const empty = all.filter((index) => Number(row[`filled${index}`]) === 0);
    const whole = empty.length > 0 && Number(row['rows']) === SAMPLE_ROWS;
    const [rest = {}] = whole ? await rows((each) => `SELECT ${countCells(empty)} FROM ${each}`) : [{}];
    const counts = { ...row, ...rest };
    // Only columns whose cells are not all plain numbers, or whose numbers may be dates, are looked at cell by cell.
    const unclear = all.filter((index) => !isPlain(counts, index, layout));
    const lists = unclear.map((i) => `list(DISTINCT c${i})[:${SAMPLE_TEXTS}] AS texts${i}`);
    const wide = whole && unclear.some((index) => empty.includes(index));
    const [texts = {}] =
      unclear.length > 0
        ? await rows((each) => `SELECT ${lists.join(', ')} FROM ${wide ? each : first(each)}`)
        : [{}];
    return judge(stream, settings, file, layout, counts, texts);
  } catch (error) {
    throw await explainCsvFailure(stream, database, { file, layout, types, from, time: 0 }, error);
  }
}

function countCells(indexes: readonly number[]): string {
  const counts = indexes.map((i) => {
    const number = `TRY_CAST(c${i} AS DOUBLE)`;
    return (
      `count(c${i})::DOUBLE AS filled${i}, count(${number})::DOUBLE AS numbers${i}, ` +
      `min(abs(${number})) AS least${i}, max(abs(${number})) AS largest${i}, ` +
      `count(*) FILTER (regexp_full_match(c${i}, '[+-]?[1-9]\\d{0,2}\\.\\d{3}'))::DOUBLE AS grouped${i}, ` +
      `count(*) FILTER (contains(c${i}, '.'))::DOUBLE AS dotted${i}`
    );
  });
  return ['count(*)::DOUBLE AS rows', ...counts].join(', ');
}

type Counts = Readonly<Record<string, unknown>>;

function isPlain(counts: Counts, index: number, { delimiter, names }: CsvLayout): boolean {
  const filled = Number(counts[`filled${index}`]);
  if (Number(counts[`numbers${index}`]) !== filled) return false;
  const largest = Number(counts[`largest${index}`]);
  // 19000101 to 21001231, with or without a time of day behind.
  const maybeDates = largest >= 19e6 && largest < 2.2e17 && /^(?:19|20)/.test(String(Math.trunc(largest)));
  const grouped = delimiter === ';' && Number(counts[`grouped${index}`]) > 0;
  const maybeClock = /time|clock|hour|uhr/i.test(names[index] ?? '') && largest < 240_000;
  return !maybeDates && !maybeClock && !grouped;
}

function judge(
  stream: OpenStream,
  settings: CsvSettings,
  file: SourceFile,
  layout: CsvLayout,
  counts: Counts,
  texts: Counts,
): Sampled {
  const marks = new Set([...MARKS, ...settings.missing]);
  const seenMarks = new Set<string>();
  const numbers: string[] = [];
  const kinds = layout.names.map((_, index): ColumnKind => {
    if (Number(counts[`filled${index}`]) === 0) return 'null';
    const cells = textsOf(texts, index);
    if (cells === null) return 'number';
    const rest = cells.filter((cell) => !marks.has(cell.trim()));
    const kinds = rest.map((cell) => cellKind(cell));
    const share = (kind: string): number => kinds.filter((each) => each === kind).length;
    if (kinds.length > 0 && share('boolean') === kinds.length) return 'boolean';
    const countable = share('number') + share('empty');
    // Where at least half of the cells are numbers, a text among them is a mistake to be reported, not a column of text.
    const numeric =
      share('number') > 0 && countable * 2 >= kinds.length && Number(counts[`filled${index}`]) > 0;
    const plain = Number(counts[`numbers${index}`]) * 2 >= Number(counts[`filled${index}`]);
    if (!numeric && !(plain && share('time') === 0)) return 'string';
    for (const cell of cells) if (marks.has(cell.trim())) seenMarks.add(cell.trim());
    numbers.push(...rest.filter((cell) => cellKind(cell) === 'number'));
    return rest.some((cell) => SCALED_NUMBER.test(cell.trim())) ? 'scaled' : 'local';
  });
  const found = marksOf(numbers, layout.delimiter);
  const told = settings.decimal !== null || settings.thousands !== null;
  if (found.open !== undefined && !told) {
    throw sourceError(
      stream,
      `${file.shown} has the number ${found.open}, whose mark may separate decimals or thousands: say decimal: ',' or decimal: '.', and thousands: '.' or thousands: ',' where there are any.`,
    );
  }
  const decimal = settings.decimal ?? (settings.thousands === '.' ? ',' : (found.marks?.decimal ?? '.'));
  const other = found.marks?.decimal === decimal ? found.marks.thousands : decimal === ',' ? '.' : ',';
  const marked: NumberMarks = { decimal, thousands: settings.thousands ?? (numbers.length > 0 ? other : '') };
  const looks = layout.names.map((name, index) =>
    lookOf(name, index, counts, texts, kinds[index] ?? 'null', marks),
  );
  // Where no column holds texts any known mark may come later in the file.
  const used = kinds.includes('string') ? [...seenMarks, ...settings.missing] : [...marks];
  const mayHaveTexts = kinds.some((kind) => kind === 'string' || kind === 'scaled' || kind === 'null');
  const isMarked = seenMarks.size > 0 || settings.missing.length > 0 || mayHaveTexts;
  return { kinds, looks, marks: used, marked: isMarked, numbers: marked };
}

/** The distinct texts of a column; null where it was plain and none was asked for. */
function textsOf(texts: Counts, index: number): readonly string[] | null {
  const list = texts[`texts${index}`];
  if (!Array.isArray(list)) return null;
  return (list as readonly unknown[]).filter((each): each is string => typeof each === 'string');
}

function lookOf(
  name: string,
  index: number,
  counts: Counts,
  texts: Counts,
  kind: ColumnKind,
  marks: ReadonlySet<string>,
): ColumnLook {
  const cells = (textsOf(texts, index) ?? []).filter((cell) => !marks.has(cell.trim()) && cell.trim() !== '');
  const numeric = Number(counts[`numbers${index}`]) > 0 && kind !== 'string' && kind !== 'boolean';
  const holds = kind === 'null' || kind === 'boolean' ? 'other' : numeric ? 'number' : 'text';
  return {
    name,
    holds,
    texts: cells,
    least: Number(counts[`least${index}`] ?? 0),
    largest: Number(counts[`largest${index}`] ?? 0),
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
  // What is wrong in a cell is left out rather than refused: the cast comes later.
  return time.conformance === 'permissive' ? 'VARCHAR' : DUCKDB_TYPES[kind];
}

function cellType(kind: ColumnKind): CellType {
  return kind === 'local' || kind === 'scaled' ? 'number' : kind;
}

function valueSql(raw: string, kind: ColumnKind, { marks, numbers }: Sampled, { time }: CsvSettings): string {
  if (kind === 'scaled') return scaledSql(raw, marks, numbers);
  if (time.conformance !== 'permissive') return raw;
  if (kind === 'number' || kind === 'local' || kind === 'null')
    return `TRY_CAST(${unmarked(raw, numbers)} AS DOUBLE)`;
  return kind === 'boolean' ? `TRY_CAST(${raw} AS BOOLEAN)` : raw;
}

function unmarked(raw: string, { decimal, thousands }: NumberMarks): string {
  const grouped = thousands === '' ? raw : `replace(${raw}, ${sqlText(thousands)}, '')`;
  return decimal === '.' ? grouped : `replace(${grouped}, '${decimal}', '.')`;
}

/** 12.3K as 12300, $12 as 12. */
function scaledSql(raw: string, marks: readonly string[], numbers: NumberMarks): string {
  const digits = unmarked(
    `regexp_replace(upper(trim(${raw})), ' ?[KMBT%$€£¥₩₹]$|[$€£¥₩₹] ?', '', 'g')`,
    numbers,
  );
  const scale = `CASE right(upper(trim(${raw})), 1) WHEN 'K' THEN 1e3 WHEN 'M' THEN 1e6 WHEN 'B' THEN 1e9 WHEN 'T' THEN 1e12 ELSE 1 END`;
  const missing = marks.map(sqlText).join(', ');
  const value = `round(CAST(${digits} AS DOUBLE) * ${scale}, 6)`;
  return marks.length === 0 ? value : `CASE WHEN trim(${raw}) IN (${missing}) THEN NULL ELSE ${value} END`;
}

/** A plan for another file with lines as the rows of this one, from its first line on. */
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
  const index = one
    ? symbolIndex(stream, names, one, file.shown)
    : names.findIndex((name) => SYMBOL_NAME.test(name.trim()));
  const raw = one ? `c${index}` : `trim(c${index})`;
  if (index >= 0) return `(FROM ${from} WHERE ${raw} = ${sqlText(symbol)})`;
  throw sourceError(
    stream,
    `${file.shown} has no column that names symbols, so that symbol: ${JSON.stringify(symbol)} chooses nothing; it has ${names.join(', ')}.`,
  );
}

/** The file in order of its symbols. @throws SeamlessError for a row that cannot be read, with its line. */
async function ofSymbols(
  stream: OpenStream,
  context: FileContext,
  reading: CsvReading,
  { path }: PlainText,
  raw: string,
): Promise<string> {
  const signature = await fileSignature(stream, context.projectRoot, reading.file);
  // What each stream unpacks or decodes lies elsewhere, and is the same.
  const content = `${signature} ${reading.from.replace(sqlText(literalPath(path)), '')}`;
  try {
    return await bySymbol(context, reading.from, raw, content);
  } catch (error) {
    throw await explainCsvFailure(stream, context.database, reading, error);
  }
}
