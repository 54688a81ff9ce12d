import { formatRange, formatTime, type Range } from '../../../sdk/time/time.js';
import { memberOf } from '../../graph/member.js';
import type { GraphNode } from '../../graph/graph.js';
import { asRequested, betweenBarsText, isBetweenBars, onGrid, outsideData } from '../../plan/horizon.js';
import { openSlotText } from '../../plan/open-slot.js';
import type { RunOutcome } from '../materialize.js';
import { calendarWarning } from '../../calendar/calendars.js';
import { notesText } from '../../sources/notes.js';
import { serviceText } from '../../sources/service-level.js';
import { versionKindText } from '../../sources/open-source.js';
import type { RowSummary } from '../../ports/store.js';
import { common, difference, isEmpty, longest, union, within, type RangeSet } from '../../plan/ranges.js';
import type { NodeReport, NodeState, RunReport, Span } from './report.js';
import { sourcesText } from '../../sources/source-change.js';
import type { RunState } from '../run-state.js';
import { withUnfired } from './unfired.js';
import { reachable } from '../../../sdk/lists.js';

/** The report of a finished run. */
export async function reportOf(outcome: RunOutcome, elapsedMs: number): Promise<RunReport> {
  const { state } = outcome;
  const summaries = await state.store.summarize(
    state.graph.nodes.map((node) => ({
      fingerprint: state.fingerprint(node.index).hash,
      range: state.request,
    })),
  );
  const nodes = await withUnfired(
    {
      graph: state.graph,
      store: state.store,
      fingerprints: state.graph.nodes.map(({ index }) => state.fingerprint(index).hash),
      horizons: state.horizons,
      summaries,
      request: state.request,
    },
    state.graph.nodes.map((node) => nodeReport(outcome, node, rowsOf(summaries[node.index] as RowSummary))),
    ({ state: found }) => found === 'hit' || found === 'reused' || found === 'computed',
  );
  const complete = state.graph.nodes
    .map((node) => completeOf(state, node))
    .reduce<RangeSet>((all, each) => common(all, each), [state.request]);
  const bounds = longest(complete);
  const count = (wanted: NodeState): number => nodes.filter(({ state: found }) => found === wanted).length;
  return {
    strategy: state.graph.strategy,
    range: spanOf(state.request),
    coverageBounds: bounds ? spanOf(bounds) : null,
    nodeCount: nodes.length,
    hits: count('hit'),
    reused: count('reused'),
    computed: count('computed'),
    partial: count('partial'),
    failed: count('failed'),
    blocked: count('blocked'),
    stale: count('stale'),
    elapsedMs: Math.round(elapsedMs),
    nodes,
  };
}

/**
 * The report of the next run over the range if nothing changes: all hits. Null: the next run has work to do, or must judge a service
 * level again.
 */
export function nextReportOf(outcome: RunOutcome, report: RunReport): RunReport | null {
  const { hits, reused, computed, nodeCount } = report;
  const goesOn = report.nodes.some(({ service }) => service && hits < nodeCount);
  if (hits + reused + computed < nodeCount || goesOn || hasUnhashable(outcome.state)) return null;
  const later = { ...outcome, sources: new Map() };
  const nodes = report.nodes.map((node, index): NodeReport => {
    const { unfired } = node;
    const next = nodeReport(later, outcome.state.node(index), node, { computed: [], reused: [] });
    return unfired ? { ...next, unfired, reason: `${next.reason} ${unfired.text}` } : next;
  });
  return { ...report, hits: nodeCount, reused: 0, computed: 0, nodes };
}

/** A node that cannot be hashed has another fingerprint in each run, and so has what depends on it. */
function hasUnhashable(state: RunState): boolean {
  return state.graph.nodes.some(({ index }) => state.fingerprint(index).unhashable);
}

/** Stored rows of a node within the request. */
type Rows = Pick<NodeReport, 'rows' | 'columns'>;

function rowsOf({ rows, schema }: RowSummary): Rows {
  return { rows, columns: schema?.names ?? [] };
}

/** What a run did for a node within the request. */
interface Work {
  readonly computed: RangeSet;
  readonly reused: RangeSet;
}

function workOf({ state, taken }: RunOutcome, node: GraphNode): Work {
  const canonical = state.canonical(node.index);
  const grid = onGrid(state.request, node);
  const worked =
    node.kind === 'stream' ? (taken.get(node.index) ?? []) : (state.computed[canonical] as RangeSet);
  return { computed: within(worked, grid), reused: within(state.reused[canonical] as RangeSet, grid) };
}

function nodeReport(
  outcome: RunOutcome,
  node: GraphNode,
  { rows, columns }: Rows,
  { computed, reused } = workOf(outcome, node),
): NodeReport {
  const { state } = outcome;
  const canonical = state.canonical(node.index);
  const failure = state.failures.get(canonical) ?? null;
  const notes = outcome.notes.get(node.index) ?? [];
  const service = outcome.services.get(node.index);
  const found = outcome.left.has(node.index) ? 'stale' : stateOf(state, node, computed, reused);
  const waits = failure ? null : openSlotText(state.graph, node, state.horizons, state.request);
  const inRequest = (set: RangeSet): Span[] => asRequested(state.request, node, set).map(spanOf);
  return {
    name: node.name,
    kind: node.kind,
    label: node.label,
    ...memberOf(node),
    state: found,
    interval: node.interval,
    rows,
    columns,
    coverage: completeOf(state, node).map(spanOf),
    computedRanges: inRequest(computed),
    reusedRanges: inRequest(reused),
    ...outsideData(state.request, node, state.horizon(node.index)),
    unfired: null,
    ...(notes.length > 0 && { notes }),
    ...(waits !== null && { waits }),
    ...(service && { service }),
    ...(found === 'computed' && uncachedText(state, node)),
    reason: [
      reasonOf(outcome, node, found, computed),
      versionKindText(outcome.versionKinds.get(node.index)),
      notesText(notes),
      found === 'failed' || !service ? '' : serviceText(service),
      node.calendar && calendarWarning(node.calendar, state.request),
      waits,
    ]
      .filter(Boolean)
      .join(' '),
    failure: failure && {
      code: failure.code,
      message: failure.message,
      asOf: failure.asOf,
      location: failure.location,
    },
  };
}

/** Complete ranges of the request: all of it, if it lies between two bars. */
function completeOf(state: RunState, node: GraphNode): RangeSet {
  const failed = state.failures.has(state.canonical(node.index));
  if (isBetweenBars(state.request, node) && !failed) return [state.request];
  return asRequested(state.request, node, coverageOf(state, node));
}

/** The same on the node's grid. */
function coverageOf(state: RunState, node: GraphNode): RangeSet {
  return within(state.covered[state.canonical(node.index)] as RangeSet, state.wanted(node));
}

function stateOf(state: RunState, node: GraphNode, computed: RangeSet, reused: RangeSet): NodeState {
  if (state.failures.has(state.canonical(node.index))) return 'failed';
  // If an input is unknown, missing bars do not mean that there are none.
  if (isEmpty(state.wanted(node)) && failedInput(state, node)) return 'blocked';
  const wanted = state.wanted(node);
  const missing = isEmpty(wanted) ? [] : difference([wanted], coverageOf(state, node));
  if (missing.length > 0) return failedInput(state, node) ? 'blocked' : 'partial';
  if (computed.length > 0) return 'computed';
  return reused.length > 0 ? 'reused' : 'hit';
}

/** The nearest failed input, direct or not. */
function failedInput(state: RunState, node: GraphNode): GraphNode | null {
  return nearestInput(state, node, (index) => state.failures.has(index));
}

/** The nearest input, direct or not, for which a condition holds. */
function nearestInput(state: RunState, node: GraphNode, is: (index: number) => boolean): GraphNode | null {
  const inputs = ({ edges }: GraphNode): number[] => edges.map((edge) => state.canonical(edge.node));
  for (const index of reachable(inputs(node), (at) => inputs(state.node(at)))) {
    if (is(index)) return state.node(index);
  }
  return null;
}

function reasonOf(outcome: RunOutcome, node: GraphNode, found: NodeState, computed: RangeSet): string {
  const { state } = outcome;
  switch (found) {
    case 'failed':
      return state.failures.get(state.canonical(node.index))?.message ?? 'It failed.';
    case 'blocked': {
      const input = failedInput(state, node);
      if (input && outcome.services.has(input.index))
        return `Its input ${input.name} missed its service level.`;
      return input?.kind === 'stream'
        ? `The source of ${input.name} cannot be read.`
        : `Its input ${input?.name ?? ''} failed; it is complete up to there.`;
    }
    case 'partial': {
      const cut = nearestInput(state, node, (index) => state.isCut(index));
      if (state.isCut(node.index))
        return 'It was not read to its end in time: the next run goes on from there.';
      if (cut)
        return `Its input ${cut.name} was not read to its end in time: the next run goes on from there.`;
      return 'Only part of the range has been materialized.';
    }
    case 'hit':
      if (isBetweenBars(state.request, node)) return betweenBarsText(node);
      if (node.kind === 'stream' && outcome.sources.has(node.index)) {
        return sourcesText(outcome.sources.get(node.index) ?? []);
      }
      return coverageOf(state, node).length > 0
        ? 'Everything was in the cache.'
        : 'The data has no bars for it in this range.';
    case 'reused':
      return 'Something upstream changed, but its inputs came out as they were: stored rows were reused.';
    case 'stale':
      return `${changeOf(outcome, node)} It was left as it is, because its earlier version is complete.`;
    case 'computed':
      return `${computedReason(outcome, node, computed)}${earlierText(state, node)}`;
  }
}

/** Why a run computed more than its range: a scan needs what came before. */
function earlierText(state: RunState, node: GraphNode): string {
  const [first] = state.computed[state.canonical(node.index)] as RangeSet;
  if (!node.scan || !first || first.start >= onGrid(state.request, node).start) return '';
  return ` It carries a state, so it was computed from ${formatTime(first.start)} on.`;
}

function computedReason(outcome: RunOutcome, node: GraphNode, computed: RangeSet): string {
  const { state, histories, before } = outcome;
  const listed = asRequested(state.request, node, computed).map(formatRange).join(', ');
  if (node.kind === 'stream') {
    const changed = outcome.sources.get(node.index);
    return `${changed ? `${sourcesText(changed)} ` : ''}Read from its source: ${listed}.`;
  }
  const { uncached } = uncachedText(state, node);
  if (uncached !== undefined) return uncached;
  const changed = outcome.sources.get(node.index);
  if (histories[node.index] === 'same' && changed) return sourcesText(changed);
  if (union(before[node.index] ?? []).length > 0) return `Not in the cache before: ${listed}.`;
  return histories[node.index] === 'new' || histories[node.index] === 'same'
    ? 'Computed for the first time.'
    : changeOf(outcome, node);
}

function uncachedText(state: RunState, node: GraphNode): { readonly uncached?: string } {
  const { unhashable } = state.fingerprint(node.index);
  return unhashable ? { uncached: `Computed each time, because ${unhashable}.` } : {};
}

function changeOf({ histories, changes }: RunOutcome, node: GraphNode): string {
  const general =
    histories[node.index] === 'own-changed'
      ? 'Its code, parameters or captured values changed.'
      : 'Something upstream of it changed.';
  return changes[node.index] ?? general;
}

function spanOf(range: Range): Span {
  return [range.start, range.end];
}
