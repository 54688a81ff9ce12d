import { nearNames, SeamlessError } from '../../sdk/errors.js';
import { addTo } from '../../sdk/lists.js';
import { plainMessage } from '../duckdb/faults.js';
import type { NodeView } from '../names/node-views.js';
import { sqlName } from '../../sdk/sql-text.js';

/** What a query could have read. */
export interface Readable {
  readonly views: readonly NodeView[];
  /** The schema whose nodes need no prefix. */
  readonly schemaName: string | null;
}

/** The most names that are listed. */
const MOST_NAMES = 3;

const LISTING = '.tables at the prompt of `seamless sql` lists all.';

/**
 * The `usage` error for a query that DuckDB refuses. For an unknown table it suggests the closest nodes, where DuckDB would
 * suggest its own internal tables.
 */
export function queryFailure(error: unknown, readable: Readable): SeamlessError {
  const message = plainMessage(error);
  const wanted = /Table with name (.+?) does not exist/s.exec(message)?.[1]?.replace(/^"(.*)"$/s, '$1');
  const told =
    wanted === undefined
      ? `The query failed: ${message}`
      : `The cache has no node or table ${wanted}. ${hint(wanted, readable)} ${LISTING}`;
  return new SeamlessError('usage', told, { cause: error });
}

function hint(wanted: string, readable: Readable): string {
  const byName = new Map<string, string[]>();
  for (const view of readable.views) {
    const { schemaName, viewName } = view;
    const sql = nameInQuery(view, readable.schemaName);
    for (const name of new Set([viewName, `${schemaName}.${viewName}`])) addTo(byName, name, sql);
  }
  const found = nearNames(wanted, byName.keys()).flatMap((name) => byName.get(name) ?? []);
  const near = [...new Set(found)].slice(0, MOST_NAMES);
  if (near.length > 0) return `Did you mean ${near.join(' or ')}?`;
  const some = readable.views.slice(0, MOST_NAMES).map((view) => nameInQuery(view, readable.schemaName));
  const more = readable.views.length - some.length;
  if (some.length === 0) return 'It holds no nodes yet: materialize a strategy first.';
  return `It has ${some.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}

function nameInQuery({ schemaName, viewName }: NodeView, ownSchema: string | null): string {
  const name = asWritten(viewName);
  return schemaName === ownSchema ? name : `${asWritten(schemaName)}.${name}`;
}

/** Quoted only if necessary. */
function asWritten(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) ? name : sqlName(name);
}
