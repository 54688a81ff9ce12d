import type { NodeRecord } from '../../engine/ports/store.js';
import type { Session } from '../duckdb/session.js';

/** The families of each strategy: their symbols, and the names of their nodes. */
type Families = Readonly<Record<string, Readonly<Record<string, readonly MemberName[]>>>>;

export type MemberName = readonly [symbol: string, node: string];

const META_KEY = 'families';

export async function familiesIn(session: Session): Promise<Families> {
  const [row] = await session.select({ value: 'text' }, 'SELECT value FROM meta WHERE key = $1', [META_KEY]);
  return JSON.parse(row?.value ?? '{}') as Families;
}

/** Its members in order of symbol; null: the strategy has no such family. */
export async function membersIn(
  session: Session,
  strategy: string,
  family: string,
): Promise<readonly MemberName[] | null> {
  return (await familiesIn(session))[strategy]?.[family] ?? null;
}

/** Stores which nodes belong to which families. */
export async function registerFamilies(session: Session, nodes: readonly NodeRecord[]): Promise<void> {
  const known = await familiesIn(session);
  const now = { ...known };
  for (const strategy of new Set(nodes.map((node) => node.strategy))) {
    const families: Record<string, MemberName[]> = {};
    for (const { node, member, strategy: whose } of nodes) {
      if (whose !== strategy || typeof member?.symbol !== 'string') continue;
      (families[member.family] ??= []).push([member.symbol, node]);
    }
    if (Object.keys(families).length > 0) now[strategy] = families;
    else Reflect.deleteProperty(now, strategy);
  }
  const value = JSON.stringify(now);
  if (value === JSON.stringify(known)) return;
  await session.run('DELETE FROM meta WHERE key = $1', [META_KEY]);
  await session.append('meta', [{ key: META_KEY, value }]);
}
