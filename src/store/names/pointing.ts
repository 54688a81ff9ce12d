import { BOOLEAN, INTEGER, TIMESTAMP, VARCHAR, type DuckDBValue } from '@duckdb/node-api';
import type { NodeRecord } from '../../engine/ports/store.js';
import { jsonParameter, unnestTexts } from '../duckdb/sql.js';
import { transact, type StoreContext } from '../segments/interned.js';
import { currentNames, nameKey, timestampNow } from './registry.js';

/** A name that is to stand for another version, and its place among those of the strategy. */
interface Moved {
  readonly node: NodeRecord;
  readonly position: number;
  readonly fp: number;
}

/** See `NodeStore.point`. @returns whether any name moved */
export async function point(
  context: StoreContext,
  nodes: readonly NodeRecord[],
  held: ReadonlySet<string>,
): Promise<boolean> {
  const moved = await context.session.exclusive(() => movedNames(context, nodes, held));
  if (moved.length === 0) return false;
  await transact(context, async () => {
    const now = timestampNow();
    await context.session.run(
      `UPDATE names SET replaced_at = make_timestamp($3::BIGINT)
       FROM (SELECT ${unnestTexts(1)} AS strategy, ${unnestTexts(2)} AS node) w
       WHERE names.strategy = w.strategy AND names.node = w.node AND replaced_at IS NULL`,
      [
        jsonParameter(moved.map(({ node }) => node.strategy)),
        jsonParameter(moved.map(({ node }) => node.node)),
        Number(now.micros),
      ],
    );
    const added = moved.map(({ node: { strategy, node }, position, fp }): DuckDBValue[] => {
      return [strategy, node, position, fp, now, null, true];
    });
    const types = [VARCHAR, VARCHAR, INTEGER, INTEGER, TIMESTAMP, TIMESTAMP, BOOLEAN];
    await context.session.append('names', types, added);
  });
  return true;
}

async function movedNames(
  context: StoreContext,
  nodes: readonly NodeRecord[],
  held: ReadonlySet<string>,
): Promise<Moved[]> {
  const current = await currentNames(context, new Set(nodes.map(({ strategy }) => strategy)));
  const ids = await context.interned.find([...held]);
  return nodes.flatMap((node, position) => {
    const fp = ids.get(node.fingerprint);
    const name = current.get(nameKey(node.strategy, node.node));
    if (fp === undefined || !held.has(node.fingerprint) || (name?.listed && name.fp === fp)) return [];
    return { node, position, fp };
  });
}
