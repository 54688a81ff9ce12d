import type { StandingNode } from './freshness.js';

/** Open of the bar that a node failed at, as its failure names it, in epoch seconds; null: it failed at none, or not at all. */
export function failedBar({ failure, interval }: Pick<StandingNode, 'failure' | 'interval'>): number | null {
  const asOf = failure?.asOf ?? null;
  return asOf === null ? null : asOf - interval;
}
