import { ceilToSlot, nextOpen } from '../../sdk/time/grid.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { GraphNode } from '../graph/graph.js';

/** Up to when the bars of a stream are known, given its last one: to where that closes, or later where its author says so. */
export function sourceLimit(node: GraphNode, last: Seconds): Seconds {
  const close = nextOpen(last, node);
  return node.completeUntil === null ? close : Math.max(close, ceilToSlot(node.completeUntil, node));
}
