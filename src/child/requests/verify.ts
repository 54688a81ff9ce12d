import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differenceOf, type HistoryDifference } from '../../engine/history/difference.js';
import { fingerprints, type Fingerprint } from '../../engine/fingerprint/fingerprints.js';
import { resolveGraph, type Graph, type GraphNode } from '../../engine/graph/graph.js';
import type { GraphDescription, StrategyHost } from '../../engine/ports/host.js';
import { hull, intersection, isEmpty, union, within, type RangeSet } from '../../engine/plan/ranges.js';
import type { RunReport, Span } from '../../engine/run/reporting/report.js';
import { verifyingHost } from '../../engine/run/verifying-host.js';
import { didYouMean, SeamlessError } from '../../sdk/errors.js';
import { plainGrid } from '../../sdk/time/grid.js';
import { concatTables, emptyTable, sliceTableByTime, type Table } from '../../sdk/table.js';
import { ceilToGrid, floorToGrid, formatTime, type Range } from '../../sdk/time/time.js';
import { openStore, type Store } from '../../store/store.js';
import type { VerifiedNode, VerifyReport } from '../../protocol/results.js';
import { openHooks, type RequestHooks } from './request.js';
import { SourceHints } from './source-hints.js';
import type { StrategySession } from '../session/strategy-session.js';
import { downstream } from '../../engine/graph/reach.js';

/** Bars per sampled range: of the coarsest interval, and the limit for the finest. */
const COARSE_BARS = 500;
const MOST_FINE_BARS = 20_000;

interface VerifyOptions {
  /** Names of the nodes to compare; empty: all. */
  readonly nodes: readonly string[];
  /** Null: everything stored. */
  readonly range: Range | null;
  /** How many ranges to recompute; null: everything. */
  readonly sample: number | null;
}

/** The recomputed rows, and each node's fingerprint there. */
interface Recomputed {
  readonly store: Store;
  readonly prints: readonly string[];
  readonly report: RunReport;
}

/** Runs `work` with the cache open. */
type LookIntoStore = <T>(work: (store: Store) => Promise<T>) => Promise<T>;

/** What is known about the stored side. */
interface Stored {
  readonly graph: Graph;
  readonly prints: readonly Fingerprint[];
  readonly covered: readonly RangeSet[];
  /** The known versions of the sources, by node. */
  readonly versions: ReadonlyMap<number, string | null>;
}

/** A node during verification. */
interface Finding {
  rows: number;
  differing: number;
  range: Range | null;
  first: HistoryDifference['first'];
  failure: string | null;
}

/**
 * Recomputes ranges of a strategy's nodes from their sources, without the cache, and compares the result with what is stored, bit
 * for bit. Must run in a process that has run nothing before. The cache is not changed.
 * @throws SeamlessError `not-found` for an unknown node, `cancelled`, and the errors of a run
 */
export async function verifyStrategy(
  session: StrategySession,
  options: VerifyOptions,
  look: LookIntoStore,
  hooks: RequestHooks,
): Promise<VerifyReport> {
  const graph = resolveGraph(await session.describe());
  const stored = await look((store) => storedSide(store, graph));
  const chosen = chosenNodes(graph, options.nodes);
  const ranges = rangesOf(stored, chosen, options);
  const findings = new Map(chosen.map(({ index }) => [index, newFinding()]));
  const changed = new Set<number>();
  // A sample must be quick; a full verification finds each bar that does not follow from its own windows.
  const alone = options.sample === null;
  for (const range of ranges) {
    await recompute({ session, range, alone }, hooks, async (fresh) => {
      for (const index of await changedSources(fresh, stored)) changed.add(index);
      await look((store) => compare({ stored, findings, range }, store, fresh));
    });
  }
  const nodes: VerifiedNode[] = [];
  for (const { index } of chosen) nodes.push(verdict(stored, index, { findings, changed, alone }));
  await tellNondeterminism({ session, stored, alone }, nodes, findings, hooks);
  return {
    strategy: graph.strategy,
    ranges: ranges.map(({ start, end }): Span => [start, end]),
    nodes,
  };
}

function newFinding(): Finding {
  return { rows: 0, differing: 0, range: null, first: null, failure: null };
}

async function storedSide(store: Store, graph: Graph): Promise<Stored> {
  const prints = fingerprints(graph, 'verify');
  const ids = prints.map(({ hash: full }) => full);
  const [coverage, sources] = [await store.covered(ids), await store.sources(ids)];
  const versions = new Map(ids.map((id, index) => [index, sources.get(id)?.version ?? null]));
  return { graph, prints, covered: ids.map((id) => coverage.get(id)?.ranges ?? []), versions };
}

function chosenNodes({ nodes, strategy }: Graph, names: readonly string[]): readonly GraphNode[] {
  for (const name of names) {
    if (nodes.some((node) => isCalled(node, name))) continue;
    const known = nodes.map((node) => node.name);
    const hint = didYouMean(name, known, `It has ${known.join(', ')}.`);
    throw new SeamlessError('not-found', `Strategy ${strategy} has no node ${name}. ${hint}`);
  }
  return names.length > 0 ? nodes.filter((node) => names.some((name) => isCalled(node, name))) : nodes;
}

/** Accepts a family's name, too. */
function isCalled(node: GraphNode, name: string): boolean {
  return node.name === name || node.description.member?.family === name;
}

function rangesOf(
  { covered }: Stored,
  chosen: readonly GraphNode[],
  { range, sample }: VerifyOptions,
): readonly Range[] {
  const computed = chosen.filter(({ kind }) => kind === 'node');
  const held = union(
    (computed.length > 0 ? computed : chosen).flatMap(({ index }) => [...(covered[index] ?? [])]),
  );
  const whole = hull(range ? within(held, range) : held);
  if (!whole || isEmpty(whole)) return [];
  if (sample === null) return [whole];
  const intervals = chosen.map(({ interval }) => interval);
  const coarsest = Math.max(...intervals);
  const length = Math.max(
    coarsest,
    Math.min(COARSE_BARS * coarsest, MOST_FINE_BARS * Math.min(...intervals)),
  );
  const places = Math.max(1, Math.ceil((whole.end - whole.start) / length));
  const starts = new Set<number>();
  while (starts.size < Math.min(sample, places)) starts.add(randomInt(places));
  return [...starts]
    .sort((a, b) => a - b)
    .map((place) => {
      const start = floorToGrid(whole.start + place * length, coarsest, 0);
      const end = ceilToGrid(whole.start + (place + 1) * length, coarsest, 0);
      return intersection({ start, end }, whole);
    });
}

interface Recomputation {
  readonly session: StrategySession;
  readonly range: Range;
  /** Whether to compute each bar from its own windows only. */
  readonly alone: boolean;
}

/** Runs a strategy over a range, each node by itself, with a temporary empty cache. */
async function recompute(
  { session, range, alone }: Recomputation,
  hooks: RequestHooks,
  work: (fresh: Recomputed) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'seamless-verify-'));
  try {
    const store = await openStore({ dir, signal: hooks.signal });
    try {
      let prints: readonly string[] = [];
      const through = (host: StrategyHost): StrategyHost => {
        const verifying = verifyingHost(host, alone);
        const describe = async (): Promise<GraphDescription> => {
          const described = await verifying.describe();
          prints = fingerprints(resolveGraph(described), 'verify').map(({ hash: full }) => full);
          return described;
        };
        return { describe, compute: (...request) => verifying.compute(...request) };
      };
      const hints = await SourceHints.load(dir);
      const { report } = await session.materialize(range, store, hints, hooks, 'all', through);
      await work({ store, prints, report });
    } finally {
      await store.close();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Streams whose source has changed, and everything downstream. */
async function changedSources(
  { store, prints }: Recomputed,
  { graph, versions }: Stored,
): Promise<ReadonlySet<number>> {
  const now = await store.sources(prints);
  const changed = graph.nodes.filter(({ kind, index, description }) => {
    const [then, current] = [versions.get(index) ?? null, now.get(prints[index] ?? '')?.version ?? null];
    const differs = then !== null && current !== null && then !== current;
    // A pinned source may hold anything by now.
    return kind === 'stream' && (description.source?.pinned === true || differs);
  });
  return downstream(
    graph,
    changed.map(({ index }) => index),
  );
}

interface Comparison {
  readonly stored: Stored;
  readonly findings: ReadonlyMap<number, Finding>;
  readonly range: Range;
}

async function compare(
  { stored, findings, range }: Comparison,
  store: Store,
  fresh: Recomputed,
): Promise<void> {
  for (const [index, finding] of findings) {
    const fingerprint = stored.prints[index]?.hash ?? '';
    const print = fresh.prints[index] ?? '';
    const failed = fresh.report.nodes[index]?.failure ?? null;
    finding.failure ??= failed && failed.message;
    const recomputed = union((await fresh.store.coverage([print])).get(print) ?? []);
    const parts = within(stored.covered[index] ?? [], range).flatMap((part) => within(recomputed, part));
    if (parts.length === 0) continue;
    const [before, after] = [await read(store, fingerprint, parts), await read(fresh.store, print, parts)];
    const { changed, onlyBefore, onlyAfter, first } = differenceOf(before, after, plainGrid(1));
    finding.rows += Math.max(before.ts.length, after.ts.length);
    finding.differing += changed + onlyBefore + onlyAfter;
    if (first && !finding.first) Object.assign(finding, { first, range });
  }
}

async function read(store: Store, fingerprint: string, parts: RangeSet): Promise<Table> {
  const range = hull(parts) ?? { start: 0, end: 0 };
  const [table = emptyTable()] = await store.read([{ fingerprint, range }]);
  return concatTables(parts.map(({ start, end }) => sliceTableByTime(table, start, end)));
}

function verdict(
  { graph, prints, covered }: Stored,
  index: number,
  {
    findings,
    changed,
    alone,
  }: {
    readonly findings: ReadonlyMap<number, Finding>;
    readonly changed: ReadonlySet<number>;
    readonly alone: boolean;
  },
): VerifiedNode {
  const { name, edges } = graph.nodes[index] as GraphNode;
  const { rows, differing, first, failure } = findings.get(index) ?? newFinding();
  const found = { name, rows, differing, first };
  const { unhashable } = prints[index] as Fingerprint;
  if (unhashable)
    return { ...found, state: 'skipped', reason: `It is computed each time, because ${unhashable}.` };
  if (changed.has(index) && differing > 0) {
    const reason = 'A source changed since it was stored: materialize, then verify again.';
    return { ...found, state: 'skipped', reason };
  }
  if (differing > 0) {
    const input = edges.map(({ node }) => node).find((node) => (findings.get(node)?.differing ?? 0) > 0);
    const upstream = input === undefined ? null : (graph.nodes[input]?.name ?? null);
    const at = first ? ` from ${formatTime(first.ts)} on` : '';
    const reason =
      upstream === null
        ? `The stored rows differ from what its code gives${alone ? ' for the windows of each bar alone' : ''}${at}.`
        : `It differs${at}, as its input ${upstream} does.`;
    return { ...found, state: 'differs', reason };
  }
  if (failure !== null) return { ...found, state: 'failed', reason: failure };
  if (covered[index]?.length === 0 || rows === 0)
    return { ...found, state: 'skipped', reason: 'Nothing is stored for it there.' };
  return {
    ...found,
    state: 'verified',
    reason: `The stored rows are what its code gives${alone ? ' for the windows of each bar alone' : ''}, bit for bit.`,
  };
}

/** Whether a node gives other values each time: runs freshly loaded code once more. */
async function tellNondeterminism(
  { session, stored, alone }: Omit<Recomputation, 'range'> & { readonly stored: Stored },
  nodes: VerifiedNode[],
  findings: ReadonlyMap<number, Finding>,
  hooks: RequestHooks,
): Promise<void> {
  const range = [...findings.values()].find((finding) => finding.range)?.range;
  if (!range || !nodes.some(({ state }) => state === 'differs')) return;
  const again = await session.again(openHooks(hooks));
  try {
    await recompute({ session, range, alone }, hooks, async (one) => {
      await recompute({ session: again, range, alone }, hooks, async (two) => {
        for (const [position, node] of nodes.entries()) {
          const index = stored.graph.nodes.findIndex(({ name }) => name === node.name);
          const [a, b] = [
            await read(one.store, one.prints[index] ?? '', [range]),
            await read(two.store, two.prints[index] ?? '', [range]),
          ];
          const { changed, onlyBefore, onlyAfter } = differenceOf(a, b, plainGrid(1));
          const { edges } = stored.graph.nodes[index] as GraphNode;
          const inherited = edges.some(({ node: input }) => (findings.get(input)?.differing ?? 0) > 0);
          if (node.state !== 'differs' || inherited || changed + onlyBefore + onlyAfter === 0) continue;
          const reason = `Its code gives other values each time it runs${node.first ? `, first at ${formatTime(node.first.ts)}` : ''}.`;
          nodes[position] = { ...node, state: 'nondeterministic', reason };
        }
      });
    });
  } finally {
    await again.close();
  }
}
