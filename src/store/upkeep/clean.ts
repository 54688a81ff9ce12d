import { jsonParameter, listParameter, unnestNumbers, unnestTexts } from '../duckdb/sql.js';
import { now } from '../duckdb/schema.js';
import { sizeOnDisk } from '../names/contents.js';
import { atomically, staleViews, type StoreContext } from '../segments/catalog.js';
import { deleteUnnamed, discardEmptyPacks } from './discard.js';
import { takeInventory, type Inventory, type Victim } from './inventory.js';
import { rewriteSparse } from './rewrite.js';
import { reachable } from '../../sdk/lists.js';

/** Limits of a cache. Absent: none. */
export interface CacheLimits {
  /** Bytes of all its files on disk. */
  readonly maxBytes?: number | undefined;
  /** Days after which unused rows are deleted. */
  readonly maxAgeDays?: number | undefined;
}

/** What a clean-up deletes, or would delete. */
export interface CleanPlan {
  /** Size of the rows: about what the disk gets back. */
  readonly bytes: number;
  /** Strategies whose rows it deletes, least recently used first. */
  readonly strategies: readonly string[];
}

/** Past a limit, the cache is cleaned down to this share of it, so that not every later run has to clean. */
const CLEANED_SHARE = 0.8;

const DAY_S = 86_400;

interface Choice extends CleanPlan {
  readonly fingerprints: ReadonlySet<string>;
  readonly segments: readonly number[];
}

/** See `Store.planClean`. */
export async function planClean(
  context: StoreContext,
  file: string,
  limits: CacheLimits,
  keep: string | null,
): Promise<CleanPlan> {
  const { bytes, strategies } = await choose(context, file, limits, keep);
  return { bytes, strategies };
}

/** See `Store.clean`. */
export async function clean(
  context: StoreContext,
  file: string,
  limits: CacheLimits,
  keep: string | null,
): Promise<CleanPlan> {
  return context.session.exclusive(async () => {
    const { bytes, strategies, fingerprints, segments } = await choose(context, file, limits, keep);
    if (segments.length > 0 || fingerprints.size > 0) {
      await atomically(context, () => drop(context, fingerprints, segments));
      context.catalog.forget();
    }
    await rewriteSparse(context, 0);
    await deleteUnnamed(context);
    return { bytes, strategies };
  });
}

async function drop(
  context: StoreContext,
  fingerprints: ReadonlySet<string>,
  segments: readonly number[],
): Promise<void> {
  const { session } = context;
  for (const table of fingerprints.size > 0 ? ['coverage', 'sources'] : []) {
    await session.run(`DELETE FROM ${table} WHERE fingerprint IN (SELECT ${unnestTexts(1)})`, [
      jsonParameter(fingerprints),
    ]);
  }
  if (segments.length > 0) {
    await session.run(`DELETE FROM segments WHERE id IN (SELECT ${unnestNumbers(1, 'INTEGER')})`, [
      listParameter(segments),
    ]);
  }
  await discardEmptyPacks(context);
  await staleViews(context);
}

async function choose(
  context: StoreContext,
  file: string,
  limits: CacheLimits,
  keep: string | null,
): Promise<Choice> {
  const inventory = await takeInventory(context.session, keep);
  const { maxBytes = Infinity, maxAgeDays = Infinity } = limits;
  const size = sizeOnDisk(file, context.folder);
  const excess = size > maxBytes ? size - maxBytes * CLEANED_SHARE : 0;
  const unlimited = maxBytes === Infinity && maxAgeDays === Infinity;
  const oldest = now() - maxAgeDays * DAY_S;
  const chosen = new Chosen(inventory);
  const due = ({ kind, used }: Victim): boolean =>
    unlimited ? kind !== 'strategy' : used < oldest || chosen.bytes < excess;
  const victims = unlimited ? inventory.victims : [...inventory.victims].sort((a, b) => a.used - b.used);
  for (const victim of victims) if (due(victim)) chosen.add(victim);
  // A stream whose turn came before its dependents'.
  for (const victim of victims) if (victim.kind === 'node' && due(victim)) chosen.add(victim);
  return chosen;
}

/** What is selected so far. */
class Chosen implements Choice {
  readonly fingerprints = new Set<string>();
  readonly segments: number[] = [];
  readonly strategies: string[] = [];
  bytes = 0;
  readonly #inventory: Inventory;
  readonly #left: ReadonlyMap<number, Set<string>>;

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
    this.#left = new Map([...inventory.segments].map(([id, { covers }]) => [id, new Set(covers)]));
  }

  add({ segment, fingerprints, strategy }: Victim): void {
    const before = this.segments.length;
    if (segment !== undefined) this.#free(segment);
    // Dependents first: a stream goes only with the last of them.
    for (const each of [...fingerprints].sort((a, b) => this.#depth(b) - this.#depth(a))) this.#addNode(each);
    if (strategy !== undefined && this.segments.length > before) this.strategies.push(strategy);
  }

  #addNode(fingerprint: string): void {
    const { streams, segmentsOf } = this.#inventory;
    if (this.fingerprints.has(fingerprint)) return;
    // Without the stream's rows, a change of its source would go unnoticed and its dependents would look fresh.
    if (streams.has(fingerprint) && this.#hasDependents(fingerprint)) return;
    this.fingerprints.add(fingerprint);
    for (const id of segmentsOf.get(fingerprint) ?? []) {
      const covers = this.#left.get(id);
      covers?.delete(fingerprint);
      if (covers?.size === 0) this.#free(id);
    }
  }

  #free(id: number): void {
    this.segments.push(id);
    this.bytes += this.#inventory.segments.get(id)?.bytes ?? 0;
  }

  #depth(fingerprint: string): number {
    return this.#inventory.streams.has(fingerprint) ? 0 : 1;
  }

  #hasDependents(stream: string): boolean {
    const { segmentsOf, inputs } = this.#inventory;
    const kept = [...segmentsOf.keys()].filter((each) => each !== stream && !this.fingerprints.has(each));
    for (const each of reachable(kept, (node) => inputs.get(node) ?? [])) if (each === stream) return true;
    return false;
  }
}
