import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { union } from '../../engine/plan/ranges.js';
import type { Schema } from '../../engine/ports/host.js';
import type { Span } from '../../engine/run/reporting/report.js';
import { groupBy } from '../../sdk/lists.js';
import type { Grid } from '../../sdk/time/grid.js';
import type { StoreContext } from '../segments/catalog.js';
import { shownBy } from '../segments/reading.js';
import { familiesIn } from './families.js';
import { GRID_COLUMNS, GRID_KINDS, gridIn, JOIN_CALENDARS } from './grids.js';
import { pinnedNodes } from './pins.js';

/** A named node in the cache. */
export interface FoundNode extends Grid {
  readonly fingerprint: string;
  readonly kind: 'stream' | 'node';
  readonly label: string;
  /** Null when it has no rows yet. */
  readonly schema: Schema | null;
}

interface NodeContents {
  readonly name: string;
  /** Its family and symbol; undefined: it belongs to no family. */
  readonly family?: string;
  /** False if the strategy no longer had a node of this name when it was last registered. */
  readonly listed: boolean;
  readonly rows: number;
  /** Size of its columns; nodes with equal fingerprints share them, and so do reused rows. */
  readonly bytes: number;
  readonly coverage: readonly Span[];
  /** Whether clean-ups leave it alone. */
  readonly pinned: boolean;
}

interface StrategyContents {
  readonly strategy: string;
  readonly rows: number;
  readonly bytes: number;
  readonly nodes: readonly NodeContents[];
}

/** The files that hold rows. */
interface PackContents {
  readonly count: number;
  readonly bytes: number;
  /** Bytes of covered rows; the next clean-up deletes the rest. */
  readonly liveBytes: number;
}

export interface StoreContents {
  readonly file: string;
  /** Total size on disk. */
  readonly bytes: number;
  readonly packs: PackContents;
  readonly strategies: readonly StrategyContents[];
}

/** See `Store.findNode`. */
export async function findNode(
  { session, catalog }: StoreContext,
  strategy: string,
  node: string,
): Promise<FoundNode | null> {
  const [row] = await session.select(
    { fingerprint: 'text', kind: 'text', label: 'text', ...GRID_KINDS },
    `SELECT n.fingerprint, d.kind, d.label, ${GRID_COLUMNS} FROM names n JOIN nodes d USING (fingerprint) ${JOIN_CALENDARS}
     WHERE n.strategy = $1 AND n.node = $2 AND n.replaced_at IS NULL`,
    [strategy, node],
  );
  if (!row) return null;
  const { fingerprint, kind, label, ...grid } = row;
  const covers = (await catalog.covers([fingerprint])).of(fingerprint);
  return {
    fingerprint,
    kind: kind === 'stream' ? 'stream' : 'node',
    label,
    ...gridIn(grid),
    schema: shownBy(covers),
  };
}

/** Names of a strategy's nodes at its last registration, in its order. */
export async function listedNodes({ session }: StoreContext, strategy: string): Promise<string[]> {
  const rows = await session.select(
    { node: 'text' },
    'SELECT node FROM names WHERE strategy = $1 AND replaced_at IS NULL AND listed ORDER BY position',
    [strategy],
  );
  return rows.map(({ node }) => node);
}

/** See `Store.contents`. A segment that a node covers partly counts as a whole. */
export async function contents(
  context: StoreContext,
  file: string,
  strategy: string | undefined,
): Promise<StoreContents> {
  const { session, catalog } = context;
  const rows = await session.select(
    { strategy: 'text', node: 'text', fingerprint: 'text', listed: 'flag' },
    `SELECT strategy, node, fingerprint, listed FROM names
     WHERE replaced_at IS NULL ${strategy === undefined ? '' : 'AND strategy = $1'}
     ORDER BY strategy, listed DESC, position`,
    strategy === undefined ? [] : [strategy],
  );
  const covers = await catalog.covers(rows.map(({ fingerprint }) => fingerprint));
  const pinned = await pinnedNodes(session);
  const families = await familiesIn(session);
  const strategies = [...groupBy(rows, (row) => row.strategy)].map(([name, list]): StrategyContents => {
    const familyOf = new Map(
      Object.entries(families[name] ?? {}).flatMap(([family, members]) =>
        members.map(([, node]) => [node, family] as const),
      ),
    );
    const nodes = list.map(({ node, fingerprint, listed }): NodeContents => {
      const spans = covers.of(fingerprint);
      const family = familyOf.get(node);
      return {
        name: node,
        ...(family !== undefined && { family }),
        listed,
        rows: spans.reduce((sum, { segment }) => sum + segment.rows, 0),
        bytes: spans.reduce((sum, { segment }) => sum + segment.bytes, 0),
        pinned: pinned.has(fingerprint),
        coverage: union(spans).map(({ start, end }) => [start, end]),
      };
    });
    return {
      strategy: name,
      rows: nodes.reduce((sum, node) => sum + node.rows, 0),
      bytes: nodes.reduce((sum, node) => sum + node.bytes, 0),
      nodes,
    };
  });
  return { file, bytes: sizeOnDisk(file, context.folder), packs: await packContents(context), strategies };
}

/** A segment's times count as live in proportion to its other columns. */
async function packContents({ session }: StoreContext): Promise<PackContents> {
  const [row] = await session.select(
    { count: 'number', bytes: 'number', live: 'number' },
    `WITH shares AS (SELECT g.pack, sum(g.bytes) FILTER (g.id IN (SELECT segment FROM coverage)) / sum(g.bytes) AS share
       FROM segments g WHERE g.bytes > 0 GROUP BY g.pack)
     SELECT count(*) AS count, coalesce(sum(p.bytes), 0) AS bytes, coalesce(sum(p.bytes * coalesce(s.share, 0)), 0) AS live
     FROM packs p LEFT JOIN shares s ON s.pack = p.id`,
  );
  return { count: row?.count ?? 0, bytes: row?.bytes ?? 0, liveBytes: Math.round(row?.live ?? 0) };
}

/** Size of the catalog, its log and everything in the packs folder. */
export function sizeOnDisk(file: string, folder: string): number {
  return [file, `${file}.wal`, ...filesIn(folder)].reduce((sum, path) => sum + sizeOf(path), 0);
}

/** Paths of all files in the packs folder, which may not exist. */
export function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    // No pack was written yet.
    return [];
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
