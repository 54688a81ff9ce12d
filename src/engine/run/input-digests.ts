import { openOf, type Grid } from '../../sdk/time/grid.js';
import { lowerBound } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';
import { textDigest } from '../fingerprint/digest.js';
import type { Edge, GraphNode } from '../graph/graph.js';
import type { Firings } from './evaluation/firing.js';
import type { HeldRows } from './evaluation/held.js';
import type { RunState } from './run-state.js';

/**
 * Per input, the digest of the rows that a range's firings read: it decides whether a stored segment can be reused. Rows that no
 * firing reads are left out, so that the result does not depend on what is loaded. Together with the look-back, which is in the
 * code hash, these rows also determine which slots fire.
 * @param start of the range
 * @param count how many of the firings count
 */
export function inputDigests(
  state: RunState,
  held: HeldRows,
  node: GraphNode,
  start: Seconds,
  { ends, asOf }: Pick<Firings, 'ends' | 'asOf'>,
  count = asOf.length,
): string[] {
  return node.edges.map((edge, position) => {
    const first = ends[position]?.[0] ?? 0;
    const end = ends[position]?.[count - 1] ?? 0;
    if (count === 0) return textDigest(['nothing fires']);
    const source = state.canonical(edge.node);
    if (edge.gather) return gatheredDigest(held, source, asOf[0] as number, node, end);
    const { ts } = held.of(source);
    const from = windowStart(edge, ts, first, asOf[0] as number);
    // Two digests, since consumers with different look-backs share the second part: usually a whole segment.
    const inside = Math.min(end, Math.max(from, lowerBound(ts, start)));
    return textDigest([held.digest(source, from, inside), held.digest(source, inside, end)]);
  });
}

/** For an input read in the slots themselves: its rows from the first firing slot to the last. */
function gatheredDigest(held: HeldRows, source: number, asOf: Seconds, grid: Grid, end: number): string {
  const first = lowerBound(held.of(source).ts, openOf(asOf, grid));
  return textDigest(first < end ? [held.digest(source, first, end)] : ['no rows']);
}

/** The first row that a firing reads of an input when `end` of its rows have closed. */
function windowStart({ lookback, span }: Edge, ts: Float64Array, end: number, asOf: Seconds): number {
  return span === undefined ? end - lookback : lowerBound(ts, asOf - span);
}
