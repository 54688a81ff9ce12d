import { resolveGraph } from '../graph/graph.js';
import { openSource } from '../sources/open-source.js';
import type { StrategyHost } from '../ports/host.js';
import type { SourceLibrary } from '../ports/source.js';
import { closeOf } from '../../sdk/time/grid.js';
import type { Range } from '../../sdk/time/time.js';
import type { Span } from '../run/reporting/report.js';

/** A source that begins this close to 1970 has no known beginning. */
const NO_BEGINNING = 86_400;

/**
 * The range in which all sources have data, else the one in which any has; null: unknown. Reads the sources' bounds, and rows
 * only if necessary.
 * @throws SeamlessError `source` when a source is missing or refused
 */
export async function boundsOf(ports: {
  readonly host: StrategyHost;
  readonly sources: SourceLibrary;
}): Promise<Range | null> {
  const graph = resolveGraph(await ports.host.describe());
  const extents: Range[] = [];
  for (const node of graph.nodes) {
    const { source } = node.description;
    if (!source) continue;
    const reader = await openSource(ports.sources, node, source);
    const bounds = await reader.bounds();
    if (bounds && bounds.first > NO_BEGINNING) {
      extents.push({ start: bounds.first, end: closeOf(bounds.last, node) });
    }
  }
  const all = extentOf(extents);
  return all && { start: all[0], end: all[1] };
}

/** The intersection of ranges, else their hull; null without any. Unbounded ones are ignored. */
export function extentOf(extents: readonly Range[]): Span | null {
  const finite = extents.filter(({ start, end }) => Number.isFinite(start) && Number.isFinite(end));
  if (finite.length === 0) return null;
  const starts = finite.map(({ start }) => start);
  const ends = finite.map(({ end }) => end);
  const common: Span = [Math.max(...starts), Math.min(...ends)];
  return common[0] < common[1] ? common : [Math.min(...starts), Math.max(...ends)];
}
