import { INTEGER, VARCHAR } from '@duckdb/node-api';
import { textDigest } from '../../engine/fingerprint/digest.js';
import type { Part, PartKind } from '../../engine/ports/host.js';
import type { EarlierNode, NodeRecord } from '../../engine/ports/store.js';
import type { StoreContext } from './interned.js';
import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from '../duckdb/sql.js';

/**
 * Keeps what own hashes are made of, for those that are new. Parts are kept once, however many nodes have them. To be used in a
 * transaction.
 */
export async function describeOwns(
  { session, interned }: StoreContext,
  nodes: readonly NodeRecord[],
): Promise<void> {
  const byOwn = new Map(nodes.map((node) => [node.own, node]));
  if (byOwn.size === 0) return;
  const known = await session.select(
    `SELECT own FROM makeups JOIN (SELECT ${unnestTexts(1)} AS wanted) ON own = wanted`,
    [jsonParameter(byOwn.keys())],
  );
  for (const own of known.texts('own')) byOwn.delete(own);
  const made = await Promise.all(
    [...byOwn].map(async ([own, node]) => ({ own, keyed: keyed(await node.parts()) })),
  );
  const all = new Map(made.flatMap(({ keyed: parts }) => parts));
  if (all.size === 0) return;
  const ids = await partIds({ session, interned }, all);
  await session.append(
    'makeups',
    [VARCHAR, VARCHAR],
    made.flatMap(({ own, keyed: parts }) =>
      parts.length > 0 ? [[own, listParameter(parts.map(([key]) => ids.get(key) as number))]] : [],
    ),
  );
}

function keyed(parts: readonly Part[]): [string, Part][] {
  return parts.map((part) => {
    const { kind, name, owner, title, file, hash, text } = part;
    return [textDigest([kind, name, owner, title, file ?? '', hash, text]), part];
  });
}

async function partIds(
  { session, interned }: StoreContext,
  parts: ReadonlyMap<string, Part>,
): Promise<ReadonlyMap<string, number>> {
  const rows = await session.select(
    `SELECT id, key FROM parts JOIN (SELECT ${unnestTexts(1)} AS wanted) ON key = wanted`,
    [jsonParameter(parts.keys())],
  );
  const found = rows.numbers('id');
  const ids = new Map(rows.texts('key').map((key, row) => [key, found[row] as number]));
  const added = [...parts].filter(([key]) => !ids.has(key));
  for (const [key] of added) ids.set(key, interned.take('parts'));
  await session.append(
    'parts',
    [INTEGER, VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR],
    added.map(([key, { kind, name, owner, title, file, hash, text }]) => [
      ids.get(key) as number,
      key,
      kind,
      name,
      owner,
      title,
      file,
      hash,
      text,
    ]),
  );
  return ids;
}

interface Found {
  readonly position: number;
  readonly fp: number;
  readonly fingerprint: string;
  readonly own: string;
  readonly parts: readonly number[] | null;
}

/** See `NodeStore.earlier`. */
export async function earlier(
  context: StoreContext,
  nodes: readonly NodeRecord[],
): Promise<(EarlierNode | null)[]> {
  const found = nodes.length > 0 ? await earlierVersions(context, nodes) : [];
  const inputs = await inputNames(context, found, nodes);
  const parts = await readParts(
    context,
    found.flatMap(({ parts: ids }) => ids ?? []),
  );
  const earlierNodes: (EarlierNode | null)[] = nodes.map(() => null);
  for (const { position, fp, fingerprint, own, parts: ids } of found) {
    earlierNodes[position] = {
      fingerprint,
      own,
      parts: ids?.flatMap((id) => parts.get(id) ?? []) ?? null,
      inputs: inputs.get(fp) ?? [],
    };
  }
  return earlierNodes;
}

async function earlierVersions({ session }: StoreContext, nodes: readonly NodeRecord[]): Promise<Found[]> {
  const rows = await session.select(
    `WITH w AS (SELECT ${unnestTexts(1)} AS strategy, ${unnestTexts(2)} AS node, ${unnestTexts(3)} AS fingerprint,
         ${unnestNumbers(4, 'INTEGER')} AS position),
       v AS (SELECT w.position, f.id, f.fingerprint, row_number() OVER (PARTITION BY w.position
           ORDER BY n.replaced_at IS NULL DESC, n.replaced_at DESC, n.registered_at DESC, n.rowid DESC) AS age
         FROM w JOIN names n ON n.strategy = w.strategy AND n.node = w.node JOIN fingerprints f ON f.id = n.fp
         WHERE f.fingerprint <> w.fingerprint)
     SELECT v.position, v.id, v.fingerprint, d.own, m.parts
     FROM v JOIN nodes d ON d.fp = v.id LEFT JOIN makeups m ON m.own = d.own WHERE v.age = 1`,
    [
      jsonParameter(nodes.map(({ strategy }) => strategy)),
      jsonParameter(nodes.map(({ node }) => node)),
      jsonParameter(nodes.map(({ fingerprint }) => fingerprint)),
      listParameter(nodes.keys()),
    ],
  );
  const [fps, fingerprints, owns] = [rows.numbers('id'), rows.texts('fingerprint'), rows.texts('own')];
  const parts = rows.textsOrNull('parts');
  return rows.numbers('position').map((position, row) => ({
    position,
    fp: fps[row] as number,
    fingerprint: fingerprints[row] as string,
    own: owns[row] as string,
    parts: parts[row]?.split(',').map(Number) ?? null,
  }));
}

async function inputNames(
  { session }: StoreContext,
  found: readonly Found[],
  nodes: readonly NodeRecord[],
): Promise<ReadonlyMap<number, EarlierNode['inputs']>> {
  const inputs = new Map<number, { fingerprint: string; names: string[] }[]>();
  if (found.length === 0) return inputs;
  const wanted = new Map(found.map(({ fp, position }) => [fp, nodes[position]?.strategy ?? '']));
  const rows = await session.select(
    `WITH w AS (SELECT ${unnestNumbers(1, 'INTEGER')} AS fp, ${unnestTexts(2)} AS strategy)
     SELECT i.fp, f.fingerprint, to_json(list(DISTINCT n.node) FILTER (n.node IS NOT NULL))::VARCHAR AS names
     FROM w JOIN node_inputs i ON i.fp = w.fp JOIN fingerprints f ON f.id = i.input
     LEFT JOIN names n ON n.fp = i.input AND n.strategy = w.strategy
     GROUP BY i.fp, i.position, f.fingerprint ORDER BY i.fp, i.position`,
    [listParameter(wanted.keys()), jsonParameter(wanted.values())],
  );
  const [fingerprints, names] = [rows.texts('fingerprint'), rows.textsOrNull('names')];
  rows.numbers('fp').forEach((fp, row) => {
    const list = inputs.get(fp) ?? [];
    inputs.set(fp, list);
    list.push({
      fingerprint: fingerprints[row] as string,
      names: (JSON.parse(names[row] ?? 'null') as string[] | null) ?? [],
    });
  });
  return inputs;
}

async function readParts(
  { session }: StoreContext,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Part>> {
  if (ids.length === 0) return new Map();
  const rows = await session.select(
    `SELECT id, kind, name, owner, title, file, hash, text
     FROM parts JOIN (SELECT DISTINCT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON id = wanted`,
    [listParameter(ids)],
  );
  const [kinds, names, owners] = [rows.texts('kind'), rows.texts('name'), rows.texts('owner')];
  const [titles, files] = [rows.texts('title'), rows.textsOrNull('file')];
  const [hashes, texts] = [rows.texts('hash'), rows.texts('text')];
  return new Map(
    rows.numbers('id').map((id, row) => [
      id,
      {
        kind: kinds[row] as PartKind,
        name: names[row] as string,
        owner: owners[row] as string,
        title: titles[row] as string,
        file: files[row] ?? null,
        hash: hashes[row] as string,
        text: texts[row] as string,
      },
    ]),
  );
}
