import type { NodeReport, RunReport } from '../../src/engine/run/reporting/report.js';

/** A node of a run over [0, 86400). */
export function nodeReport(name: string, parts: Partial<NodeReport> = {}): NodeReport {
  return {
    name,
    kind: 'node',
    label: 'sma',
    state: 'hit',
    interval: 60,
    rows: 1440,
    columns: ['value'],
    coverage: [[0, 86_400]],
    computedRanges: [],
    reusedRanges: [],
    unavailable: [],
    notYet: [],
    unfired: null,
    reason: 'Everything is in the cache.',
    failure: null,
    ...parts,
  };
}

export function runReport(nodes: readonly NodeReport[], parts: Partial<RunReport> = {}): RunReport {
  const count = (state: NodeReport['state']): number => nodes.filter((node) => node.state === state).length;
  return {
    strategy: 'Momentum',
    range: [0, 86_400],
    coverageBounds: [0, 86_400],
    nodeCount: nodes.length,
    hits: count('hit'),
    reused: count('reused'),
    computed: count('computed'),
    partial: count('partial'),
    failed: count('failed'),
    blocked: count('blocked'),
    stale: count('stale'),
    elapsedMs: 5,
    nodes,
    ...parts,
  };
}
