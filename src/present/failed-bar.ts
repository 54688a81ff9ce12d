import type { StandingNode } from './freshness.js';

/** Open of the bar at which a node failed, from its failure, in epoch seconds; null: it did not fail at a bar. */
export function failedBar({ failure, interval }: Pick<StandingNode, 'failure' | 'interval'>): number | null {
  const asOf = failure?.asOf ?? null;
  return asOf === null ? null : asOf - interval;
}
