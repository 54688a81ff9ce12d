import { common, union } from '../engine/plan/ranges.js';
import type { CoveredPart, Span } from '../engine/run/reporting/report.js';
import type { StandingNode } from '../present/freshness.js';
import type { LiveCoverage } from './state.js';

/**
 * The progress of nodes that an active run has stored rows of.
 * @param nodes as they were before the run; an earlier version's coverage does not count
 * @param parts everything the run has stored so far
 * @param range what is shown; null: everything
 */
export function liveCoverage(
  nodes: readonly StandingNode[],
  parts: readonly CoveredPart[],
  range: Span | null,
): LiveCoverage[] {
  const before = new Map(
    nodes
      .filter(({ standing }) => standing === 'fresh' || standing === 'partial')
      .map((node) => [node.name, node]),
  );
  const [start, end] = range ?? [-Infinity, Infinity];
  const come = new Map<string, { spans: Span[]; rows: number }>();
  for (const { node, span, rows } of parts) {
    const known = come.get(node) ?? {
      spans: [...(before.get(node)?.coverage ?? [])],
      rows: before.get(node)?.rows ?? 0,
    };
    known.spans.push(span);
    known.rows += rows;
    come.set(node, known);
  }
  return [...come].map(([name, { spans, rows }]) => {
    const covered = union(spans.map(([from, to]) => ({ start: from, end: to })));
    const shown = common(covered, [{ start, end }]);
    return { name, coverage: shown.map((each): Span => [each.start, each.end]), rows };
  });
}
