import { SeamlessError } from '../../sdk/errors.js';
import { ceilToSlot } from '../../sdk/time/grid.js';
import { emptyTable, type Table } from '../../sdk/table.js';
import { floorToGrid, formatTime, type Seconds } from '../../sdk/time/time.js';
import { bytesDigest } from '../fingerprint/digest.js';
import type { GraphNode } from '../graph/graph.js';
import { NOT_STARTED, type ScanState } from '../ports/host.js';
import { type Candidate } from '../ports/store.js';
import { CHUNK_SLOTS } from '../plan/chunk-span.js';
import type { RunState } from './run-state.js';

/**
 * Slots of a scan between two stored states, which is the least cost of a correction: the length of a chunk, so that a scan is
 * stored, read and compared like any other node.
 */
const SCAN_SLOTS = CHUNK_SLOTS;

/** How far each scan has got as time proceeds through the DAG, and its state there. */
export class Scans {
  readonly #run: RunState;
  readonly #carried = new Map<number, { readonly time: Seconds; readonly state: ScanState }>();
  /** Segments that were read together. */
  #read: ReadonlyMap<number, { readonly table: Table | undefined; readonly state: ScanState | undefined }> =
    new Map();

  constructor(run: RunState) {
    this.#run = run;
  }

  /** The state of a scan after all slots that open before `time`: carried on, stored there, or not started yet. */
  async before(node: GraphNode, time: Seconds): Promise<ScanState> {
    const carried = this.#carried.get(node.index);
    if (carried?.time === time) return carried.state;
    const state = time === this.#run.horizon(node.index).begin ? NOT_STARTED : await this.#stored(node, time);
    this.#carried.set(node.index, { time, state });
    return state;
  }

  /** Records what a computation up to `time` left behind. */
  reach(node: GraphNode, time: Seconds, state: ScanState | undefined): ScanState {
    if (!state) {
      throw new SeamlessError('internal', `There is no state of ${node.name}, which is a scan.`);
    }
    this.#carried.set(node.index, { time, state });
    return state;
  }

  /** Rows of a fitting segment; the scan continues from its end. Likely next segments are read with it. */
  async take(node: GraphNode, candidate: Candidate, found: readonly Candidate[]): Promise<Table> {
    const { segment, range } = candidate;
    if (!this.#read.has(segment)) {
      const next = found.filter((each) => each.range.start >= range.start).map((each) => each.segment);
      const tables = await this.#run.store.readSegments(next);
      const states = await this.#run.store.readStates(next);
      this.#read = new Map(next.map((id, index) => [id, { table: tables[index], state: states[index] }]));
    }
    const { table, state } = this.#read.get(segment) ?? {};
    this.reach(node, range.end, state);
    return table ?? emptyTable();
  }

  /** Of segments with fitting inputs, the one that continues from `time` with the scan's state. */
  async fitting(node: GraphNode, time: Seconds, found: readonly Candidate[]): Promise<Candidate | undefined> {
    const here = found.filter(({ range }) => range.start === time);
    if (here.length === 0) return undefined;
    const digest = bytesDigest(await this.before(node, time));
    return here.find(({ inputDigests }) => inputDigests.at(-1) === digest);
  }

  /** Where to end the computation that begins at `time`: at the next state to store, or where a segment may be reused. */
  cut(node: GraphNode, time: Seconds, end: Seconds, found: readonly Candidate[]): Seconds {
    const block = (this.#run.scanSlots ?? SCAN_SLOTS) * node.interval;
    const starts = found.map(({ range }) => range.start).filter((start) => start > time);
    return Math.min(end, ceilToSlot(floorToGrid(time, block, node.phase) + block, node), ...starts);
  }

  async #stored(node: GraphNode, time: Seconds): Promise<ScanState> {
    const { hash } = this.#run.fingerprint(node.index);
    const spans = (await this.#run.store.coverage([hash])).get(hash) ?? [];
    const span = spans.find(({ end, segmentRange }) => end === time && segmentRange.end === time);
    const [state] = span ? await this.#run.store.readStates([span.segment]) : [];
    if (state) return state;
    throw new SeamlessError(
      'internal',
      `Nothing is stored of the state of ${node.name} at ${formatTime(time)}, where it is to go on.`,
      { node: node.name },
    );
  }
}
