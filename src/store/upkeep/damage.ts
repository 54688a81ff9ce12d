import { union } from '../../engine/plan/ranges.js';
import { SeamlessError } from '../../sdk/errors.js';
import { formatRange, type Range } from '../../sdk/time.js';
import { loadAxes, type Axis } from '../segments/axes.js';
import { endDependents } from '../segments/coverage.js';
import type { StoreContext } from '../segments/interned.js';
import { listParameter, unnestNumbers } from '../duckdb/sql.js';
import { classOf } from '../names/strategy-names.js';

/** Nodes a message names at the most. */
const MOST_NAMED = 3;

/**
 * What the cache held proved damaged and was set aside: the cache is sound again, without it. Whoever can compute begins anew;
 * whoever only reads tells a person.
 */
export class DamageFound extends SeamlessError {
  /** What was set aside, in a sentence. */
  readonly what: string;

  constructor(what: string, cause?: unknown) {
    super('cache', `${what} Run again to rebuild what is needed.`, { cause });
    this.what = what;
  }
}

/** Parts of the cache that are not what was stored. */
export interface Damage {
  readonly segments: readonly number[];
  readonly axes: readonly number[];
}

/**
 * Takes damaged segments out of the cache, and those whose times are: nothing covers their ranges any more, and nothing adopts
 * them. Gives the error that says so. To be called outside of a transaction.
 */
export async function setDamageAside(context: StoreContext, damage: Damage): Promise<DamageFound> {
  const { session } = context;
  const ids = await concerned(context, damage);
  const text = await describe(context, ids);
  await session.run('BEGIN');
  try {
    await endDependents(context, await firstOfStreams(context, ids));
    await removeSegments(context, ids);
    if (damage.axes.length > 0) {
      // Else the next segment with these times would be given the damaged ones.
      const gone = `(SELECT ${unnestNumbers(1, 'INTEGER')})`;
      await session.run(`DELETE FROM axes WHERE id IN ${gone}`, [listParameter(damage.axes)]);
      await session.run(`DELETE FROM axis_cells WHERE axis IN ${gone}`, [listParameter(damage.axes)]);
    }
    await session.run('COMMIT');
  } catch (error) {
    // What matters is the first error; a transaction that failed to commit is gone already.
    await session.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
  return new DamageFound(text);
}

/** Axes by id, all of them. @throws DamageFound when one is not what was stored. */
export async function soundAxes(
  context: StoreContext,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, Axis>> {
  const wanted = [...ids];
  const axes = await loadAxes(context, wanted);
  const damaged = wanted.filter((id) => !axes.has(id));
  if (damaged.length > 0) throw await setDamageAside(context, { segments: [], axes: damaged });
  return axes;
}

async function concerned({ session }: StoreContext, { segments, axes }: Damage): Promise<number[]> {
  if (axes.length === 0) return [...segments];
  const rows = await session.select(
    `SELECT id FROM segments WHERE axis IN (SELECT ${unnestNumbers(1, 'INTEGER')})`,
    [listParameter(axes)],
  );
  return [...new Set([...segments, ...rows.numbers('id')])];
}

/**
 * From when on each stream loses rows. As long as its rows are there, a change of its source is noticed by them; without, what
 * depends on them must not be believed before they are read again.
 */
async function firstOfStreams(
  { session }: StoreContext,
  ids: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await session.select(
    `SELECT c.fp, min(c.start_ts) AS since FROM coverage c JOIN nodes n ON n.fp = c.fp
     WHERE n.kind = 'stream' AND c.segment IN (SELECT ${unnestNumbers(1, 'INTEGER')}) GROUP BY c.fp`,
    [listParameter(ids)],
  );
  const since = rows.numbers('since');
  return new Map(rows.numbers('fp').map((fp, row) => [fp, since[row] as number]));
}

async function removeSegments({ session }: StoreContext, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const gone = `(SELECT ${unnestNumbers(1, 'INTEGER')})`;
  for (const [table, column] of [
    ['coverage', 'segment'],
    ['segments', 'id'],
    ['cells', 'segment'],
  ] as const) {
    await session.run(`DELETE FROM ${table} WHERE ${column} IN ${gone}`, [listParameter(ids)]);
  }
}

/** Which nodes' rows are gone, in a sentence. */
async function describe({ session }: StoreContext, ids: readonly number[]): Promise<string> {
  const lost = new Map<string, Range[]>();
  if (ids.length > 0) {
    const rows = await session.select(
      `SELECT DISTINCT n.strategy, n.node, c.start_ts, c.end_ts
       FROM coverage c JOIN names n ON n.fp = c.fp
       WHERE n.replaced_at IS NULL AND c.segment IN (SELECT ${unnestNumbers(1, 'INTEGER')})
       ORDER BY n.strategy, n.node, c.start_ts`,
      [listParameter(ids)],
    );
    const [nodes, starts, ends] = [rows.texts('node'), rows.numbers('start_ts'), rows.numbers('end_ts')];
    rows.texts('strategy').forEach((strategy, row) => {
      const name = `${nodes[row]} of ${classOf(strategy)}`;
      const range = { start: starts[row] as number, end: ends[row] as number };
      lost.set(name, [...(lost.get(name) ?? []), range]);
    });
  }
  const named = [...lost]
    .slice(0, MOST_NAMED)
    .map(([name, ranges]) => `${name} (${union(ranges).map(formatRange).join(', ')})`);
  const more = lost.size > MOST_NAMED ? ` and ${lost.size - MOST_NAMED} more` : '';
  const what = named.length > 0 ? `of ${named.join(', ')}${more}` : 'of nodes that are no longer in use';
  return `Rows ${what} were damaged in the cache, and were set aside.`;
}
