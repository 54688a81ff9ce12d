import { SeamlessError } from '../../../sdk/errors.js';
import { openOf } from '../../../sdk/time/grid.js';
import { emptyTable, type Table } from '../../../sdk/table.js';
import type { Range, Seconds } from '../../../sdk/time/time.js';
import type { Graph, GraphNode } from '../../graph/graph.js';
import { slotsOf } from '../../plan/chunk-span.js';
import { limitOf } from '../../plan/horizon.js';
import { isEmpty } from '../../plan/ranges.js';
import {
  NOT_STARTED,
  type NodeFailure,
  type ScanState,
  type Schema,
  type StrategyHost,
} from '../../ports/host.js';
import { evaluate, firingsOf, requestOf, schemaOf, widerSchema, type AtHand } from './evaluation.js';
import { Grids } from './grids.js';
import { HeldRows } from './held.js';

/** What is known of a node before the first slot: see `warmUp`. */
export interface WarmNode {
  /** Its last rows, as many as its consumers look back at. */
  readonly table: Table;
  readonly schema: Schema | null;
  /** Scans only. */
  readonly state: ScanState | null;
  /** Open of the slot from which on it cannot be computed, because it failed; null: it did not fail. */
  readonly failedFrom: Seconds | null;
}

/** What became of the nodes in a range of slots. */
export interface ClosedSlots {
  /** Rows by position in the graph, of streams too. */
  readonly tables: ReadonlyMap<number, Table>;
  /** Nodes that failed in it. */
  readonly failures: ReadonlyMap<number, NodeFailure>;
}

/** How slots that were computed are computed again. */
export interface Revision {
  /** Ranges that begin before it are not asked for again. */
  readonly keepFrom: Seconds;
  /** This range replaces an earlier one with the same start, and all that came after it. */
  readonly again?: true;
}

/** What is known of all nodes between two ranges of slots. */
interface Checkpoint {
  readonly held: HeldRows;
  readonly schemas: ReadonlyMap<number, Schema>;
  readonly states: ReadonlyMap<number, ScanState>;
  readonly failedFrom: ReadonlyMap<number, Seconds>;
}

export interface SlotCloser {
  /**
   * Computes the slots of all nodes that close in `(start, end]`.
   * @param bars of streams, by position: those that close in it, ascending
   * @param revision has what is needed to compute slots again kept
   */
  close(closes: Range, bars: ReadonlyMap<number, Table>, revision?: Revision): Promise<ClosedSlots>;
}

/** Computes slot after slot of a strategy as time goes on, with as many rows at hand as its windows need. */
export class SlotEvaluator implements SlotCloser {
  readonly #graph: Graph;
  readonly #canonical: readonly number[];
  readonly #host: StrategyHost;
  readonly #signal: AbortSignal;
  #held = new HeldRows();
  readonly #atHand: AtHand;
  #schemas = new Map<number, Schema>();
  #states = new Map<number, ScanState>();
  #failedFrom = new Map<number, Seconds>();
  /** By the begin of the range that went on from it. */
  readonly #checkpoints = new Map<Seconds, Checkpoint>();
  readonly #carried: ReadonlyMap<number, number>;

  /** @param canonical position of the node that stands for each */
  constructor(
    graph: Graph,
    canonical: readonly number[],
    host: StrategyHost,
    warm: ReadonlyMap<number, WarmNode>,
    signal: AbortSignal,
  ) {
    this.#graph = graph;
    this.#canonical = canonical;
    this.#host = host;
    this.#signal = signal;
    this.#carried = rowsCarried(graph, canonical);
    this.#atHand = {
      nodes: graph.nodes,
      rows: (edge) => this.#held.of(canonical[edge.node] as number),
    };
    for (const [index, { table, schema, state, failedFrom }] of warm) {
      this.#held.add(index, this.#node(index).name, [table]);
      if (schema) this.#schemas.set(index, schema);
      if (state) this.#states.set(index, state);
      if (failedFrom !== null) this.#failedFrom.set(index, failedFrom);
    }
  }

  async close(closes: Range, bars: ReadonlyMap<number, Table>, revision?: Revision): Promise<ClosedSlots> {
    if (revision) this.#keep(closes, revision);
    const tables = new Map<number, Table>();
    const failures = new Map<number, NodeFailure>();
    const limits: Seconds[] = [];
    const grids = new Grids();
    for (const index of this.#graph.order) {
      const node = this.#node(index);
      const canonical = this.#canonical[index] as number;
      const own = this.#failedFrom.get(canonical) ?? Infinity;
      limits[index] =
        node.kind === 'stream'
          ? own
          : Math.min(
              own,
              limitOf(this.#graph, node, (input) => limits[input] as Seconds),
            );
      if (canonical !== index) continue;
      const table =
        node.kind === 'stream'
          ? (bars.get(index) ?? emptyTable())
          : await this.#compute(node, slotsOf(node, closes), limits, failures, grids);
      tables.set(index, table);
      if (this.#carried.has(index)) this.#held.add(index, node.name, [table]);
    }
    for (const [index, rows] of this.#carried) this.#held.trim(index, rows);
    return { tables, failures };
  }

  #keep({ start }: Range, { keepFrom, again }: Revision): void {
    const before = this.#checkpoints.get(start);
    if (again && !before) throw new SeamlessError('internal', `Nothing is known of the slots at ${start}.`);
    if (again && before) {
      this.#held = before.held.copy();
      this.#schemas = new Map(before.schemas);
      this.#states = new Map(before.states);
      this.#failedFrom = new Map(before.failedFrom);
    }
    for (const time of this.#checkpoints.keys())
      if (time < keepFrom || time > start) this.#checkpoints.delete(time);
    this.#checkpoints.set(start, {
      held: this.#held.copy(),
      schemas: new Map(this.#schemas),
      states: new Map(this.#states),
      failedFrom: new Map(this.#failedFrom),
    });
  }

  async #compute(
    node: GraphNode,
    slots: Range,
    limits: Seconds[],
    failures: Map<number, NodeFailure>,
    grids: Grids,
  ): Promise<Table> {
    const { index } = node;
    const range = { start: slots.start, end: Math.min(slots.end, limits[index] as Seconds) };
    if (isEmpty(range)) return emptyTable();
    const firings = firingsOf(node, range, this.#atHand, grids);
    if (firings.opens.length === 0) return emptyTable();
    const request = requestOf(node, firings, this.#atHand, this.#schemas.get(index) ?? null);
    const state = node.scan ? { state: this.#states.get(index) ?? NOT_STARTED } : {};
    const result = await evaluate(this.#host, { ...request, ...state }, () => undefined, this.#signal);
    if (result.state) this.#states.set(index, result.state);
    if (result.table.ts.length > 0)
      this.#schemas.set(index, widerSchema(this.#schemas.get(index) ?? null, schemaOf(result.table)));
    const { failure } = result;
    if (failure) {
      const from = failure.asOf === null ? range.start : openOf(failure.asOf, node);
      failures.set(index, failure);
      this.#failedFrom.set(index, from);
      limits[index] = Math.min(limits[index] as Seconds, from);
    }
    return result.table;
  }

  #node(index: number): GraphNode {
    return this.#graph.nodes[index] as GraphNode;
  }
}

/** Rows of each node that firings after a slot's close may look back at, by the node that stands for it. */
export function rowsCarried(graph: Graph, canonical: readonly number[]): ReadonlyMap<number, number> {
  const carried = new Map<number, number>();
  for (const node of graph.nodes) {
    for (const edge of node.edges) {
      const source = canonical[edge.node] as number;
      carried.set(source, Math.max(carried.get(source) ?? 0, edge.lookback));
    }
  }
  return carried;
}
