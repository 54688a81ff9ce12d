import { addTo } from '../../sdk/lists.js';
import { common, union, type RangeSet } from '../plan/ranges.js';
import type { NodeReport, NodeState, Span } from './reporting/report.js';

/** A run's result for a family, as one. */
interface FamilyReport extends NodeReport {
  /** The members with their symbols, in order. */
  readonly members: readonly NodeReport[];
}

/** The member that represents many: the most important one. */
const WORST_FIRST: readonly NodeState[] = [
  'failed',
  'blocked',
  'partial',
  'stale',
  'computed',
  'reused',
  'hit',
];

/** The nodes of a report with each family as one, at the place of its first node. */
export function byFamily(nodes: readonly NodeReport[]): readonly (NodeReport | FamilyReport)[] {
  const families = new Map<string, NodeReport[]>();
  for (const node of nodes) {
    if (node.family !== undefined) addTo(families, node.family, node);
  }
  return nodes.flatMap((node) => {
    const family = families.get(node.family ?? '');
    if (!family) return [node];
    return family[0] === node ? [familyReport(family)] : [];
  });
}

export function isFamily(node: NodeReport | FamilyReport): node is FamilyReport {
  return 'members' in node;
}

function familyReport(nodes: readonly NodeReport[]): FamilyReport {
  const members = nodes.filter(({ symbol }) => symbol !== undefined);
  const [first] = members as [NodeReport, ...NodeReport[]];
  const state = WORST_FIRST.find((each) => nodes.some((node) => node.state === each)) ?? 'hit';
  const inAny = (key: 'computedRanges' | 'reusedRanges' | 'unavailable' | 'notYet'): Span[] =>
    spansOf(union(members.flatMap((node) => rangesOf(node[key]))));
  return {
    name: first.family ?? first.name,
    kind: first.kind,
    label: nodes[0]?.label ?? first.label,
    state,
    interval: first.interval,
    rows: members.reduce((sum, { rows }) => sum + rows, 0),
    columns: (members.find(({ rows }) => rows > 0) ?? first).columns,
    coverage: spansOf(
      members
        .map(({ coverage }) => rangesOf(coverage))
        .reduce<RangeSet>((all, each) => common(all, each), [{ start: -Infinity, end: Infinity }]),
    ),
    computedRanges: inAny('computedRanges'),
    reusedRanges: inAny('reusedRanges'),
    unavailable: inAny('unavailable'),
    notYet: inAny('notYet'),
    unfired: null,
    reason: nodes.find((node) => node.state === state)?.reason ?? '',
    failure: nodes.find(({ failure }) => failure !== null)?.failure ?? null,
    members,
  };
}

function rangesOf(spans: readonly Span[]): RangeSet {
  return spans.map(([start, end]) => ({ start, end }));
}

function spansOf(ranges: RangeSet): Span[] {
  return ranges.map(({ start, end }) => [start, end]);
}
