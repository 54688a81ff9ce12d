import { textDigest } from '../../engine/fingerprint/digest.js';
import type { Part, PartKind } from '../../engine/ports/host.js';
import type { EarlierNode, NodeRecord } from '../../engine/ports/store.js';
import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from '../duckdb/sql.js';
import { TABLES } from '../duckdb/schema.js';
import type { Session } from '../duckdb/session.js';
import type { StoreContext } from '../segments/catalog.js';

/** Stores the parts of new code hashes. Each part is stored once. Call it inside a transaction. */
export async function describeOwns(context: StoreContext, nodes: readonly NodeRecord[]): Promise<void> {
  const { session } = context;
  const byOwn = new Map(nodes.map((node) => [node.codeHash, node]));
  if (byOwn.size === 0) return;
  const known = await session.select(
    { own: 'text' },
    `SELECT own FROM code_parts JOIN (SELECT ${unnestTexts(1)} AS wanted) ON own = wanted`,
    [jsonParameter(byOwn.keys())],
  );
  for (const { own } of known) byOwn.delete(own);
  const described = await Promise.all(
    [...byOwn].map(async ([own, node]) => ({ own, parts: keyed(await node.parts()) })),
  );
  const made = described.filter(({ parts }) => parts.length > 0);
  const ids = await partIds(context, new Map(made.flatMap(({ parts }) => parts)));
  await session.append(
    'code_parts',
    made.map(({ own, parts }) => ({ own, parts: listParameter(parts.map(([key]) => ids.get(key) ?? 0)) })),
  );
}

function keyed(parts: readonly Part[]): [string, Part][] {
  return parts.map((part) => {
    const { kind, name, owner, title, file, hash, text } = part;
    return [textDigest([kind, name, owner, title, file ?? '', hash, text]), part];
  });
}

async function partIds(
  { session, catalog }: StoreContext,
  parts: ReadonlyMap<string, Part>,
): Promise<ReadonlyMap<string, number>> {
  if (parts.size === 0) return new Map();
  const rows = await session.select(
    { id: 'integer', key: 'text' },
    `SELECT id, key FROM parts JOIN (SELECT ${unnestTexts(1)} AS wanted) ON key = wanted`,
    [jsonParameter(parts.keys())],
  );
  const ids = new Map(rows.map(({ id, key }) => [key, id]));
  const added = [...parts].filter(([key]) => !ids.has(key));
  for (const [key] of added) ids.set(key, await catalog.take('parts'));
  await session.append(
    'parts',
    added.map(([key, part]) => ({ ...part, id: ids.get(key) ?? 0, key })),
  );
  return ids;
}

const VERSION = { position: 'integer', fingerprint: 'text', own: 'text', parts: 'text?' } as const;

/** See `NodeStore.earlier`. */
export async function earlier(
  { session }: StoreContext,
  nodes: readonly NodeRecord[],
): Promise<(EarlierNode | null)[]> {
  if (nodes.length === 0) return [];
  const found = await session.select(
    VERSION,
    `WITH w AS (SELECT ${unnestTexts(1)} AS strategy, ${unnestTexts(2)} AS node, ${unnestTexts(3)} AS fingerprint,
         ${unnestNumbers(4, 'INTEGER')} AS position),
       v AS (SELECT w.position, n.fingerprint, row_number() OVER (PARTITION BY w.position
           ORDER BY n.replaced_at IS NULL DESC, n.replaced_at DESC, n.registered_at DESC, n.rowid DESC) AS age
         FROM w JOIN names n ON n.strategy = w.strategy AND n.node = w.node AND n.fingerprint <> w.fingerprint)
     SELECT v.position, v.fingerprint, d.own, m.parts
     FROM v JOIN nodes d USING (fingerprint) LEFT JOIN code_parts m USING (own) WHERE v.age = 1`,
    [
      jsonParameter(nodes.map(({ strategy }) => strategy)),
      jsonParameter(nodes.map(({ node }) => node)),
      jsonParameter(nodes.map(({ fingerprint }) => fingerprint)),
      listParameter(nodes.keys()),
    ],
  );
  const strategies = new Map(
    found.map(({ fingerprint, position }) => [fingerprint, nodes[position]?.strategy ?? '']),
  );
  const inputs = await inputNames(session, strategies);
  const idsOf = (parts: string | null): number[] | null => parts?.split(',').map(Number) ?? null;
  const parts = await readParts(
    session,
    found.flatMap((version) => idsOf(version.parts) ?? []),
  );
  const earlierNodes: (EarlierNode | null)[] = nodes.map(() => null);
  for (const { position, fingerprint, own, parts: packed } of found) {
    earlierNodes[position] = {
      fingerprint,
      own,
      parts: idsOf(packed)?.flatMap((id) => parts.get(id) ?? []) ?? null,
      inputs: inputs.get(fingerprint) ?? [],
    };
  }
  return earlierNodes;
}

/** Inputs of nodes, with their names in a strategy. */
async function inputNames(
  session: Session,
  strategies: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, EarlierNode['inputs']>> {
  const inputs = new Map<string, { fingerprint: string; names: string[] }[]>();
  if (strategies.size === 0) return inputs;
  const rows = await session.select(
    { fingerprint: 'text', position: 'integer', input: 'text', node: 'text?' },
    `WITH w AS (SELECT ${unnestTexts(1)} AS fingerprint, ${unnestTexts(2)} AS strategy)
     SELECT DISTINCT i.fingerprint, i.position, i.input, n.node
     FROM w JOIN node_inputs i USING (fingerprint) LEFT JOIN names n ON n.fingerprint = i.input AND n.strategy = w.strategy
     ORDER BY i.fingerprint, i.position, n.node`,
    [jsonParameter(strategies.keys()), jsonParameter(strategies.values())],
  );
  for (const { fingerprint, position, input, node } of rows) {
    const list = inputs.get(fingerprint) ?? [];
    inputs.set(fingerprint, list);
    const known = (list[position] ??= { fingerprint: input, names: [] });
    if (node !== null) known.names.push(node);
  }
  return inputs;
}

async function readParts(session: Session, ids: readonly number[]): Promise<ReadonlyMap<number, Part>> {
  if (ids.length === 0) return new Map();
  const rows = await session.select(
    TABLES.parts,
    `SELECT * FROM parts JOIN (SELECT DISTINCT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON id = wanted`,
    [listParameter(ids)],
  );
  return new Map(
    rows.map(({ id, kind, name, owner, title, file, hash, text }) => [
      id,
      { kind: kind as PartKind, name, owner, title, file, hash, text },
    ]),
  );
}
