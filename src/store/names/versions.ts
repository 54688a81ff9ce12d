import type { Grid } from '../../sdk/time/grid.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { StoreContext } from '../segments/catalog.js';
import { GRID_COLUMNS, GRID_KINDS, gridIn, JOIN_CALENDARS } from './grids.js';

/** A version of a named node: as it was between two changes of its code, its inputs or its strategy. */
export interface NodeVersion extends Grid {
  readonly fingerprint: string;
  /** When it became the strategy's node of that name, in epoch seconds. */
  readonly since: Seconds;
  /** When it was replaced; null: it is the current one. */
  readonly until: Seconds | null;
}

/** See `Store.versions`. */
export async function versions(
  { session }: StoreContext,
  strategy: string,
  node: string,
): Promise<NodeVersion[]> {
  const rows = await session.select(
    { fingerprint: 'text', ...GRID_KINDS, registered_at: 'number', replaced_at: 'number?' },
    `SELECT n.fingerprint, ${GRID_COLUMNS}, n.registered_at, n.replaced_at
     FROM names n JOIN nodes d USING (fingerprint) ${JOIN_CALENDARS} WHERE n.strategy = $1 AND n.node = $2
     ORDER BY n.replaced_at IS NULL DESC, n.replaced_at DESC, n.registered_at DESC, n.rowid DESC`,
    [strategy, node],
  );
  // Undoing a change makes an earlier version current again.
  const latest = new Map<string, NodeVersion>();
  for (const { fingerprint, registered_at: since, replaced_at: until, ...grid } of rows) {
    if (!latest.has(fingerprint)) latest.set(fingerprint, { fingerprint, ...gridIn(grid), since, until });
  }
  return [...latest.values()];
}
