import type { OpenStream } from '../../engine/ports/source.js';
import { nextOpen } from '../../sdk/time/grid.js';
import { formatTime, type Range, type Seconds } from '../../sdk/time/time.js';
import { MOST_SKIPPED } from '../csv/around.js';
import type { Notes } from '../conformance.js';
import type { Database } from './database.js';
import { openSql, type Relation } from './relation.js';

/** Rows without a time, and where they are among the others. */
export interface Untimed {
  readonly cell: string | null;
  /** Opens of the neighbouring rows; null: none. */
  readonly before: Seconds | null;
  readonly after: Seconds | null;
}

/** Rows without a time, in file order, each with its neighbours' opens. */
function placedSql({ from, reading, time, clock }: Relation, timed: string): string {
  const open = openSql({ reading, time, clock } as Relation);
  const near = (way: 'lag' | 'lead'): string =>
    `${way}(CASE WHEN isfinite(open) THEN open END IGNORE NULLS) OVER (ORDER BY place)`;
  return `FROM (SELECT cell, timed, ${near('lag')} AS before, ${near('lead')} AS after
    FROM (SELECT ${open} AS open, CAST(c${time} AS VARCHAR) AS cell, ${timed} AS timed, row_number() OVER () AS place FROM ${from}))
    WHERE timed IS NULL`;
}

/** Null: too many for the file to be what it was taken for. */
export async function untimedRows(
  database: Database,
  relation: Relation,
  timed: string,
): Promise<readonly Untimed[] | null> {
  const rows = await database.rows(
    `SELECT cell, before, after ${placedSql(relation, timed)} LIMIT ${MOST_SKIPPED + 1}`,
  );
  if (rows.length > MOST_SKIPPED) return null;
  return rows.map(({ cell, before, after }) => ({
    cell: typeof cell === 'string' ? cell : null,
    before: typeof before === 'number' ? before : null,
    after: typeof after === 'number' ? after : null,
  }));
}

/** The bars hidden by a row without a time: its neighbours, and anything between them. */
export function hiddenBy(stream: OpenStream, { before, after }: Untimed): Range {
  return {
    start: before ?? after ?? -Infinity,
    end: after === null ? Infinity : nextOpen(after, stream),
  };
}

/**
 * Counts the rows without a time that belong to a range. Each belongs to the bar before it, or to the first bar.
 * @param first open of the first bar
 */
export async function countUntimed(
  database: Database,
  relation: Relation,
  timed: string,
  range: Range,
  first: Seconds,
  notes: Notes,
): Promise<void> {
  const place = `coalesce(before, ${first}::DOUBLE)`;
  const ends = [
    ...(Number.isFinite(range.start) ? [`${place} >= ${range.start}::DOUBLE`] : []),
    ...(Number.isFinite(range.end) ? [`${place} < ${range.end}::DOUBLE`] : []),
  ];
  const [row] = await database.rows(
    `SELECT count(*)::DOUBLE AS count, min(cell) AS cell, min(before) AS before FROM (SELECT * ${placedSql(relation, timed)})
     WHERE ${['true', ...ends].join(' AND ')}`,
  );
  const { count, cell, before } = row ?? {};
  const example =
    typeof cell === 'string'
      ? JSON.stringify(cell)
      : typeof before === 'number'
        ? `after ${formatTime(before)}`
        : null;
  notes.add('rows without a time left out', Number(count ?? 0), example);
}
