import type { Seconds } from '../../sdk/time/time.js';
import { selectBars, type Relation } from './relation.js';

/**
 * How many rows have a rounded time, and the earliest of those times before rounding.
 * @param pruned conditions on the relation; `where` on the opens of its rows: SQL clauses
 */
export async function roundedRows(
  relation: Relation,
  pruned: string,
  where: string,
  ask: (sql: string) => Promise<Record<string, unknown>[]>,
): Promise<{ readonly count: number; readonly first: Seconds }> {
  if (!relation.reading.exact) return { count: 0, first: Number.NaN };
  const rows = `SELECT ${selectBars({ ...relation, expressions: [] })} FROM ${relation.from}${pruned}`;
  const [row] = await ask(`SELECT count(exact)::DOUBLE AS count, min(exact) AS first FROM (${rows})${where}`);
  return { count: Number(row?.['count']), first: Number(row?.['first']) };
}
