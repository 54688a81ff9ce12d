import type { SeamlessError, SourceLocation } from '../../sdk/errors.js';
import { closeOf, isTicks, sameGrid } from '../../sdk/time/grid.js';
import { sourceLimit } from '../sources/source-limit.js';
import type { Range } from '../../sdk/time/time.js';
import { extentOf } from './bounds.js';
import type { PartChange } from '../fingerprint/changes.js';
import { sentenceOf } from '../fingerprint/explain.js';
import type { Fingerprint } from '../fingerprint/fingerprints.js';
import type { Edge, GraphNode } from '../graph/graph.js';
import { memberOf, type Member } from '../graph/member.js';
import { pointCovered } from './judged.js';
import { coveredOf, prepare, type Prepared } from './prepare.js';
import {
  asRequested,
  betweenBarsText,
  horizons,
  isBetweenBars,
  onGrid,
  outsideData,
  type Horizon,
} from './horizon.js';
import { notesText } from '../sources/notes.js';
import { changedStreams, type LookedStreams, type SourceLook } from '../sources/changed-streams.js';
import { versionKindText, type VersionKind } from '../sources/open-source.js';
import { refusalOf } from '../sources/refusals.js';
import type { StrategyHost } from '../ports/host.js';
import type { SourceLibrary } from '../ports/source.js';
import type { SourceNote } from '../ports/source-note.js';
import type { NodeComparison, NodeStore, RowSummary, SourceState } from '../ports/store.js';
import { difference, hull, intersection, isEmpty, union, within, type RangeSet } from './ranges.js';
import type { FailureReport, Span, Unfired } from '../run/reporting/report.js';
import { withUnfired } from '../run/reporting/unfired.js';
import {
  firstDifference,
  sourcesText,
  sourcesUpstream,
  type ChangedSource,
} from '../sources/source-change.js';

/**
 * - `fresh`: complete over the range. `partial`: partly. `empty`: never computed.
 * - `stale`: computed, but its code, something upstream or a source has changed since. A node that cannot be hashed is always
 * `stale`.
 */
type NodeFreshness = 'fresh' | 'partial' | 'empty' | 'stale';

/**
 * Why a node is stale.
 * - `own`: its code, parameters or captured values changed. `upstream`: those of a node it depends on did.
 * - `source`: its source, or one it depends on, changed. `unhashable`: it cannot be hashed, so it is computed each time.
 */
type StaleCause = 'own' | 'upstream' | 'source' | 'unhashable';

/** An input by name, with the window's length in bars. */
interface InputWindow {
  readonly name: string;
  readonly period: number;
  /** For ticks, which are not counted: the window's seconds; its period is an estimate from their usual distance. */
  readonly span?: number;
}

export interface NodeStatus extends Member {
  readonly name: string;
  /** For current code and data: stored rows are read by this. */
  readonly fingerprint: string;
  readonly kind: 'stream' | 'node';
  readonly label: string;
  /** Interval in seconds. */
  readonly interval: number;
  readonly state: NodeFreshness;
  /** Why it is stale; null: it is not. */
  readonly change: StaleCause | null;
  /** Inputs by name, with the window's length in bars. */
  readonly inputs: readonly InputWindow[];
  /** Where its author created it; null: unknown. */
  readonly location: SourceLocation | null;
  /** Rows stored within the range. */
  readonly rows: number;
  /** Complete parts of the range. */
  readonly coverage: readonly Span[];
  /** Of these, ranges reused from an earlier version with the same inputs. */
  readonly reused: readonly Span[];
  /** Parts of the range that only its previous version has. */
  readonly earlier: readonly Span[];
  /** Parts of the range before its sources begin, as far as they were checked. */
  readonly unavailable: readonly Span[];
  /** Parts of the range after its sources' last known bar: data may still come. */
  readonly notYet: readonly Span[];
  /** As in a report: slots that did not fire after warm-up; also null unless fresh. */
  readonly unfired: Unfired | null;
  /** Why, as a sentence, followed by the message of `unfired`. */
  readonly reason: string;
  /** Why its source cannot be read; null: it can, or it has none. */
  readonly failure: FailureReport | null;
  /** Everything that changed since it was stored; empty: nothing, or unknown. */
  readonly changes: readonly PartChange[];
}

export interface StrategyStatus {
  readonly strategy: string;
  /** The range: the requested one, or everything covered; null: nothing is. */
  readonly range: Span | null;
  /** The bounds of all sources when last read; null: never read. */
  readonly data: Span | null;
  /** See `LookedStreams`. */
  readonly dataFiles: LookedStreams['files'];
  readonly untold: LookedStreams['untold'];
  readonly nodes: readonly NodeStatus[];
}

/**
 * Says what a materialization would find, and computes nothing. Names whose change was undone point to the current version
 * afterwards, so that reading by name gives what is called fresh.
 */
export async function statusOf(
  ports: { readonly host: StrategyHost; readonly store: NodeStore; readonly sources: SourceLibrary },
  range: Range | null,
  look: SourceLook = 'files',
): Promise<StrategyStatus> {
  const prepared = await prepare(ports, 'status');
  const { graph, fingerprints: prints, histories, changes, coverage } = prepared;
  const ids = prints.map(({ hash }) => hash);
  const covered = coveredOf(prepared, coverage);
  const before = await coverageBefore(ports.store, prepared);
  await pointCovered(ports.store, prepared.records, covered);
  const computed = graph.nodes.flatMap((node) => (node.kind === 'node' ? (covered[node.index] ?? []) : []));
  const known = await ports.store.sources(ids);
  const streams = await changedStreams(ports, graph.nodes, prints, known, look);
  const begins = streamHorizons(graph.nodes, prints, known);
  const limits = horizons(graph, begins);
  const stored = hull(union(computed.length > 0 ? computed : covered.flat()));
  const looked = range ? bounded(range, stored, limits) : stored;
  const summaries = await ports.store.summarize(
    ids.map((fingerprint) => ({ fingerprint, range: looked ?? { start: 0, end: 0 } })),
  );
  const touched = sourcesUpstream(graph, streams.changed);
  const say = judging();
  const nodes = graph.nodes.map((node) =>
    nodeStatus(say, {
      node,
      inputs: node.edges.map((edge) => inputOf(edge, graph.nodes[edge.node] as GraphNode)),
      range: looked,
      covered: covered[node.index] as RangeSet,
      before: before[node.index] as RangeSet,
      reused: coverage.get(ids[node.index] as string)?.reused ?? NOTHING,
      horizon: limits[node.index] as Horizon,
      history: histories[node.index] as NodeComparison,
      print: prints[node.index] as Fingerprint,
      summary: summaries[node.index] as RowSummary,
      sources: touched.get(node.index) ?? NOTHING,
      refusal: streams.changed.get(node.index)?.refusal ?? null,
      changes: changes[node.index] as readonly PartChange[],
      versionKind: streams.versionKinds.get(node.index),
      notes: known.get(ids[node.index] as string)?.notes ?? NOTHING,
    }),
  );
  const { store } = ports;
  const seen = looked && { graph, store, fingerprints: ids, horizons: limits, summaries, request: looked };
  return {
    strategy: graph.strategy,
    range: looked && [looked.start, looked.end],
    data: dataOf(begins),
    dataFiles: streams.files,
    untold: streams.untold,
    nodes: seen ? await withUnfired(seen, nodes, ({ state }) => state === 'fresh') : nodes,
  };
}

/** The sources' known bounds: their intersection, or else their hull. */
function dataOf(horizons: ReadonlyMap<number, Horizon>): Span | null {
  return extentOf([...horizons.values()].map(({ begin, limit }) => ({ start: begin, end: limit })));
}

/** By node: the coverage of the version that its name refers to in the store, if that is another one. */
async function coverageBefore(
  store: NodeStore,
  { graph, fingerprints: prints, histories }: Prepared,
): Promise<readonly RangeSet[]> {
  // Names of new nodes refer to nothing, and those of nodes that are as they were to the current version.
  if (histories.every((history) => history === 'new' || history === 'same'))
    return graph.nodes.map(() => NOTHING);
  const others = new Map<number, string>();
  const current = await store.current(graph.storedAs);
  for (const { name, index } of graph.nodes) {
    const known = current.get(name);
    if (known !== undefined && known !== prints[index]?.hash) others.set(index, known);
  }
  const coverage = await store.covered([...others.values()]);
  return graph.nodes.map(({ index }) => coverage.get(others.get(index) ?? '')?.ranges ?? NOTHING);
}

/** A range with open ends, closed by the stored rows and the sources' bounds; null if nothing is known. */
function bounded(range: Range, stored: Range | null, limits: readonly Horizon[]): Range | null {
  const { start, end } = range;
  if (Number.isFinite(start) && Number.isFinite(end)) return range;
  const data = limits.map(({ begin, limit }) => ({ start: begin, end: limit }));
  const finite = data.filter((each) => Number.isFinite(each.start) && Number.isFinite(each.end));
  const all = hull(union(stored ? [stored, ...finite] : finite));
  const closed = all && intersection(range, all);
  return closed && !isEmpty(closed) ? closed : null;
}

interface Facts {
  readonly node: GraphNode;
  readonly inputs: NodeStatus['inputs'];
  readonly range: Range | null;
  readonly covered: RangeSet;
  /** Coverage of its previous version, if any. */
  readonly before: RangeSet;
  readonly reused: RangeSet;
  readonly horizon: Horizon;
  readonly history: NodeComparison;
  readonly print: Fingerprint;
  readonly summary: RowSummary;
  /** Streams that it is, or depends on, whose sources changed. */
  readonly sources: readonly ChangedSource[];
  /** For a stream: why its source cannot be read. */
  readonly refusal: SeamlessError | null;
  readonly changes: readonly PartChange[];
  /** For a stream: how a change of its source is detected. */
  readonly versionKind: VersionKind | undefined;
  /** For a stream: what was repaired when it was read. */
  readonly notes: readonly SourceNote[];
}

const NOTHING: readonly never[] = [];

/** What is said of a node, whatever its name. */
type Said = Pick<
  NodeStatus,
  'state' | 'change' | 'coverage' | 'reused' | 'earlier' | 'unavailable' | 'notYet' | 'reason' | 'changes'
>;

/** Says it once for members of a family that follow one another. */
function judging(): (facts: Facts) => Said {
  let last: { readonly facts: Facts; readonly said: Said } | null = null;
  return (facts) => {
    if (!last || !isLike(last.facts, facts)) last = { facts, said: saidOf(facts) };
    return last.said;
  };
}

/** Whether the same is to be said of two nodes. What is compared by identity may be equal all the same. */
function isLike(a: Facts, b: Facts): boolean {
  return (
    sameGrid(a.node, b.node) &&
    sameRanges(a.covered, b.covered) &&
    sameRanges(a.before, b.before) &&
    sameRanges(a.reused, b.reused) &&
    a.horizon.begin === b.horizon.begin &&
    a.horizon.limit === b.horizon.limit &&
    a.history === b.history &&
    a.print.unhashable === b.print.unhashable &&
    a.sources === b.sources &&
    a.refusal === b.refusal &&
    (a.changes === b.changes || (a.changes.length === 0 && b.changes.length === 0)) &&
    a.versionKind === b.versionKind &&
    a.notes === b.notes &&
    a.range === b.range
  );
}

function sameRanges(a: RangeSet, b: RangeSet): boolean {
  return (
    a.length === b.length && a.every(({ start, end }, at) => start === b[at]?.start && end === b[at].end)
  );
}

function saidOf(facts: Facts): Said {
  const { node, range, covered, horizon } = facts;
  const grid = range && onGrid(range, node);
  const inRange = (set: RangeSet): Span[] =>
    range && grid
      ? asRequested(range, node, within(set, grid)).map(({ start, end }): Span => [start, end])
      : [];
  const judged = judge(facts, grid);
  return {
    state: judged.state,
    change: judged.change,
    coverage: range && judged.betweenBars ? [[range.start, range.end]] : inRange(covered),
    reused: inRange(facts.reused),
    earlier: inRange(difference(facts.before, covered)),
    ...(range ? outsideData(range, node, horizon) : { unavailable: [], notYet: [] }),
    reason: [judged.reason, versionKindText(facts.versionKind), notesText(facts.notes)]
      .filter(Boolean)
      .join(' '),
    changes: judged.change === 'own' || judged.change === 'upstream' ? facts.changes : [],
  };
}

function nodeStatus(say: (facts: Facts) => Said, facts: Facts): NodeStatus {
  const { node } = facts;
  const { family, symbol } = memberOf(node);
  const said = say(facts);
  // Not spread: twelve thousand spreads take 20 ms.
  const status: Writable<NodeStatus> = {
    name: node.name,
    fingerprint: facts.print.hash,
    kind: node.kind,
    label: node.label,
    interval: node.interval,
    state: said.state,
    change: said.change,
    inputs: facts.inputs,
    location: node.description.location,
    rows: facts.summary.rows,
    coverage: said.coverage,
    reused: said.reused,
    earlier: said.earlier,
    unavailable: said.unavailable,
    notYet: said.notYet,
    unfired: null,
    reason: said.reason,
    failure: facts.refusal && refusalOf(node, facts.refusal),
    changes: said.changes,
  };
  if (family !== undefined) status.family = family;
  if (symbol !== undefined) status.symbol = symbol;
  return status;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface Judgement {
  /** The range lies between two of its bars, so none is missing. */
  readonly betweenBars?: true;
  readonly state: NodeFreshness;
  readonly change: StaleCause | null;
  readonly reason: string;
}

function judge(facts: Facts, grid: Range | null): Judgement {
  const { covered, horizon, history, print, changes, refusal } = facts;
  if (refusal) return stale('source', refusal.message);
  if (print.unhashable) return stale('unhashable', `Computed each time, because ${print.unhashable}.`);
  const what = sentenceOf(changes);
  // An edit is certain, whatever else changed; the effect of a source's change is unknown yet.
  if (covered.length === 0 && history === 'own-changed') {
    return stale('own', what ?? 'Its code, parameters or captured values changed.');
  }
  const sources = facts.sources.filter((source) => reaches(source, facts));
  if (sources.length > 0) return stale('source', sourcesText(sources));
  if (covered.length === 0 && history === 'input-changed') {
    return stale('upstream', what ?? 'Something upstream of it changed.');
  }
  const unknown = covered.length === 0 && history === 'new';
  if (facts.range && isBetweenBars(facts.range, facts.node) && !unknown) {
    return { state: 'fresh', change: null, reason: betweenBarsText(facts.node), betweenBars: true };
  }
  if (covered.length === 0) {
    return { state: 'empty', change: null, reason: 'It has not been materialized yet.' };
  }
  const known = horizon.begin < horizon.limit;
  const wanted = grid && known ? within([grid], { start: horizon.begin, end: horizon.limit }) : [];
  const missing = difference(wanted, covered).filter((part) => !isEmpty(part));
  return missing.length === 0
    ? { state: 'fresh', change: null, reason: freshReason(wanted, facts.reused) }
    : { state: 'partial', change: null, reason: 'Part of the range has not been materialized yet.' };
}

function freshReason(wanted: RangeSet, reused: RangeSet): string {
  const taken = wanted.flatMap((part) => within(reused, part)).length > 0;
  return taken
    ? 'Everything is in the cache; rows of an earlier version were reused, since its inputs came out the same.'
    : 'Everything is in the cache.';
}

function stale(change: StaleCause, reason: string): Judgement {
  return { state: 'stale', change, reason };
}

/** Whether a source's change may affect bars of the range: those that had closed before it are unaffected. */
function reaches({ change }: ChangedSource, { range, node }: Facts): boolean {
  if (!change || !range) return true;
  const first = firstDifference(change);
  return first !== null && first < closeOf(range.end, node);
}

function streamHorizons(
  nodes: readonly GraphNode[],
  prints: readonly Fingerprint[],
  known: ReadonlyMap<string, SourceState>,
): ReadonlyMap<number, Horizon> {
  const found = new Map<number, Horizon>();
  for (const node of nodes.filter(({ kind }) => kind === 'stream')) {
    const state = known.get((prints[node.index] as Fingerprint).hash);
    const { first = null, last = null } = state ?? {};
    found.set(node.index, {
      begin: first ?? -Infinity,
      limit: last === null ? Infinity : sourceLimit(node, last),
    });
  }
  return found;
}

function inputOf({ period, span }: Edge, input: GraphNode): InputWindow {
  const { name } = input;
  return span !== undefined && isTicks(input)
    ? { name, period: span / input.interval, span }
    : { name, period };
}
