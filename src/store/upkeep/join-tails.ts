import { earliest } from '../../engine/plan/since.js';
import type { NewSegment } from '../../engine/ports/store.js';
import { listParameter, unnestNumbers } from '../duckdb/sql.js';
import { now } from '../duckdb/schema.js';
import { atomically, unpackSince, type Cover, type StoreContext } from '../segments/catalog.js';
import { commit } from '../segments/commit.js';
import { withPacks } from '../segments/reading.js';
import { deleteUnnamed, discardEmptyPacks } from './discard.js';

/** So many short segments at the end of a node's rows are joined into one. */
const LEAST_JOINED = 4;

/** Of many nodes only a share at a time, so that no run pays for all: as many as keep up with a run a day. */
const FEW_NODES = 4000;

/** Segments with more rows are not short. */
const SHORT_ROWS = 512;

/** Most rows × columns in memory at once. A node counts as so many at least, since its segments take memory, too. */
const MOST_CELLS = 1_000_000;
const LEAST_CELLS = 1000;

/** Instead of a code hash: neither a joined segment nor its parts are reused for other nodes. */
const JOINED = 'joined';

/** For so long, a report of an earlier run may still be read from segments that were joined since. */
const KEPT_S = 7 * 86_400;

/** Short segments at the end of a node's rows. */
interface Tail {
  readonly fingerprint: string;
  readonly covers: readonly Cover[];
}

/**
 * Joins the short segments that daily runs leave at the end of each node's rows, so that the catalog does not grow by a row for
 * each node and day. Only of nodes whose coverage was asked for, so that nothing is read for others.
 * @param least how many short segments of a node are joined
 */
export async function joinTails(context: StoreContext, least = LEAST_JOINED): Promise<void> {
  const tails = await context.session.exclusive(() => {
    const { known } = context.catalog;
    const most = Math.max(FEW_NODES, Math.ceil(known.size / Math.max(1, least - 1)));
    return Promise.resolve(
      Array.from(known, ([fingerprint, covers]) => ({
        fingerprint,
        covers: tailOf(covers),
      }))
        .filter(({ covers }) => covers.length >= least)
        .sort((a, b) => b.covers.length - a.covers.length)
        .slice(0, most),
    );
  });
  if (tails.length === 0) return;
  for (const some of batches(tails)) await join(context, some);
  await dropOld(context);
}

function tailOf(covers: readonly Cover[]): readonly Cover[] {
  let from = covers.length;
  while (from > 0 && continues(covers[from - 1] as Cover, covers[from])) from--;
  return covers.slice(from);
}

/** Whether a cover is a whole short segment, and the next one, if any, follows it with the same columns. */
function continues({ start, end, segment }: Cover, next: Cover | undefined): boolean {
  const isWhole = segment.start === start && segment.end === end;
  if (!isWhole || segment.rows > SHORT_ROWS || segment.rows === 0) return false;
  return (
    !next || (next.start === end && JSON.stringify(next.segment.schema) === JSON.stringify(segment.schema))
  );
}

function batches(tails: readonly Tail[]): Tail[][] {
  const all: Tail[][] = [];
  let cells = Infinity;
  for (const tail of tails) {
    const rows = tail.covers.reduce((sum, { segment }) => sum + segment.rows, 0);
    const own = Math.max(LEAST_CELLS, rows * (1 + (tail.covers[0]?.segment.schema.names.length ?? 0)));
    if (cells + own > MOST_CELLS) {
      all.push([]);
      cells = 0;
    }
    all.at(-1)?.push(tail);
    cells += own;
  }
  return all;
}

async function join(context: StoreContext, found: readonly Tail[]): Promise<void> {
  // A scan's state is that at the end of a segment.
  const tails = found.filter(({ covers }) => covers.every(({ segment }) => segment.layout().state === null));
  if (tails.length === 0) return;
  const segments = await context.session.exclusive(() =>
    withPacks(context, (reader) =>
      tails.map(({ fingerprint, covers }): NewSegment => {
        const since = earliest([...new Set(covers.map((cover) => cover.since))].map(unpackSince));
        return {
          fingerprint,
          codeHash: JOINED,
          range: { start: (covers[0] as Cover).start, end: (covers.at(-1) as Cover).end },
          table: reader.table(covers.map(({ segment }) => ({ segment, from: 0, to: segment.rows }))),
          inputDigests: [],
          ...(since && { since }),
        };
      }),
    ),
  );
  const invalidations = segments.map(({ fingerprint, range }) => ({ fingerprint, range }));
  await commit(context, { invalidations, segments, reuses: [], sources: [] });
  const parts = tails.flatMap(({ covers }) => covers.map(({ segment }) => segment.id));
  await context.session.exclusive(() =>
    context.session.run(
      `UPDATE segments SET own = '${JOINED}' FROM (SELECT ${unnestNumbers(1, 'INTEGER')} AS part) w WHERE id = w.part`,
      [listParameter(parts)],
    ),
  );
  context.catalog.drop(parts);
}

/** Deletes segments that were joined long ago and that no node covers. */
async function dropOld(context: StoreContext): Promise<void> {
  const { session, catalog } = context;
  await session.exclusive(async () => {
    const old = await session.select(
      { id: 'integer' },
      `SELECT id FROM segments WHERE own = '${JOINED}' AND created_at < $1 AND id NOT IN (SELECT segment FROM coverage)`,
      [now() - KEPT_S],
    );
    if (old.length === 0) return;
    await atomically(context, async () => {
      await session.run(`DELETE FROM segments WHERE id IN (SELECT ${unnestNumbers(1, 'INTEGER')})`, [
        listParameter(old.map(({ id }) => id)),
      ]);
      await discardEmptyPacks(context);
    });
    catalog.forget();
    await deleteUnnamed(context);
  });
}
