import { lastOpenBy } from '../../sdk/grid.js';
import type { Range, Seconds } from '../../sdk/time.js';
import { needOf, type Graph, type GraphNode } from '../graph/graph.js';
import { onGrid, type Horizon } from '../plan/horizon.js';
import { difference, union } from '../plan/ranges.js';
import type { NodeStore } from '../ports/store.js';
import { findFirings } from './firing.js';

interface Look {
  readonly graph: Graph;
  readonly store: Pick<NodeStore, 'summarize' | 'timesFrom' | 'coverage'>;
  readonly fingerprints: readonly string[];
  readonly horizons: readonly Horizon[];
  readonly request: Range;
}

/**
 * How many rows of an input there are up to the end of a range, at the most. What is stored of a computed input before the range
 * depends on earlier runs, so it is counted as if it emitted a row each time it fires, from the streams on.
 */
export class MostRows {
  readonly #look: Look;
  readonly #times = new Map<number, Promise<Float64Array | null>>();

  constructor(look: Look) {
    this.#look = look;
  }

  /**
   * How many rows of an input have closed by the end of a node's last slot in the range, at the most; null: it is not known.
   * @param enough more need not be counted
   */
  async seenBy(node: GraphNode, input: GraphNode, enough: number): Promise<number | null> {
    const { request, horizons, store, fingerprints } = this.#look;
    const { begin } = horizons[input.index] as Horizon;
    // Bars that open in the range and close after its last slot are not seen from within it.
    const until = Math.min(request.end, lastOpenBy(onGrid(request, node).end, input.interval) + 1);
    const fingerprint = fingerprints[input.index] as string;
    const stored = async (start: Seconds): Promise<number> => {
      const [summary] = await store.summarize([{ fingerprint, range: { start, end: until } }]);
      return summary?.rows ?? 0;
    };
    if (begin >= request.start) return stored(-Infinity);
    const inRange = await stored(request.start);
    if (inRange >= enough) return inRange;
    if (input.kind === 'stream') return (await this.#isKnown(input, until)) ? stored(-Infinity) : null;
    const times = await this.#timesOf(input.index);
    return times && times.filter((open) => open < until).length;
  }

  /** Opens of the rows that a node can have up to the end of the range; null: it is not known. */
  #timesOf(index: number): Promise<Float64Array | null> {
    const known = this.#times.get(index);
    if (known) return known;
    const node = this.#look.graph.nodes[index] as GraphNode;
    const times = node.kind === 'stream' ? this.#barsOf(node) : this.#firingsOf(node);
    this.#times.set(index, times);
    return times;
  }

  async #barsOf(node: GraphNode): Promise<Float64Array | null> {
    const { store, fingerprints, request } = this.#look;
    if (!(await this.#isKnown(node, request.end))) return null;
    const fingerprint = fingerprints[node.index] as string;
    const all = { start: -Infinity, end: request.end };
    const [stored] = await store.summarize([{ fingerprint, range: all }]);
    const [times] = await store.timesFrom([{ fingerprint, from: all.start, count: stored?.rows ?? 0 }]);
    return times ?? null;
  }

  async #firingsOf(node: GraphNode): Promise<Float64Array | null> {
    const inputs = [];
    for (const edge of node.edges) {
      const ts = await this.#timesOf(edge.node);
      if (!ts) return null;
      const { interval } = this.#look.graph.nodes[edge.node] as GraphNode;
      const span = edge.span === undefined ? {} : { span: edge.span };
      inputs.push({ interval, lookback: needOf(edge), ...span, ts });
    }
    const slots = { start: -Infinity, end: onGrid(this.#look.request, node).end };
    return findFirings(node.interval, node.phase, slots, inputs).opens.slice();
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
