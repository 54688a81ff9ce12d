import { difference, union, within } from '../engine/ranges.js';
import type { Span } from '../engine/report.js';
import type { StandingNode } from '../present/freshness.js';
import type { PanelNode } from './messages.js';

/**
 * A node as the panel shows it. What a range lacks and no data rules out is a gap; of a node that changed since it was stored
 * the gap is stale, and of one that failed, or waits for one that did, it is failed from the bar to blame on.
 * @param range what the standing was asked over; null when nothing is stored.
 */
export function panelNode(node: StandingNode, range: Span | null): PanelNode {
  const { name, kind, label, interval, inputs, standing, why, rows, coverage, unavailable, notYet } = node;
  const gaps = range ? gapsOf(node, range) : [];
  const broken = standing === 'failed' || standing === 'blocked';
  const failedAt = node.failure?.asOf ?? null;
  return {
    ...{ name, kind, label, interval, inputs, standing, why, rows, coverage, unavailable, notYet },
    stale: standing === 'changed' || standing === 'maybe-stale' || standing === 'uncached' ? gaps : [],
    failed: broken ? after(gaps, failedAt === null ? -Infinity : failedAt - interval) : [],
    located: node.location !== null,
  };
}

function gapsOf({ coverage, unavailable, notYet }: StandingNode, [start, end]: Span): Span[] {
  const known = union(
    [...coverage, ...unavailable, ...notYet].map(([from, to]) => ({ start: from, end: to })),
  );
  return difference([{ start, end }], known).map((gap): Span => [gap.start, gap.end]);
}

function after(spans: readonly Span[], time: number): Span[] {
  const sets = spans.map(([start, end]) => ({ start, end }));
  return within(sets, { start: time, end: Infinity }).map(({ start, end }): Span => [start, end]);
}
