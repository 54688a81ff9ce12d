import { addTo } from '../../sdk/lists.js';
import { floatsWithRoom } from '../../sdk/memory.js';
import { closeOf, openOf } from '../../sdk/time/grid.js';
import { emptyTable, lowerBound, type Table } from '../../sdk/table.js';
import { floorToGrid, type Range, type Seconds } from '../../sdk/time/time.js';
import { borderAfter, slotsOf, chunkSpan } from '../plan/chunk-span.js';
import { bytesDigest } from '../fingerprint/digest.js';
import { schemaOf } from './evaluation/evaluation.js';
import { digestsKey, type Candidates } from './candidates.js';
import { ChunkInputs } from './chunk-inputs.js';
import { FinishedChunks } from './finished.js';
import type { GraphNode } from '../graph/graph.js';
import type { Batch } from '../plan/parts.js';
import type { NodeWork } from '../plan/plan.js';
import type { ComputeRequest, NodeFailure, ScanState } from '../ports/host.js';
import type { Candidate, ReadsSince } from '../ports/store.js';
import { difference, hull, intersection, isEmpty, union, within } from '../plan/ranges.js';
import type { RunState } from './run-state.js';
import { Scans } from './scans.js';
import { sinceOf } from '../plan/since.js';
import { Unstored } from './unstored.js';
import { sameCode, Withdrawn } from './withdrawn.js';

/** A chunk's stored rows, by node, until the node takes them. */
type Loaded = Map<number, readonly Table[]>;

/** A part of a node's range: to be computed, or to be taken over from a stored segment. */
interface Piece {
  readonly range: Range;
  /** Whether its rows are stored. */
  readonly keep: boolean;
  readonly candidate?: Candidate;
}

/** Runs planned work chunk by chunk, and commits each chunk. */
export class ChunkRunner {
  readonly #state: RunState;
  readonly #work: ReadonlyMap<number, NodeWork>;
  readonly #candidates: Candidates;
  readonly #inputs: ChunkInputs;
  readonly #scans: Scans;
  #since: ReadonlyMap<number, ReadsSince> = new Map();
  /** The chunk length if all nodes of its part were computed: all segments end at its multiples, whichever nodes are active. */
  readonly #grain: Seconds;
  #unstored: Unstored;
  readonly #withdrawn = new Withdrawn();
  /** Why no more work is started: the current chunk will not be kept. */
  #stopped: { readonly reason: unknown } | null = null;

  constructor(state: RunState, { work, grain }: Batch, candidates: Candidates) {
    this.#state = state;
    this.#work = work;
    this.#grain = grain;
    this.#candidates = candidates;
    this.#scans = new Scans(state);
    this.#unstored = new Unstored(state);
    this.#inputs = new ChunkInputs(state, work);
  }

  /** @throws ShortHistory when a node must be planned with more history. Earlier chunks are committed */
  async run(): Promise<void> {
    const whole = hull(
      union(
        [...this.#work.values()].flatMap(({ demand, compute }) => [...compute, ...(demand ? [demand] : [])]),
      ),
    );
    if (!whole) return;
    this.#since = await sinceOf(this.#state, this.#work);
    const span = this.#chunkSpan();
    const chunks: Range[] = [];
    for (let start = floorToGrid(whole.start, span, 0); start < whole.end; start += span) {
      chunks.push({ start, end: Math.min(start + span, whole.end) });
    }
    await this.#runChunks(chunks);
  }

  /**
   * While a chunk is computed, the previous one is stored and the next one is read. The thread is asked whether a chunk can be
   * kept as the next one begins: if it cannot, neither can the next.
   */
  async #runChunks(chunks: readonly Range[]): Promise<void> {
    let loading = this.#loadAhead(chunks[0]);
    let running = Promise.resolve();
    const finished = new FinishedChunks(this.#state);
    try {
      for (const [position, chunk] of chunks.entries()) {
        this.#state.throwIfCancelled();
        running = expectLater(this.#runChunk(chunk, await loading));
        // The thread gets its requests first: it computes while the rest is done here.
        await this.#state.sent();
        loading = this.#loadAhead(chunks[position + 1]);
        await finished.storeWorth();
        await running;
        finished.add(this.#unstored);
        this.#unstored = new Unstored(this.#state);
      }
    } catch (reason) {
      this.#stopped ??= { reason };
      throw reason;
    } finally {
      await Promise.allSettled([running]);
      await finished.storeAll();
      await this.#withdrawn.commit(this.#state.store);
    }
  }

  #loadAhead(chunk: Range | undefined): Promise<Loaded> {
    return chunk ? expectLater(this.#load(chunk)) : Promise.resolve<Loaded>(new Map());
  }

  /** Chunk borders are multiples of this since the epoch, so that every run cuts segments alike. */
  #chunkSpan(): Seconds {
    const atWork = [...this.#work.keys()].map((index) => this.#state.node(index));
    const span = chunkSpan(atWork, this.#state.chunkSlots);
    return this.#grain * Math.max(1, Math.floor(span / this.#grain));
  }

  /**
   * Nodes that do not read each other are computed in parallel. A chunk has the slots that close in `(start, end]`, so whatever
   * they read has closed, too.
   */
  async #runChunk(chunk: Range, loaded: Loaded): Promise<void> {
    const { done } = this.#state;
    const tasks = new Map<number, Promise<void>>();
    for (const index of this.#state.graph.order) {
      const work = this.#work.get(index);
      if (!work) continue;
      const node = this.#state.node(index);
      const rows = loaded.get(index) ?? [];
      loaded.delete(index);
      const ranges = within(work.compute, slotsOf(node, chunk));
      if (ranges.length === 0) {
        this.#hold(node, work, rows);
        continue;
      }
      const inputs = node.edges.flatMap((edge) => tasks.get(this.#state.canonical(edge.node)) ?? []);
      const task = this.#runNode(node, work, ranges, rows, inputs);
      task.catch((reason: unknown) => (this.#stopped ??= { reason }));
      tasks.set(index, task);
    }
    await Promise.allSettled(tasks.values());
    if (this.#stopped) this.#state.done = done;
    this.#throwIfStopped();
    this.#inputs.endChunk(chunk);
  }

  #throwIfStopped(): void {
    if (this.#stopped) throw this.#stopped.reason;
  }

  /** Starts as soon as its inputs are done. @param loaded its stored rows */
  async #runNode(
    node: GraphNode,
    work: NodeWork,
    ranges: readonly Range[],
    loaded: readonly Table[],
    inputs: readonly Promise<void>[],
  ): Promise<void> {
    if (inputs.length > 0) await Promise.all(inputs);
    const produced = [...loaded];
    for (const range of ranges) produced.push(...(await this.#produce(node, range)));
    this.#inputs.add(node, work, produced);
  }

  /** Rows that are there already. */
  #hold(node: GraphNode, work: NodeWork, rows: readonly Table[]): void {
    try {
      this.#inputs.add(node, work, rows);
    } catch (reason) {
      this.#stopped ??= { reason };
    }
  }

  /** Reads what consumers need of covered rows, for all nodes at once. */
  async #load(chunk: Range): Promise<Loaded> {
    const wanted: { index: number; range: Range }[] = [];
    for (const [index, { demand, compute }] of this.#work) {
      if (!demand) continue;
      const part = intersection(demand, slotsOf(this.#state.node(index), chunk));
      if (isEmpty(part)) continue;
      wanted.push(...difference([part], compute).map((range) => ({ index, range })));
    }
    if (wanted.length === 0) return new Map();
    const tables = await this.#state.store.read(
      wanted.map(({ index, range }) => ({ fingerprint: this.#state.fingerprint(index).hash, range })),
      floatsWithRoom,
    );
    const byNode = new Map<number, Table[]>();
    wanted.forEach(({ index }, position) => addTo(byNode, index, tables[position] ?? emptyTable()));
    return byNode;
  }

  /** Rows of one uncovered range of a node: computed, or reused if stored segments fit. */
  async #produce(node: GraphNode, range: Range): Promise<Table[]> {
    const kept = intersection(range, this.#state.kept(node));
    if (node.scan) return this.#produceScan(node, range, !isEmpty(kept));
    const tables: Table[] = [];
    for (const { candidate, ...piece } of this.#piecesOf(node, range, kept)) {
      if (!candidate) {
        tables.push(await this.#compute(node, piece.range, piece.keep));
        continue;
      }
      const [rows] = await this.#state.store.readSegments([candidate.segment]);
      if (this.#isVoid(node, candidate.range)) return [];
      tables.push(this.#reuse(node, candidate, rows ?? emptyTable()));
    }
    return tables;
  }

  /** What is computed of a range and what is reused, in order. @param kept the part of it that is stored */
  #piecesOf(node: GraphNode, range: Range, kept: Range): readonly Piece[] {
    if (isEmpty(kept)) return [{ range, keep: false }];
    const pieces: Piece[] = [{ range: { start: range.start, end: kept.start }, keep: false }];
    let start = kept.start;
    for (const candidate of this.#fitting(node, kept)) {
      if (candidate.range.start < start) continue;
      pieces.push(...this.#keptPieces(node, { start, end: candidate.range.start }));
      pieces.push({ range: candidate.range, keep: true, candidate });
      start = candidate.range.end;
    }
    pieces.push(...this.#keptPieces(node, { start, end: kept.end }));
    pieces.push({ range: { start: kept.end, end: range.end }, keep: false });
    return pieces.filter((piece) => !isEmpty(piece.range));
  }

  /** The same for a scan, block by block: a segment fits if its inputs do and the state before it is the same. */
  async #produceScan(node: GraphNode, range: Range, keep: boolean): Promise<Table[]> {
    const fitting = keep ? this.#fitting(node, range) : [];
    const tables: Table[] = [];
    let start = range.start;
    for (;;) {
      const end = Math.min(range.end, this.#state.limit(node));
      if (start >= end) return tables;
      const possible = fitting.filter((candidate) => candidate.range.end <= end);
      const candidate = await this.#scans.fitting(node, start, possible);
      if (candidate) {
        const rows = await this.#scans.take(node, candidate, possible);
        if (this.#isVoid(node, candidate.range)) return [];
        tables.push(this.#reuse(node, candidate, rows));
        start = candidate.range.end;
      } else {
        const cut = Math.min(
          this.#scans.cut(node, start, end, possible),
          borderAfter(node, start, this.#grain),
        );
        tables.push(await this.#compute(node, { start, end: cut }, keep));
        start = cut;
      }
    }
  }

  #fitting(node: GraphNode, range: Range): Candidate[] {
    const { codeHash } = this.#state.fingerprint(node.index);
    // After an input's failure, missing rows say nothing.
    const end = Math.min(range.end, this.#state.limit(node));
    return this.#candidates
      .of(codeHash, node.edges.length)
      .filter((alike) => alike.range.start >= range.start && alike.range.end <= end)
      .flatMap((alike) => {
        const { asOf, ends, lacking } = this.#inputs.firings(node, alike.range);
        if (this.#inputs.shortOf(node, lacking) !== null) return [];
        const digests = this.#inputs.digests(node, alike.range.start, { ends, asOf });
        return alike.byDigests.get(digestsKey(digests)) ?? [];
      })
      .sort((a, b) => a.range.start - b.range.start || b.range.end - a.range.end);
  }

  /** With few active nodes a chunk is long; a run of all nodes can only reuse segments within one of its own chunks. */
  #keptPieces(node: GraphNode, range: Range): readonly Piece[] {
    const pieces: Piece[] = [];
    for (let start = range.start; start < range.end;) {
      const end = Math.min(range.end, borderAfter(node, start, this.#grain));
      pieces.push({ range: { start, end }, keep: true });
      start = end;
    }
    return pieces;
  }

  async #compute(node: GraphNode, planned: Range, keep: boolean): Promise<Table> {
    const range = { start: planned.start, end: Math.min(planned.end, this.#state.limit(node)) };
    if (isEmpty(range)) return emptyTable();
    const before = node.scan ? await this.#scans.before(node, range.start) : null;
    const slots = keep ? this.#state.counted(node, range) : 0;
    const request = this.#inputs.requestFor(node, range, before);
    this.#throwIfStopped();
    const { table, failure, state } = await this.#state.compute(node, request, slots);
    if (this.#isVoid(node, range)) return emptyTable();
    if (table.ts.length > 0) this.#state.noteSchema(node.index, schemaOf(table));
    const end = failure ? this.#fail(node, range, failure) : range.end;
    const states = before && {
      before,
      after: this.#scans.reach(node, end, failure?.asOf === null ? before : state),
    };
    if (keep && range.start < end) this.#keep(node, { start: range.start, end }, request, table, states);
    return table;
  }

  /** Whether a node with the same code as this node or an input was found to look ahead since work on the range began. */
  #isVoid(node: GraphNode, range: Range): boolean {
    return this.#state.limit(node) <= range.start;
  }

  #fail(node: GraphNode, range: Range, failure: NodeFailure): Seconds {
    if (failure.code === 'look-ahead') return this.#withdraw(node, range, failure);
    const end = failure.asOf === null ? range.start : openOf(failure.asOf, node);
    this.#state.fail(node, end, failure);
    return end;
  }

  /** Code that looks ahead in one chunk did so in others, and for other symbols, even where the probe did not notice. */
  #withdraw(node: GraphNode, range: Range, failure: NodeFailure): Seconds {
    const same = sameCode(this.#state, node);
    const wrong = same
      .flatMap((each) => this.#state.distrust(each))
      .map(({ index }) => this.#state.fingerprint(index).hash);
    this.#withdrawn.add(wrong, this.#state.fingerprint(node.index).codeHash);
    this.#unstored.discard(wrong);
    for (const each of same) this.#state.fail(each, -Infinity, failure);
    return range.start;
  }

  #keep(
    node: GraphNode,
    range: Range,
    { asOf, inputs }: ComputeRequest,
    table: Table,
    states: { readonly before: ScanState; readonly after: ScanState } | null,
  ): void {
    const { hash, codeHash } = this.#state.fingerprint(node.index);
    // After a failure, only the bars before it count.
    const fired = lowerBound(asOf, closeOf(range.end, node));
    const ends = inputs.map((input) => input.end);
    const digests = this.#inputs.digests(node, range.start, { ends, asOf }, fired);
    const segment = {
      fingerprint: hash,
      codeHash,
      range,
      table,
      inputDigests: digests,
      ...this.#sinceOf(node),
    };
    this.#unstored.computed(
      states
        ? { ...segment, inputDigests: [...digests, bytesDigest(states.before)], state: states.after }
        : segment,
      { node: node.index, range, rows: table.ts.length, reused: false },
    );
  }

  #reuse(node: GraphNode, candidate: Candidate, rows: Table): Table {
    const { hash } = this.#state.fingerprint(node.index);
    const { segment, range } = candidate;
    this.#unstored.reused(
      { fingerprint: hash, segment, range, ...this.#sinceOf(node) },
      { node: node.index, range, rows: rows.ts.length, reused: true },
    );
    this.#state.progressed(node, this.#state.counted(node, candidate.range));
    if (rows.ts.length > 0) this.#state.noteSchema(node.index, schemaOf(rows));
    return rows;
  }

  #sinceOf(node: GraphNode): { since?: ReadsSince } {
    const since = this.#since.get(node.index);
    return since ? { since } : {};
  }
}

/** Marks a promise that is awaited later, so that an earlier failure is not reported as unhandled. */
function expectLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
