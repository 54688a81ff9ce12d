import type { ColumnLook } from '../time/column.js';
import { isNumberType } from './relation.js';

/** Distinct texts of a column that are looked at. */
const SAMPLE_TEXTS = 2_000;

/** What rows show of each of their columns, which are called c0, c1, …. @param from what follows FROM */
export async function columnLooks(
  names: readonly string[],
  types: readonly string[],
  from: string,
  ask: (sql: string) => Promise<Record<string, unknown>[]>,
): Promise<ColumnLook[]> {
  const selected = types.flatMap((type, i) => {
    if (isNumberType(type)) {
      const number = `abs(CAST(c${i} AS DOUBLE))`;
      const digits = `CAST(TRY_CAST(c${i} AS BIGINT) AS VARCHAR)`;
      // Only whole numbers of the size of a date can be dates.
      const dates = `(list(DISTINCT ${digits}) FILTER (c${i} BETWEEN 19000101 AND 21001231))[:${SAMPLE_TEXTS}]`;
      return [`min(${number}) AS least${i}`, `max(${number}) AS largest${i}`, `${dates} AS texts${i}`];
    }
    return type === 'VARCHAR' ? [`list(DISTINCT c${i})[:${SAMPLE_TEXTS}] AS texts${i}`] : [];
  });
  const [row = {}] = selected.length > 0 ? await ask(`SELECT ${selected.join(', ')} FROM ${from}`) : [];
  return names.map((name, i) => lookOf(name, types[i] ?? '', row, i));
}

function lookOf(
  name: string,
  type: string,
  row: Readonly<Record<string, unknown>>,
  index: number,
): ColumnLook {
  const list: unknown = row[`texts${index}`];
  const texts = Array.isArray(list) ? list.filter((each): each is string => typeof each === 'string') : [];
  const least = Number(row[`least${index}`] ?? 0);
  const largest = Number(row[`largest${index}`] ?? 0);
  if (isNumberType(type)) {
    const dates = least >= 19_000_101 && largest <= 21_001_231;
    return { name, holds: 'number', texts: dates ? texts : [], least, largest };
  }
  const temporal = type === 'DATE' || type.startsWith('TIMESTAMP');
  return { name, holds: temporal ? 'time' : type === 'VARCHAR' ? 'text' : 'other', texts, least, largest };
}
