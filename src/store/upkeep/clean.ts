import { sizeOnDisk } from '../names/contents.js';
import { rewrite } from '../duckdb/file.js';
import { transact, type StoreContext } from '../segments/interned.js';
import { pinnedNodes } from '../names/pins.js';
import { listParameter, unnestNumbers } from '../duckdb/sql.js';

/** What a cache may hold. Absent: no limit. */
export interface CacheLimits {
  /** Of the file on disk. */
  readonly maxBytes?: number | undefined;
  /** Rows that nobody used for longer go. */
  readonly maxAgeDays?: number | undefined;
}

/** What a clean-up takes, or would take. */
export interface CleanPlan {
  /** Packed size of the rows, approximately what it gives back to the disk. */
  readonly bytes: number;
  /** Strategies of whose nodes it takes the rows, least recently used first. */
  readonly strategies: readonly string[];
}

/** A limit that was passed is cleaned down to this share of it, so that not every run from then on has to clean. */
const CLEANED_SHARE = 0.8;

/** Share of the file that nothing lives in from which on it is written anew. */
const WORTH_REWRITING = 0.1;

/** Size of a file by its packed values, as measured of new ones: 12 MB of 8, 110 MB of 105. */
const LEAST_OVERHEAD = 1.02;
const FIXED_BYTES = 4_000_000;

/** How often a limit is tried for, each time with the overhead that showed. */
const MOST_ROUNDS = 3;

const DAY_MS = 86_400_000;

interface Segment {
  readonly id: number;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly covers: Set<number>;
}

/** Something that may go as a whole. */
interface Victim {
  readonly kind: 'segment' | 'node' | 'strategy';
  /** Milliseconds since the epoch when it was last of use. */
  readonly used: number;
  readonly segment?: number;
  readonly fps: readonly number[];
  readonly strategy?: string;
}

interface Inventory {
  readonly segments: ReadonlyMap<number, Segment>;
  readonly segmentsOf: ReadonlyMap<number, readonly number[]>;
  readonly inputs: ReadonlyMap<number, readonly number[]>;
  readonly streams: ReadonlySet<number>;
  /** What nobody needs first; a limit takes them by when they were last of use. */
  readonly victims: readonly Victim[];
}

interface Choice extends CleanPlan {
  readonly fps: ReadonlySet<number>;
  readonly segments: readonly number[];
}

/** See `Store.planClean`. */
export async function planClean(
  context: StoreContext,
  file: string,
  limits: CacheLimits,
  keep: string | null,
): Promise<CleanPlan> {
  const { bytes, strategies } = await choose(context, file, limits, keep, LEAST_OVERHEAD);
  return { bytes, strategies };
}

/** See `Store.clean`. Gives what was taken, and whether the file was written anew. */
export async function clean(
  context: StoreContext,
  file: string,
  limits: CacheLimits,
  keep: string | null,
): Promise<CleanPlan & { readonly rewritten: boolean }> {
  const { session, interned } = context;
  const taken = { bytes: 0, strategies: [] as string[], rewritten: false };
  let overhead = LEAST_OVERHEAD;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { bytes, strategies, fps, segments, live } = await session.exclusive(() =>
      choose(context, file, limits, keep, overhead),
    );
    const size = sizeOnDisk(file);
    if (segments.length > 0 || fps.size > 0) await transact(context, () => drop(context, fps, segments));
    taken.bytes += bytes;
    taken.strategies.push(...strategies);
    // DuckDB gives back only whole groups of rows without a living one, and those at the end of the file alone.
    const dead = size - sizeOfNew(live - bytes, overhead);
    if (dead < size * WORTH_REWRITING) break;
    const rewritten = await session.exclusive(async () => {
      const done = await rewrite(session, file);
      await interned.reload();
      return done;
    });
    taken.rewritten ||= rewritten;
    const now = sizeOnDisk(file);
    if (!rewritten || limits.maxBytes === undefined || now <= limits.maxBytes || bytes === 0) break;
    overhead = Math.max(overhead, (now - FIXED_BYTES) / Math.max(1, live - bytes));
  }
  return taken;
}

async function drop(
  { session }: StoreContext,
  fps: ReadonlySet<number>,
  segments: readonly number[],
): Promise<void> {
  const nodes = `(SELECT ${unnestNumbers(1, 'INTEGER')} AS fp)`;
  for (const table of fps.size > 0 ? ['coverage', 'sources'] : []) {
    await session.run(`DELETE FROM ${table} USING ${nodes} w WHERE ${table}.fp = w.fp`, [listParameter(fps)]);
  }
  if (segments.length === 0) return;
  const gone = `(SELECT ${unnestNumbers(1, 'INTEGER')} AS id)`;
  await session.run(`DELETE FROM segments USING ${gone} w WHERE segments.id = w.id`, [
    listParameter(segments),
  ]);
  await session.run(`DELETE FROM cells USING ${gone} w WHERE cells.segment = w.id`, [
    listParameter(segments),
  ]);
  await session.run('DELETE FROM axes WHERE id NOT IN (SELECT axis FROM segments)');
  await session.run('DELETE FROM axis_cells WHERE axis NOT IN (SELECT id FROM axes)');
}

async function choose(
  context: StoreContext,
  file: string,
  limits: CacheLimits,
  keep: string | null,
  overhead: number,
): Promise<Choice & { readonly live: number }> {
  const inventory = await takeInventory(context, keep);
  const axes = await context.session.select(
    'SELECT coalesce(sum(row_count), 0)::DOUBLE * 8 AS bytes FROM axes',
  );
  const live = [...inventory.segments.values()].reduce(
    (sum, { bytes }) => sum + bytes,
    axes.numbers('bytes')[0] ?? 0,
  );
  const { maxBytes = Infinity, maxAgeDays = Infinity } = limits;
  const size = sizeOfNew(live, overhead);
  const excess =
    sizeOnDisk(file) > maxBytes && size > maxBytes ? (size - maxBytes * CLEANED_SHARE) / overhead : 0;
  const unlimited = maxBytes === Infinity && maxAgeDays === Infinity;
  const oldest = Date.now() - maxAgeDays * DAY_MS;
  const chosen = new Chosen(inventory);
  const due = ({ kind, used }: Victim): boolean =>
    unlimited ? kind !== 'strategy' : used < oldest || chosen.bytes < excess;
  const victims = unlimited ? inventory.victims : [...inventory.victims].sort((a, b) => a.used - b.used);
  for (const victim of victims) if (due(victim)) chosen.add(victim);
  // A stream whose turn came before that of what depends on it.
  for (const victim of victims) if (victim.kind === 'node' && due(victim)) chosen.add(victim);
  const { bytes, strategies, fps, segments } = chosen;
  return { bytes, strategies, fps, segments, live };
}

function sizeOfNew(packed: number, overhead: number): number {
  return packed * overhead + FIXED_BYTES;
}

/** What is taken so far. */
class Chosen implements Choice {
  readonly fps = new Set<number>();
  readonly segments: number[] = [];
  readonly strategies: string[] = [];
  bytes = 0;
  readonly #inventory: Inventory;
  readonly #left: ReadonlyMap<number, Set<number>>;

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
    this.#left = new Map([...inventory.segments].map(([id, { covers }]) => [id, new Set(covers)]));
  }

  add({ segment, fps, strategy }: Victim): void {
    const before = this.segments.length;
    if (segment !== undefined) this.#free(segment);
    // Dependents first: a stream goes only when none of them is left.
    for (const fp of [...fps].sort((a, b) => this.#depth(b) - this.#depth(a))) this.#addNode(fp);
    if (strategy !== undefined && this.segments.length > before) this.strategies.push(strategy);
  }

  #addNode(fp: number): void {
    const { streams, segmentsOf } = this.#inventory;
    // Else a change of its source while it is gone would go unnoticed, and what depends on it would be believed.
    if (this.fps.has(fp) || (streams.has(fp) && this.#hasDependents(fp))) return;
    this.fps.add(fp);
    for (const id of segmentsOf.get(fp) ?? []) {
      const covers = this.#left.get(id);
      covers?.delete(fp);
      if (covers?.size === 0) this.#free(id);
    }
  }

  #free(id: number): void {
    this.segments.push(id);
    this.bytes += this.#inventory.segments.get(id)?.bytes ?? 0;
  }

  #depth(fp: number): number {
    return this.#inventory.streams.has(fp) ? 0 : 1;
  }

  #hasDependents(stream: number): boolean {
    const { segmentsOf, inputs } = this.#inventory;
    const seen = new Set<number>();
    const queue = [...segmentsOf.keys()].filter((fp) => fp !== stream && !this.fps.has(fp));
    for (let fp = queue.pop(); fp !== undefined; fp = queue.pop()) {
      for (const input of inputs.get(fp) ?? []) {
        if (input === stream) return true;
        if (!seen.has(input)) queue.push(input);
        seen.add(input);
      }
    }
    return false;
  }
}

async function takeInventory({ session }: StoreContext, keep: string | null): Promise<Inventory> {
  const segments = new Map<number, Segment>();
  const stored = await session.select(
    'SELECT id, bytes, epoch_ms(created_at)::DOUBLE AS created FROM segments',
  );
  const [bytes, created] = [stored.numbers('bytes'), stored.numbers('created')];
  stored.numbers('id').forEach((id, row) => {
    segments.set(id, {
      id,
      bytes: bytes[row] as number,
      created: created[row] as number,
      covers: new Set(),
    });
  });
  const segmentsOf = new Map<number, number[]>();
  const coverage = await session.select('SELECT DISTINCT fp, segment FROM coverage');
  const covered = coverage.numbers('segment');
  coverage.numbers('fp').forEach((fp, row) => {
    const id = covered[row] as number;
    segments.get(id)?.covers.add(fp);
    push(segmentsOf, fp, id);
  });
  const inputs = new Map<number, number[]>();
  const edges = await session.select('SELECT fp, input FROM node_inputs');
  const ends = edges.numbers('input');
  edges.numbers('fp').forEach((fp, row) => push(inputs, fp, ends[row] as number));
  const streams = new Set((await session.select("SELECT fp FROM nodes WHERE kind = 'stream'")).numbers('fp'));
  for (const fp of (await session.select('SELECT fp FROM sources')).numbers('fp')) streams.add(fp);
  const orphans = [...segments.values()]
    .filter(({ covers }) => covers.size === 0)
    .sort((a, b) => a.created - b.created)
    .map(({ id, created: used }): Victim => ({ kind: 'segment', used, segment: id, fps: [] }));
  const named = await namedVictims(session, keep, [...segmentsOf.keys()], streams);
  return { segments, segmentsOf, inputs, streams, victims: [...orphans, ...named] };
}

/** Nodes of no strategy any more, then strategies, those out of use for longest first. */
async function namedVictims(
  session: StoreContext['session'],
  keep: string | null,
  covered: readonly number[],
  streams: ReadonlySet<number>,
): Promise<Victim[]> {
  const names = await session.select(
    `SELECT n.strategy, n.fp, n.replaced_at IS NULL AND n.listed AS is_current,
       coalesce(epoch_ms(n.replaced_at), 0)::DOUBLE AS replaced, coalesce(epoch_ms(u.used_at), 0)::DOUBLE AS used
     FROM names n LEFT JOIN uses u ON u.strategy = n.strategy`,
  );
  const [fps, current] = [names.numbers('fp'), names.flags('is_current')];
  const [replaced, used] = [names.numbers('replaced'), names.numbers('used')];
  const pinned = await pinnedNodes(session);
  const lastUse = new Map<string, number>();
  const users = new Map<number, Set<string>>();
  const out = new Map<number, number>();
  names.texts('strategy').forEach((strategy, row) => {
    const fp = fps[row] as number;
    lastUse.set(strategy, used[row] as number);
    if (current[row]) users.set(fp, (users.get(fp) ?? new Set()).add(strategy));
    else out.set(fp, Math.max(out.get(fp) ?? 0, (replaced[row] as number) || (used[row] as number)));
  });
  const superseded = covered
    .filter((fp) => !users.has(fp) && !pinned.has(fp))
    .map((fp): Victim => ({ kind: 'node', used: out.get(fp) ?? 0, fps: [fp] }))
    // A stream goes after what depends on it, or not at all.
    .sort(
      (a, b) => Number(streams.has(a.fps[0] ?? 0)) - Number(streams.has(b.fps[0] ?? 0)) || a.used - b.used,
    );
  const order = [...lastUse].filter(([name]) => name !== keep).sort((a, b) => a[1] - b[1]);
  const gone = new Set<string>();
  const strategies = order.map(([strategy, time]): Victim => {
    gone.add(strategy);
    // A node of several strategies goes with the last of them.
    const own = [...users].filter(
      ([fp, by]) => !pinned.has(fp) && by.has(strategy) && [...by].every((each) => gone.has(each)),
    );
    return { kind: 'strategy', used: time, strategy, fps: own.map(([fp]) => fp) };
  });
  return [...superseded, ...strategies];
}

function push(map: Map<number, number[]>, key: number, value: number): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
