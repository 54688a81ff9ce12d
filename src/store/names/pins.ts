import { VARCHAR } from '@duckdb/node-api';
import { transact, type StoreContext } from '../segments/interned.js';
import type { Session } from '../duckdb/session.js';

/** See `Store.pin`. */
export async function pin(context: StoreContext, strategy: string, node: string | null): Promise<void> {
  const { session } = context;
  await transact(context, async () => {
    await remove(session, strategy, node);
    await session.append('pins', [VARCHAR, VARCHAR], [[strategy, node]]);
  });
}

/** See `Store.unpin`. */
export async function unpin(context: StoreContext, strategy: string, node: string | null): Promise<void> {
  await transact(context, () => remove(context.session, strategy, node));
}

/** Of a strategy as a whole, also the pins of its nodes. */
async function remove(session: Session, strategy: string, node: string | null): Promise<void> {
  if (node === null) await session.run('DELETE FROM pins WHERE strategy = $1', [strategy]);
  else await session.run('DELETE FROM pins WHERE strategy = $1 AND node = $2', [strategy, node]);
}

/** Fingerprints of current nodes that no clean-up takes. */
export async function pinnedNodes(session: Session): Promise<ReadonlySet<number>> {
  const rows = await session.select(
    `SELECT DISTINCT n.fp FROM names n JOIN pins p ON p.strategy = n.strategy AND (p.node IS NULL OR p.node = n.node)
     WHERE n.replaced_at IS NULL`,
  );
  return new Set(rows.numbers('fp'));
}
