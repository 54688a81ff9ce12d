import { SeamlessError } from '../../sdk/errors.js';
import type { StoreContext } from '../segments/catalog.js';

/** The class in a strategy's name `file#Class`; the file is relative to the project root. */
export function classOf(strategy: string): string {
  return strategy.slice(strategy.lastIndexOf('#') + 1);
}

/**
 * The full name of a strategy, given that name, its class or its file; the argument itself if the cache knows none of these.
 * @throws SeamlessError `usage` when several strategies match
 */
export async function fullName(context: StoreContext, strategy: string): Promise<string> {
  const found = await strategiesNamed(context, strategy);
  const [first = strategy] = found;
  if (found.length <= 1 || found.includes(strategy)) return found.includes(strategy) ? strategy : first;
  throw new SeamlessError(
    'usage',
    `The cache holds ${found.length} strategies ${strategy}: ${found.join(', ')}. Say which one.`,
  );
}

/** Whether the class alone names a strategy. */
export async function isNamedByClass(context: StoreContext, strategy: string): Promise<boolean> {
  const found = await strategiesNamed(context, classOf(strategy));
  return found.length === 1 && found[0] === strategy;
}

async function strategiesNamed({ session }: StoreContext, name: string): Promise<string[]> {
  const rows = await session.select(
    { strategy: 'text' },
    `SELECT DISTINCT strategy FROM names WHERE strategy = $1 OR ends_with(strategy, '#' || $1) OR starts_with(strategy, $1 || '#') ORDER BY strategy`,
    [name],
  );
  return rows.map(({ strategy }) => strategy);
}
