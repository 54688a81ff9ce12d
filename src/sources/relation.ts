import type { OpenStream } from '../engine/ports/source.js';
import { nearNames, type SeamlessError } from '../sdk/errors.js';
import { columnIndex } from '../sdk/table.js';
import type { Range, Seconds } from '../sdk/time.js';
import type { CellType, SelectedColumn } from './batches.js';
import { LARGEST_SECONDS, sourceError } from './faults.js';
import type { TimeOptions } from './options.js';

/** Rows that DuckDB can read, whose columns are called c0, c1, … whatever their names. */
export interface Relation {
  /** What follows FROM. */
  readonly from: string;
  readonly names: readonly string[];
  /** Position of the column with the time, and how it is read. */
  readonly time: number;
  readonly reading: TimeReading;
  /** What a row is read as, without its time. */
  readonly columns: readonly SelectedColumn[];
  readonly expressions: readonly string[];
}

const TIME_WORDS = new Set([
  'time',
  'timestamp',
  'ts',
  'date',
  'datetime',
  'day',
  'epoch',
  'unix',
  'opentime',
]);

/** The first column named like a time, else the first. */
export function findTimeColumn(
  stream: OpenStream,
  names: readonly string[],
  wanted: string | null,
  source: string,
): number {
  if (wanted === null) return Math.max(names.findIndex(soundsLikeTime), 0);
  const index = columnIndex(names, wanted);
  if (index >= 0) return index;
  const near = nearNames(wanted, names, 1).map((name) => ` Did you mean ${name}?`);
  throw sourceError(stream, `${source} has no column ${wanted}; it has ${names.join(', ')}.${near.join('')}`);
}

/** `open_time`, `Date`, `closeTime`, `ts`; not `candidate`, `lifetime`. */
function soundsLikeTime(name: string): boolean {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.split(/[^a-z]+/).some((word) => TIME_WORDS.has(word));
}

/** A source of bars has something to tell about each. @throws SeamlessError `source` */
export function refuseBare(stream: OpenStream, names: readonly string[], source: string): void {
  if (names.length > 1) return;
  throw sourceError(
    stream,
    `${source} has no column but ${names.join('')}: bars need a time and at least one value.`,
  );
}

/** @throws SeamlessError `source` when two columns have the same name. */
export function refuseTwins(stream: OpenStream, names: readonly string[], source: string): void {
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin === undefined) return;
  throw sourceError(
    stream,
    `${source} has two columns called ${twin}: rename one, so that it is clear which is meant.`,
  );
}

const NUMBERS = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*)$/;
const NESTED = /^(?:JSON$|STRUCT|MAP|UNION|LIST)|\]$/;

export function isNumberType(type: string): boolean {
  return NUMBERS.test(type);
}

/** How a column of a DuckDB type is read: as what, and by which expression. */
export function cellOf(type: string, raw: string): { readonly type: CellType; readonly sql: string } {
  if (isNumberType(type)) return { type: 'number', sql: `CAST(${raw} AS DOUBLE)` };
  if (type === 'BOOLEAN') return { type: 'boolean', sql: raw };
  if (NESTED.test(type)) return { type: 'json', sql: `CAST(to_json(${raw}) AS VARCHAR)` };
  return { type: 'string', sql: `CAST(${raw} AS VARCHAR)` };
}

const UNITS = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 } as const;

/** The unit in which a number of this size is a time of the years 1973 to 5138; before 1973, seconds. */
export function unitOfSize(largest: number): number {
  return Object.values(UNITS).find((factor) => largest < LARGEST_SECONDS * factor) ?? UNITS.ns;
}

/** A time of day, and after it an offset. */
const WITH_OFFSET = '\\d:\\d{2}.*(Z|UTC|[+-]\\d{2}(:?\\d{2})?)$';

/** How the time column of a relation is read. */
export interface TimeReading {
  /** Numeric times: how many of their units make a second. */
  readonly unit: number;
  /** SQL for the bar's open in epoch seconds, DOUBLE, from an expression that stands for the time column. */
  open(raw: string): string;
}

/**
 * How a time column of a DuckDB type is read; null when the type is no time.
 * @param largest the largest absolute value of a numeric column, over a sample
 */
export function readTime(
  stream: OpenStream,
  options: TimeOptions,
  type: string,
  largest: number,
): TimeReading | null {
  const shift = options.stamp === 'close' ? ` - ${stream.interval}` : '';
  if (isNumberType(type)) {
    const unit = options.timeUnit === null ? unitOfSize(largest) : UNITS[options.timeUnit];
    return { unit, open: (raw) => `CAST(${raw} AS DOUBLE) / ${unit}${shift}` };
  }
  const timestamp = timestampOf(type, options.timeZone);
  return timestamp && { unit: 1, open: (raw) => `epoch_us(${timestamp(raw)}) / 1e6${shift}` };
}

/** SQL for the instant a column of a type stands for. The connection's zone is UTC. */
function timestampOf(type: string, timeZone: string | null): ((raw: string) => string) | null {
  const zone = `'${timeZone ?? 'UTC'}'`;
  if (type === 'TIMESTAMP WITH TIME ZONE') return (raw) => raw;
  // A date is a day of UTC, whatever the zone of times of day.
  if (type === 'DATE') return (raw) => `CAST(${raw} AS TIMESTAMP)`;
  if (type.startsWith('TIMESTAMP')) return (raw) => `timezone(${zone}, CAST(${raw} AS TIMESTAMP))`;
  if (type !== 'VARCHAR') return null;
  if (timeZone === null) return (raw) => `TRY_CAST(${raw} AS TIMESTAMPTZ)`;
  return (raw) => {
    const plain = `TRY_CAST(${raw} AS TIMESTAMP)`;
    const date = `WHEN length(trim(${raw})) <= 10 THEN timezone('UTC', ${plain})`;
    const offset = `WHEN regexp_matches(${raw}, '${WITH_OFFSET}') THEN TRY_CAST(${raw} AS TIMESTAMPTZ)`;
    return `CASE ${date} ${offset} ELSE timezone(${zone}, ${plain}) END`;
  };
}

export function notATimeColumn(
  stream: OpenStream,
  name: string,
  type: string,
  source: string,
): SeamlessError {
  return sourceError(
    stream,
    `column ${name} of ${source} is of type ${type}, which is no time: name another with the option time.`,
  );
}

/** SELECT with the open first, for `streamTables`. */
export function selectBars(relation: Relation): string {
  return [`${relation.reading.open(`c${relation.time}`)} AS open`, ...relation.expressions].join(', ');
}

/** Seconds by which a range is widened for pruning: zones and bar closes move a time by less than this. */
const PRUNE_MARGIN = 2 * 86_400;

/** Times that every type of time can hold: nanoseconds in 64 bits go from 1677 to 2262. */
const EARLIEST = -9.2e9;
const LATEST = 9.2e9;

/**
 * A condition on the time column itself that holds for all rows of a range, and for few others: file statistics know
 * the column, not what is computed from it. Null where there is none.
 */
export function pruneRange(
  stream: OpenStream,
  options: TimeOptions,
  relation: Relation,
  type: string,
  range: Range,
): string | null {
  const raw = `c${relation.time}`;
  const margin = PRUNE_MARGIN + (options.stamp === 'close' ? stream.interval : 0);
  const conditions: string[] = [];
  const from = range.start - margin;
  const to = range.end + margin;
  if (from > EARLIEST) conditions.push(`${raw} >= ${timeLiteral(type, relation, from)}`);
  if (to < LATEST) conditions.push(`${raw} < ${timeLiteral(type, relation, to)}`);
  const canPrune = isNumberType(type) || type === 'DATE' || type.startsWith('TIMESTAMP');
  return canPrune && conditions.length > 0 ? conditions.join(' AND ') : null;
}

function timeLiteral(type: string, relation: Relation, seconds: Seconds): string {
  // A whole number compares with any numeric column as it is; a DOUBLE would convert the column and prune nothing.
  if (isNumberType(type)) return (BigInt(Math.floor(seconds)) * BigInt(relation.reading.unit)).toString();
  return `CAST('${new Date(seconds * 1000).toISOString().replace('Z', '+00')}' AS ${type})`;
}
