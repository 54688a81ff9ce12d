import { sameGrid } from '../../../sdk/time/grid.js';
import type { Range } from '../../../sdk/time/time.js';
import type { Edge, GraphNode } from '../../graph/graph.js';
import type { AtHand } from './evaluation.js';
import type { Firings } from './firing.js';

interface Found {
  readonly node: GraphNode;
  readonly range: Range;
  readonly times: readonly Float64Array[];
  readonly firings: Firings;
  /** No slot lacked bars, so a node whose windows are no longer than what the first firing has fires at the same slots. */
  readonly isWhole: boolean;
}

/** This many of the firings found last are looked at. */
const LOOKED_AT = 8;

/** Firings in one range of slots. Nodes whose inputs have the same times, in the same array, fire alike: they are found once. */
export class KnownFirings {
  readonly #atHand: AtHand;
  readonly #known: Found[] = [];

  constructor(atHand: AtHand) {
    this.#atHand = atHand;
  }

  /** Null: not known. */
  of(node: GraphNode, range: Range): Firings | null {
    const oldest = Math.max(0, this.#known.length - LOOKED_AT);
    for (let i = this.#known.length - 1; i >= oldest; i--) {
      const found = this.#known[i] as Found;
      if (this.#firesAs(node, range, found)) return found.firings;
    }
    return null;
  }

  add(node: GraphNode, range: Range, firings: Firings): Firings {
    const times = node.edges.map((edge) => this.#atHand.rows(edge).ts);
    const isWhole = firings.opens.length > 0 && firings.lacking.every((bars) => bars === 0);
    this.#known.push({ node, range, times, firings, isWhole });
    return firings;
  }

  #firesAs(node: GraphNode, { start, end }: Range, found: Found): boolean {
    const { edges } = node;
    const { range, times, node: other } = found;
    if (start !== range.start || end !== range.end || edges.length !== times.length) return false;
    if (!sameGrid(node, other)) return false;
    for (let i = 0; i < edges.length; i++) {
      const edge = edges[i] as Edge;
      if (this.#atHand.rows(edge).ts !== times[i] || !this.#seesAs(edge, i, found)) return false;
    }
    return true;
  }

  #seesAs(edge: Edge, i: number, { node, firings, isWhole }: Found): boolean {
    const { nodes } = this.#atHand;
    const known = node.edges[i] as Edge;
    if (edge.span !== known.span || edge.gather !== known.gather) return false;
    if (!sameGrid(nodes[edge.node] as GraphNode, nodes[known.node] as GraphNode)) return false;
    if (edge.lookback === known.lookback) return true;
    return isWhole && edge.span === undefined && edge.lookback <= (firings.ends[i]?.[0] ?? 0);
  }
}
