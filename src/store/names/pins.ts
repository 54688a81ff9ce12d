import type { Session } from '../duckdb/session.js';
import { transact, type StoreContext } from '../segments/catalog.js';

/** See `Store.pin`. */
export async function pin(context: StoreContext, strategy: string, node: string | null): Promise<void> {
  await transact(context, async () => {
    await remove(context.session, strategy, node);
    await context.session.append('pins', [{ strategy, node }]);
  });
}

/** See `Store.unpin`. */
export async function unpin(context: StoreContext, strategy: string, node: string | null): Promise<void> {
  await transact(context, () => remove(context.session, strategy, node));
}

/** For a whole strategy, the pins of its nodes go, too. */
async function remove(session: Session, strategy: string, node: string | null): Promise<void> {
  if (node === null) await session.run('DELETE FROM pins WHERE strategy = $1', [strategy]);
  else await session.run('DELETE FROM pins WHERE strategy = $1 AND node = $2', [strategy, node]);
}

/** Fingerprints of current nodes that no clean-up deletes. */
export async function pinnedNodes(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.select(
    { fingerprint: 'text' },
    `SELECT DISTINCT n.fingerprint FROM names n JOIN pins p ON p.strategy = n.strategy AND (p.node IS NULL OR p.node = n.node)
     WHERE n.replaced_at IS NULL`,
  );
  return new Set(rows.map(({ fingerprint }) => fingerprint));
}
