import { SeamlessError } from '../../sdk/errors.js';
import type { StoreContext } from '../segments/interned.js';

/** The class in a strategy's name, which is `file#Class` with the file as seen from the project root. */
export function classOf(strategy: string): string {
  return strategy.slice(strategy.lastIndexOf('#') + 1);
}

/**
 * The full name of a strategy, given that or its class alone; what was given when the cache knows neither.
 * @throws SeamlessError `usage` when several files have such a class.
 */
export async function fullName({ session }: StoreContext, strategy: string): Promise<string> {
  const rows = await session.select(
    `SELECT DISTINCT strategy FROM names WHERE strategy = $1 OR ends_with(strategy, '#' || $1) ORDER BY strategy`,
    [strategy],
  );
  const found = rows.texts('strategy');
  const [first = strategy] = found;
  if (found.length <= 1 || found.includes(strategy)) return found.includes(strategy) ? strategy : first;
  throw new SeamlessError(
    'usage',
    `The cache holds ${found.length} strategies ${strategy}: ${found.join(', ')}. Say which one.`,
  );
}

/**
 * Strategies of caches that knew them by their class alone come under their full name. To be used in a transaction. True when one did.
 */
export async function adoptClassNames(
  { session }: StoreContext,
  strategies: ReadonlySet<string>,
): Promise<boolean> {
  let adopted = false;
  for (const strategy of strategies) {
    if (classOf(strategy) === strategy) continue;
    const known = await session.recall(
      `SELECT count(*) FILTER (strategy = $1)::INTEGER AS by_name, count(*) FILTER (strategy = $2)::INTEGER AS by_class
       FROM names WHERE strategy IN ($1, $2)`,
      [strategy, classOf(strategy)],
    );
    if ((known.numbers('by_name')[0] ?? 0) > 0 || (known.numbers('by_class')[0] ?? 0) === 0) continue;
    for (const table of ['names', 'runs', 'uses', 'pins']) {
      await session.run(`UPDATE ${table} SET strategy = $1 WHERE strategy = $2`, [
        strategy,
        classOf(strategy),
      ]);
    }
    adopted = true;
  }
  return adopted;
}
