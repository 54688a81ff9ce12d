import type { NodeRecord } from '../../engine/ports/store.js';
import { jsonParameter, unnestTexts } from '../duckdb/sql.js';
import { now, type Row } from '../duckdb/schema.js';
import { nameKey, staleViews, transact, type StoreContext } from '../segments/catalog.js';
import { currentNames } from './registry.js';

/** See `NodeStore.point`. */
export async function point(
  context: StoreContext,
  nodes: readonly NodeRecord[],
  held: ReadonlySet<string>,
): Promise<void> {
  const { session } = context;
  const moved = await session.exclusive(() => movedNames(context, nodes, held));
  if (moved.length === 0) return;
  await transact(context, async () => {
    await session.run(
      `UPDATE names SET replaced_at = $3 FROM (SELECT ${unnestTexts(1)} AS strategy, ${unnestTexts(2)} AS node) w
       WHERE names.strategy = w.strategy AND names.node = w.node AND replaced_at IS NULL`,
      [
        jsonParameter(moved.map(({ strategy }) => strategy)),
        jsonParameter(moved.map(({ node }) => node)),
        moved[0]?.registered_at ?? 0,
      ],
    );
    await session.append('names', moved);
    context.catalog.forgetNames();
    await staleViews(context);
  });
}

/** Names that will point to another version, with their positions in the strategy. */
async function movedNames(
  context: StoreContext,
  nodes: readonly NodeRecord[],
  held: ReadonlySet<string>,
): Promise<Row<'names'>[]> {
  const current = await currentNames(context, nodes);
  const others = nodes.flatMap(({ strategy, node, fingerprint }, position) => {
    const name = current.get(nameKey({ strategy, node }));
    const points = name?.listed && name.fingerprint === fingerprint;
    return held.has(fingerprint) && !points ? [{ strategy, node, position, fingerprint }] : [];
  });
  if (others.length === 0) return [];
  const known = await context.session.select(
    { fingerprint: 'text' },
    `SELECT fingerprint FROM nodes JOIN (SELECT ${unnestTexts(1)} AS wanted) ON fingerprint = wanted`,
    [jsonParameter(others.map(({ fingerprint }) => fingerprint))],
  );
  const described = new Set(known.map(({ fingerprint }) => fingerprint));
  const time = now();
  return others.flatMap((name) =>
    described.has(name.fingerprint) ? { ...name, registered_at: time, replaced_at: null, listed: true } : [],
  );
}
