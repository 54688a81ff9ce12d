import { ceilToSlot, nextOpen } from '../../sdk/time/grid.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { GraphNode } from '../graph/graph.js';

/** Up to when a stream's bars are known, given its last one: to its close, or later if the author says so. */
export function sourceLimit(node: GraphNode, last: Seconds): Seconds {
  const close = nextOpen(last, node);
  return node.completeUntil === null ? close : Math.max(close, ceilToSlot(node.completeUntil, node));
}
