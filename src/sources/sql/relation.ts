import type { OpenStream } from '../../engine/ports/source.js';
import type { SeamlessError } from '../../sdk/errors.js';
import { longestSlot, nextOpen } from '../../sdk/time/grid.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { CellType, SelectedColumn } from '../batches.js';
import { sourceError } from '../faults.js';
import type { TimeOptions } from '../options.js';
import type { ColumnLook } from '../time/look.js';
import type { TimeReading } from '../time/reading.js';

/** Rows that DuckDB can read. Columns are called c0, c1, … whatever their names. */
export interface Relation {
  /** What follows FROM. */
  readonly from: string;
  readonly names: readonly string[];
  /** Position of the column with the time, and how it is read. */
  readonly time: number;
  /** Position of the column with the time of day; null: the time column includes it. */
  readonly clock: number | null;
  /** Positions of further columns that the reading refers to. */
  readonly parts?: readonly number[];
  readonly reading: TimeReading;
  /** What each column is read as, without the time. */
  readonly columns: readonly SelectedColumn[];
  readonly expressions: readonly string[];
}

/** @throws SeamlessError `source` for a source without any column besides the time */
export function refuseBare(stream: OpenStream, names: readonly string[], source: string): void {
  if (names.length > 1) return;
  const [mark] = /[ ^~!:]/.exec(names[0]?.trim() ?? '') ?? [];
  const advice = mark === undefined ? '' : ` If its cells end with another mark, say delimiter: '${mark}'.`;
  throw sourceError(
    stream,
    `${source} has no column but ${names.join('')}: bars need a time and at least one value.${advice}`,
  );
}

/**
 * @throws SeamlessError `source` when two columns have the same name. @param isText a text file accepts other names for its
 * columns
 */
export function refuseTwins(
  stream: OpenStream,
  names: readonly string[],
  source: string,
  isText = false,
): void {
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin === undefined) return;
  const others = names.map((name, index) => {
    const before = names.slice(0, index).filter((each) => each === name).length;
    return JSON.stringify(before === 0 ? name : `${name} ${before + 1}`);
  });
  const way = isText ? `name all of them with columns: [${others.join(', ')}]` : 'rename one';
  throw sourceError(
    stream,
    `${source} has two columns called ${twin}: ${way}, so that it is clear which is meant.`,
  );
}

const NUMBERS = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*)$/;
const NESTED = /^(?:JSON$|STRUCT|MAP|UNION|LIST)|\]$/;

export function isNumberType(type: string): boolean {
  return NUMBERS.test(type);
}

/** How a column of a DuckDB type is read: as which type, by which expression. */
export function cellOf(type: string, raw: string): { readonly type: CellType; readonly sql: string } {
  if (isNumberType(type)) return { type: 'number', sql: `CAST(${raw} AS DOUBLE)` };
  if (type === 'BOOLEAN') return { type: 'boolean', sql: raw };
  if (NESTED.test(type)) return { type: 'json', sql: `CAST(to_json(${raw}) AS VARCHAR)` };
  return { type: 'string', sql: `CAST(${raw} AS VARCHAR)` };
}

export function notATimeColumn(stream: OpenStream, look: ColumnLook, source: string): SeamlessError {
  const [sample] = look.texts;
  const what = sample === undefined ? 'holds no times' : `has ${JSON.stringify(sample)}, which is no time`;
  return sourceError(
    stream,
    `column ${look.name} of ${source} ${what}: name another column with time: '…', or say how it is written with timeFormat: '%d.%m.%Y' and the like.`,
  );
}

/** A SELECT list with the open first and, if times are rounded, the exact times last, for `streamTables`. */
export function selectBars(relation: Relation): string {
  const { reading, time, clock, expressions } = relation;
  const exact = reading.exact?.(`c${time}`, clock === null ? null : `c${clock}`);
  return [`${openSql(relation)} AS open`, ...expressions, ...(exact ? [`${exact} AS exact`] : [])].join(', ');
}

const EXACT: SelectedColumn = { name: 'exact', type: 'number' };

/** The columns that `selectBars` gives after the open. */
export function selectedColumns({ columns, reading }: Relation): readonly SelectedColumn[] {
  return reading.exact ? [...columns, EXACT] : columns;
}

/** Positions of the columns that give the time. */
export function timePositions({ time, clock, parts = [] }: Relation): number[] {
  return [...new Set([time, ...parts, ...(clock === null ? [] : [clock])])];
}

/** Their names. */
export function timeNames(relation: Relation): string[] {
  return timePositions(relation).map((index) => relation.names[index] ?? '');
}

/** SQL for the open of a row. */
export function openSql({ reading, time, clock }: Relation): string {
  return reading.open(`c${time}`, clock === null ? null : `c${clock}`);
}

/**
 * A range without the ends that no row of the file is beyond: without conditions, rows are read in three quarters of the time.
 * @param extent opens of the file's first and last row; null: it has none
 */
export function unbounded(
  stream: OpenStream,
  { start, end }: Range,
  { first, last }: { readonly first: Seconds | null; readonly last: Seconds | null },
): Range {
  return {
    start: first !== null && start <= first ? -Infinity : start,
    end: last !== null && nextOpen(last, stream) <= end ? Infinity : end,
  };
}

/** Seconds by which a range is widened for pruning where the open is not the time in the column: more than zones can move it. */
const MOVED_MARGIN = 2 * 86_400;

/** Times that every time type can hold: 64-bit nanoseconds reach from 1677 to 2262. */
const EARLIEST = -9.2e9;
const LATEST = 9.2e9;

/**
 * A condition on the raw time column that holds for all rows of a range and few others. File statistics know the column, not
 * expressions over it. Null: none is possible.
 */
export function pruneRange(
  stream: OpenStream,
  options: TimeOptions,
  relation: Relation,
  type: string,
  range: Range,
): string | null {
  const raw = `c${relation.time}`;
  const { reading, clock } = relation;
  const moved = reading.unit === 0 || clock !== null || options.timeZone !== null || type === 'DATE';
  const margin = (moved ? MOVED_MARGIN : 1) + (options.stamp === 'close' ? longestSlot(stream) : 0);
  const conditions: string[] = [];
  const from = range.start - margin;
  const to = range.end + margin;
  if (isNumberType(type) && relation.reading.unit === 0) return null;
  if (from > EARLIEST) conditions.push(`${raw} >= ${timeLiteral(type, relation, from)}`);
  if (to < LATEST) conditions.push(`${raw} < ${timeLiteral(type, relation, to)}`);
  const canPrune = isNumberType(type) || type === 'DATE' || type.startsWith('TIMESTAMP');
  return canPrune && conditions.length > 0 ? conditions.join(' AND ') : null;
}

function timeLiteral(type: string, relation: Relation, seconds: Seconds): string {
  // An integer compares with any numeric column; a DOUBLE would convert the column and prune nothing.
  if (isNumberType(type)) return (BigInt(Math.floor(seconds)) * BigInt(relation.reading.unit)).toString();
  return `CAST('${new Date(seconds * 1000).toISOString().replace('Z', '+00')}' AS ${type})`;
}
