import type { NodeStatus } from '../../src/engine/plan/status.js';
import type { StatusReport } from '../../src/protocol/results.js';

export function nodeStatus(
  name: string,
  state: NodeStatus['state'],
  change: NodeStatus['change'] = null,
): NodeStatus {
  return {
    name,
    fingerprint: `f-${name}`,
    kind: 'node',
    label: 'node',
    interval: 60,
    state,
    change,
    coverage: [],
    unavailable: [],
    notYet: [],
    unfired: null,
    failure: null,
    rows: 0,
    reason: `${name} is ${state}.`,
    changes: [],
    reused: [],
    earlier: [],
    inputs: [],
    location: null,
  };
}

export function statusReport(...nodes: NodeStatus[]): StatusReport {
  const range = [0, 86_400] as const;
  return {
    strategy: 'Momentum',
    range,
    data: range,
    dataFiles: [],
    untold: [],
    nodes,
    lastRanges: [range],
    files: [],
  };
}
