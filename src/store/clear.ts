import { CATALOG } from './file.js';
import { transact, type StoreContext } from './interned.js';
import { listParameter, unnestNumbers } from './sql.js';

const TABLES_OF_CONTENT: readonly string[] = [
  'fingerprints',
  'nodes',
  'node_inputs',
  'names',
  'runs',
  'schemas',
  'axes',
  'segments',
  'cells',
  'coverage',
  'sources',
];

/** See `Store.clear`. */
export async function clear(context: StoreContext, strategy: string | undefined): Promise<void> {
  await transact(context, () =>
    strategy === undefined ? clearAll(context) : clearStrategy(context, strategy),
  );
  // Only a checkpoint gives the room back to the disk.
  await context.session.exclusive(() => context.session.run(`CHECKPOINT ${CATALOG}`));
}

async function clearAll({ session, interned }: StoreContext): Promise<void> {
  for (const table of TABLES_OF_CONTENT) await session.run(`DELETE FROM ${table}`);
  await interned.forget();
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
  const fps = only.numbers('fp');
  if (fps.length === 0) return;
  const gone = `(SELECT ${unnestNumbers(1, 'INTEGER')} AS fp)`;
  for (const table of ['coverage', 'nodes', 'node_inputs', 'sources']) {
    await session.run(`DELETE FROM ${table} USING ${gone} w WHERE ${table}.fp = w.fp`, [listParameter(fps)]);
  }
  await session.run(`DELETE FROM segments WHERE fp IN ${gone} AND id NOT IN (SELECT segment FROM coverage)`, [
    listParameter(fps),
  ]);
  await session.run('DELETE FROM cells WHERE segment NOT IN (SELECT id FROM segments)');
  await session.run('DELETE FROM axes WHERE id NOT IN (SELECT axis FROM segments)');
}
