import { CATALOG } from '../duckdb/file.js';
import { jsonParameter, unnestTexts } from '../duckdb/sql.js';
import type { Session } from '../duckdb/session.js';
import { TABLE_NAMES } from '../duckdb/schema.js';
import { atomically, staleViews, type StoreContext } from '../segments/catalog.js';
import { deleteUnnamed, discardEmptyPacks } from './discard.js';

/** See `Store.clear`. */
export async function clear(context: StoreContext, strategy: string | undefined): Promise<void> {
  const { session, catalog } = context;
  await session.exclusive(async () => {
    await atomically(context, async () => {
      if (strategy === undefined) await clearAll(session);
      else await clearStrategy(session, strategy);
      await discardEmptyPacks(context);
      await staleViews(context);
    });
    catalog.forget();
    await deleteUnnamed(context);
    await session.run(`CHECKPOINT ${CATALOG}`);
  });
}

async function clearAll(session: Session): Promise<void> {
  for (const table of TABLE_NAMES) if (table !== 'meta') await session.run(`DELETE FROM ${table}`);
}

/** Keeps fingerprints of other strategies' nodes, and segments that cover any of them. */
async function clearStrategy(session: Session, strategy: string): Promise<void> {
  const only = await session.select(
    { fingerprint: 'text' },
    `SELECT DISTINCT fingerprint FROM names WHERE strategy = $1
     AND fingerprint NOT IN (SELECT fingerprint FROM names WHERE strategy <> $1)`,
    [strategy],
  );
  for (const table of ['names', 'runs', 'uses', 'pins']) {
    await session.run(`DELETE FROM ${table} WHERE strategy = $1`, [strategy]);
  }
  const own = only.map(({ fingerprint }) => fingerprint);
  const needed = await inputsOfOthers(session, own);
  const gone = own.filter((fingerprint) => !needed.has(fingerprint));
  if (gone.length === 0) return;
  const list = [jsonParameter(gone)];
  for (const table of ['coverage', 'nodes', 'node_inputs', 'sources']) {
    await session.run(`DELETE FROM ${table} WHERE fingerprint IN (SELECT ${unnestTexts(1)})`, list);
  }
  await session.run('DELETE FROM code_parts WHERE own NOT IN (SELECT own FROM nodes)');
  await session.run(
    "DELETE FROM parts WHERE id NOT IN (SELECT unnest(string_split(parts, ',')::INTEGER[]) FROM code_parts)",
  );
  await session.run(
    `DELETE FROM segments WHERE fingerprint IN (SELECT ${unnestTexts(1)}) AND id NOT IN (SELECT segment FROM coverage)`,
    list,
  );
}

/**
 * What covered nodes outside `gone` depend on: source changes reach them through these. A strategy need not have all of its
 * nodes' inputs under its own name, if a run left some unchanged.
 */
async function inputsOfOthers(session: Session, gone: readonly string[]): Promise<ReadonlySet<string>> {
  if (gone.length === 0) return new Set();
  const rows = await session.select(
    { fingerprint: 'text' },
    `WITH RECURSIVE needed(fingerprint) AS (
       SELECT i.input FROM coverage c JOIN node_inputs i USING (fingerprint)
       WHERE c.fingerprint NOT IN (SELECT ${unnestTexts(1)})
       UNION SELECT i.input FROM needed n JOIN node_inputs i USING (fingerprint))
     SELECT fingerprint FROM needed`,
    [jsonParameter(gone)],
  );
  return new Set(rows.map(({ fingerprint }) => fingerprint));
}
