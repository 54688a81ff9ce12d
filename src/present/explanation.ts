import type { NodeStatus } from '../engine/plan/status.js';
import type { StatusReport } from '../protocol/results.js';

/**
 * - `hit`: complete in the cache. `reused`: the same, with rows reused from an earlier version.
 * - `partial`: partly complete. `stale`: it, something upstream or a source changed. `empty`: never computed.
 * - `unhashable`: it cannot be hashed, so it is computed each time.
 */
export type ExplainedState = 'hit' | 'reused' | 'partial' | 'stale' | 'unhashable' | 'empty';

/** Why a node is, or is not, in the cache. */
export interface ExplainedNode extends Pick<
  NodeStatus,
  'name' | 'family' | 'symbol' | 'interval' | 'inputs' | 'reason' | 'changes' | 'coverage' | 'reused'
> {
  readonly state: ExplainedState;
  /** What made it stale; null when nothing did. */
  readonly cause: NodeStatus['change'];
  readonly location: NodeStatus['location'];
}

export interface Explanation extends Pick<StatusReport, 'strategy' | 'range'> {
  readonly nodes: readonly ExplainedNode[];
}

/** Says for each node whether it is a hit, and why. */
export function explanationOf({ strategy, range, nodes }: StatusReport): Explanation {
  return {
    strategy,
    range,
    nodes: nodes.map((node) => {
      const { name, family, symbol, interval, inputs, reason, changes, coverage, reused, location } = node;
      return {
        name,
        ...(family !== undefined && { family }),
        ...(symbol !== undefined && { symbol }),
        state: explainedState(node),
        cause: node.change,
        reason,
        changes,
        interval,
        inputs,
        coverage,
        reused,
        location,
      };
    }),
  };
}

function explainedState({ state, change, reused }: NodeStatus): ExplainedState {
  if (change === 'unhashable') return 'unhashable';
  if (state !== 'fresh') return state;
  return reused.length > 0 ? 'reused' : 'hit';
}
