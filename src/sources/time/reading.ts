import { isTicks } from '../../sdk/time/grid.js';
import { DAY, type Seconds } from '../../sdk/time/time.js';
import type { OpenStream } from '../../engine/ports/source.js';
import { LARGEST_SECONDS, sourceError } from '../faults.js';
import type { TimeOptions } from '../options.js';
import { isDateNumber, type TextColumns } from './column.js';
import type { ColumnLook } from './look.js';
import { refuseNamedZone } from './named-zone.js';
import { isOfDays, isOfLastDays } from './slots.js';
import { refuseEnds, type Clock } from './clock.js';
import { dateSql } from './parts.js';
import { spellingOfAll, type Spelling } from './spelling.js';
import { sqlText } from '../../sdk/sql-text.js';

/** How a relation's time columns are read. */
export interface TimeReading {
  /** For numbers that count from 1970: units per second. 0: the column has no one unit, or its times are changed further. */
  readonly unit: number;
  /** SQL for a bar's open in epoch seconds (DOUBLE), given expressions for the time columns. */
  open(raw: string, clock: string | null): string;
  /** SQL for a row's open before rounding, null where rounding changes nothing. Absent: no rounding. */
  readonly exact?: (raw: string, clock: string | null) => string;
  /** Times that name no zone are read as UTC. */
  readonly naive?: boolean;
  /** How it was read, for people: `seconds`, `%d.%m.%Y %H:%M in Europe/Berlin`. */
  readonly words: string;
}

const UNITS = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 } as const;
const UNIT_WORDS: ReadonlyMap<number, string> = new Map([
  [1, 'seconds'],
  [1e3, 'milliseconds'],
  [1e6, 'microseconds'],
  [1e9, 'nanoseconds'],
]);

/** The unit in which a number of this size is a time from 1973 to 5138; smaller numbers are seconds. */
function unitOfSize(largest: number): number {
  return Object.values(UNITS).find((factor) => largest < LARGEST_SECONDS * factor) ?? UNITS.ns;
}

/** Days since 1899-12-30, as spreadsheets count: the years 1954 to 2119. */
const SERIAL_DAYS = { least: 20_000, largest: 80_000, epoch: 25_569 };

/** Seconds from a bar's open to its stamp. `adjusted` handles weeks and months. */
export function stampedAfter(stream: OpenStream, { stamp }: TimeOptions): Seconds {
  return stamp === 'close' && !isOfLastDays(stream) && !isTicks(stream) ? stream.interval : 0;
}

function shiftOf(stream: OpenStream, options: TimeOptions): string {
  const after = stampedAfter(stream, options);
  return after === 0 ? '' : ` - ${after}`;
}

/** How numbers are read as times. */
export function numberReading(stream: OpenStream, options: TimeOptions, look: ColumnLook): TimeReading {
  const shift = shiftOf(stream, options);
  const cast = (raw: string): string => `TRY_CAST(${raw} AS DOUBLE)`;
  if (options.timeUnit === null && isSerialDay(stream, look)) {
    const open = (raw: string): string => `round((${cast(raw)} - ${SERIAL_DAYS.epoch}) * ${DAY}, 3)${shift}`;
    return { unit: 0, open, words: 'days as spreadsheets count them' };
  }
  const largest = unitOfSize(look.largest);
  if (
    options.timeUnit === null &&
    look.least >= LARGEST_SECONDS / 1e3 &&
    unitOfSize(look.least) !== largest
  ) {
    return {
      unit: 0,
      open: (raw) => `${cast(raw)} / ${unitBySize(cast(raw))}${shift}`,
      words: `${UNIT_WORDS.get(unitOfSize(look.least))} and ${UNIT_WORDS.get(largest)}, by size`,
    };
  }
  if (options.timeUnit === null) {
    refuseYearMonths(stream, look);
    refuseImplausible(stream, look);
  }
  const unit = options.timeUnit === null ? largest : UNITS[options.timeUnit];
  // A double cannot hold today's nanoseconds and would round some microseconds up.
  if (isTicks(stream) && unit === UNITS.ns)
    return { unit, open: (raw) => `(TRY_CAST(${raw} AS HUGEINT) // 1000) / 1e6`, words: 'nanoseconds' };
  return { unit, open: (raw) => `${cast(raw)} / ${unit}${shift}`, words: UNIT_WORDS.get(unit) ?? '' };
}

const YEAR_2200 = 7_258_118_400;
/** Counts from midnight stay below this many units. */
const DAY_IN = [
  { most: 86_400, sql: (cell: string) => `to_microseconds(CAST(round(${cell} * 1e6) AS BIGINT))` },
  { most: 86_400e3, sql: (cell: string) => `to_milliseconds(${cell})` },
  { most: 86_400e6, sql: (cell: string) => `to_microseconds(CAST(${cell} AS BIGINT))` },
  { most: 86_400e9, sql: (cell: string) => `to_microseconds(CAST(${cell} AS BIGINT) // 1000)` },
];

/**
 * @throws SeamlessError `source` for numbers that do not count from the epoch: years after 2200, or ticks before 1973, such as
 * counts from midnight
 */
function refuseImplausible(stream: OpenStream, { name, least, largest }: ColumnLook): void {
  const unit = unitOfSize(largest);
  const early = isTicks(stream) && largest < LARGEST_SECONDS / 1e3;
  // A single odd row is that row's fault.
  if (!Number.isFinite(largest) || (least / unit <= YEAR_2200 && !early)) return;
  const seconds = Math.min(least / unit, LARGEST_SECONDS);
  const year = new Date(seconds * 1000).getUTCFullYear();
  const { columns } = stream.source.options;
  const named = Array.isArray(columns)
    ? `, header = false, names = [${columns.map((each) => `'${each}'`).join(', ')}]`
    : '';
  const { file, cell } = inQuery(stream, name);
  const from = named ? `read_csv(${file}${named})` : file;
  const midnight = DAY_IN.find(({ most }) => largest < most);
  const query =
    midnight &&
    `sqlHistory("SELECT TIMESTAMP '2024-03-04' + ${midnight.sql(cell)} AS at, * FROM ${from}", { time: 'at' })`;
  const advice = query
    ? `if it counts from midnight, add the date: ${query}; else say its unit`
    : 'say its unit';
  throw sourceError(
    stream,
    `column ${name} has ${least}, which as ${UNIT_WORDS.get(unit)} since 1970 is in the year ${year}: ${advice} with timeUnit: 's', 'ms', 'us' or 'ns', or name another column with time: '…'.`,
  );
}

/** How a query names the file and a column. */
function inQuery(stream: OpenStream, column: string): { readonly file: string; readonly cell: string } {
  const { path } = stream.source.options;
  const file = typeof path === 'string' ? `'${path}'` : '…';
  return { file, cell: /^\w+$/.test(column) ? column : `"${column}"` };
}

/** @throws SeamlessError `source` for numbers such as 2018.01 and 2018.1, which as seconds would all fall in one hour of 1970 */
function refuseYearMonths(stream: OpenStream, { name, least, largest }: ColumnLook): void {
  const slow = stream.interval >= DAY || stream.spacing === 'unknown';
  const whole = Number.isInteger(least) && Number.isInteger(largest);
  if (!slow || whole || least < 1600 || largest >= 2200) return;
  const { file, cell } = inQuery(stream, name);
  const month = `CAST(round((${cell} - floor(${cell})) * 100) AS INT)`;
  const query = `sqlHistory("SELECT make_date(CAST(floor(${cell}) AS INT), ${month}, 1) AS at, * FROM ${file}", { time: 'at' })`;
  throw sourceError(
    stream,
    `column ${name} has ${least} to ${largest}: if these are years and months, make dates of them: ${query}; if they count seconds since 1970, say timeUnit: 's'; else name another column with time: '…'.`,
  );
}

/** A file that mixes two units: each number's size decides. */
function unitBySize(number: string): string {
  const cases = Object.values(UNITS)
    .slice(0, -1)
    .map((unit) => `WHEN abs(${number}) < ${LARGEST_SECONDS * unit} THEN ${unit}`);
  return `(CASE ${cases.join(' ')} ELSE ${UNITS.ns} END)`;
}

function isSerialDay(stream: OpenStream, { least, largest }: ColumnLook): boolean {
  return (
    (stream.interval >= 60 || stream.spacing === 'unknown') &&
    least >= SERIAL_DAYS.least &&
    largest <= SERIAL_DAYS.largest
  );
}

/** How a column of a date or time type is read; null: it is not one. */
export function typedReading(stream: OpenStream, options: TimeOptions, type: string): TimeReading | null {
  const shift = shiftOf(stream, options);
  const seconds = (instant: string): string => `epoch_us(${instant}) / 1e6${shift}`;
  if (type === 'TIMESTAMP WITH TIME ZONE') return { unit: 1, open: (raw) => seconds(raw), words: 'instants' };
  // A date is a UTC day, even if times of day have a zone.
  if (type === 'DATE')
    return { unit: 1, open: (raw) => seconds(`CAST(${raw} AS TIMESTAMP)`), words: 'dates' };
  if (!type.startsWith('TIMESTAMP')) return null;
  const zone = options.timeZone;
  const open = (raw: string): string => seconds(inZone(`CAST(${raw} AS TIMESTAMP)`, zone));
  return { unit: 1, open, naive: zone === null, words: `times of ${zone ?? 'UTC'}` };
}

/**
 * How a text column is read.
 * @throws SeamlessError `source` where day and month could be swapped, naming both readings
 */
export function textReading(
  stream: OpenStream,
  options: TimeOptions,
  columns: TextColumns,
  source: string,
): TimeReading | null {
  const { look, beside } = columns;
  const reading = formattedReading(stream, options, columns, source);
  if (reading?.naive) refuseNamedZone(stream, [look, beside?.look ?? null], source);
  if (reading && beside) refuseEnds(stream, beside.look.name, beside.look.texts, source);
  return reading;
}

function formattedReading(
  stream: OpenStream,
  options: TimeOptions,
  { look, beside, parts }: TextColumns,
  source: string,
): TimeReading | null {
  const shift = shiftOf(stream, options);
  const clock = beside?.clock ?? null;
  if (options.timeFormat !== null) {
    const format = options.timeFormat;
    // A format for the date alone leaves the separate time of day to be found.
    const dated = clock !== null && !/%-?[HIcX]/.test(format);
    const formats = dated ? clock.formats.map((time) => `${format} ${time}`) : [format];
    const parse = (raw: string, text: string | null): string =>
      `try_strptime(${joined(raw, text, clock)}, ${quoted(formats)})`;
    const zoned = /%z|%Z/.test(format);
    const open = (raw: string, text: string | null): string =>
      secondsOf(zoned ? parse(raw, text) : inZone(parse(raw, text), options.timeZone), shift) +
      laterBy(text, clock);
    const naive = !zoned && options.timeZone === null && formats.some((each) => /%-?[HI]/.test(each));
    return { unit: 1, open, naive, words: wordsOf(formats, zoned ? null : options.timeZone) };
  }
  if (parts) {
    const spelling = { format: `%Y-${parts.format}-%d`, offset: false, clock: false };
    const reading = spelledReading(stream, options, [spelling], clock, shift);
    const names = clock
      ? 'year, month, day and time'
      : parts.quarters
        ? 'year and quarter'
        : parts.day === null
          ? 'year and month'
          : 'year, month and day';
    // File statistics know the year alone.
    return {
      ...reading,
      unit: 0,
      open: (raw, text) => reading.open(dateSql(raw, parts), text),
      words: names,
    };
  }
  const spellings = spellingsOf(stream, look, source);
  if (spellings === null) return null;
  const reading = spelledReading(stream, options, spellings, clock, shift);
  const { text, words = reading.words } = spellings.find((spelling) => spelling.text) ?? {};
  return text ? { ...reading, open: (raw, time) => reading.open(text(raw), time), words } : reading;
}

function spellingsOf(stream: OpenStream, look: ColumnLook, source: string): readonly Spelling[] | null {
  const found = spellingOfAll(look.texts);
  const [reading, ...others] = found?.readings ?? [];
  if (reading === undefined) return null;
  refusePeriods(stream, look, reading, source);
  if (others.length === 0) return reading;
  const order = orderInName(look.name);
  const named = [reading, ...others].find(
    ([first]) => order !== null && orderOf(first?.format ?? '') === order,
  );
  if (named) return named;
  const sample = look.texts[0] ?? '';
  const formats = [reading, ...others].map((each) => `timeFormat: '${each[0]?.format ?? ''}'`);
  const what = /^\d{6}$/.test(sample.trim())
    ? 'may be a date in several ways'
    : 'may be day first or month first';
  throw sourceError(
    stream,
    `column ${look.name} of ${source} has ${JSON.stringify(sample)}, which ${what}: say ${formats.join(' or ')}.`,
  );
}

/** @throws SeamlessError `source` for months beside quarters or years, which are not bars of one interval */
function refusePeriods(
  stream: OpenStream,
  { name, texts }: ColumnLook,
  spellings: readonly Spelling[],
  source: string,
): void {
  const periods = new Set(spellings.flatMap(({ period }) => period ?? []));
  if (periods.size === 0) return;
  const years = texts.find((text) => /^\d{4}$/.test(text.trim()));
  if (periods.size === 1 && years === undefined) return;
  const all = [...(years === undefined ? [] : ['years']), ...[...periods].map((period) => `${period}s`)];
  throw sourceError(
    stream,
    `column ${name} of ${source} has ${new Intl.ListFormat('en').format(all)}, and a stream has bars of one interval: keep the rows of one in the file, or choose them with WHERE in a query of sqlHistory.`,
  );
}

/** `dmy` for a format such as %d/%m/%Y. */
function orderOf(format: string): string {
  return [...format.matchAll(/%([dmyY])/g)].map(([, letter]) => letter?.toLowerCase()).join('');
}

/** The same for a name that says how its dates are written: `Report_Date_as_MM_DD_YYYY`. */
function orderInName(name: string): string | null {
  const letters = name.toLowerCase().replace(/[^a-z]/g, '');
  const [found] = /(?:yy)?yymmdd|ddmmyy|mmddyy/.exec(letters) ?? [];
  return found === undefined ? null : found.replace(/(.)\1+/g, '$1');
}

function spelledReading(
  stream: OpenStream,
  options: TimeOptions,
  spellings: readonly Spelling[],
  clock: Clock | null,
  shift: string,
): TimeReading {
  const zone = options.timeZone;
  const formats = spellings.flatMap(({ format }) => (format === null ? [] : [format]));
  const offset = spellings.some((spelling) => spelling.offset);
  const clocked = clock !== null || spellings.some((spelling) => spelling.clock);
  const naive = clocked && !offset && zone === null;
  // Days with the offset of their own midnight are calendar days, known by their date.
  const days = isOfDays(stream);
  // A date alone is a UTC day, even if times of day have a zone.
  const used = clocked ? zone : null;
  if (clock) {
    const both = (formats.length > 0 ? formats : ['%Y-%m-%d']).flatMap((date) =>
      clock.formats.map((time) => `${date} ${time}`),
    );
    const open = (raw: string, beside: string | null): string =>
      secondsOf(inZone(`try_strptime(${joined(raw, beside, clock)}, ${quoted(both)})`, zone), shift) +
      laterBy(beside, clock);
    return { unit: 1, open, naive, words: `${wordsOf(both, zone)}${clock.words ? `, ${clock.words}` : ''}` };
  }
  if (formats.length === 0) return { ...isoReading(shift, used, offset, days), naive };
  const all = formats.length < spellings.length ? [...formats, '%Y-%m-%d', '%Y-%m-%d %H:%M:%S'] : formats;
  const open = (raw: string): string => {
    const instant = `try_strptime(trim(${raw}), ${quoted(all)})`;
    return secondsOf(offset ? instant : inZone(instant, used), shift);
  };
  return { unit: 1, open, naive, words: wordsOf(all, offset ? null : used) };
}

/** A time of day, and after it an offset. */
const WITH_OFFSET = '\\d:\\d{2}.*(Z|UTC|[+-]\\d{2}(:?\\d{2})?)$';
/** Midnight, followed by a non-UTC offset. */
const LOCAL_MIDNIGHT = '[T ]00:00(:00(\\.0+)?)? ?[+-](0[1-9]|1\\d|00:?[1-5])';

function isoReading(shift: string, zone: string | null, offset: boolean, days: boolean): TimeReading {
  if (!offset && zone === null) {
    return {
      unit: 1,
      open: (raw) => secondsOf(`TRY_CAST(${raw} AS TIMESTAMPTZ)`, shift),
      words: 'ISO-8601, UTC',
    };
  }
  const instant = (raw: string): string => {
    if (zone === null) return `TRY_CAST(${raw} AS TIMESTAMPTZ)`;
    const plain = `TRY_CAST(${raw} AS TIMESTAMP)`;
    const date = `WHEN length(trim(${raw})) <= 10 THEN timezone('UTC', ${plain})`;
    const offsets = `WHEN regexp_matches(${raw}, '${WITH_OFFSET}') THEN TRY_CAST(${raw} AS TIMESTAMPTZ)`;
    return `CASE ${date} ${offsets} ELSE ${inZone(plain, zone)} END`;
  };
  if (!days)
    return {
      unit: 1,
      open: (raw) => secondsOf(instant(raw), shift),
      words: `ISO-8601${zone ? ` in ${zone}` : ''}`,
    };
  const dated = (raw: string): string =>
    `CASE WHEN regexp_matches(${raw}, '${LOCAL_MIDNIGHT}') THEN TRY_CAST(left(trim(${raw}), 10) AS TIMESTAMPTZ) ELSE ${instant(raw)} END`;
  return {
    unit: 1,
    open: (raw) => secondsOf(dated(raw), shift),
    words: 'ISO-8601; local midnights are dates',
  };
}

function secondsOf(instant: string, shift: string): string {
  return `epoch_us(${instant}) / 1e6${shift}`;
}

/** The instant of a local time. Where a clock set back repeats it, the earlier instant; the order of rows reveals the later. */
function inZone(local: string, zone: string | null): string {
  if (zone === null || zone === 'UTC') return `timezone('UTC', ${local})`;
  const later = `timezone('${zone}', ${local})`;
  const earlier = `${later} - INTERVAL 1 HOUR`;
  return `CASE WHEN timezone('${zone}', ${earlier}) = ${local} THEN ${earlier} ELSE ${later} END`;
}

function joined(raw: string, beside: string | null, clock: Clock | null): string {
  return beside === null || !clock ? `trim(${raw})` : `trim(${raw}) || ' ' || ${clock.text(beside)}`;
}

function laterBy(beside: string | null, clock: Clock | null): string {
  return beside === null || !clock ? '' : clock.later(beside);
}

function quoted(texts: readonly string[]): string {
  const list = texts.map(sqlText);
  return list.length === 1 ? (list[0] ?? '') : `[${list.join(', ')}]`;
}

function wordsOf(formats: readonly string[], zone: string | null): string {
  return `${formats.join(' or ')}${zone === null ? '' : ` in ${zone}`}`;
}

/** Whether a numeric column is read as text, because its digits are dates. */
export function readAsText(options: TimeOptions, look: ColumnLook): boolean {
  if (look.holds === 'text') return true;
  return (
    look.holds === 'number' &&
    options.timeUnit === null &&
    (options.timeFormat !== null || isDateNumber(look))
  );
}
