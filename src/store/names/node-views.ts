import { VARCHAR } from '@duckdb/node-api';
import { textDigest } from '../../engine/fingerprint/digest.js';
import type { Schema } from '../../engine/ports/host.js';
import { distinctNames, nodeSql } from '../query/decode-sql.js';
import { transact, type StoreContext } from '../segments/interned.js';
import type { Session } from '../duckdb/session.js';
import { quoteName } from '../duckdb/sql.js';
import { classOf } from './strategy-names.js';
import { nodeSchemas } from './summaries.js';

/**
 * Strategies with more nodes have no views in the file: each takes a millisecond to make and a tenth of one whenever the file is
 * opened. `seamless sql` makes those that a query names.
 */
const MOST_VIEWS = 200;

/** Raised whenever views of before are to be made again. */
const VIEWS_VERSION = '1';

/** Schemas that DuckDB has already. */
const RESERVED: ReadonlySet<string> = new Set(['main', 'temp', 'information_schema', 'pg_catalog', 'system']);

/** A node by the name that SQL has for it. */
export interface NodeView {
  /** Full name of the strategy. */
  readonly strategy: string;
  readonly node: string;
  /** Of the view; the strategy's class, or its full name where another one has that class. */
  readonly schemaName: string;
  readonly viewName: string;
  readonly schema: Schema | null;
}

/** All current nodes that are listed, by strategy, in their order. */
export async function nodeViews(context: StoreContext): Promise<NodeView[]> {
  const rows = await context.session.select(
    `SELECT strategy, node, fp FROM names WHERE replaced_at IS NULL AND listed ORDER BY strategy, position`,
  );
  const [fps, nodes] = [rows.numbers('fp'), rows.texts('node')];
  const schemas = await nodeSchemas(context, fps);
  const byStrategy = new Map<string, number[]>();
  rows.texts('strategy').forEach((strategy, row) => {
    const list = byStrategy.get(strategy) ?? [];
    byStrategy.set(strategy, list);
    list.push(row);
  });
  const names = schemaNames([...byStrategy.keys()]);
  return [...byStrategy].flatMap(([strategy, list]) => {
    const views = distinctNames(
      list.map((row) => nodes[row] as string),
      [],
    );
    return list.map((row, index) => ({
      strategy,
      node: nodes[row] as string,
      schemaName: names.get(strategy) as string,
      viewName: views[index] as string,
      schema: schemas.get(fps[row] as number) ?? null,
    }));
  });
}

function schemaNames(strategies: readonly string[]): ReadonlyMap<string, string> {
  const classes = strategies.map((strategy) => classOf(strategy).toLowerCase());
  return new Map(
    strategies.map((strategy, index) => {
      const name = classes[index] as string;
      const taken = RESERVED.has(name) || classes.filter((each) => each === name).length > 1;
      return [strategy, taken ? strategy : classOf(strategy)];
    }),
  );
}

/**
 * Makes the views by which any client reads nodes: a schema for each strategy, and in it a view for each of its nodes. Only those
 * that are missing or whose columns are others now are made.
 */
export async function publishViews(context: StoreContext): Promise<void> {
  const { session } = context;
  const wanted = await session.exclusive(() => wantedViews(context));
  const known = await session.exclusive(() => knownViews(session));
  const gone = [...known.keys()].filter((key) => !wanted.has(key));
  const made = [...wanted].filter(([key, { digest }]) => known.get(key) !== digest);
  if (gone.length === 0 && made.length === 0) return;
  await transact(context, async () => {
    for (const key of gone) {
      const [schemaName, viewName] = JSON.parse(key) as [string, string];
      await session.run(`DROP VIEW IF EXISTS ${quoteName(schemaName)}.${quoteName(viewName)}`);
    }
    const kept = new Set([...wanted.keys()].map((key) => (JSON.parse(key) as [string, string])[0]));
    for (const key of gone) {
      const [schemaName] = JSON.parse(key) as [string, string];
      if (!kept.has(schemaName)) await session.run(`DROP SCHEMA IF EXISTS ${quoteName(schemaName)} CASCADE`);
    }
    for (const [, { view }] of made) {
      await session.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(view.schemaName)}`);
      await session.run(viewSql(view));
    }
    await remember(session, wanted);
  });
}

/** The statement that makes a node's view. @param catalog what stands before the names of the cache's tables */
export function viewSql(
  { strategy, node, schemaName, viewName, schema }: NodeView,
  catalog?: string,
): string {
  const name = `${quoteName(schemaName)}.${quoteName(viewName)}`;
  return `CREATE OR REPLACE VIEW ${name} AS ${nodeSql(strategy, node, schema, catalog)}`;
}

interface Wanted {
  readonly view: NodeView;
  readonly digest: string;
}

async function wantedViews(context: StoreContext): Promise<Map<string, Wanted>> {
  const views = await nodeViews(context);
  const counts = new Map<string, number>();
  for (const { strategy } of views) counts.set(strategy, (counts.get(strategy) ?? 0) + 1);
  const stored = views.filter(({ strategy }) => (counts.get(strategy) ?? 0) <= MOST_VIEWS);
  return new Map(
    stored.map((view) => {
      const { strategy, node, schema } = view;
      const digest = textDigest([VIEWS_VERSION, strategy, node, JSON.stringify(schema)]);
      return [JSON.stringify([view.schemaName, view.viewName]), { view, digest }];
    }),
  );
}

const META_KEY = 'views';

async function knownViews(session: Session): Promise<ReadonlyMap<string, string>> {
  const rows = await session.select('SELECT value FROM meta WHERE key = $1', [META_KEY]);
  const text = rows.texts('value')[0] ?? '{}';
  return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
}

async function remember(session: Session, wanted: ReadonlyMap<string, Wanted>): Promise<void> {
  const digests = Object.fromEntries([...wanted].map(([key, { digest }]) => [key, digest]));
  await session.run('DELETE FROM meta WHERE key = $1', [META_KEY]);
  await session.append('meta', [VARCHAR, VARCHAR], [[META_KEY, JSON.stringify(digests)]]);
}
