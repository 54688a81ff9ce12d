import { closeBefore, floorToSlot, gridOf, lastOpenBy, type Grid } from '../../../sdk/time/grid.js';
import { lowerBound } from '../../../sdk/table.js';
import type { Range, Seconds } from '../../../sdk/time/time.js';
import { needOf, type Graph, type GraphNode } from '../../graph/graph.js';
import { attainable, onGrid, type Horizon } from '../../plan/horizon.js';
import { drivers, rowsBefore } from '../../plan/plan.js';
import { difference, union } from '../../plan/ranges.js';
import type { NodeStore } from '../../ports/store.js';
import { findFirings } from '../evaluation/firing.js';

interface Look {
  readonly graph: Graph;
  readonly store: Pick<NodeStore, 'summarize' | 'timesFrom' | 'coverage'>;
  readonly fingerprints: readonly string[];
  readonly horizons: readonly Horizon[];
  readonly request: Range;
}

/**
 * Upper bounds for the number of an input's rows up to the end of a range. What is stored before the range depends on earlier
 * runs and must not affect the report. So a computed input counts the rows that it can have from the stream it follows, if every
 * run over the looking-back nodes has read that stream from its beginning.
 */
export class MostRows {
  readonly #look: Look;
  readonly #bars = new Map<string, Promise<Float64Array>>();

  constructor(look: Look) {
    this.#look = look;
  }

  /**
   * The most rows of an input that have closed by the end of a node's last slot in the range; null: unknown.
   * @param meets whether the node's inputs close bars in a common slot of the range: then a run has searched further back
   */
  async seenBy(node: GraphNode, input: GraphNode, meets: boolean): Promise<number | null> {
    const { request, horizons } = this.#look;
    const { begin } = horizons[input.index] as Horizon;
    // Bars that open in the range and close after its last slot are invisible from within it.
    const until = Math.min(request.end, lastOpenBy(this.#endOf(node), input) + 1);
    // Its first bar closes after that, whatever was read of the stream.
    if (until <= begin) return 0;
    if (begin >= request.start) return this.#stored(input, until);
    if (input.kind === 'stream')
      return (await this.#isKnown(input, until)) ? this.#stored(input, until) : null;
    return this.#following(node, input, until, meets);
  }

  /** The end of a node's last slot in the range that has data. */
  #endOf(node: GraphNode): Seconds {
    const { request, horizons } = this.#look;
    return closeBefore(Math.min(onGrid(request, node).end, (horizons[node.index] as Horizon).limit), node);
  }

  async #following(
    node: GraphNode,
    input: GraphNode,
    until: Seconds,
    meets: boolean,
  ): Promise<number | null> {
    const { graph, request, horizons, fingerprints } = this.#look;
    const { nodes, bars } = drivers(graph, input.index);
    const stream = nodes.at(-1) as GraphNode;
    if (nodes.some((each) => !this.#firesWithDriver(each))) return null;
    // Stream bars that close after the last slot of a node on the path need not have been read.
    let end = this.#endOf(node);
    for (const each of nodes.slice(0, -1))
      end = closeBefore(floorToSlot(Math.min(end, (horizons[each.index] as Horizon).limit), each), each);
    const seen = Math.min(request.end, lastOpenBy(end, stream) + 1);
    if (!(await this.#isKnown(stream, seen))) return null;
    let ts = await this.#barsOf(stream, seen);
    const { start } = attainable(request, node, horizons[node.index] as Horizon);
    const back = node.edges
      .filter((edge) => fingerprints[edge.node] === fingerprints[input.index] && edge.span === undefined)
      .map((edge) => rowsBefore(node, edge, graph) * bars);
    if (back.length === 0) return null;
    const { begin } = horizons[stream.index] as Horizon;
    const together = (horizons[input.index] as Horizon).begin <= floorToSlot(begin, input);
    const wasRead = lowerBound(ts, start) < Math.max(...back) || (meets && together);
    if (!wasRead) return null;
    let grid: Grid = stream;
    for (const each of [...nodes].reverse().slice(1)) {
      const slots = { start: -Infinity, end: onGrid(request, each).end };
      const lookback = this.#needOfDriver(each);
      ts = findFirings(each, slots, [{ ...gridOf(grid), lookback, ts }]).opens.slice();
      grid = each;
    }
    return lowerBound(ts, until);
  }

  /** Whether a node fires only in slots in which the input it follows closes a bar. */
  #firesWithDriver({ edges, interval }: GraphNode): boolean {
    const { graph, fingerprints } = this.#look;
    const prints = new Set(edges.map((edge) => fingerprints[edge.node]));
    return (
      prints.size <= 1 || edges.some((edge) => (graph.nodes[edge.node] as GraphNode).interval <= interval)
    );
  }

  #needOfDriver(node: GraphNode): number {
    const { graph, fingerprints } = this.#look;
    const [, driver] = drivers(graph, node.index).nodes;
    const those = node.edges.filter((edge) => fingerprints[edge.node] === fingerprints[driver?.index ?? -1]);
    return Math.max(1, ...those.map(needOf));
  }

  async #stored({ index }: GraphNode, until: Seconds): Promise<number> {
    const { store, fingerprints } = this.#look;
    const range = { start: -Infinity, end: until };
    const [summary] = await store.summarize([{ fingerprint: fingerprints[index] as string, range }]);
    return summary?.rows ?? 0;
  }

  /** Opens of a stream's bars before a time. */
  #barsOf(stream: GraphNode, until: Seconds): Promise<Float64Array> {
    const key = `${stream.index} ${until}`;
    const known = this.#bars.get(key);
    if (known) return known;
    const bars = (async () => {
      const { store, fingerprints } = this.#look;
      const fingerprint = fingerprints[stream.index] as string;
      const count = await this.#stored(stream, until);
      const [times] = await store.timesFrom([{ fingerprint, from: -Infinity, count }]);
      return times ?? new Float64Array(0);
    })();
    this.#bars.set(key, bars);
    return bars;
  }

  /** Whether all bars of a stream up to a time are stored, as far as its source goes. */
  async #isKnown({ index }: GraphNode, until: Seconds): Promise<boolean> {
    const { store, fingerprints, horizons } = this.#look;
    const fingerprint = fingerprints[index] as string;
    const { begin, limit } = horizons[index] as Horizon;
    const spans = (await store.coverage([fingerprint])).get(fingerprint) ?? [];
    return difference(union([{ start: begin, end: Math.min(until, limit) }]), union(spans)).length === 0;
  }
}
