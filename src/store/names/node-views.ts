import { textDigest } from '../../engine/fingerprint/digest.js';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SeamlessError } from '../../sdk/errors.js';
import { groupBy } from '../../sdk/lists.js';
import type { Session } from '../duckdb/session.js';
import { familiesIn } from './families.js';
import { distinctNames, familySql, nodeSql } from '../query/node-sql.js';
import { freshViews, transact, type PlacedCover, type StoreContext } from '../segments/catalog.js';
import { setPackAside } from '../upkeep/damage.js';
import { classOf } from './strategy-names.js';
import { sqlName } from '../../sdk/sql-text.js';

/**
 * Strategies with more nodes get no views in the file: each view takes a millisecond to make, and a tenth of one at every
 * opening. `seamless sql` makes the views that a query names.
 */
const MOST_VIEWS = 200;

/** Schemas that DuckDB itself has. */
const RESERVED: ReadonlySet<string> = new Set(['main', 'temp', 'information_schema', 'pg_catalog', 'system']);

/** A node or family under its SQL name. */
export interface NodeView {
  /** Full name of the strategy. */
  readonly strategy: string;
  readonly node: string;
  /** The fingerprints of its rows; for a family, one per symbol. */
  readonly parts: readonly ViewPart[];
  /** See `schemaNames`. */
  readonly schemaName: string;
  readonly viewName: string;
}

interface ViewPart {
  readonly fingerprint: string;
  /** Null: it is not a family. */
  readonly symbol: string | null;
}

/** All current, listed nodes by strategy, in their order, families first. */
export async function nodeViews(session: Session): Promise<NodeView[]> {
  const rows = await session.select(
    { strategy: 'text', node: 'text', fingerprint: 'text' },
    'SELECT strategy, node, fingerprint FROM names WHERE replaced_at IS NULL AND listed ORDER BY strategy, position',
  );
  const byStrategy = groupBy(rows, ({ strategy }) => strategy);
  const schemas = schemaNames([...byStrategy.keys()]);
  const families = await familiesIn(session);
  return [...byStrategy].flatMap(([strategy, list], position) => {
    const prints = new Map(list.map(({ node, fingerprint }) => [node, fingerprint]));
    const all = [
      ...Object.entries(families[strategy] ?? {}).map(([node, members]) => ({
        node,
        parts: members.flatMap(([symbol, member]) => partOf(prints.get(member), symbol)),
      })),
      ...list.map(({ node, fingerprint }) => ({ node, parts: partOf(fingerprint, null) })),
    ].filter(({ parts }) => parts.length > 0);
    const views = distinctNames(
      all.map(({ node }) => node),
      [],
    );
    return all.map(({ node, parts }, index) => ({
      strategy,
      node,
      parts,
      schemaName: schemas[position] ?? strategy,
      viewName: views[index] ?? node,
    }));
  });
}

function partOf(fingerprint: string | undefined, symbol: string | null): ViewPart[] {
  return fingerprint === undefined ? [] : [{ fingerprint, symbol }];
}

/** The fingerprints that views show. */
export function printsOf(views: readonly NodeView[]): string[] {
  return views.flatMap(({ parts }) => parts.map(({ fingerprint }) => fingerprint));
}

/** The class name if only one strategy has it, else the full name, numbered where names differ in case only. */
function schemaNames(strategies: readonly string[]): string[] {
  const unique = distinctNames(strategies.map(classOf), [...RESERVED]);
  const names = strategies.map((strategy, index) => {
    const name = classOf(strategy);
    return unique[index] === name ? name : strategy;
  });
  return distinctNames(names, []);
}

/** The statement that creates a node's view. @param folder the packs folder */
export function viewSql(
  { schemaName, viewName, parts }: NodeView,
  covers: ReadonlyMap<string, readonly PlacedCover[]>,
  folder: string,
): string {
  const name = `${sqlName(schemaName)}.${sqlName(viewName)}`;
  const [only] = parts;
  const sql =
    only?.symbol === null
      ? nodeSql(covers.get(only.fingerprint) ?? [], folderInSql(folder))
      : familySql(
          parts.map(({ symbol, fingerprint }) => ({
            symbol: symbol ?? '',
            covers: covers.get(fingerprint) ?? [],
          })),
          folderInSql(folder),
        );
  return `CREATE OR REPLACE VIEW ${name} AS ${sql}`;
}

/** The packs folder relative to the project: views stay valid when the project is moved. */
function folderInSql(folder: string): string {
  return `${basename(dirname(folder))}/${basename(folder)}`;
}

/** Paths in views are relative to these folders. */
export function searchPath(folder: string): string {
  return dirname(dirname(folder));
}

/**
 * Creates the views by which any client reads nodes: one schema per strategy, one view per node. Only views that are missing or
 * out of date are created.
 * @throws DamageFound if a pack that a view reads is gone
 */
export async function publishViews(context: StoreContext): Promise<void> {
  const { session } = context;
  const [wanted, known] = await session.exclusive(async () => [
    await wantedViews(context),
    await knownViews(session),
  ]);
  const gone = [...known.keys()].filter((key) => !wanted.has(key));
  const made = [...wanted].filter(([key, { digest }]) => known.get(key) !== digest);
  await transact(context, async () => {
    const kept = new Set([...wanted.values()].map(({ schemaName }) => schemaName));
    for (const [schemaName, viewName] of gone.map(namesOf)) {
      await session.run(`DROP VIEW IF EXISTS ${sqlName(schemaName)}.${sqlName(viewName)}`);
    }
    for (const schemaName of new Set(gone.map((key) => namesOf(key)[0]))) {
      if (!kept.has(schemaName)) await session.run(`DROP SCHEMA IF EXISTS ${sqlName(schemaName)} CASCADE`);
    }
    for (const schemaName of new Set(made.map(([, view]) => view.schemaName))) {
      await session.run(`CREATE SCHEMA IF NOT EXISTS ${sqlName(schemaName)}`);
    }
    for (const [, { sql }] of made) await session.run(sql);
    if (gone.length > 0 || made.length > 0) await remember(session, wanted);
    await freshViews(context);
  }).catch(async (error: unknown) => {
    throw (await session.exclusive(() => lostPack(context))) ?? error;
  });
}

/** The damage, if views failed because a pack is gone (it is then removed from the cache). Null: another reason. */
async function lostPack(context: StoreContext): Promise<SeamlessError | null> {
  const { session, catalog, folder } = context;
  const covers = [...(await catalog.placedCovers(printsOf(await nodeViews(session)))).values()].flat();
  const lost = covers.find(({ segment: { pack } }) => pack !== null && !existsSync(join(folder, pack)));
  return lost?.segment.pack ? setPackAside(context, lost.segment.pack) : null;
}

interface Wanted {
  readonly schemaName: string;
  readonly sql: string;
  readonly digest: string;
}

async function wantedViews({ session, catalog, folder }: StoreContext): Promise<Map<string, Wanted>> {
  const byStrategy = groupBy(await nodeViews(session), ({ strategy }) => strategy);
  const views = [...byStrategy.values()].filter((list) => list.length <= MOST_VIEWS).flat();
  const covers = await catalog.placedCovers(printsOf(views));
  return new Map(
    views.map((view) => {
      const sql = viewSql(view, covers, folder);
      const { schemaName, viewName } = view;
      return [JSON.stringify([schemaName, viewName]), { schemaName, sql, digest: textDigest([sql]) }];
    }),
  );
}

function namesOf(key: string): [schemaName: string, viewName: string] {
  return JSON.parse(key) as [string, string];
}

const META_KEY = 'views';

async function knownViews(session: Session): Promise<ReadonlyMap<string, string>> {
  const [row] = await session.select({ value: 'text' }, 'SELECT value FROM meta WHERE key = $1', [META_KEY]);
  return new Map(Object.entries(JSON.parse(row?.value ?? '{}') as Record<string, string>));
}

async function remember(session: Session, wanted: ReadonlyMap<string, Wanted>): Promise<void> {
  const digests = Object.fromEntries([...wanted].map(([key, { digest }]) => [key, digest]));
  await session.run('DELETE FROM meta WHERE key = $1', [META_KEY]);
  await session.append('meta', [{ key: META_KEY, value: JSON.stringify(digests) }]);
}
