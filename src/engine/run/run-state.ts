import { SeamlessError } from '../../sdk/errors.js';
import { slotsIn } from '../../sdk/time/grid.js';
import type { Table } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { Fingerprint } from '../fingerprint/fingerprints.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import { attainable, limitOf, type Horizon } from '../plan/horizon.js';
import type { ComputeRequest, ComputeResult, NodeFailure, Schema, StrategyHost } from '../ports/host.js';
import type { NodeStore } from '../ports/store.js';
import { intersection, union, type RangeSet } from '../plan/ranges.js';
import type { Deadlines } from '../sources/deadline.js';
import { refusalOf } from '../sources/refusals.js';
import { settled, widerSchema } from './evaluation/evaluation.js';
import type { CoveredPart, RunProgress } from './reporting/report.js';
import { upstream } from '../graph/reach.js';

const EVERYTHING: Range = { start: -Infinity, end: Infinity };

export interface RunHooks {
  readonly progress: (progress: RunProgress) => void;
  readonly signal: AbortSignal;
  /** Receives the number of bytes of shared memory that a node's columns take. */
  readonly made?: (bytes: number) => void;
  /** The most slots of the finest interval in a chunk, instead of the default. */
  readonly chunkSlots?: number;
  /** Service levels of streams' presets; judged only if given. */
  readonly deadlines?: Deadlines;
  /** From when on service levels are judged. Default: from the beginning of the request. */
  readonly judgedFrom?: Seconds;
  /** The most slots of a scan between two stored states, instead of the default. */
  readonly scanSlots?: number;
}

/** A range of a node that was just stored, with its rows; reused: from another segment. */
export interface Stored {
  readonly node: number;
  readonly range: Range;
  readonly rows: number;
  readonly reused: boolean;
}

/** The input of a run. */
export interface RunStateParts {
  readonly graph: Graph;
  readonly store: NodeStore;
  readonly host: StrategyHost;
  readonly hooks: RunHooks;
  readonly request: Range;
  readonly fingerprints: readonly Fingerprint[];
  readonly horizons: readonly Horizon[];
  readonly covered: readonly RangeSet[];
}

/** A run's knowledge: each node's coverage, how far it can get, and its result. */
export class RunState {
  readonly graph: Graph;
  readonly store: NodeStore;
  readonly request: Range;
  readonly covered: RangeSet[];
  readonly computed: RangeSet[];
  readonly reused: RangeSet[];
  readonly failures = new Map<number, NodeFailure>();
  readonly #host: StrategyHost;
  readonly #hooks: RunHooks;
  readonly #fingerprints: readonly Fingerprint[];
  readonly #canonical: readonly number[];
  /** Scans and their inputs, which are needed from the beginning each time a scan is edited. */
  readonly #fromBeginning: ReadonlySet<number>;
  readonly #schemas = new Map<number, Schema>();
  readonly #horizons: readonly Horizon[];
  #limits: Seconds[];
  /** Bars that count as progress. What is not kept of them is computed again. */
  done = 0;
  /** The node being computed. */
  #at: string | null = null;
  #total = 0;
  /** Whether the host has computed since it was last asked whether the results are valid. */
  #unsettled = false;

  constructor(parts: RunStateParts) {
    this.graph = parts.graph;
    this.store = parts.store;
    this.request = parts.request;
    this.#host = parts.host;
    this.#hooks = parts.hooks;
    this.#fingerprints = parts.fingerprints;
    this.#canonical = firstOfEach(parts.fingerprints);
    this.#fromBeginning = madeIntoScans(parts.graph, this.#canonical);
    this.#horizons = parts.horizons;
    this.#limits = parts.horizons.map((horizon) => horizon.limit);
    this.covered = [...parts.covered];
    this.computed = parts.covered.map(() => []);
    this.reused = parts.covered.map(() => []);
  }

  node(index: number): GraphNode {
    return this.graph.nodes[index] as GraphNode;
  }

  fingerprint(index: number): Fingerprint {
    return this.#fingerprints[index] as Fingerprint;
  }

  /** The node that stands for all with the same fingerprint. */
  canonical(index: number): number {
    return this.#canonical[index] as number;
  }

  get canonicals(): readonly number[] {
    return this.#canonical;
  }

  horizon(index: number): Horizon {
    return this.#horizons[index] as Horizon;
  }

  get horizons(): readonly Horizon[] {
    return this.#horizons;
  }

  /** Up to when a node can be computed: until its data end, or it or an input has failed. */
  limit(node: GraphNode): Seconds {
    return this.#limits[node.index] as Seconds;
  }

  /** The part of the request that service levels are judged over. */
  get judged(): Range {
    const { start, end } = this.request;
    return { start: Math.max(start, this.#hooks.judgedFrom ?? start), end };
  }

  get chunkSlots(): number | undefined {
    return this.#hooks.chunkSlots;
  }

  get scanSlots(): number | undefined {
    return this.#hooks.scanSlots;
  }

  get limits(): readonly Seconds[] {
    return this.#limits;
  }

  /** What the request needs of a node, as far as the data go. */
  wanted(node: GraphNode): Range {
    return attainable(this.request, node, this.horizon(node.index));
  }

  /** Which computed ranges are stored: not warm-up, except for scans and their inputs. */
  kept(node: GraphNode): Range {
    return this.#fromBeginning.has(node.index) ? EVERYTHING : this.wanted(node);
  }

  /** How many slots of a range count as progress. */
  counted(node: GraphNode, range: Range): number {
    return Math.max(0, slotsIn(node.scan ? range : intersection(range, this.wanted(node)), node));
  }

  fail(node: GraphNode, from: Seconds, failure: NodeFailure): void {
    this.failures.set(node.index, failure);
    this.#failedFrom.set(node.index, from);
    this.#spreadLimits();
  }

  /**
   * Records that a stream's source cannot be read, which blocks its dependents.
   * @throws SeamlessError the refusal itself, once no readable stream is left
   */
  refuse(index: number, refusal: SeamlessError): void {
    const same = this.graph.nodes.filter(
      ({ index: other }) => this.canonical(other) === this.canonical(index),
    );
    for (const node of same) this.fail(node, -Infinity, refusalOf(node, refusal));
    const streams = this.graph.nodes.filter(({ kind }) => kind === 'stream');
    if (streams.every((node) => this.failures.has(node.index))) throw refusal;
  }

  /** Notes that a stream was read only up to a time: nothing is computed past it, and what was read is right. */
  cut(index: number, from: Seconds): void {
    const canonical = this.canonical(index);
    const known = this.#failedFrom.get(canonical) ?? Infinity;
    // If it is cut at the same time again, none of it can be read.
    this.#failedFrom.set(canonical, from < known ? from : -Infinity);
    this.#cut.add(canonical);
    this.#spreadLimits();
  }

  isCut(index: number): boolean {
    return this.#cut.has(this.canonical(index));
  }

  readonly #cut = new Set<number>();

  /** Discards everything that a node and its dependents ever gave. Returns them. */
  distrust(node: GraphNode): readonly GraphNode[] {
    const wrong = new Set([this.canonical(node.index)]);
    for (const index of this.graph.order) {
      const { edges } = this.node(index);
      if (edges.some((edge) => wrong.has(this.canonical(edge.node)))) wrong.add(this.canonical(index));
    }
    for (const index of wrong) {
      this.#distrusted.add(index);
      this.covered[index] = [];
      this.computed[index] = [];
      this.reused[index] = [];
    }
    return [...wrong].map((index) => this.node(index));
  }

  readonly #distrusted = new Set<number>();
  readonly #failedFrom = new Map<number, Seconds>();

  #spreadLimits(): void {
    const limits: Seconds[] = [];
    for (const index of this.graph.order) {
      const node = this.node(index);
      const own = Math.min(
        this.horizon(index).limit,
        this.#failedFrom.get(this.canonical(index)) ?? Infinity,
      );
      limits[index] =
        node.kind === 'stream'
          ? own
          : Math.min(
              own,
              limitOf(this.graph, node, (input) => limits[input] as Seconds),
            );
    }
    this.#limits = limits;
  }

  schema(index: number): Schema | null {
    return this.#schemas.get(index) ?? null;
  }

  /** Known columns of a node. */
  noteSchema(index: number, schema: Schema): void {
    this.#schemas.set(index, widerSchema(this.schema(index), schema));
  }

  cover(done: readonly Stored[]): void {
    for (const { node, range, reused } of done) {
      // A later chunk proved wrong while this was being stored.
      if (this.#distrusted.has(node)) continue;
      this.covered[node] = union([...(this.covered[node] as RangeSet), range]);
      const list = reused ? this.reused : this.computed;
      list[node] = union([...(list[node] as RangeSet), range]);
    }
    if (done.length === 0) return;
    const covered = done.map(({ node, range, rows }): CoveredPart => {
      return { node: this.node(node).name, span: [range.start, range.end], rows };
    });
    this.#hooks.progress({ phase: 'computing', node: this.#at, ...this.#counts(0), covered });
  }

  /** How many bars will be computed, for the percentage. */
  expect(bars: number): void {
    this.#total += bars;
  }

  progressed(node: GraphNode, bars: number): void {
    this.done += bars;
    this.#report(node, 0);
  }

  #report(node: GraphNode, within: number): void {
    this.#at = node.name;
    this.#hooks.progress({ phase: 'computing', node: node.name, ...this.#counts(within) });
  }

  #counts(within: number): { done: number; total: number } {
    const total = Math.round(this.#total);
    return { done: Math.min(total, Math.round(this.done + within)), total };
  }

  throwIfCancelled(): void {
    if (this.#hooks.signal.aborted) {
      throw new SeamlessError('cancelled', 'Cancelled. What was computed before is kept.');
    }
  }

  /** @throws SeamlessError `compute` when results since the last check are not valid */
  async settle(): Promise<void> {
    if (!this.#unsettled) return;
    this.#unsettled = false;
    const reason = await this.#host.settle?.();
    if (reason) throw new SeamlessError('compute', reason);
  }

  async sent(): Promise<void> {
    await this.#host.sent?.();
  }

  /** Has the host compute one range of a node. `slots` is how many of it count as progress. */
  async compute(node: GraphNode, request: ComputeRequest, slots: number): Promise<ComputeResult> {
    const share = request.asOf.length > 0 ? slots / request.asOf.length : 0;
    this.#unsettled = true;
    const progress = (done: number): void => this.#report(node, done * share);
    const result = settled(request, await this.#host.compute(request, progress, this.#hooks.signal));
    this.throwIfCancelled();
    if (slots > 0) this.progressed(node, slots);
    this.#hooks.made?.(bytesIn(result.table));
    return result;
  }
}

/** Bytes of numbers: texts are not shared. */
function bytesIn({ ts, columns }: Table): number {
  return columns.reduce((sum, { type }) => sum + (type === 'number' ? ts.byteLength : 0), 0);
}

function madeIntoScans(graph: Graph, canonical: readonly number[]): ReadonlySet<number> {
  const scans = graph.nodes.filter(({ scan }) => scan).map(({ index }) => canonical[index] as number);
  return upstream(graph, scans, canonical);
}

/** Position of the node that stands for each: nodes with equal fingerprints are one. */
export function firstOfEach(fingerprints: readonly Fingerprint[]): number[] {
  const first = new Map<string, number>();
  return fingerprints.map(({ hash: full }, index) => {
    const known = first.get(full) ?? index;
    first.set(full, known);
    return known;
  });
}
