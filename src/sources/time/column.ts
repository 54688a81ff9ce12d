import type { OpenStream } from '../../engine/ports/source.js';
import { nearNames } from '../../sdk/errors.js';
import { columnIndex } from '../../sdk/table.js';
import { sourceError } from '../faults.js';
import { clockOfAll, type Clock } from './clock.js';
import { partsBeside, type DateParts } from './parts.js';
import type { ColumnLook } from './look.js';
import { spellingOfAll } from './spelling.js';

/** The columns that give a bar's open. */
interface TimeColumns {
  /** Position of the column with the date or the whole time. */
  readonly date: number;
  /** Position of the column with the time of day; null when there is no such column. */
  readonly clock: number | null;
  /** How that column is read. */
  readonly clockReading: Clock | null;
  /** Columns with month and day, where the date is a year; null: the date is whole. */
  readonly parts: DateParts | null;
  /** Names of other columns that may be a time. */
  readonly others: readonly string[];
}

const FIRST =
  /^(?:open|start|begin|window|bar|candle|period|kline)[ _]?(?:time|start|begin|date|ts|timestamp)$|^(?:time|date)[ _]?(?:open|start)$/;
const EXACT =
  /^(?:timestamp|ts|t|unix(?:time|[ _]timestamp)?|epoch|datetime|date[ _]time|time[ _]?key|(?:gmt|utc|local)[ _]?time|time[ _]?utc|timestamp[ _].*|datum[ _]?uhrzeit|zeit|zeitstempel)$/;
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
/** 1990 in seconds: such numbers are more likely times than prices or times of day. */
const RECENT_EPOCH = 631_152_000;

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
  const first = wanted === null ? likeliest(stream, looks, source) : named(stream, looks, wanted, source);
  const beside = clockBeside(stream, looks, first);
  const date = wanted === null && !beside ? (finer(stream, looks, first) ?? first) : first;
  const parts = YEARS.test(looks[date]?.name.trim() ?? '') ? partsBeside(looks, date) : null;
  const found = date === first ? (beside ?? (parts && clockAlone(stream, looks))) : null;
  const clock = found?.index ?? null;
  // Many numbers may be times, so names decide.
  const others = looks
    .filter((look, index) => index !== date && index !== clock && holdsTime(look))
    .filter(({ holds, name }) => holds !== 'number' || nameRank(name) < 4)
    .map(({ name }) => name);
  return { date, clock, clockReading: found?.clock ?? null, parts, others };
}

/** The columns that texts of times are in. */
export interface TextColumns {
  readonly look: ColumnLook;
  /** The column with the time of day, where it is another. */
  readonly beside: { readonly look: ColumnLook; readonly clock: Clock } | null;
  /** Columns with month and day, where `look` has years. */
  readonly parts: DateParts | null;
}

/** Those of a text reading. */
export function textColumns(
  looks: readonly ColumnLook[],
  { date, clock, clockReading, parts }: TimeColumns,
): TextColumns {
  const beside = clock === null ? undefined : looks[clock];
  return {
    look: looks[date] as ColumnLook,
    beside: beside && clockReading ? { look: beside, clock: clockReading } : null,
    parts,
  };
}

/** A column with times of day, where bars are shorter than a day and the likeliest column has dates alone. */
function finer(stream: OpenStream, looks: readonly ColumnLook[], date: number): number | null {
  if (stream.interval >= 86_400 || hasClock(looks[date])) return null;
  const found = looks.findIndex(
    (look, index) => index !== date && nameRank(look.name) < 4 && holdsTime(look) && hasClock(look),
  );
  return found < 0 ? null : found;
}

function hasClock(look: ColumnLook | undefined): boolean {
  if (!look || look.holds === 'time') return true;
  const dated = look.holds === 'text' || isDateNumber(look);
  return (
    (!dated && look.least >= RECENT_EPOCH) ||
    (spellingOfAll(look.texts)
      ?.readings.flat()
      .some(({ clock }) => clock) ??
      false)
  );
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
    // Times of one file differ less than volumes do.
    ranked.filter(({ holds }) => holds).sort((a, b) => spread(a.look) - spread(b.look))[0] ??
    // Small numbers in the first column: seconds counted from zero.
    ranked.find(({ index, look }) => index === 0 && look.holds === 'number');
  if (found) return found.index;
  const names = looks.map(({ name }) => name);
  throw sourceError(
    stream,
    `none of the columns of ${source} looks like a time: name the one that is with time: '…'. It has ${names.join(', ')}.`,
  );
}

function spread({ least, largest }: ColumnLook): number {
  return largest / least;
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
  if (EXACT.test(joined)) return 1;
  if (PLAIN.test(joined)) return 2;
  if (YEARS.test(joined)) return 3;
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
  const few = texts.every((text) => text.trim().length <= 4);
  const told =
    (texts.length >= LEAST_DATES && !few) || DATED.test(name) || texts.some((text) => text.startsWith('0'));
  return spellingOfAll(texts) !== null && (!short || told);
}

/** Whether six- or four-digit numbers in a column of this name may be dates. */
export function isShortDateName(name: string): boolean {
  return DATED.test(name) || YEARS.test(name.trim());
}

/** Names of columns with years. */
export const YEARS = /^(?:fiscal |calendar )?(?:year|years|yr|jahr|anno|año|ano|année|年|год)$/i;

interface ClockColumn {
  readonly index: number;
  readonly clock: Clock;
}

/** The column with the time of day, if the date is separate and bars are shorter than a day. */
function clockBeside(stream: OpenStream, looks: readonly ColumnLook[], date: number): ClockColumn | null {
  const look = looks[date];
  if (!look || look.holds === 'time' || stream.interval >= 86_400) return null;
  const spelling = spellingOfAll(look.texts);
  if (!spelling || spelling.readings[0]?.some(({ clock }) => clock)) return null;
  return YEARS.test(look.name.trim()) ? null : clockAlone(stream, looks, date);
}

function clockAlone(stream: OpenStream, looks: readonly ColumnLook[], date = -1): ClockColumn | null {
  if (stream.interval >= 86_400) return null;
  for (const [index, { name, texts }] of looks.entries()) {
    const clock = index === date ? null : clockOfAll(stream, name, texts);
    if (clock) return { index, clock };
  }
  return null;
}
