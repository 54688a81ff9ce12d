import type { OpenStream } from '../../../engine/ports/source.js';
import { columnIndex } from '../../../sdk/table.js';
import type { CellType } from '../../batches.js';
import { SeamlessError } from '../../../sdk/errors.js';
import { rowError, sourceError } from '../../faults.js';
import { fileSignature, type FileContext, type SourceFile } from '../../files.js';
import { refuseBare, refuseTwins } from '../../sql/relation.js';
import { isShortDateName } from '../../time/column.js';
import type { ColumnLook } from '../../time/look.js';
import { CLOCK_NAME, LARGEST_CLOCK } from '../../time/clock.js';
import { OnceAsked } from '../../universe/once.js';
import { MARKS, cellKind, isScaled } from './cells.js';
import { explainCsvFailure, rowsOfSound } from '../failure.js';
import { layoutOf, type CsvLayout } from './layout.js';
import { endsInLongLine, LONG_LINE } from './lines.js';
import {
  isOneByte,
  marksOf,
  mayBeThirtySeconds,
  PLAIN_NUMBERS,
  type MarksFound,
  type NumberMarks,
} from './numbers.js';
import { plainText, type PlainText } from '../plain-text.js';
import { csvFrom } from '../read-csv.js';
import type { CsvSettings } from '../settings.js';
import { sqlText } from '../../../sdk/sql-text.js';

/** Rows from which column types are found: enough that a differing cell is an exception. */
const SAMPLE_ROWS = 20_000;
/** Bytes that DuckDB buffers for them; its default is far larger than these rows. No line may be longer than a quarter of it. */
const SAMPLE_BUFFER = 8_388_608;
/** Distinct texts of a column that are looked at. */
const SAMPLE_TEXTS = 2_000;

/** What a column holds. `local`: numbers with other separators, which DuckDB is told; `scaled`: numbers such as 12.3K. */
export type ColumnKind = CellType | 'local' | 'scaled';

export interface Sampled {
  readonly kinds: readonly ColumnKind[];
  readonly looks: readonly ColumnLook[];
  readonly marks: readonly string[];
  /** Whether cells are, or may be, markers for missing values. */
  readonly marked: boolean;
  readonly numbers: NumberMarks;
}

/** @throws SeamlessError `source` when a column to be renamed does not exist */
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
    // A column that already has the requested name is renamed.
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

/** What a first look at a file shows. */
interface Looked extends Omit<Opened, 'file'> {
  readonly sampled: Sampled;
}

const looks = new OnceAsked<Looked>();

/** Cached: all streams of a universe share it. */
export async function lookAt(
  stream: OpenStream,
  context: FileContext,
  settings: CsvSettings,
  file: SourceFile,
): Promise<Looked> {
  const { one, symbol: _symbol, ...same } = settings;
  if (!one) return lookAnew(stream, context, settings, file);
  const signature = await fileSignature(stream, context.projectRoot, file);
  const key = JSON.stringify([signature, one.column, same]);
  return looks.get(context, key, () => lookAnew(stream, context, settings, file));
}

async function lookAnew(
  stream: OpenStream,
  context: FileContext,
  settings: CsvSettings,
  file: SourceFile,
): Promise<Looked> {
  const text = await plainText(stream, context, file, settings.encoding);
  if (await endsInLongLine(text)) throw rowError(stream, `the last line of ${file.shown} ${LONG_LINE}.`);
  const layout = renamed(stream, layoutOf(stream, file, text.head, settings), settings.renamed, file);
  refuseTwins(stream, layout.names, file.shown, true);
  refuseBare(stream, layout.names, file.shown);
  return { text, layout, sampled: await sample(stream, context, settings, { file, text, layout }) };
}

/** Finds column types from the first rows; for a column that is empty there, from all rows. */
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
    const known = [...MARKS, ...settings.missing];
    const [row = {}] = await rows((each) => `SELECT ${countCells(all, known)} FROM ${first(each)}`);
    const empty = all.filter((index) => Number(row[`told${index}`]) === 0);
    const whole = empty.length > 0 && Number(row['rows']) === SAMPLE_ROWS;
    const [rest = {}] = whole
      ? await rows((each) => `SELECT ${countCells(empty, known)} FROM ${each}`)
      : [{}];
    const counts = { ...row, ...rest };
    // Cell by cell only for columns whose cells are not all plain numbers, or whose numbers may be dates.
    const unclear = all.filter((index) => !isPlain(counts, index, layout));
    const lists = unclear.map((i) => `list(DISTINCT c${i})[:${SAMPLE_TEXTS}] AS texts${i}`);
    const wide = whole && unclear.some((index) => empty.includes(index));
    const [texts = {}] =
      unclear.length > 0
        ? await rows((each) => `SELECT ${lists.join(', ')} FROM ${wide ? each : first(each)}`)
        : [{}];
    return judge(stream, settings, file, layout, counts, texts);
  } catch (error) {
    if (error instanceof SeamlessError) throw error;
    throw await explainCsvFailure(stream, database, { file, layout, types, from, time: 0 }, error);
  }
}

/** @param marks cells that say nothing about the type */
function countCells(indexes: readonly number[], marks: readonly string[]): string {
  const counts = indexes.map((i) => {
    const number = `TRY_CAST(c${i} AS DOUBLE)`;
    return (
      `count(c${i})::DOUBLE AS filled${i}, count(*) FILTER (${isTold(`c${i}`, marks)})::DOUBLE AS told${i}, count(${number})::DOUBLE AS numbers${i}, ` +
      `min(abs(${number})) AS least${i}, max(abs(${number})) AS largest${i}, ` +
      `count(*) FILTER (regexp_full_match(c${i}, '[+-]?[1-9]\\d{0,2}\\.\\d{3}'))::DOUBLE AS grouped${i}, ` +
      `count(*) FILTER (contains(c${i}, '.'))::DOUBLE AS dotted${i}, ` +
      `count(*) FILTER (starts_with(c${i}, '0') AND length(c${i}) > 1 AND NOT contains(c${i}, '.'))::DOUBLE AS zeros${i}`
    );
  });
  return ['count(*)::DOUBLE AS rows', ...counts].join(', ');
}

/** SQL for whether a cell is none of the marks: most cells begin with a digit, and few marks do. */
function isTold(cell: string, marks: readonly string[]): string {
  const isNone = (of: readonly string[]): string =>
    of.length === 0 ? 'true' : `trim(${cell}) NOT IN (${of.map(sqlText).join(', ')})`;
  const digits = isNone(marks.filter((mark) => /^[0-9]/.test(mark)));
  return `CASE WHEN ${cell} >= '0' AND ${cell} < ':' THEN ${digits} ELSE ${isNone(marks)} END`;
}

type Counts = Readonly<Record<string, unknown>>;

function isPlain(counts: Counts, index: number, { delimiter, names }: CsvLayout): boolean {
  const filled = Number(counts[`filled${index}`]);
  if (Number(counts[`numbers${index}`]) !== filled) return false;
  const largest = Number(counts[`largest${index}`]);
  // 19000101 to 21001231, optionally with a time of day.
  const maybeDates = largest >= 19e6 && largest < 2.2e17 && /^(?:19|20)/.test(String(Math.trunc(largest)));
  const grouped = delimiter === ';' && Number(counts[`grouped${index}`]) > 0;
  const name = names[index] ?? '';
  const maybeClock = CLOCK_NAME.test(name) && largest < LARGEST_CLOCK;
  const maybeShort = largest < 1e6 && (index === 0 || /time/i.test(name) || isShortDateName(name));
  const maybeCodes = Number(counts[`zeros${index}`]) > 0;
  return !maybeDates && !maybeClock && !maybeShort && !maybeCodes && !grouped;
}

interface JudgedColumn {
  readonly kind: ColumnKind;
  /** Marks of a missing value that its cells hold. */
  readonly marks: readonly string[];
  /** Its numbers as they are spelled, where DuckDB does not read all of them; null for any other kind. */
  readonly numbers: readonly string[] | null;
}

function judgeColumn(
  name: string,
  index: number,
  counts: Counts,
  texts: Counts,
  marks: ReadonlySet<string>,
): JudgedColumn {
  const only = (kind: ColumnKind): JudgedColumn => ({ kind, marks: [], numbers: null });
  const filled = Number(counts[`filled${index}`]);
  if (filled === 0) return only('null');
  const cells = textsOf(texts, index);
  if (cells === null) return only('number');
  const seen = cells.map((cell) => cell.trim()).filter((cell) => marks.has(cell));
  const rest = cells.filter((cell) => !marks.has(cell.trim()));
  if (rest.length === 0 && cells.length > 0) return { ...only('null'), marks: seen };
  if (areCodes(name, rest) || areLengths(name, rest)) return only('string');
  const kinds = rest.map((cell) => cellKind(cell));
  const share = (kind: string): number => kinds.filter((each) => each === kind).length;
  if (kinds.length > 0 && share('boolean') === kinds.length) return only('boolean');
  const countable = share('number') + share('empty');
  // If half of the cells are numbers, a text among them is a mistake to report, not a sign of a text column.
  const numeric = share('number') > 0 && countable * 2 >= kinds.length;
  const plain = Number(counts[`numbers${index}`]) * 2 >= filled;
  if (!numeric && !(plain && share('time') === 0)) return only('string');
  const scaled = rest.some((cell) => isScaled(cell.trim()));
  const numbers = rest.filter((_, at) => kinds[at] === 'number');
  return { kind: scaled ? 'scaled' : 'local', marks: seen, numbers };
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
  const judged = layout.names.map((name, index) => judgeColumn(name, index, counts, texts, marks));
  const kinds = judged.map(({ kind }) => kind);
  const seenMarks = new Set(judged.flatMap((column) => column.marks));
  const numbers = new Map(judged.flatMap(({ numbers }, index) => (numbers ? [[index, numbers]] : [])));
  const found = marksIn(numbers, counts, kinds, layout);
  const told = settings.decimal !== null || settings.thousands !== null;
  if (found.open !== undefined && !told) {
    throw sourceError(
      stream,
      `${file.shown} has the number ${found.open}, whose mark may separate decimals or thousands: say decimal: ',' or decimal: '.', and thousands: '.' or thousands: ',' where there are any.`,
    );
  }
  const points = [...numbers.values()].find((cells) => mayBeThirtySeconds(cells))?.[0];
  if (points !== undefined && settings.thousands === null) throw thirtySeconds(stream, file.shown, points);
  const decimal = settings.decimal ?? (settings.thousands === '.' ? ',' : (found.marks?.decimal ?? '.'));
  const other = found.marks?.decimal === decimal ? found.marks.thousands : decimal === ',' ? '.' : ',';
  const marked: NumberMarks = { decimal, thousands: settings.thousands ?? (found.any ? other : '') };
  const looks = layout.names.map((name, index) =>
    lookOf(name, index, counts, texts, kinds[index] ?? 'null', marks),
  );
  if (!isOneByte(marked)) kinds.forEach((kind, index) => kind === 'local' && (kinds[index] = 'scaled'));
  // If no column holds text, any known marker may still come later in the file.
  const used = kinds.includes('string') ? [...seenMarks, ...settings.missing] : [...marks];
  const mayHaveTexts = kinds.some((kind) => kind === 'string' || kind === 'scaled' || kind === 'null');
  const isMarked = seenMarks.size > 0 || settings.missing.length > 0 || mayHaveTexts;
  return { kinds, looks, marks: used, marked: isMarked, numbers: marked };
}

/** @param price such as 110'165 */
function thirtySeconds(stream: OpenStream, shown: string, price: string): SeamlessError {
  const [points = '', rest = ''] = price.split("'");
  const [more] = rest.slice(2);
  const quarters = more === '2' ? '.25' : more === '7' ? '.75' : more === '5' ? '.5' : '';
  return sourceError(
    stream,
    `${shown} has the number ${price}, which may be ${points}${rest}, or ${points} points and ${Number(rest.slice(0, 2))}${quarters} thirty-seconds: say thousands: "'" for the first; for the second, write prices with a decimal point into the file.`,
  );
}

/**
 * The separators of a file's numbers. Plain numbers are evidence, too: beside 187.1, cells such as "12,37" are texts; beside
 * "1,11%", 132.697 has thousands.
 * @param numbers cells of the columns whose separators are to be found
 */
function marksIn(
  numbers: ReadonlyMap<number, readonly string[]>,
  counts: Counts,
  kinds: ColumnKind[],
  { delimiter }: CsvLayout,
): MarksFound & { readonly any: boolean } {
  const found = marksOf([...numbers.values()].flat(), delimiter);
  const any = numbers.size > 0;
  if (found.marks?.decimal !== ',') return { ...found, any };
  const count = (what: string, index: number): number => Number(counts[`${what}${index}`]);
  const plain = kinds.flatMap((kind, index) => (kind === 'number' && !numbers.has(index) ? [index] : []));
  if (!plain.some((index) => count('dotted', index) > count('grouped', index))) {
    const grouped = plain.some((index) => count('dotted', index) > 0);
    return { marks: grouped ? { ...found.marks, thousands: '.' } : found.marks, any };
  }
  if (delimiter === ';') return { ...found, any };
  const rest = [...numbers].filter(([index, cells]) => {
    const { marks } = marksOf(cells, delimiter);
    const text = marks?.decimal === ',';
    if (text) kinds[index] = 'string';
    return !text;
  });
  return {
    ...marksOf(
      rest.flatMap(([, cells]) => cells),
      delimiter,
    ),
    any: rest.length > 0,
  };
}

/** Numeric columns that may have leading zeros. */
const COUNTED =
  /time|clock|hour|uhr|date|day|datum|vol|size|qty|quantity|amount|count|open|high|low|close|price|last|bid|ask/i;

/** Whether digits are codes such as 000001: of one length, some with leading zeros. */
function areCodes(name: string, cells: readonly string[]): boolean {
  const [first = ''] = cells;
  const same = (cell: string): boolean => cell.length === first.length && /^\d+$/.test(cell);
  return (
    first.length > 1 && !COUNTED.test(name) && cells.some((cell) => cell.startsWith('0')) && cells.every(same)
  );
}

/** Names of columns that say how long something is. */
const LENGTH =
  /^(?:tenor|interval|period|maturity|term|time ?frame|freq(?:uency)?|resolution|granularity|bar[_ ]?(?:size|type)|horizon)$/i;

/** Whether cells are lengths of time such as 3M, not millions. */
function areLengths(name: string, cells: readonly string[]): boolean {
  return (
    LENGTH.test(name) && cells.length > 0 && cells.every((cell) => /^\d{1,3} ?[a-z]{1,4}$/i.test(cell.trim()))
  );
}

/** Distinct texts of a column; null for a plain column, which was not asked for. */
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
