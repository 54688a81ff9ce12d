import { lowerBound, type Table } from '../../sdk/table.js';
import { openOf, type Grid } from '../../sdk/time/grid.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import { textDigest } from '../fingerprint/digest.js';
import type { Edge, GraphNode } from '../graph/graph.js';
import type { NodeWork } from '../plan/plan.js';
import type { ComputeRequest, ScanState } from '../ports/host.js';
import { firingsOf, requestOf, type AtHand } from './evaluation/evaluation.js';
import type { Firings } from './evaluation/firing.js';
import { Grids } from './evaluation/grids.js';
import { HeldRows, since, unbrokenFrom } from './evaluation/held.js';
import { KnownFirings } from './evaluation/known-firings.js';
import type { RunState } from './run-state.js';

/** A node emitted fewer rows than planned: it must be planned with more history. */
export class ShortHistory extends Error {
  readonly node: number;

  constructor(node: number) {
    super('short history');
    this.node = node;
  }
}

/** The rows at hand in a chunk, and what nodes make of them: when they fire, and what they read. */
export class ChunkInputs {
  readonly #state: RunState;
  readonly #work: ReadonlyMap<number, NodeWork>;
  readonly #held = new HeldRows();
  readonly #atHand: AtHand;
  #grids = new Grids();
  #known: KnownFirings;

  constructor(state: RunState, work: ReadonlyMap<number, NodeWork>) {
    this.#state = state;
    this.#work = work;
    this.#atHand = {
      nodes: state.graph.nodes,
      rows: (edge) => this.#held.of(state.canonical(edge.node)),
    };
    this.#known = new KnownFirings(this.#atHand);
  }

  /** Adds a node's rows, if any node reads them. @throws SeamlessError `value`, naming the node, when its columns changed */
  add(node: GraphNode, { compute, carried, demand }: NodeWork, rows: readonly Table[]): void {
    if (carried === null) return;
    this.#held.add(node.index, node.name, since(rows, unbrokenFrom({ compute, demand })));
  }

  /** Leaves what the next chunk looks back at. */
  endChunk({ end }: Range): void {
    for (const [index, { carried, carriedSpan }] of this.#work) {
      const rows = carriedSpan === null ? null : this.#held.rowsSince(index, end - carriedSpan);
      this.#held.trim(index, rows ?? carried ?? 0);
    }
    this.#held.endChunk();
    this.#grids = new Grids();
    this.#known = new KnownFirings(this.#atHand);
  }

  firings(node: GraphNode, range: Range): Firings {
    const known = this.#known.of(node, range);
    return known ?? this.#known.add(node, range, firingsOf(node, range, this.#atHand, this.#grids));
  }

  /** @throws ShortHistory when an input has too few rows, and its history could reach further back */
  requestFor(node: GraphNode, range: Range, state: ScanState | null): ComputeRequest {
    const firings = this.firings(node, range);
    const short = this.shortOf(node, firings.lacking);
    if (short !== null) throw new ShortHistory(short);
    const request = requestOf(node, firings, this.#atHand, this.#state.schema(node.index));
    return state ? { ...request, state } : request;
  }

  /** An input with too few rows whose history could reach further back; null: none. */
  shortOf({ edges }: GraphNode, lacking: readonly number[]): number | null {
    for (let position = 0; position < edges.length; position++) {
      const edge = edges[position] as Edge;
      // Windows counted in time are planned by time: what they lack does not exist.
      if (lacking[position] && edge.span === undefined && this.#reachesFurther(edge))
        return this.#state.canonical(edge.node);
    }
    return null;
  }

  /**
   * Per input, the digest of the rows that a range's firings read: it decides whether a stored segment can be reused. Rows that no
   * firing reads are left out, so that the result does not depend on what is loaded. Together with the look-back, which is in the
   * code hash, these rows also determine which slots fire.
   * @param start of the range
   * @param count how many of the firings count
   */
  digests(
    node: GraphNode,
    start: Seconds,
    { ends, asOf }: Pick<Firings, 'ends' | 'asOf'>,
    count = asOf.length,
  ): string[] {
    return node.edges.map((edge, position) => {
      const first = ends[position]?.[0] ?? 0;
      const end = ends[position]?.[count - 1] ?? 0;
      if (count === 0) return textDigest(['nothing fires']);
      const source = this.#state.canonical(edge.node);
      if (edge.gather) return this.#gatheredDigest(source, asOf[0] as number, node, end);
      const { ts } = this.#held.of(source);
      const from = windowStart(edge, ts, first, asOf[0] as number);
      // Two digests, since consumers with different look-backs share the second part: usually a whole segment.
      const inside = Math.min(end, Math.max(from, lowerBound(ts, start)));
      return this.#held.digestOfTwo(source, from, inside, end);
    });
  }

  /** For an input read in the slots themselves: its rows from the first firing slot to the last. */
  #gatheredDigest(source: number, asOf: Seconds, grid: Grid, end: number): string {
    const first = lowerBound(this.#held.of(source).ts, openOf(asOf, grid));
    return textDigest(first < end ? [this.#held.digest(source, first, end)] : ['no rows']);
  }

  /** Whether an input's history may reach further back than planned. */
  #reachesFurther(edge: Edge): boolean {
    const source = this.#state.canonical(edge.node);
    return (this.#work.get(source)?.demand?.start ?? Infinity) > this.#state.horizon(source).begin;
  }
}

/** The first row that a firing reads of an input when `end` of its rows have closed. */
function windowStart({ lookback, span }: Edge, ts: Float64Array, end: number, asOf: Seconds): number {
  return span === undefined ? end - lookback : lowerBound(ts, asOf - span);
}
