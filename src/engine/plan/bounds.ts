import { resolveGraph } from '../graph/graph.js';
import { openSource } from '../sources/open-source.js';
import type { StrategyHost } from '../ports/host.js';
import type { SourceLibrary } from '../ports/source.js';
import type { Range } from '../../sdk/time.js';

/** A source that begins this close to 1970 has not said when it begins. */
const NO_BEGINNING = 86_400;

/**
 * The stretch in which every source has data, or else the one in which any has; null when none can tell. Reads what the
 * sources know of themselves, and no rows where that is enough.
 * @throws SeamlessError `source` when a source is missing or refused.
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
      extents.push({ start: bounds.first, end: bounds.last + node.interval });
    }
  }
  if (extents.length === 0) return null;
  const starts = extents.map(({ start }) => start);
  const ends = extents.map(({ end }) => end);
  const common = { start: Math.max(...starts), end: Math.min(...ends) };
  return common.start < common.end ? common : { start: Math.min(...starts), end: Math.max(...ends) };
}
