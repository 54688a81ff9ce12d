import {
  BOOLEAN,
  DOUBLE,
  DuckDBTimestampValue,
  INTEGER,
  TIMESTAMP,
  VARCHAR,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { NodeHistory, NodeRecord } from '../../engine/ports/store.js';
import { transact, type StoreContext } from '../segments/interned.js';
import { describeOwns } from '../segments/makeups.js';
import { adoptClassNames } from './strategy-names.js';
import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from '../duckdb/sql.js';

/** What a name stands for now. */
export interface CurrentName {
  readonly fp: number;
  readonly own: string | null;
  readonly position: number;
  readonly listed: boolean;
}

/** Time now, as DuckDB has it: microseconds since the epoch, UTC. */
export function timestampNow(): DuckDBTimestampValue {
  return new DuckDBTimestampValue(BigInt(Date.now()) * 1000n);
}

/** See `NodeStore.register`. Writes nothing when nothing changed. */
export async function register(
  context: StoreContext,
  nodes: readonly NodeRecord[],
  left: ReadonlySet<string> = new Set(),
): Promise<NodeHistory[]> {
  if (nodes.length === 0) return [];
  // A transaction is further calls of DuckDB: a hit does without.
  if (await context.session.exclusive(() => isListed(context, nodes))) return nodes.map(() => 'same');
  return transact(context, async () => {
    const strategies = new Set(nodes.map(({ strategy }) => strategy));
    const ids = await context.interned.intern(nodes.flatMap((node) => [node.fingerprint, ...node.inputs]));
    const fpOf = (fingerprint: string): number => ids.get(fingerprint) as number;
    let current = await currentNames(context, strategies);
    const unknown = new Set(strategies);
    for (const key of current.keys()) unknown.delete((JSON.parse(key) as [string, string])[0]);
    if (await adoptClassNames(context, unknown)) current = await currentNames(context, strategies);
    const histories = nodes.map((node) =>
      historyOf(current.get(nameKey(node.strategy, node.node)), node, fpOf(node.fingerprint)),
    );
    const changed = nodes.filter((_, index) => histories[index] !== 'same');
    await describeNodes(context, changed, fpOf);
    await describeOwns(context, changed);
    const kept = histories.map((history, index): NodeHistory =>
      history !== 'new' && left.has((nodes[index] as NodeRecord).fingerprint) ? 'same' : history,
    );
    await replaceNames(context, nodes, kept, fpOf);
    await relist(context, nodes, kept, current);
    return histories;
  });
}

/** Whether these nodes, in this order, are what the store has of their strategies. */
async function isListed(context: StoreContext, nodes: readonly NodeRecord[]): Promise<boolean> {
  const current = await currentNames(context, new Set(nodes.map(({ strategy }) => strategy)));
  // Asked for after the names, which tell the ids of those they have.
  const ids = await context.interned.find(nodes.map(({ fingerprint }) => fingerprint));
  const listed = [...current.values()].filter((name) => name.listed);
  return (
    listed.length === nodes.length &&
    nodes.every(({ strategy, node, fingerprint }, position) => {
      const name = current.get(nameKey(strategy, node));
      return name?.listed === true && name.position === position && name.fp === ids.get(fingerprint);
    })
  );
}

function historyOf(before: CurrentName | undefined, node: NodeRecord, fp: number | undefined): NodeHistory {
  if (!before) return 'new';
  if (before.fp === fp) return 'same';
  return before.own === node.own ? 'input-changed' : 'own-changed';
}

/** See `NodeStore.compare`. */
export async function compare(context: StoreContext, nodes: readonly NodeRecord[]): Promise<NodeHistory[]> {
  if (nodes.length === 0) return [];
  const current = await currentNames(context, new Set(nodes.map((node) => node.strategy)));
  const ids = await context.interned.find(nodes.map((node) => node.fingerprint));
  return nodes.map((node) =>
    historyOf(current.get(nameKey(node.strategy, node.node)), node, ids.get(node.fingerprint)),
  );
}

/** See `NodeStore.current`. */
export async function current(
  { session }: StoreContext,
  strategy: string,
): Promise<ReadonlyMap<string, string>> {
  const rows = await session.select(
    `SELECT n.node, f.fingerprint FROM names n JOIN fingerprints f ON f.id = n.fp
     WHERE n.strategy = $1 AND n.replaced_at IS NULL`,
    [strategy],
  );
  const fingerprints = rows.texts('fingerprint');
  return new Map(rows.texts('node').map((node, row) => [node, fingerprints[row] as string]));
}

/** The current names of strategies, by `nameKey`. */
export async function currentNames(
  context: StoreContext,
  strategies: ReadonlySet<string>,
): Promise<Map<string, CurrentName>> {
  const rows = await context.session.recall(
    `SELECT n.strategy, n.node, n.fp, n.position, n.listed, f.fingerprint, d.own
     FROM names n JOIN (SELECT ${unnestTexts(1)} AS wanted) ON n.strategy = wanted JOIN fingerprints f ON f.id = n.fp
       LEFT JOIN nodes d ON d.fp = n.fp
     WHERE n.replaced_at IS NULL`,
    [jsonParameter(strategies)],
  );
  const [nodes, fps, positions] = [rows.texts('node'), rows.numbers('fp'), rows.numbers('position')];
  context.interned.learn(rows.texts('fingerprint'), fps);
  const [owns, listed] = [rows.textsOrNull('own'), rows.flags('listed')];
  const found = new Map<string, CurrentName>();
  rows.texts('strategy').forEach((strategy, row) => {
    found.set(nameKey(strategy, nodes[row] as string), {
      fp: fps[row] as number,
      own: owns[row] as string | null,
      position: positions[row] as number,
      listed: listed[row] as boolean,
    });
  });
  return found;
}

export function nameKey(strategy: string, node: string): string {
  return JSON.stringify([strategy, node]);
}

/** Describes the fingerprints that are new. What a fingerprint stands for never changes. */
async function describeNodes(
  { session }: StoreContext,
  nodes: readonly NodeRecord[],
  fpOf: (fingerprint: string) => number,
): Promise<void> {
  const byFp = new Map(nodes.map((node) => [fpOf(node.fingerprint), node]));
  if (byFp.size === 0) return;
  const known = await session.select(
    `SELECT fp FROM nodes JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON fp = wanted`,
    [listParameter(byFp.keys())],
  );
  for (const fp of known.numbers('fp')) byFp.delete(fp);
  await session.append(
    'nodes',
    [INTEGER, VARCHAR, VARCHAR, DOUBLE, DOUBLE, VARCHAR],
    [...byFp].map(([fp, { own, kind, interval, phase, label }]) => [fp, own, kind, interval, phase, label]),
  );
  await session.append(
    'node_inputs',
    [INTEGER, INTEGER, INTEGER, INTEGER],
    [...byFp].flatMap(([fp, { inputs, lookbacks }]) =>
      inputs.map((input, position) => [fp, position, fpOf(input), lookbacks?.[position] ?? null]),
    ),
  );
}

async function replaceNames(
  { session }: StoreContext,
  nodes: readonly NodeRecord[],
  histories: readonly NodeHistory[],
  fpOf: (fingerprint: string) => number,
): Promise<void> {
  const now = timestampNow();
  const added: DuckDBValue[][] = [];
  const replaced: NodeRecord[] = [];
  nodes.forEach((node, position) => {
    const history = histories[position];
    if (history === 'same') return;
    if (history !== 'new') replaced.push(node);
    added.push([node.strategy, node.node, position, fpOf(node.fingerprint), now, null, true]);
  });
  if (replaced.length > 0) {
    await session.run(
      `UPDATE names SET replaced_at = make_timestamp($3::BIGINT)
       FROM (SELECT ${unnestTexts(1)} AS strategy, ${unnestTexts(2)} AS node) w
       WHERE names.strategy = w.strategy AND names.node = w.node AND replaced_at IS NULL`,
      [
        jsonParameter(replaced.map(({ strategy }) => strategy)),
        jsonParameter(replaced.map(({ node }) => node)),
        Number(now.micros),
      ],
    );
  }
  await session.append('names', [VARCHAR, VARCHAR, INTEGER, INTEGER, TIMESTAMP, TIMESTAMP, BOOLEAN], added);
}

/** Keeps track of which names the strategies have now, and in what order, where the fingerprint stayed. */
async function relist(
  { session }: StoreContext,
  nodes: readonly NodeRecord[],
  histories: readonly NodeHistory[],
  current: ReadonlyMap<string, CurrentName>,
): Promise<void> {
  const moved: { key: string; position: number; listed: boolean }[] = [];
  const gone = new Map(current);
  nodes.forEach((node, position) => {
    const key = nameKey(node.strategy, node.node);
    const before = current.get(key);
    gone.delete(key);
    if (histories[position] !== 'same' || (before?.listed && before.position === position)) return;
    moved.push({ key, position, listed: true });
  });
  for (const [key, { position, listed }] of gone) if (listed) moved.push({ key, position, listed: false });
  if (moved.length === 0) return;
  const names = moved.map(({ key }) => JSON.parse(key) as [string, string]);
  await session.run(
    `UPDATE names SET position = w.position, listed = w.listed = 1
     FROM (SELECT ${unnestTexts(1)} AS strategy, ${unnestTexts(2)} AS node, ${unnestNumbers(3, 'INTEGER')} AS position,
       ${unnestNumbers(4, 'INTEGER')} AS listed) w
     WHERE names.strategy = w.strategy AND names.node = w.node AND replaced_at IS NULL`,
    [
      jsonParameter(names.map(([strategy]) => strategy)),
      jsonParameter(names.map(([, node]) => node)),
      listParameter(moved.map(({ position }) => position)),
      listParameter(moved.map(({ listed }) => (listed ? 1 : 0))),
    ],
  );
}
