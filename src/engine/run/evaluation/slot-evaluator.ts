import { SeamlessError } from '../../../sdk/errors.js';
import { openOf } from '../../../sdk/time/grid.js';
import { emptyTable, type Table } from '../../../sdk/table.js';
import type { Range, Seconds } from '../../../sdk/time/time.js';
import type { Edge, Graph, GraphNode } from '../../graph/graph.js';
import { slotsOf } from '../../plan/chunk-span.js';
import {
  NOT_STARTED,
  type ComputeHooks,
  type ComputeInput,
  type ComputeRequest,
  type ComputeResult,
  type NodeFailure,
  type ScanState,
  type Schema,
  type StrategyHost,
} from '../../ports/host.js';
import { firingsOf, requestOf, schemaOf, settled, widerSchema, type AtHand } from './evaluation.js';
import type { Firings } from './firing.js';
import { Grids } from './grids.js';
import { KnownFirings } from './known-firings.js';
import { lanesOf, type Lane } from './lanes.js';
import { Limits } from './limits.js';
import { SlotRows, type RowsThen } from './slot-rows.js';

/** What is known about a node before the first slot: see `warmUp`. */
export interface WarmNode {
  /** As many of its last rows as its consumers look back at. */
  readonly table: Table;
  readonly schema: Schema | null;
  /** Scans only. */
  readonly state: ScanState | null;
  /** Open of the slot from which on it has failed; null: it did not fail. */
  readonly failedFrom: Seconds | null;
}

/** The results of a range of slots. */
export interface ClosedSlots {
  /** Rows by position in the graph, including streams. */
  readonly tables: ReadonlyMap<number, Table>;
  /** Nodes that failed in it. */
  readonly failures: ReadonlyMap<number, NodeFailure>;
}

/** How slots are computed again. */
export interface Revision {
  /** Ranges that begin earlier will not be computed again. */
  readonly keepFrom: Seconds;
  /** This range replaces an earlier one with the same start, and everything after it. */
  readonly again?: true;
}

/** The state of all nodes between two ranges of slots. */
interface Checkpoint {
  readonly rows: RowsThen;
  readonly schemas: ReadonlyMap<number, Schema>;
  readonly states: ReadonlyMap<number, ScanState>;
  readonly failedFrom: ReadonlyMap<number, Seconds>;
}

export interface SlotCloser {
  /**
   * Computes the slots of all nodes that close in `(start, end]`.
   * @param bars of streams, by position: those that close in it, ascending
   * @param revision keeps what is needed to compute slots again
   */
  close(closes: Range, bars: ReadonlyMap<number, Table>, revision?: Revision): Promise<ClosedSlots>;
}

/** A range of slots being computed. */
interface Closing {
  readonly closes: Range;
  readonly limits: Limits;
  readonly grids: Grids;
  readonly known: KnownFirings;
  readonly failures: Map<number, NodeFailure>;
}

const EMPTY = emptyTable();

/** Computes a strategy's slots one after the other as time goes on, keeping the rows that its windows need. */
export class SlotEvaluator implements SlotCloser {
  readonly #graph: Graph;
  readonly #canonical: readonly number[];
  readonly #host: StrategyHost;
  readonly #signal: AbortSignal;
  readonly #lanes: readonly Lane[];
  readonly #rows: SlotRows;
  readonly #atHand: AtHand;
  #schemas = new Map<number, Schema>();
  #states = new Map<number, ScanState>();
  #failedFrom = new Map<number, Seconds>();
  /** Inputs that nodes had last, by position. */
  readonly #inputs: (readonly ComputeInput[])[] = [];
  /** By the start of the range that followed. */
  readonly #checkpoints = new Map<Seconds, Checkpoint>();

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
    this.#lanes = lanesOf(graph, canonical);
    this.#rows = new SlotRows(rowsCarried(graph, canonical));
    this.#atHand = {
      nodes: graph.nodes,
      rows: (edge) => this.#rows.of(canonical[edge.node] as number),
    };
    for (const [index, { table, schema, state, failedFrom }] of warm) {
      this.#rows.hold(index, table);
      if (schema) this.#schemas.set(index, schema);
      if (state) this.#states.set(index, state);
      if (failedFrom !== null) this.#failedFrom.set(index, failedFrom);
    }
  }

  async close(closes: Range, bars: ReadonlyMap<number, Table>, revision?: Revision): Promise<ClosedSlots> {
    const tables = new Map<number, Table>();
    const failures = await this.closeInto((node, table) => tables.set(node, table), closes, bars, revision);
    return { tables, failures };
  }

  /**
   * The same, and hands out rows as they are known.
   * @param taken told the rows of each node and stream that has any, by position
   */
  async closeInto(
    taken: (node: number, table: Table) => void,
    closes: Range,
    bars: ReadonlyMap<number, Table>,
    revision?: Revision,
  ): Promise<ReadonlyMap<number, NodeFailure>> {
    if (revision) this.#keep(closes, revision);
    const limits = new Limits(this.#graph, this.#canonical, this.#failedFrom);
    const failures = new Map<number, NodeFailure>();
    const known = new KnownFirings(this.#atHand);
    const closing: Closing = { closes, limits, grids: new Grids(), known, failures };
    for (const { kind, nodes } of this.#lanes) {
      const tables =
        kind === 'node'
          ? await this.#compute(nodes, closing)
          : nodes.map(({ index }) => bars.get(index) ?? EMPTY);
      this.#rows.add(nodes, tables);
      for (let i = 0; i < nodes.length; i++) {
        const table = tables[i] as Table;
        if (table.ts.length > 0) taken((nodes[i] as GraphNode).index, table);
      }
    }
    this.#rows.endSlot();
    return failures;
  }

  #keep({ start }: Range, { keepFrom, again }: Revision): void {
    const before = this.#checkpoints.get(start);
    if (again && !before) throw new SeamlessError('internal', `Nothing is known of the slots at ${start}.`);
    if (again && before) {
      this.#rows.restore(before.rows);
      this.#schemas = new Map(before.schemas);
      this.#states = new Map(before.states);
      this.#failedFrom = new Map(before.failedFrom);
    }
    for (const time of this.#checkpoints.keys())
      if (time < keepFrom || time > start) this.#checkpoints.delete(time);
    this.#checkpoints.set(start, {
      rows: this.#rows.keep(),
      schemas: new Map(this.#schemas),
      states: new Map(this.#states),
      failedFrom: new Map(this.#failedFrom),
    });
  }

  /** The rows of the nodes of a lane. Those whose inputs have the same times fire at the same slots. */
  async #compute(nodes: readonly GraphNode[], closing: Closing): Promise<readonly Table[]> {
    const { closes, limits, grids, known } = closing;
    const slots = slotsOf(nodes[0] as GraphNode, closes);
    const tables: Table[] = [];
    const requests: ComputeRequest[] = [];
    const places: number[] = [];
    for (const node of nodes) {
      const place = tables.push(EMPTY) - 1;
      const end = Math.min(slots.end, limits.of(node));
      if (end <= slots.start) continue;
      const range = { start: slots.start, end };
      const firings =
        known.of(node, range) ?? known.add(node, range, firingsOf(node, range, this.#atHand, grids));
      if (firings.opens.length === 0) continue;
      requests.push(this.#requestOf(node, firings));
      places.push(place);
    }
    if (requests.length === 0) return tables;
    await this.#ask(requests, (at, result) => {
      const node = nodes[places[at] as number] as GraphNode;
      tables[places[at] as number] = this.#settle(
        node,
        settled(requests[at] as ComputeRequest, result),
        slots,
        closing,
      );
    });
    return tables;
  }

  #settle(
    node: GraphNode,
    { table, failure, state }: ComputeResult,
    slots: Range,
    { failures }: Closing,
  ): Table {
    const { index } = node;
    if (state) this.#states.set(index, state);
    this.#noteSchema(index, table);
    if (failure) {
      failures.set(index, failure);
      this.#failedFrom.set(index, failure.asOf === null ? slots.start : openOf(failure.asOf, node));
    }
    return table;
  }

  async #ask(requests: readonly ComputeRequest[], computed: ComputeHooks['computed']): Promise<void> {
    const progress = (): void => undefined;
    if (this.#host.computeAll) await this.#host.computeAll(requests, { computed, progress }, this.#signal);
    else
      for (const [at, request] of requests.entries())
        computed(at, await this.#host.compute(request, progress, this.#signal));
  }

  #requestOf(node: GraphNode, firings: Firings): ComputeRequest {
    const { index, interval, scan } = node;
    const { opens, asOf } = firings;
    const expected = this.#schemas.get(index) ?? null;
    const before = this.#inputs[index];
    const isSame = before && this.#areInputs(node, before, firings);
    const inputs = isSame ? before : requestOf(node, firings, this.#atHand, expected).inputs;
    if (!isSame) this.#inputs[index] = inputs;
    const request: ComputeRequest = {
      node: index,
      interval,
      opens,
      asOf,
      inputs,
      expected,
      inputsStay: true,
    };
    return scan ? { ...request, state: this.#states.get(index) ?? NOT_STARTED } : request;
  }

  #areInputs({ edges }: GraphNode, inputs: readonly ComputeInput[], { ends }: Firings): boolean {
    for (let i = 0; i < edges.length; i++) {
      const { table, end } = inputs[i] as ComputeInput;
      if (table !== this.#atHand.rows(edges[i] as Edge) || end !== ends[i]) return false;
    }
    return true;
  }

  #noteSchema(index: number, table: Table): void {
    const known = this.#schemas.get(index);
    if (table.ts.length === 0 || (known && !known.types.includes('null'))) return;
    this.#schemas.set(index, widerSchema(known ?? null, schemaOf(table)));
  }
}

/** For each node, how many rows firings after a slot's close may look back at. */
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
