/** How the texts of a time column are written, as a strptime format for DuckDB. ISO-8601 needs none. */
export interface Spelling {
  /** strptime; null: ISO-8601. */
  readonly format: string | null;
  /** Whether each text carries an offset or a zone. */
  readonly offset: boolean;
  /** Whether there is a time of day. */
  readonly clock: boolean;
  /** SQL for the text that the format reads, given the cell. Absent: the cell itself. */
  readonly text?: (raw: string) => string;
  /** How it is read, for people, where the format does not say it. */
  readonly words?: string;
  /** What the text names, where it is no date. */
  readonly period?: 'week' | 'month' | 'quarter' | 'half-year';
}

/** Both readings, if day and month could be swapped. */
interface TwoSpellings {
  readonly dayFirst: Spelling;
  readonly monthFirst: Spelling;
}

/** Two date fields of one or two digits, then the year: 03/04/2024. */
const NUMERIC_DATE = /^(\d{1,2})([-/])(\d{1,2})\2(\d{4}|\d{2})(?!\d)/;

interface DateForm {
  readonly pattern: RegExp;
  readonly format: (match: RegExpExecArray) => string;
  readonly period?: 'month';
}

const year = (digits: string | undefined): string => (digits?.length === 2 ? '%y' : '%Y');
const month = (name: string | undefined): string => ((name?.length ?? 0) > 3 ? '%B' : '%b');
const MONTH =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';

const DATES: readonly DateForm[] = [
  { pattern: /^\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)/, format: ([, sep]) => `%Y${sep}%m${sep}%d` },
  {
    pattern: /^\d{4}(年|년 ?)\d{1,2}(月|월 ?)\d{1,2}(日|일)/,
    format: ([, year, month, day]) => `%Y${year}%m${month}%d${day}`,
  },
  // With dots, the day comes first everywhere.
  { pattern: /^\d{1,2}\.\d{1,2}\.(\d{4}|\d{2})(?!\d)/, format: ([, y]) => `%d.%m.${year(y)}` },
  { pattern: /^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])/, format: () => '%Y%m%d' },
  {
    pattern: new RegExp(`^\\d{1,2}([-/ ]?)${MONTH}\\1(\\d{4}|\\d{2})(?!\\d)`, 'i'),
    format: ([, sep, name, y]) => `%d${sep}${month(name)}${sep}${year(y)}`,
  },
  {
    pattern: new RegExp(`^${MONTH}([ -])\\d{1,2}(,?)\\2(\\d{4})(?!\\d)`, 'i'),
    format: ([, name, sep, comma]) => `${month(name)}${sep}%d${comma}${sep}%Y`,
  },
  {
    pattern: new RegExp(`^\\d{4}([-/ ]?)${MONTH}\\1\\d{1,2}(?!\\d)`, 'i'),
    format: ([, sep, name]) => `%Y${sep}${month(name)}${sep}%d`,
  },
  // Months, as in statistics: 2024-01, 2024M01, Jan 2024.
  {
    pattern: /^(?:1[5-9]|2[01])\d{2}([-/]M?|M)(?:0?[1-9]|1[0-2])$/,
    format: ([, sep]) => `%Y${sep}%m`,
    period: 'month',
  },
  {
    pattern: /^(?:0?[1-9]|1[0-2])([-/])(?:1[5-9]|2[01])\d{2}$/,
    format: ([, sep]) => `%m${sep}%Y`,
    period: 'month',
  },
  {
    pattern: new RegExp(`^${MONTH}([ -]?)(?:1[5-9]|2[01])\\d{2}$`, 'i'),
    format: ([, name, sep]) => `${month(name)}${sep}%Y`,
    period: 'month',
  },
  {
    pattern: new RegExp(`^(?:1[5-9]|2[01])\\d{2}([ -]?)${MONTH}$`, 'i'),
    format: ([, sep, name]) => `%Y${sep}${month(name)}`,
    period: 'month',
  },
  // The year has 366 days: 2024-002.
  { pattern: /^(?:19|20)\d{2}(-)[0-3]\d{2}(?!\d)/, format: () => '%Y-%j' },
];

/** Jan-24: a month of a year, or a day of a month; all texts together decide. */
const SHORT_MONTH = new RegExp(`^${MONTH}[-']\\d{2}$`, 'i');

/** Parts of a year: the SQL gives the first day of each. */
const PERIODS: readonly { readonly pattern: RegExp; readonly spelling: Spelling }[] = [
  {
    pattern: /^(?:1[5-9]|2[01])\d{2}[-: ]?Q[1-4]$|^(?:Q[1-4][-: /]?|[1-4]Q[- ]?)(?:1[5-9]|2[01])\d{2}$/i,
    spelling: partOfYear('quarter', 'Q', 3),
  },
  { pattern: /^(?:1[5-9]|2[01])\d{2}[-: ]?[SH][12]$/i, spelling: partOfYear('half-year', 'SH', 6) },
  {
    pattern: /^(?:1[5-9]|2[01])\d{2}-?W(?:0[1-9]|[1-4]\d|5[0-3])(?:-?[1-7])?$/i,
    spelling: {
      format: '%GW%V%u',
      offset: false,
      clock: false,
      text: (raw) => `left(replace(upper(trim(${raw})), '-', '') || '1', 8)`,
      words: 'weeks',
      period: 'week',
    },
  },
];

function partOfYear(period: 'quarter' | 'half-year', letters: string, months: number): Spelling {
  const digit = (raw: string): string =>
    `coalesce(nullif(regexp_extract(upper(${raw}), '[${letters}]([1-4])', 1), ''), regexp_extract(upper(${raw}), '([1-4])[${letters}]', 1))`;
  const text = (raw: string): string =>
    `regexp_extract(${raw}, '\\d{4}') || '-' || lpad((${digit(raw)}::INTEGER * ${months} - ${months - 1})::VARCHAR, 2, '0')`;
  return { format: '%Y-%m', offset: false, clock: false, text, words: `${period}s`, period };
}

const WEEKDAY = /^(mon|tue|wed|thu|fri|sat|sun)[a-z]*(,?) /i;
const CLOCK =
  /^(,? at |, |[T ;,_]| {2,}|[-D](?=\d{2}:))?(\d{1,2})([:.h-]?)([0-5]\d)(?:\3([0-5]\d)(?:([.,:]| (?=\d{7}$)|(?=\d{3}$))(\d{1,9}))?)?( ?)([ap]m(?![a-z]))?(?![\d:])/i;
/** An offset, a zone, or both; Java and JavaScript put the zone's name in brackets behind it. */
const OFFSET =
  /^( ?)(Z|UTC|GMT|\((?:UTC|GMT)\)|(?:GMT|UTC)?[+-]\d{2}(?::?\d{2})?|[A-Z]+(?:\/[A-Z_]+)+|[A-Z]{3,4})( ?\([^()]+\)|\[[^[\]]+\])?$/i;

/** As C writes times: Jan  2 09:30:00 2024. */
const YEAR_LAST = new RegExp(`^${MONTH}( {1,2})\\d{1,2} (\\d{2}:\\d{2}:\\d{2}) (?:19|20)\\d{2}$`, 'i');

const ISO_DATE = /^%Y([-])%m\1%d$/;

/** `04.03.2024 00:00 - 04.03.2024 01:00` */
const UNTIL = /^(.*\d:\d{2}(?::\d{2})?) - (.*\d:\d{2}(?::\d{2})?)$/;

/** How one text is written; two ways where day and month could be swapped; null: it is no time. */
export function spellingOf(text: string): Spelling | TwoSpellings | null {
  const trimmed = text.trim();
  const [, from, to] = UNTIL.exec(trimmed) ?? [];
  if (from !== undefined && to !== undefined) {
    const start = spellingOf(from);
    if (start === null || spellingOf(to) === null) return null;
    const text = (raw: string): string => `split_part(${raw}, ' - ', 1)`;
    if (!isTwo(start)) return { ...start, text };
    const { dayFirst, monthFirst } = start;
    return { dayFirst: { ...dayFirst, text }, monthFirst: { ...monthFirst, text } };
  }
  const period = PERIODS.find(({ pattern }) => pattern.test(trimmed));
  if (period) return period.spelling;
  const weekday = WEEKDAY.exec(trimmed);
  const rest = weekday ? trimmed.slice(weekday[0].length) : trimmed;
  const prefix = weekday ? weekday[0].replace(/[a-z]+/i, (day) => (day.length > 3 ? '%A' : '%a')) : '';
  const numeric = NUMERIC_DATE.exec(rest);
  if (numeric) {
    const [whole, first, sep, second, digits] = numeric;
    const after = clockOf(rest.slice(whole.length));
    if (!after) return null;
    const [a, b] = [Number(first), Number(second)];
    const form = (date: string): Spelling => ({ ...after, format: `${prefix}${date}${after.format}` });
    const dayFirst = form(`%d${sep}%m${sep}${year(digits)}`);
    const monthFirst = form(`%m${sep}%d${sep}${year(digits)}`);
    if (a > 31 || b > 31 || (a > 12 && b > 12)) return null;
    if (a > 12) return dayFirst;
    return b > 12 ? monthFirst : { dayFirst, monthFirst };
  }
  const backwards = YEAR_LAST.exec(rest);
  if (backwards) {
    const [, name, spaces = '', clock = ''] = backwards;
    const found = clockOf(` ${clock}`);
    return found && { ...found, format: `${prefix}${month(name)}${spaces.slice(0, 1)}%d${found.format} %Y` };
  }
  for (const { pattern, format, period } of DATES) {
    const match = pattern.exec(rest);
    if (!match) continue;
    const after = clockOf(rest.slice(match[0].length));
    if (!after) continue;
    const date = prefix + format(match);
    // A cast cannot read an offset directly after minutes.
    const iso = ISO_DATE.test(date) && /^(?:[T ]%H:%M(?::%S(?:\.%[fgn])?(?:%z|Z)?)?)?$/i.test(after.format);
    return { ...after, format: iso ? null : date + after.format, ...(period && { period }) };
  }
  return null;
}

/** The format of a time of day alone, as in a separate column. */
export function clockFormat(text: string): string | null {
  const trimmed = text.trim();
  if (!/^\d{1,2}:\d{2}/.test(trimmed) && !/^\d{6}$|^\d{4}$/.test(trimmed)) return null;
  const found = clockOf(` ${trimmed}`);
  return found?.clock ? found.format.trimStart() : null;
}

type Followed = Omit<Spelling, 'format'> & { readonly format: string };

/** The format of what follows a date; null: it is no time of day. */
function clockOf(text: string): Followed | null {
  if (text === '') return { format: '', clock: false, offset: false };
  const match = CLOCK.exec(text);
  if (!match) return null;
  const [whole, sep = '', hours = '', colon = '', , seconds, point = '', fraction, space = '', half] = match;
  // Without a separator between date and time, the number of digits must be fixed.
  if (colon === '' && hours.length < 2) return null;
  // Elsewhere a dash begins an offset, and a dot a fraction.
  if ((colon === '-' && sep !== '_') || (colon === '.' && sep !== ' ')) return null;
  const hour = half === undefined ? '%H' : '%I';
  const part =
    fraction === undefined ? '' : `${point}${fraction.length > 6 ? '%n' : fraction.length > 3 ? '%f' : '%g'}`;
  const clock = `${sep}${hour}${colon}%M${seconds === undefined ? '' : `${colon}%S${part}`}`;
  const noon = half === undefined ? '' : `${space}%p`;
  const tail = text.slice(whole.length - (half === undefined ? space.length : 0));
  if (tail === '') return { format: clock + noon, clock: true, offset: false };
  return zoned(clock + noon, tail);
}

/** @param clock format of the time of day @param tail what follows it */
function zoned(clock: string, tail: string): Followed | null {
  const [, space = '', written = '', behind = ''] = OFFSET.exec(tail) ?? [];
  if (written === '') return null;
  const found = { clock: true, offset: true };
  if (OFFSETS.has(written)) return { ...found, format: `${clock}%z`, text: offsetsSql };
  if (/^[A-Z]{3,4}$/i.test(written) && !/^(?:UTC|GMT)$/i.test(written)) return null;
  const [prefix = ''] = /^(?:GMT|UTC)(?=[+-])/i.exec(written) ?? [];
  // A letter that DuckDB does not know as an offset, a zone name such as US/Eastern, or a number.
  const zone = /^(?:z|\(.*)$/i.test(written) ? written : /^[a-z_/]+$/i.test(written) ? '%Z' : `${prefix}%z`;
  return { ...found, format: `${clock}${space}${zone}${behind}` };
}

/** Abbreviations that name one offset. CST and IST name several. */
const OFFSETS: ReadonlyMap<string, string> = new Map([
  ...(['EST', 'EDT', 'MST', 'MDT', 'PST', 'PDT'] as const).map((name, at): [string, string] => [
    name,
    ['-0500', '-0400', '-0700', '-0600', '-0800', '-0700'][at] ?? '',
  ]),
  ['CET', '+0100'],
  ['CEST', '+0200'],
  ['MEZ', '+0100'],
  ['MESZ', '+0200'],
  ['BST', '+0100'],
  ['EET', '+0200'],
  ['EEST', '+0300'],
  ['MSK', '+0300'],
  ['HKT', '+0800'],
  ['SGT', '+0800'],
  ['JST', '+0900'],
  ['KST', '+0900'],
  ['AEST', '+1000'],
  ['AEDT', '+1100'],
]);

/** A cell with its abbreviation as an offset. */
function offsetsSql(raw: string): string {
  const name = `regexp_extract(trim(${raw}), ' ?([A-Z]{3,4})$', 1)`;
  const cases = [...OFFSETS, ['UTC', '+0000'], ['GMT', '+0000']].map(
    ([each, offset]) => `WHEN '${each}' THEN '${offset}'`,
  );
  return `regexp_replace(trim(${raw}), ' ?[A-Z]{3,4}$', '') || CASE ${name} ${cases.join(' ')} ELSE '' END`;
}

function isTwo(spelling: Spelling | TwoSpellings): spelling is TwoSpellings {
  return 'dayFirst' in spelling;
}

/** The spellings of several texts. */
interface ColumnSpelling {
  /** One where the texts decide it; two where day and month stay open. */
  readonly readings: readonly (readonly Spelling[])[];
}

/**
 * How texts are written, with and without fractions and offsets. A text that is no time is a mistake to report; null if most are
 * none.
 */
export function spellingOfAll(texts: readonly string[]): ColumnSpelling | null {
  let found = known.get(texts);
  if (found === undefined) known.set(texts, (found = spelled(texts)));
  return found;
}

/** Several look at the same column. */
const known = new WeakMap<readonly string[], ColumnSpelling | null>();

function spelled(texts: readonly string[]): ColumnSpelling | null {
  if (texts.length > 0 && texts.every((text) => /^\d{4}$/.test(text.trim())))
    return { readings: [[{ format: '%Y', offset: false, clock: false }]] };
  const six = texts.filter((text) => /^\d{6}$/.test(text.trim()));
  if (six.length > 0 && six.length * 2 >= texts.length) return sixDigits(six);
  if (texts.length > 0 && texts.every((text) => SHORT_MONTH.test(text.trim()))) return shortMonths(texts);
  const certain = new Map<string, Spelling>();
  const open: TwoSpellings[] = [];
  let strangers = 0;
  for (const text of texts) {
    const spelling = spellingOf(text);
    if (spelling === null) strangers++;
    else if (isTwo(spelling)) open.push(spelling);
    else certain.set(spelling.format ?? 'iso', spelling);
  }
  if (certain.size + open.length === 0 || strangers * 2 > texts.length) return null;
  const told = [...certain.values()];
  if (open.length === 0) return { readings: [told] };
  const order = told.map(({ format }) => (format ?? '').search('%d') < (format ?? '').search('%m'));
  const both = (pick: (two: TwoSpellings) => Spelling): Spelling[] => {
    const all = new Map(told.map((each) => [each.format ?? 'iso', each]));
    for (const two of open) all.set(pick(two).format ?? 'iso', pick(two));
    return [...all.values()];
  };
  if (order.length === 0) return { readings: [both((two) => two.dayFirst), both((two) => two.monthFirst)] };
  if (new Set(order).size > 1) return null;
  return { readings: [both((two) => (order[0] ? two.dayFirst : two.monthFirst))] };
}

/**
 * Jan-24 and the like. Days of a month are many numbers under few months; months of years, months under few numbers. Null: days, or
 * not enough to tell.
 */
function shortMonths(texts: readonly string[]): ColumnSpelling | null {
  const numbers = new Set(texts.map((text) => text.trim().slice(-2)));
  const isYear = (number: string): boolean => Number(number) === 0 || Number(number) > 31;
  const told =
    [...numbers].some(isYear) ||
    (texts.length > 1 && (numbers.size === 1 || (texts.length >= numbers.size * 6 && numbers.size < 25)));
  if (!told) return null;
  const [, name = '', mark = '-'] = /^([a-z]+)(.)/i.exec(texts[0]?.trim() ?? '') ?? [];
  return {
    readings: [[{ format: `${month(name)}${mark}%y`, offset: false, clock: false, period: 'month' }]],
  };
}

/** Dates of six digits, with years from 1970 to 2049. */
const SIX_DIGITS: readonly (readonly [format: string, pattern: RegExp])[] = [
  ['%Y%m', /^(?:1[89]|20)\d{2}(?:0[1-9]|1[0-2])$/],
  ['%y%m%d', /^[0-47-9]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/],
  ['%d%m%y', /^(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])[0-47-9]\d$/],
  ['%m%d%y', /^(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[0-47-9]\d$/],
];

/** All readings of six-digit dates; null where some are no dates. */
function sixDigits(texts: readonly string[]): ColumnSpelling | null {
  const formats = SIX_DIGITS.filter(([, pattern]) => texts.every((text) => pattern.test(text.trim())));
  if (formats.length === 0) return null;
  return { readings: formats.map(([format]) => [{ format, offset: false, clock: false }]) };
}
