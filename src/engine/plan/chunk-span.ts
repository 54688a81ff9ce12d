import { closeOf, floorToSlot } from '../../sdk/time/grid.js';
import { ceilToGrid, type Range, type Seconds } from '../../sdk/time/time.js';
import type { GraphNode } from '../graph/graph.js';

/** Slots of the finest interval in a chunk, for a small DAG. */
export const CHUNK_SLOTS = 131_072;
/** Nodes × slots in a chunk, for a large one: bounds the memory of a run. */
export const CHUNK_CELLS = 4_000_000;
const LEAST_CHUNK_SLOTS = 256;

/** The shortest interval of some nodes. */
export function finestOf(nodes: readonly GraphNode[]): Seconds {
  return nodes.reduce((least, { interval }) => Math.min(least, interval), Infinity);
}

/** The length of a chunk of some nodes. @param slots of the finest interval, instead of the default */
export function chunkSpan(nodes: readonly GraphNode[], slots: number | undefined): Seconds {
  const finest = finestOf(nodes);
  if (slots !== undefined) return finest * slots;
  const most = Math.floor(CHUNK_CELLS / nodes.length);
  return finest * Math.min(CHUNK_SLOTS, Math.max(LEAST_CHUNK_SLOTS, 2 ** Math.floor(Math.log2(most))));
}

/** The first border between chunks of `span` after a slot's open, on the node's grid. */
export function borderAfter(node: GraphNode, open: Seconds, span: Seconds): Seconds {
  return floorToSlot(ceilToGrid(closeOf(open, node), span, 0), node);
}

/** The slots of a node that close within `(start, end]`, as a range of opens on its grid. */
export function slotsOf(node: GraphNode, { start, end }: Range): Range {
  return { start: floorToSlot(start, node), end: floorToSlot(end, node) };
}
