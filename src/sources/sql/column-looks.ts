import { DAY } from '../../sdk/time/time.js';
import { CLOCK_NAME, LARGEST_CLOCK } from '../time/clock.js';
import { YEARS } from '../time/column.js';
import type { ColumnLook } from '../time/look.js';
import type { OpenStream } from '../../engine/ports/source.js';
import { isNumberType } from './relation.js';
import { sqlName } from '../../sdk/sql-text.js';

/** Distinct texts of a column that are looked at. */
const SAMPLE_TEXTS = 2_000;

/** Sizes of numbers such as 202401, 20240102, 20240102093000 and 20240102093000000. */
const DATES = [
  [180_001, 210_012],
  [19_000_101, 21_001_231],
  [19_000_101_000_000, 21_001_231_235_959],
  [19_000_101_000_000_000, 21_001_232_000_000_000],
] as const;

/** Sizes of numbers in a column of this name that may be times: years and times of day, too. */
function sizesOf(name: string): readonly (readonly [number, number])[] {
  if (YEARS.test(name.trim())) return [[1500, 2199]];
  return CLOCK_NAME.test(name) ? [...DATES, [0, LARGEST_CLOCK]] : DATES;
}

type Row = Readonly<Record<string, unknown>>;

/** What the rows show about each column; columns are called c0, c1, …. @param from the FROM clause */
export async function columnLooks(
  names: readonly string[],
  types: readonly string[],
  from: string,
  ask: (sql: string) => Promise<Record<string, unknown>[]>,
): Promise<ColumnLook[]> {
  const select = async (selected: readonly string[]): Promise<Row> => {
    const [row = {}] = selected.length > 0 ? await ask(`SELECT ${selected.join(', ')} FROM ${from}`) : [];
    return row;
  };
  const row = await select(
    types.flatMap((type, i) => {
      const number = `abs(CAST(c${i} AS DOUBLE))`;
      if (isNumberType(type)) return [`min(${number}) AS least${i}`, `max(${number}) AS largest${i}`];
      return type === 'VARCHAR' ? [`list(DISTINCT c${i})[:${SAMPLE_TEXTS}] AS texts${i}`] : [];
    }),
  );
  const times = await select(
    types.flatMap((type, i) => {
      if (!isNumberType(type) || !mayBeTimes(names[i] ?? '', row, i)) return [];
      const digits = `CAST(TRY_CAST(c${i} AS BIGINT) AS VARCHAR)`;
      return [`(list(DISTINCT ${digits}) FILTER (c${i} >= 0))[:${SAMPLE_TEXTS}] AS texts${i}`];
    }),
  );
  return names.map((name, i) => lookOf(name, types[i] ?? '', { ...row, ...times }, i));
}

/** Whether all numbers of a column are of a size that times have. */
function mayBeTimes(name: string, row: Row, index: number): boolean {
  const [least, largest] = [row[`least${index}`], row[`largest${index}`]].map((size) => Number(size ?? 0));
  return sizesOf(name).some(([from, to]) => (least ?? 0) >= from && (largest ?? 0) <= to);
}

/**
 * A table with its columns. If a date and a time of day are in separate columns, both are read as text, where bars are shorter
 * than a day.
 * @param source the FROM clause
 */
export function datesAsTexts(
  { interval }: OpenStream,
  source: string,
  described: readonly Record<string, unknown>[],
): { readonly source: string; readonly names: readonly string[]; readonly types: readonly string[] } {
  const names = described.map((row) => String(row['column_name']));
  const types = described.map((row) => String(row['column_type']));
  if (interval >= DAY || !types.includes('DATE') || !types.includes('TIME')) return { source, names, types };
  const parts = names.filter((_, index) => ['DATE', 'TIME'].includes(types[index] ?? ''));
  const texts = parts.map((name) => sqlName(name)).map((name) => `CAST(${name} AS VARCHAR) AS ${name}`);
  return {
    source: `(SELECT * REPLACE (${texts.join(', ')}) FROM ${source})`,
    names,
    types: types.map((type) => (['DATE', 'TIME'].includes(type) ? 'VARCHAR' : type)),
  };
}

function lookOf(name: string, type: string, row: Row, index: number): ColumnLook {
  const list: unknown = row[`texts${index}`];
  const texts = Array.isArray(list) ? list.filter((each): each is string => typeof each === 'string') : [];
  const least = Number(row[`least${index}`] ?? 0);
  const largest = Number(row[`largest${index}`] ?? 0);
  if (isNumberType(type)) return { name, holds: 'number', texts, least, largest };
  const temporal = type === 'DATE' || type.startsWith('TIMESTAMP');
  return { name, holds: temporal ? 'time' : type === 'VARCHAR' ? 'text' : 'other', texts, least, largest };
}
