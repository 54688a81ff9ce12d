import { addTo } from '../../sdk/lists.js';
import type { Session } from '../duckdb/session.js';
import { pinnedNodes } from '../names/pins.js';

interface HeldSegment {
  readonly id: number;
  /** Its share of its pack's bytes. */
  readonly bytes: number;
  /** Epoch seconds. */
  readonly created: number;
  /** Fingerprints that it covers. */
  readonly covers: Set<string>;
}

/** Something that is deleted as a whole. */
export interface Victim {
  readonly kind: 'segment' | 'node' | 'strategy';
  /** When it was last used, in epoch seconds. */
  readonly used: number;
  readonly segment?: number;
  readonly fingerprints: readonly string[];
  readonly strategy?: string;
}

export interface Inventory {
  readonly segments: ReadonlyMap<number, HeldSegment>;
  readonly segmentsOf: ReadonlyMap<string, readonly number[]>;
  readonly inputs: ReadonlyMap<string, readonly string[]>;
  readonly streams: ReadonlySet<string>;
  /** What nobody needs comes first; limits then delete by last use. */
  readonly victims: readonly Victim[];
}

/** @param keep a strategy whose current rows stay */
export async function takeInventory(session: Session, keep: string | null): Promise<Inventory> {
  const segments = new Map<number, HeldSegment>();
  const stored = await session.select(
    { id: 'integer', bytes: 'number', created_at: 'number' },
    // A pack's shared bytes, such as times, go with its segments.
    `SELECT g.id, g.created_at, round(coalesce(g.bytes * p.bytes / nullif(sum(g.bytes) OVER (PARTITION BY g.pack), 0), 0)) AS bytes
     FROM segments g LEFT JOIN packs p ON p.id = g.pack`,
  );
  for (const { id, bytes, created_at: created } of stored) {
    segments.set(id, { id, bytes, created, covers: new Set() });
  }
  const segmentsOf = new Map<string, number[]>();
  const coverage = await session.select(
    { fingerprint: 'text', segment: 'integer' },
    'SELECT DISTINCT fingerprint, segment FROM coverage',
  );
  for (const { fingerprint, segment } of coverage) {
    segments.get(segment)?.covers.add(fingerprint);
    addTo(segmentsOf, fingerprint, segment);
  }
  const inputs = new Map<string, string[]>();
  const edges = await session.select(
    { fingerprint: 'text', input: 'text' },
    'SELECT fingerprint, input FROM node_inputs',
  );
  for (const { fingerprint, input } of edges) addTo(inputs, fingerprint, input);
  const sources = await session.select(
    { fingerprint: 'text' },
    "SELECT fingerprint FROM nodes WHERE kind = 'stream' UNION SELECT fingerprint FROM sources",
  );
  const streams = new Set(sources.map(({ fingerprint }) => fingerprint));
  const uncovered = [...segments.values()]
    .filter(({ covers }) => covers.size === 0)
    .sort((a, b) => a.created - b.created)
    .map(({ id, created: used }): Victim => ({ kind: 'segment', used, segment: id, fingerprints: [] }));
  const named = await namedVictims(session, keep, [...segmentsOf.keys()], streams);
  return { segments, segmentsOf, inputs, streams, victims: [...uncovered, ...named] };
}

/** Nodes of no strategy first, then strategies, least recently used first. */
async function namedVictims(
  session: Session,
  keep: string | null,
  covered: readonly string[],
  streams: ReadonlySet<string>,
): Promise<Victim[]> {
  const names = await session.select(
    { strategy: 'text', fingerprint: 'text', is_current: 'flag', replaced: 'number', used: 'number' },
    `SELECT n.strategy, n.fingerprint, n.replaced_at IS NULL AND n.listed AS is_current,
       coalesce(n.replaced_at, 0) AS replaced, coalesce(u.used_at, 0) AS used
     FROM names n LEFT JOIN uses u USING (strategy)`,
  );
  const pinned = await pinnedNodes(session);
  const lastUse = new Map<string, number>();
  const users = new Map<string, Set<string>>();
  const out = new Map<string, number>();
  for (const { strategy, fingerprint, is_current: current, replaced, used } of names) {
    lastUse.set(strategy, used);
    if (current) users.set(fingerprint, (users.get(fingerprint) ?? new Set()).add(strategy));
    else out.set(fingerprint, Math.max(out.get(fingerprint) ?? 0, replaced || used));
  }
  const superseded = covered
    .filter((fingerprint) => !users.has(fingerprint) && !pinned.has(fingerprint))
    .map((fingerprint) => ({
      kind: 'node' as const,
      used: out.get(fingerprint) ?? 0,
      fingerprints: [fingerprint],
      isStream: streams.has(fingerprint),
    }))
    // A stream goes after its dependents, or not at all.
    .sort((a, b) => Number(a.isStream) - Number(b.isStream) || a.used - b.used);
  const order = [...lastUse].filter(([name]) => name !== keep).sort((a, b) => a[1] - b[1]);
  const gone = new Set<string>();
  const strategies = order.map(([strategy, used]): Victim => {
    gone.add(strategy);
    // A node of several strategies goes with the last of them.
    const own = [...users].filter(
      ([fingerprint, by]) =>
        !pinned.has(fingerprint) && by.has(strategy) && [...by].every((each) => gone.has(each)),
    );
    return { kind: 'strategy', used, strategy, fingerprints: own.map(([fingerprint]) => fingerprint) };
  });
  return [...superseded, ...strategies];
}
