import type { Seconds } from '../../../sdk/time/time.js';
import type { Graph, GraphNode } from '../../graph/graph.js';
import { limitOf } from '../../plan/horizon.js';

/** Up to where nodes can be computed after failures. Computed only once one has failed. */
export class Limits {
  readonly #graph: Graph;
  readonly #canonical: readonly number[];
  readonly #failedFrom: ReadonlyMap<number, Seconds>;
  #known: { readonly failed: number; readonly limits: readonly Seconds[] } | null = null;

  /** @param failedFrom by node: the open of its first failed slot; may grow */
  constructor(graph: Graph, canonical: readonly number[], failedFrom: ReadonlyMap<number, Seconds>) {
    this.#graph = graph;
    this.#canonical = canonical;
    this.#failedFrom = failedFrom;
  }

  /** Slots of the node that open at it or later cannot be computed. */
  of({ index }: GraphNode): Seconds {
    const failed = this.#failedFrom.size;
    if (failed === 0) return Infinity;
    if (this.#known?.failed !== failed) this.#known = { failed, limits: this.#all() };
    return this.#known.limits[index] as Seconds;
  }

  #all(): Seconds[] {
    const limits: Seconds[] = [];
    for (const index of this.#graph.order) {
      const node = this.#graph.nodes[index] as GraphNode;
      const own = this.#failedFrom.get(this.#canonical[index] as number) ?? Infinity;
      const ofInputs =
        node.kind === 'stream' ? Infinity : limitOf(this.#graph, node, (input) => limits[input] as Seconds);
      limits[index] = Math.min(own, ofInputs);
    }
    return limits;
  }
}
