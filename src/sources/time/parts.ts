import type { ColumnLook } from './look.js';

/** Columns with the parts of a date: year, month and, where there is one, day. */
export interface DateParts {
  readonly month: number;
  readonly day: number | null;
  /** How months are written: numbers, M01, or names. */
  readonly format: '%m' | '%b' | '%B';
  /** Whether the column has quarters instead of months. */
  readonly quarters: boolean;
}

const MONTH = /^(?:month|months|mon|mm|mo|monat|mois|mes|mês|mese|月|월)$/i;
const QUARTER = /^(?:quarter|qtr|q|quartal|trimestre?)$/i;
const DAY = /^(?:day|days|dd|dom|day of month|mday|tag|jour|d[ií]a|giorno|日|일)$/i;
const NAMES =
  /^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)$/i;

/** The columns beside one of years that complete its dates; null: there are none. */
export function partsBeside(looks: readonly ColumnLook[], year: number): DateParts | null {
  const named = (pattern: RegExp, most: number): number =>
    looks.findIndex(
      ({ name, holds, least, largest }, index) =>
        index !== year && pattern.test(name.trim()) && holds === 'number' && least >= 1 && largest <= most,
    );
  const texts = looks.findIndex(
    ({ name, holds, texts }, index) =>
      index !== year &&
      holds === 'text' &&
      texts.length > 0 &&
      (MONTH.test(name.trim()) || /^period$/i.test(name.trim())) &&
      isMonths(texts),
  );
  const numbers = named(MONTH, 12);
  const month = numbers >= 0 ? numbers : texts;
  if (month < 0) return quarterBeside(looks, named(QUARTER, 4));
  const day = named(DAY, 31);
  const first = numbers >= 0 ? '' : (looks[month]?.texts.find((text) => text.trim().length > 0) ?? '');
  const format = !NAMES.test(first.trim())
    ? '%m'
    : looks[month]?.texts.some((text) => text.trim().length > 3)
      ? '%B'
      : '%b';
  return { month, day: day < 0 ? null : day, format, quarters: false };
}

/** @param numbered position of a column of quarters from 1 to 4; negative: there is none */
function quarterBeside(looks: readonly ColumnLook[], numbered: number): DateParts | null {
  const written = looks.findIndex(
    ({ name, holds, texts }) =>
      (QUARTER.test(name.trim()) || /^period$/i.test(name.trim())) &&
      holds === 'text' &&
      texts.length > 0 &&
      texts.every((text) => /^Q0?[1-4]$/i.test(text.trim())),
  );
  const month = numbered >= 0 ? numbered : written;
  return month < 0 ? null : { month, day: null, format: '%m', quarters: true };
}

function isMonths(texts: readonly string[]): boolean {
  return (
    texts.every((text) => /^M(?:0[1-9]|1[0-3])$/.test(text.trim())) ||
    texts.every((text) => NAMES.test(text.trim()))
  );
}

/** SQL for the text of a date, written as `%Y-${format}-%d`. @param year SQL */
export function dateSql(year: string, { month, day, format, quarters }: DateParts): string {
  const number = (raw: string): string => `regexp_extract(CAST(${raw} AS VARCHAR), '\\d+')`;
  const digits = (raw: string): string => `lpad(${number(raw)}, 2, '0')`;
  const first = `lpad((TRY_CAST(${number(`c${month}`)} AS INTEGER) * 3 - 2)::VARCHAR, 2, '0')`;
  const months = quarters ? first : format === '%m' ? digits(`c${month}`) : `trim(c${month})`;
  return `regexp_extract(CAST(${year} AS VARCHAR), '\\d+') || '-' || ${months} || '-' || ${day === null ? "'01'" : digits(`c${day}`)}`;
}
