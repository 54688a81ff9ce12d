import { difference, union, within } from '../engine/plan/ranges.js';
import type { Span } from '../engine/run/reporting/report.js';
import { failedBar, isMuch, type StandingNode } from '../present/freshness.js';
import type { PanelNode } from './state.js';

/**
 * A node as the panel shows it. A part of the range without data is a gap unless the sources have none; what an earlier version
 * has is stale; a failed or blocked node is failed from the failing bar on. If a source changed, stored rows are stale until the
 * next run has found which bars are affected.
 * @param range of the status request; null when nothing is stored
 * @param cache changes with the cache's state
 */
export function panelNode(node: StandingNode, range: Span | null, cache = ''): PanelNode {
  const { name, kind, label, interval, inputs, standing, why, rows, unavailable, notYet } = node;
  const inDoubt = node.change === 'source';
  const coverage = inDoubt ? [] : node.coverage;
  const gaps = range ? gapsOf(node, range) : [];
  const broken = standing === 'failed' || standing === 'blocked';
  return {
    version: `${node.fingerprint} ${cache}`,
    ...{ name, kind, label, interval, inputs, standing, why, rows, coverage, unavailable, notYet },
    ...(node.family !== undefined && { family: node.family }),
    ...(node.symbol !== undefined && { symbol: node.symbol }),
    changes: node.changes.map(({ text, file }) => ({ text, file })),
    reused: inDoubt ? [] : node.reused,
    stale: inDoubt ? node.coverage : broken ? [] : node.earlier,
    failed: broken ? after(gaps, failedBar(node) ?? -Infinity) : [],
    unfired: node.unfired && isMuch(node.unfired) ? node.unfired.slots : 0,
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
