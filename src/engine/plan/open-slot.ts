import { closeOf } from '../../sdk/time/grid.js';
import { formatTime, type Range } from '../../sdk/time/time.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import type { Horizon } from './horizon.js';
import { onGrid } from './horizon.js';
import { upstream } from '../graph/reach.js';

/** Kinds of sources that can be declared complete. */
const FILES: ReadonlySet<string> = new Set(['csv', 'parquet', 'sql']);

/**
 * Why a slower bar that has data is not there yet: a file that ends within it looks like one that still grows. Null if a request
 * has no such bar.
 */
export function openSlotText(
  graph: Graph,
  node: GraphNode,
  horizons: readonly Horizon[],
  request: Range,
): string | null {
  const { begin, limit: open } = horizons[node.index] as Horizon;
  if (node.kind === 'stream' || !Number.isFinite(open) || open < begin) return null;
  const { start, end } = onGrid(request, node);
  if (open < start || open >= end) return null;
  const close = closeOf(open, node);
  const ending = streamsOf(graph, node).filter(({ index }) => {
    const { limit } = horizons[index] as Horizon;
    return limit > open && limit < close;
  });
  if (ending.length === 0) return null;
  const ends = ending.map(
    ({ name, index }) => `${name} ends at ${formatTime((horizons[index] as Horizon).limit)}`,
  );
  const waits = `Its bar of ${formatTime(open)} waits for its close: ${ends.join(', ')}.`;
  if (!ending.every(({ description: { source } }) => FILES.has(source?.kind ?? ''))) return waits;
  const whose = ending.map(({ name }) => name).join(' and ');
  return `${waits} If no more bars come before ${formatTime(close)}, say completeUntil: '${formatTime(close)}' in the source of ${whose}.`;
}

/** The streams that a node is made from, each once. */
function streamsOf(graph: Graph, node: GraphNode): readonly GraphNode[] {
  const found = [...upstream(graph, [node.index])];
  return found.map((index) => graph.nodes[index] as GraphNode).filter(({ kind }) => kind === 'stream');
}
