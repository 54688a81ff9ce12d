import type { NodeComparison, NodeRecord } from '../../engine/ports/store.js';
import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from '../duckdb/sql.js';
import { now, type Row } from '../duckdb/schema.js';
import type { Session } from '../duckdb/session.js';
import { nameKey, staleViews, transact, type CurrentName, type StoreContext } from '../segments/catalog.js';
import { describeOwns } from './code-parts.js';
import { registerFamilies } from './families.js';
import { keepCalendars } from './grids.js';

/** See `NodeStore.register`. Writes nothing when nothing changed. */
export async function register(
  context: StoreContext,
  nodes: readonly NodeRecord[],
  left: ReadonlySet<string> = new Set(),
): Promise<NodeComparison[]> {
  if (nodes.length === 0) return [];
  const { session } = context;
  // A hit needs no transaction, which would cost further DuckDB calls.
  const before = await session.exclusive(() => currentNames(context, nodes));
  if (isListed(nodes, before)) return nodes.map(() => 'same');
  return transact(context, async () => {
    const current = await currentNames(context, nodes);
    const histories = nodes.map((node) => historyOf(current, node));
    const changed = nodes.filter((_, index) => histories[index] !== 'same');
    await describeNodes(session, changed);
    await describeOwns(context, changed);
    const kept = histories.map((history, index): NodeComparison =>
      history !== 'new' && left.has(nodes[index]?.fingerprint ?? '') ? 'same' : history,
    );
    await replaceNames(session, nodes, kept);
    await relist(session, nodes, kept, current);
    await registerFamilies(session, nodes);
    context.catalog.forgetNames();
    await staleViews(context);
    return histories;
  });
}

/** Whether the store has exactly these nodes, in this order, for their strategies. */
function isListed(nodes: readonly NodeRecord[], current: ReadonlyMap<string, CurrentName>): boolean {
  const listed = [...current.values()].filter((name) => name.listed);
  return (
    listed.length === nodes.length &&
    nodes.every((node, position) => {
      const name = current.get(nameKey(node));
      return name?.listed === true && name.position === position && name.fingerprint === node.fingerprint;
    })
  );
}

function historyOf(current: ReadonlyMap<string, CurrentName>, node: NodeRecord): NodeComparison {
  const before = current.get(nameKey(node));
  if (!before) return 'new';
  if (before.fingerprint === node.fingerprint) return 'same';
  return before.own === node.codeHash ? 'input-changed' : 'own-changed';
}

/** See `NodeStore.compare`. */
export async function compare(
  context: StoreContext,
  nodes: readonly NodeRecord[],
): Promise<NodeComparison[]> {
  if (nodes.length === 0) return [];
  const current = await currentNames(context, nodes);
  return nodes.map((node) => historyOf(current, node));
}

/** See `NodeStore.current`. */
export async function current(
  { catalog }: StoreContext,
  strategy: string,
): Promise<ReadonlyMap<string, string>> {
  const names = await catalog.names([strategy]);
  return new Map([...names.values()].map(({ node, fingerprint }) => [node, fingerprint]));
}

/** The current names of these nodes' strategies, by `nameKey`. */
export function currentNames(
  { catalog }: StoreContext,
  nodes: readonly NodeRecord[],
): Promise<ReadonlyMap<string, CurrentName>> {
  return catalog.names(nodes.map(({ strategy }) => strategy));
}

/** Stores descriptions of new fingerprints. What a fingerprint stands for never changes. */
async function describeNodes(session: Session, nodes: readonly NodeRecord[]): Promise<void> {
  const added = new Map(nodes.map((node) => [node.fingerprint, node]));
  if (added.size === 0) return;
  const known = await session.select(
    { fingerprint: 'text' },
    `SELECT fingerprint FROM nodes JOIN (SELECT ${unnestTexts(1)} AS wanted) ON fingerprint = wanted`,
    [jsonParameter(added.keys())],
  );
  for (const { fingerprint } of known) added.delete(fingerprint);
  await keepCalendars(session, added.values());
  await session.append(
    'nodes',
    [...added].map(([fingerprint, { codeHash: own, kind, interval, phase, calendar, label }]) => ({
      fingerprint,
      own,
      kind,
      interval_s: interval,
      phase_s: phase,
      calendar: calendar?.key ?? null,
      label,
    })),
  );
  const inputs = [...added].flatMap(([fingerprint, { inputs: list, lookbacks, spans }]) =>
    list.map((input, position) => ({
      fingerprint,
      position,
      input,
      lookback: lookbacks?.[position] ?? null,
      span_s: spans?.[position] ?? null,
    })),
  );
  await session.append('node_inputs', inputs);
}

async function replaceNames(
  session: Session,
  nodes: readonly NodeRecord[],
  histories: readonly NodeComparison[],
): Promise<void> {
  const time = now();
  const added: Row<'names'>[] = [];
  const replaced: NodeRecord[] = [];
  nodes.forEach(({ strategy, node, fingerprint }, position) => {
    const history = histories[position];
    if (history === 'same') return;
    if (history !== 'new') replaced.push(nodes[position] as NodeRecord);
    added.push({
      strategy,
      node,
      position,
      fingerprint,
      registered_at: time,
      replaced_at: null,
      listed: true,
    });
  });
  if (replaced.length > 0) {
    await session.run(
      `UPDATE names SET replaced_at = $3 FROM (SELECT ${unnestTexts(1)} AS strategy, ${unnestTexts(2)} AS node) w
       WHERE names.strategy = w.strategy AND names.node = w.node AND replaced_at IS NULL`,
      [
        jsonParameter(replaced.map(({ strategy }) => strategy)),
        jsonParameter(replaced.map(({ node }) => node)),
        time,
      ],
    );
  }
  await session.append('names', added);
}

/** Records names that appeared or went, and their order, where the fingerprint is the same. */
async function relist(
  session: Session,
  nodes: readonly NodeRecord[],
  histories: readonly NodeComparison[],
  before: ReadonlyMap<string, CurrentName>,
): Promise<void> {
  const gone = new Map(before);
  const moved: Pick<CurrentName, 'strategy' | 'node' | 'position' | 'listed'>[] = [];
  nodes.forEach(({ strategy, node }, position) => {
    const key = nameKey({ strategy, node });
    const name = before.get(key);
    gone.delete(key);
    if (histories[position] !== 'same' || (name?.listed && name.position === position)) return;
    moved.push({ strategy, node, position, listed: true });
  });
  for (const name of gone.values()) if (name.listed) moved.push({ ...name, listed: false });
  if (moved.length === 0) return;
  await session.run(
    `UPDATE names SET position = w.position, listed = w.listed = 1
     FROM (SELECT ${unnestTexts(1)} AS strategy, ${unnestTexts(2)} AS node, ${unnestNumbers(3, 'INTEGER')} AS position,
       ${unnestNumbers(4, 'INTEGER')} AS listed) w
     WHERE names.strategy = w.strategy AND names.node = w.node AND replaced_at IS NULL`,
    [
      jsonParameter(moved.map(({ strategy }) => strategy)),
      jsonParameter(moved.map(({ node }) => node)),
      listParameter(moved.map(({ position }) => position)),
      listParameter(moved.map(({ listed }) => (listed ? 1 : 0))),
    ],
  );
}
