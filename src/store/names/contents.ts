import { statSync } from 'node:fs';
import { union } from '../../engine/plan/ranges.js';
import type { Schema } from '../../engine/ports/host.js';
import type { Span } from '../../engine/run/report.js';
import type { Range, Seconds } from '../../sdk/time.js';
import type { StoreContext } from '../segments/interned.js';
import { pinnedNodes } from './pins.js';
import { listParameter, unnestNumbers } from '../duckdb/sql.js';
import { nodeSchemas } from './summaries.js';

/** A node as the cache knows it by name. */
export interface FoundNode {
  /** Id of the fingerprint in the table `fingerprints`. */
  readonly fp: number;
  readonly fingerprint: string;
  readonly kind: 'stream' | 'node';
  readonly label: string;
  readonly interval: Seconds;
  readonly phase: Seconds;
  /** Null when it has no rows yet. */
  readonly schema: Schema | null;
}

export interface NodeContents {
  readonly name: string;
  /** False when the strategy had no node of this name any more when it was last registered. */
  readonly listed: boolean;
  readonly rows: number;
  /** Size of its packed columns; nodes with equal fingerprints, and adopted rows, share them. */
  readonly bytes: number;
  readonly coverage: readonly Span[];
  /** Whether a clean-up leaves it alone. */
  readonly pinned: boolean;
}

export interface StrategyContents {
  readonly strategy: string;
  readonly rows: number;
  readonly bytes: number;
  readonly nodes: readonly NodeContents[];
}

export interface StoreContents {
  readonly file: string;
  /** Size on disk of the file and its log. */
  readonly bytes: number;
  readonly strategies: readonly StrategyContents[];
}

/** See `Store.findNode`. */
export async function findNode(
  context: StoreContext,
  strategy: string,
  node: string,
): Promise<FoundNode | null> {
  const rows = await context.session.select(
    `SELECT n.fp, f.fingerprint, d.kind, d.label, d.interval_s, d.phase_s
     FROM names n JOIN fingerprints f ON f.id = n.fp JOIN nodes d ON d.fp = n.fp
     WHERE n.strategy = $1 AND n.node = $2 AND n.replaced_at IS NULL`,
    [strategy, node],
  );
  if (rows.length === 0) return null;
  const fp = rows.numbers('fp')[0] as number;
  return {
    fp,
    fingerprint: rows.texts('fingerprint')[0] as string,
    kind: rows.texts('kind')[0] === 'stream' ? 'stream' : 'node',
    label: rows.texts('label')[0] as string,
    interval: rows.numbers('interval_s')[0] as number,
    phase: rows.numbers('phase_s')[0] as number,
    schema: (await nodeSchemas(context, [fp])).get(fp) ?? null,
  };
}

/** Names of a strategy's nodes when it was last registered, in its order. */
export async function listedNodes({ session }: StoreContext, strategy: string): Promise<string[]> {
  const rows = await session.select(
    'SELECT node FROM names WHERE strategy = $1 AND replaced_at IS NULL AND listed ORDER BY position',
    [strategy],
  );
  return rows.texts('node');
}

/** See `Store.contents`. */
export async function contents(
  context: StoreContext,
  file: string,
  strategy: string | undefined,
): Promise<StoreContents> {
  const rows = await context.session.select(
    `SELECT strategy, node, fp, listed FROM names
     WHERE replaced_at IS NULL ${strategy === undefined ? '' : 'AND strategy = $1'}
     ORDER BY strategy, listed DESC, position`,
    strategy === undefined ? [] : [strategy],
  );
  const [fps, nodes, listed] = [rows.numbers('fp'), rows.texts('node'), rows.flags('listed')];
  const [usage, pinned] = [await usageOf(context, fps), await pinnedNodes(context.session)];
  const byStrategy = new Map<string, NodeContents[]>();
  rows.texts('strategy').forEach((name, row) => {
    const list = byStrategy.get(name) ?? [];
    byStrategy.set(name, list);
    const used = usage.get(fps[row] as number);
    list.push({
      name: nodes[row] as string,
      listed: listed[row] as boolean,
      rows: used?.rows ?? 0,
      bytes: used?.bytes ?? 0,
      pinned: pinned.has(fps[row] as number),
      coverage: union(used?.spans ?? []).map(({ start, end }) => [start, end]),
    });
  });
  const strategies = [...byStrategy].map(([name, list]) => ({
    strategy: name,
    rows: list.reduce((sum, node) => sum + node.rows, 0),
    bytes: list.reduce((sum, node) => sum + node.bytes, 0),
    nodes: list,
  }));
  return { file, bytes: sizeOnDisk(file), strategies };
}

/** Size of the file and its log. */
export function sizeOnDisk(file: string): number {
  return sizeOf(file) + sizeOf(`${file}.wal`);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

interface Usage {
  rows: number;
  bytes: number;
  readonly spans: Range[];
}

/** A segment that a node covers only a part of counts as a whole. */
async function usageOf(
  { session }: StoreContext,
  fps: readonly number[],
): Promise<ReadonlyMap<number, Usage>> {
  const found = new Map<number, Usage>();
  if (fps.length === 0) return found;
  const rows = await session.select(
    `SELECT c.fp, c.start_ts, c.end_ts, g.row_count, g.bytes
     FROM coverage c JOIN (SELECT DISTINCT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON c.fp = wanted
     JOIN segments g ON g.id = c.segment ORDER BY c.fp, c.start_ts`,
    [listParameter(fps)],
  );
  const [starts, ends] = [rows.numbers('start_ts'), rows.numbers('end_ts')];
  const [counts, bytes] = [rows.numbers('row_count'), rows.numbers('bytes')];
  rows.numbers('fp').forEach((fp, row) => {
    const usage = found.get(fp) ?? { rows: 0, bytes: 0, spans: [] };
    found.set(fp, usage);
    usage.rows += counts[row] as number;
    usage.bytes += bytes[row] as number;
    usage.spans.push({ start: starts[row] as number, end: ends[row] as number });
  });
  return found;
}
