import { CATALOG, rewrite } from '../duckdb/file.js';
import { transact, type StoreContext } from '../segments/interned.js';
import type { Session } from '../duckdb/session.js';
import { listParameter, unnestNumbers } from '../duckdb/sql.js';

const TABLES_OF_CONTENT: readonly string[] = [
  'fingerprints',
  'nodes',
  'node_inputs',
  'parts',
  'makeups',
  'names',
  'runs',
  'uses',
  'pins',
  'schemas',
  'axes',
  'axis_cells',
  'segments',
  'cells',
  'coverage',
  'sources',
];

/** Share of the file's blocks that has to be free for the file to be written anew. */
const WORTH_REWRITING = 0.5;

/** See `Store.clear`. Gives whether the file was written anew. */
export async function clear(
  context: StoreContext,
  file: string,
  strategy: string | undefined,
): Promise<boolean> {
  const { session, interned } = context;
  await transact(context, () =>
    strategy === undefined ? clearAll(context) : clearStrategy(context, strategy),
  );
  return session.exclusive(async () => {
    await session.run(`CHECKPOINT ${CATALOG}`);
    const size = await session.select(
      `SELECT free_blocks / total_blocks AS free FROM pragma_database_size() WHERE database_name = '${CATALOG}'`,
    );
    const worth = (size.numbers('free')[0] ?? 0) > WORTH_REWRITING;
    const rewritten = worth && (await rewrite(session, file));
    await interned.reload();
    return rewritten;
  });
}

async function clearAll({ session }: StoreContext): Promise<void> {
  for (const table of TABLES_OF_CONTENT) await session.run(`DELETE FROM ${table}`);
}

/**
 * What covered nodes other than `gone` depend on: a change of a source reaches them through these. A strategy need not have all
 * inputs of its nodes under its own name, when a run left some as they were.
 */
async function inputsOfOthers(session: Session, gone: readonly number[]): Promise<ReadonlySet<number>> {
  if (gone.length === 0) return new Set();
  const rows = await session.select(
    `WITH RECURSIVE needed(fp) AS (
       SELECT i.input FROM coverage c JOIN node_inputs i ON i.fp = c.fp
       WHERE c.fp NOT IN (SELECT ${unnestNumbers(1, 'INTEGER')})
       UNION SELECT i.input FROM needed n JOIN node_inputs i ON i.fp = n.fp)
     SELECT fp FROM needed`,
    [listParameter(gone)],
  );
  return new Set(rows.numbers('fp'));
}

/** Fingerprints of other strategies' nodes, and segments that cover any of them, stay. */
async function clearStrategy({ session }: StoreContext, strategy: string): Promise<void> {
  const only = await session.select(
    `SELECT DISTINCT fp FROM names WHERE strategy = $1
     AND fp NOT IN (SELECT fp FROM names WHERE strategy <> $1)`,
    [strategy],
  );
  await session.run('DELETE FROM names WHERE strategy = $1', [strategy]);
  await session.run('DELETE FROM runs WHERE strategy = $1', [strategy]);
  await session.run('DELETE FROM uses WHERE strategy = $1', [strategy]);
  await session.run('DELETE FROM pins WHERE strategy = $1', [strategy]);
  const needed = await inputsOfOthers(session, only.numbers('fp'));
  const fps = only.numbers('fp').filter((fp) => !needed.has(fp));
  if (fps.length === 0) return;
  const gone = `(SELECT ${unnestNumbers(1, 'INTEGER')} AS fp)`;
  for (const table of ['coverage', 'nodes', 'node_inputs', 'sources']) {
    await session.run(`DELETE FROM ${table} USING ${gone} w WHERE ${table}.fp = w.fp`, [listParameter(fps)]);
  }
  await session.run('DELETE FROM makeups WHERE own NOT IN (SELECT own FROM nodes)');
  await session.run(
    "DELETE FROM parts WHERE id NOT IN (SELECT unnest(string_split(parts, ',')::INTEGER[]) FROM makeups)",
  );
  await session.run(`DELETE FROM segments WHERE fp IN ${gone} AND id NOT IN (SELECT segment FROM coverage)`, [
    listParameter(fps),
  ]);
  await session.run('DELETE FROM cells WHERE segment NOT IN (SELECT id FROM segments)');
  await session.run('DELETE FROM axes WHERE id NOT IN (SELECT axis FROM segments)');
  await session.run('DELETE FROM axis_cells WHERE axis NOT IN (SELECT id FROM axes)');
}
