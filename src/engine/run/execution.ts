import { addTo } from '../../sdk/lists.js';
import { floorToSlot, slotsIn } from '../../sdk/time/grid.js';
import { type Range, type Seconds } from '../../sdk/time/time.js';
import { Candidates } from './candidates.js';
import { ShortHistory } from './chunk-inputs.js';
import { ChunkRunner } from './chunks.js';
import type { GraphNode } from '../graph/graph.js';
import { CHUNK_CELLS } from '../plan/chunk-span.js';
import { batchesOf, partsOf, type Part } from '../plan/parts.js';
import { nodeGaps, planRange, uncovered, type PlanInput } from '../plan/plan.js';
import type { Candidate } from '../ports/store.js';
import { within, type RangeSet } from '../plan/ranges.js';
import { RunState } from './run-state.js';
import { Overdue } from '../sources/deadline.js';
import { asking, StreamRefused } from '../sources/refusals.js';
import { StreamKeeper } from '../sources/streams.js';
import { takingIn } from '../sources/takings.js';

/** The computing part of a run: range by range, planned again when a node proves sparser than assumed. */
export class Execution {
  readonly #state: RunState;
  readonly #keepers: ReadonlyMap<number, StreamKeeper>;
  readonly #left: ReadonlySet<number>;
  readonly #sparsity: number[];
  readonly #timesBack = new Map<string, Seconds>();
  /** For each level, the parts that can be computed separately. */
  readonly #parts: readonly (readonly Part[])[];

  constructor(
    state: RunState,
    keepers: ReadonlyMap<number, StreamKeeper>,
    left: ReadonlySet<number> = new Set(),
  ) {
    this.#state = state;
    this.#keepers = keepers;
    this.#left = left;
    this.#sparsity = state.graph.nodes.map(() => 1);
    this.#parts = partsOf(state.graph, state.canonicals, state.chunkSlots);
  }

  async run(): Promise<void> {
    const { state } = this;
    const ranges = uncovered(this.#planInput(), state.request);
    const candidates = await this.#candidates(ranges);
    for (const node of this.#computedNodes()) {
      const bars = nodeGaps(this.#planInput(), node, state.request).reduce(
        (sum, gap) => sum + slotsIn(gap, node),
        0,
      );
      state.expect(bars);
    }
    for (const range of ranges) await this.#runRange(range, candidates);
  }

  get state(): RunState {
    return this.#state;
  }

  async #runRange(range: Range, candidates: Candidates): Promise<void> {
    const { graph, canonicals, covered, request } = this.#state;
    for (;;) {
      try {
        const work = await planRange(this.#planInput(), request, range);
        await this.#ensureDemanded(work);
        for (const parts of this.#parts) {
          const planned = { graph, canonical: canonicals, work, covered };
          for (const batch of batchesOf(planned, parts, CHUNK_CELLS))
            await new ChunkRunner(this.#state, batch, candidates).run();
        }
        return;
      } catch (error) {
        if (error instanceof StreamRefused) this.#withoutStream(error);
        else if (error instanceof ShortHistory)
          this.#sparsity[error.node] = (this.#sparsity[error.node] as number) * 2;
        else throw error;
      }
    }
  }

  #withoutStream({ node, refusal }: StreamRefused): void {
    const partial = refusal instanceof Overdue && refusal.held.level.miss === 'partialFill';
    if (partial) this.#state.cut(node, refusal.from);
    else this.#state.refuse(node, refusal);
  }

  async #ensureDemanded(work: Awaited<ReturnType<typeof planRange>>): Promise<void> {
    await takingIn(this.#state.store, async (takings) => {
      for (const [index, { demand }] of work) {
        const keeper = this.#keepers.get(index);
        if (keeper && demand) await asking(index, () => keeper.ensure(demand, takings));
      }
    });
  }

  #planInput(): PlanInput {
    const { graph, canonicals, horizons: known, limits, covered } = this.#state;
    return {
      graph,
      canonical: canonicals,
      horizons: known,
      limits,
      covered,
      left: this.#left,
      rowsBack: (stream, before, count) => this.#rowsBack(stream, before, count),
      sparsity: this.#sparsity,
    };
  }

  async #rowsBack(stream: number, before: Seconds, count: number): Promise<Seconds> {
    const key = `${stream} ${before} ${count}`;
    const known = this.#timesBack.get(key);
    if (known !== undefined) return known;
    const keeper = this.#keepers.get(stream) as StreamKeeper;
    const time = await asking(stream, () => keeper.rowsBack(before, count));
    this.#timesBack.set(key, time);
    return time;
  }

  #computedNodes(): GraphNode[] {
    const { graph, canonicals } = this.#state;
    return graph.nodes.filter((node) => node.kind === 'node' && canonicals[node.index] === node.index);
  }

  /** Segments that may be reused for missing ranges, by code hash. */
  async #candidates(ranges: RangeSet): Promise<Candidates> {
    const found = new Map<string, Candidate[]>();
    const nodes = this.#computedNodes();
    const codeHashes = nodes
      .filter((node) =>
        ranges.some(
          (range) => within(nodeGaps(this.#planInput(), node, this.#state.request), range).length > 0,
        ),
      )
      .map((node) => this.#state.fingerprint(node.index).codeHash);
    const last = ranges.at(-1);
    if (codeHashes.length === 0 || !last) return new Candidates(found);
    // Everything that scans are made from is kept, also what they read before they begin.
    const fromBeginning = nodes.some((node) => this.#state.kept(node).start === -Infinity);
    for (const { start, end } of fromBeginning ? [{ start: -Infinity, end: last.end }] : ranges) {
      // If a grid has gaps, the slots that close by then extend to where the next one opens.
      const range = { start, end: nodes.reduce((most, node) => Math.max(most, floorToSlot(end, node)), end) };
      for (const candidate of await this.#state.store.candidates([...new Set(codeHashes)], range))
        addTo(found, candidate.codeHash, candidate);
    }
    return new Candidates(found);
  }
}
