import { existsSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { union } from '../../engine/plan/ranges.js';
import { SeamlessError } from '../../sdk/errors.js';
import { addTo } from '../../sdk/lists.js';
import { formatRange, type Range } from '../../sdk/time/time.js';
import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from '../duckdb/sql.js';
import { movedAway } from '../duckdb/file.js';
import type { Session } from '../duckdb/session.js';
import { classOf } from '../names/strategy-names.js';
import { placesOf } from '../packs/layout.js';
import { OpenPacks, PackDamage } from '../packs/read-pack.js';
import { atomically, type Segment, type StoreContext } from '../segments/catalog.js';

/** Most nodes that a message names. */
const MOST_NAMED = 3;

/** Suffix of a damaged pack that was set aside. */
const ASIDE = '.damaged';

/**
 * Part of the cache was damaged and has been set aside; the rest is sound. A run starts again; a request that only reads reports
 * it.
 */
export class DamageFound extends SeamlessError {
  /** A sentence that says what was set aside. */
  readonly what: string;

  constructor(what: string, cause?: unknown) {
    super('cache', `${what} Run again to rebuild what is needed.`, { cause });
    this.what = what;
  }
}

/**
 * Removes a damaged pack from the cache: its rows are no longer covered or reused. Other damaged packs of the same nodes are
 * removed as well, so that they are not found one by one. Returns the error to throw. Call it outside a transaction. If the whole
 * cache is gone, its packs are not damaged.
 */
export async function setPackAside(context: StoreContext, damaged: string): Promise<SeamlessError> {
  const moved = movedAway(dirname(context.folder));
  if (moved) return moved;
  const packs = [damaged, ...(await damagedBeside(context, damaged))];
  const ids = (await context.catalog.segmentsIn(packs)).map(({ id }) => id);
  const text = await describe(context.session, ids);
  await atomically(context, async () => {
    await endDependents(context.session, ids);
    for (const [table, column] of [
      ['coverage', 'segment'],
      ['segments', 'id'],
    ] as const) {
      await context.session.run(
        `DELETE FROM ${table} WHERE ${column} IN (SELECT ${unnestNumbers(1, 'INTEGER')})`,
        [listParameter(ids.length > 0 ? ids : [-1])],
      );
    }
    await context.session.run(`DELETE FROM packs WHERE name IN (SELECT ${unnestTexts(1)})`, [
      jsonParameter(packs),
    ]);
  });
  context.catalog.forget();
  for (const name of packs) {
    const path = join(context.folder, name);
    if (existsSync(path)) renameSync(path, `${path}${ASIDE}`);
  }
  return new DamageFound(text);
}

/** Other damaged packs with rows of the same nodes. */
async function damagedBeside({ session, catalog, folder }: StoreContext, damaged: string): Promise<string[]> {
  const rows = await session.select(
    { name: 'text' },
    `SELECT DISTINCT p.name FROM segments g JOIN packs p ON p.id = g.pack
     WHERE p.name <> $1 AND g.fingerprint IN (SELECT s.fingerprint FROM segments s JOIN packs o ON o.id = s.pack WHERE o.name = $1)`,
    [damaged],
  );
  const found: string[] = [];
  for (const { name } of rows) {
    if (!isSound(folder, name, await catalog.segmentsIn([name]))) found.push(name);
  }
  return found;
}

/** Whether a pack still has everything its segments need. */
function isSound(folder: string, pack: string, segments: readonly Segment[]): boolean {
  const packs = new OpenPacks(folder);
  try {
    for (const { layout, rows } of segments) {
      const { state } = layout();
      for (const place of rows > 0 ? placesOf(layout()) : []) packs.page(pack, place);
      if (state) packs.bytes(pack, state[0], state[2], new Uint8Array(state[1]));
    }
    return true;
  } catch (error) {
    if (error instanceof PackDamage) return false;
    throw error;
  } finally {
    packs.close();
  }
}

/**
 * Ends the coverage of what depends on streams that lost rows, from the first lost row on. A source change is noticed by
 * comparing the stream's rows; without them, dependents must not be trusted until the stream is read again.
 */
async function endDependents(session: Session, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await session.run(
    `WITH RECURSIVE lost AS (
       SELECT c.fingerprint, min(c.start_ts) AS since FROM coverage c JOIN nodes n USING (fingerprint)
       WHERE n.kind = 'stream' AND c.segment IN (SELECT ${unnestNumbers(1, 'INTEGER')}) GROUP BY c.fingerprint),
     affected(fingerprint, since) AS (
       SELECT i.fingerprint, l.since FROM lost l JOIN node_inputs i ON i.input = l.fingerprint
       UNION SELECT i.fingerprint, a.since FROM affected a JOIN node_inputs i ON i.input = a.fingerprint)
     DELETE FROM coverage USING (SELECT fingerprint, min(since) AS since FROM affected GROUP BY fingerprint) a
     WHERE coverage.fingerprint = a.fingerprint AND coverage.end_ts >= a.since`,
    [listParameter(ids)],
  );
}

/** A sentence that names the nodes whose rows are gone. */
async function describe(session: Session, ids: readonly number[]): Promise<string> {
  const rows =
    ids.length === 0
      ? []
      : await session.select(
          { strategy: 'text', node: 'text', start_ts: 'number', end_ts: 'number' },
          `SELECT DISTINCT n.strategy, n.node, c.start_ts, c.end_ts
           FROM coverage c JOIN names n USING (fingerprint)
           WHERE n.replaced_at IS NULL AND c.segment IN (SELECT ${unnestNumbers(1, 'INTEGER')})
           ORDER BY n.strategy, n.node, c.start_ts`,
          [listParameter(ids)],
        );
  const lost = new Map<string, Range[]>();
  for (const { strategy, node, start_ts: start, end_ts: end } of rows) {
    addTo(lost, `${node} of ${classOf(strategy)}`, { start, end });
  }
  const named = [...lost]
    .slice(0, MOST_NAMED)
    .map(([name, ranges]) => `${name} (${union(ranges).map(formatRange).join(', ')})`);
  const more = lost.size > MOST_NAMED ? ` and ${lost.size - MOST_NAMED} more` : '';
  const what = named.length > 0 ? `of ${named.join(', ')}${more}` : 'of nodes that are no longer in use';
  return `Rows ${what} were damaged in the cache, and were set aside.`;
}
