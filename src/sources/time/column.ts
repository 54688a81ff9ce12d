import type { OpenStream } from '../../engine/ports/source.js';
import { nearNames } from '../../sdk/errors.js';
import { columnIndex } from '../../sdk/table.js';
import { sourceError } from '../faults.js';
import { clockFormat, spellingOfAll } from './spelling.js';

/** What a column's type and first values show. */
export interface ColumnLook {
  readonly name: string;
  /** `time`: a date or a time by its type. */
  readonly holds: 'number' | 'text' | 'time' | 'other';
  /** Distinct values of a column of texts, some of them; for numbers only those that may be dates such as 20240102. */
  readonly texts: readonly string[];
  /** Least and largest absolute value of a column of numbers. */
  readonly least: number;
  readonly largest: number;
}

/** The columns that give a bar's open. */
interface TimeColumns {
  /** Position of the column with the date or the whole time. */
  readonly date: number;
  /** Position of the column with the time of day; null when there is no such column. */
  readonly clock: number | null;
  /** Names of other columns that may be a time. */
  readonly others: readonly string[];
}

const FIRST =
  /^(?:open|start|begin|window|bar|candle|period|kline)[ _]?(?:time|start|begin|date|ts|timestamp)$|^(?:time|date)[ _]?(?:open|start)$/;
const EXACT =
  /^(?:timestamp|ts|unix(?:time|[ _]timestamp)?|epoch|datetime|date[ _]time|time[ _]?key|(?:gmt|utc|local)[ _]?time|time[ _]?utc|timestamp[ _].*|datum[ _]?uhrzeit|zeit|zeitstempel)$/;
const PLAIN =
  /^(?:time|date|day|(?:trade|trading|quote|price|session|business)[ _]?(?:date|day|time)|datum|fecha|data|tag|dt|as[ _]?of(?:[ _]date)?|observation[ _]date|index|(?:dt|date)?[ _]?yyyymmdd|日付|日期|일자|날짜)$/;
const LATE =
  /close|end|update|modified|created|filed|filing|report|announce|expir|settle|maturity|ex[ _]?date|pay|download|receiv|fetch/;
const WORDS = new Set([
  'time',
  'timestamp',
  'ts',
  'date',
  'datetime',
  'day',
  'epoch',
  'unix',
  'opentime',
  'closetime',
]);

/** 1973 in seconds: larger numbers may count time since the epoch. */
const LEAST_EPOCH = 1e8;

/**
 * The time columns: the one that `wanted` names, else the one whose name and content fit best.
 * @throws SeamlessError `source` where no column fits, naming the columns
 */
export function findTimeColumns(
  stream: OpenStream,
  looks: readonly ColumnLook[],
  wanted: string | null,
  source: string,
): TimeColumns {
  const date = wanted === null ? likeliest(stream, looks, source) : named(stream, looks, wanted, source);
  const clock = clockBeside(stream, looks, date);
  // Many numbers may be times, so names decide.
  const others = looks
    .filter((look, index) => index !== date && index !== clock && holdsTime(look))
    .filter(({ holds, name }) => holds !== 'number' || nameRank(name) < 4)
    .map(({ name }) => name);
  return { date, clock, others };
}

function named(stream: OpenStream, looks: readonly ColumnLook[], wanted: string, source: string): number {
  const names = looks.map(({ name }) => name);
  const index = columnIndex(names, wanted);
  if (index >= 0) return index;
  const near = nearNames(wanted, names, 1).map((name) => ` Did you mean ${name}?`);
  throw sourceError(stream, `${source} has no column ${wanted}; it has ${names.join(', ')}.${near.join('')}`);
}

function likeliest(stream: OpenStream, looks: readonly ColumnLook[], source: string): number {
  const ranked = looks
    .map((look, index) => ({ index, look, rank: nameRank(look.name), holds: holdsTime(look) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index);
  const found =
    ranked.find(({ rank, holds }) => holds && rank < 5) ??
    // The name says time but the values do not: the reader reports what is wrong with them.
    ranked.find(({ rank }) => rank < 3) ??
    ranked.find(({ holds, rank, look }) => holds && rank >= 5 && look.holds === 'text') ??
    ranked.find(({ rank }) => rank < 4) ??
    ranked.find(({ look }) => look.holds === 'time') ??
    ranked.find(({ holds, rank, look }) => holds && rank >= 5 && look.holds !== 'number') ??
    ranked.find(({ holds }) => holds) ??
    // Small numbers in the first column: seconds counted from zero.
    ranked.find(({ index, look }) => index === 0 && look.holds === 'number');
  if (found) return found.index;
  const names = looks.map(({ name }) => name);
  throw sourceError(
    stream,
    `none of the columns of ${source} looks like a time: name the one that is with time: '…'. It has ${names.join(', ')}.`,
  );
}

/** How likely a name is that of a bar's open: 0 is likeliest, 4 one of several times of a row, 6 none. */
function nameRank(name: string): number {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .trim();
  const joined = words.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
  if (LATE.test(joined) && joined.split(' ').some((word) => WORDS.has(word))) return 4;
  if (FIRST.test(joined)) return 0;
  if (YEARS.test(joined)) return 2;
  if (EXACT.test(joined)) return 1;
  if (PLAIN.test(joined)) return 2;
  return joined.split(' ').some((word) => WORDS.has(word)) ? 3 : 6;
}

function holdsTime(look: ColumnLook): boolean {
  if (look.holds === 'time') return true;
  if (look.holds === 'text') return look.texts.length > 0 && spellingOfAll(look.texts) !== null;
  return look.holds === 'number' && (look.least >= LEAST_EPOCH || isDateNumber(look));
}

/** Names of columns with short dates. */
const DATED = /date|day|datum|yymm|yyyymm|month|period|日|дата|^column\d+$/i;
/** This many six-digit numbers that are all dates are no accident. */
const LEAST_DATES = 5;

/**
 * Numbers such as 20240102 that are all dates. Six or four digits (202401, 2024) may be plain numbers, so there the name decides.
 */
export function isDateNumber({ name, holds, texts }: ColumnLook): boolean {
  if (holds !== 'number' || texts.length === 0) return false;
  if (texts.every((text) => /^(?:1[5-9]|2[01])\d{2}$/.test(text.trim()))) return YEARS.test(name);
  const short = texts.every((text) => text.trim().length < 8);
  const told = texts.length >= LEAST_DATES || DATED.test(name) || texts.some((text) => text.startsWith('0'));
  return spellingOfAll(texts) !== null && (!short || told);
}

/** Whether six- or four-digit numbers in a column of this name may be dates. */
export function isShortDateName(name: string): boolean {
  return DATED.test(name) || YEARS.test(name.trim());
}

/** Names of columns with years. */
const YEARS = /^(?:fiscal |calendar )?(?:year|years|yr|jahr|anno|año|ano|année|年|год)$/i;

/** The column with the time of day, if the date is separate and bars are shorter than a day. */
function clockBeside(stream: OpenStream, looks: readonly ColumnLook[], date: number): number | null {
  const look = looks[date];
  if (!look || look.holds === 'time' || stream.interval >= 86_400) return null;
  const spelling = spellingOfAll(look.texts);
  if (!spelling || spelling.readings[0]?.some(({ clock }) => clock)) return null;
  const found = looks.findIndex(
    ({ texts, name }, index) =>
      index !== date &&
      texts.length > 0 &&
      texts.every((text) => clockFormat(text) !== null) &&
      (texts.some((text) => text.includes(':')) || /time|clock|hour|uhrzeit/i.test(name)),
  );
  return found < 0 ? null : found;
}
