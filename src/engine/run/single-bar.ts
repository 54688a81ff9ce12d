import { SeamlessError } from '../../sdk/errors.js';
import { ceilToSlot, floorToSlot, isOnGrid, nextOpen, openOf } from '../../sdk/time/grid.js';
import { emptyTable, lowerBound, sliceTable } from '../../sdk/table.js';
import { formatInterval, formatTime, type Range, type Seconds } from '../../sdk/time/time.js';
import type { Fingerprint } from '../fingerprint/fingerprints.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import { Execution } from './execution.js';
import { horizonsOf, noteSchemas, openStreams, type Ports } from './materialize.js';
import type { ComputeInput, ComputeRequest, ComputeResult, ScanState } from '../ports/host.js';
import { isEmpty, union, type RangeSet } from '../plan/ranges.js';
import { coveredOf, type Prepared } from '../plan/prepare.js';
import { firstOfEach, RunState, type RunHooks, type RunStateParts } from './run-state.js';
import { Scans } from './scans.js';
import type { StreamKeeper } from '../sources/streams.js';
import { upstream } from '../graph/reach.js';

const EVERYTHING: Range = { start: -Infinity, end: Infinity };
const NOTHING: Range = { start: 0, end: 0 };

/** How far to search for a bar that fires, in slots: first nearby, then across a long weekend of minutes. */
const LOOKS = [64, 16_384];

/**
 * The host request that makes a node fire at exactly one bar, with the same windows as in any run. Stored rows of its inputs are
 * read, missing ones computed; nothing of a computed node is stored.
 * @param bar open of the bar, in epoch seconds
 * @throws SeamlessError `outside-data`, naming the nearest bars that fire, when the node does not fire at that one; `compute`
 * when an input fails before it; and a run's errors for an unreadable source or a cancellation
 */
export async function singleBar(
  ports: Ports,
  prepared: Prepared,
  index: number,
  bar: Seconds,
  hooks: RunHooks,
): Promise<ComputeRequest> {
  const search = await FiringSearch.open(ports, prepared, index, hooks);
  const node = search.node;
  const onGrid = isOnGrid(bar, node);
  const found = onGrid ? await search.firings({ start: bar, end: nextOpen(bar, node) }) : null;
  if (!found) throw await search.refusal(bar);
  const request = { ...windowsAlone(found.last), node: index };
  return node.scan ? { ...request, state: await search.stateBefore(bar) } : request;
}

/**
 * The state of a scan after all slots that open before a time. Within a stored range, the scan continues from the previous stored
 * state.
 * @throws SeamlessError `compute` when it or an input fails before
 */
export async function scanStateAt(
  ports: Ports,
  prepared: Prepared,
  index: number,
  time: Seconds,
  hooks: RunHooks,
): Promise<ScanState> {
  return (await FiringSearch.open(ports, prepared, index, hooks)).stateBefore(time);
}

/** The firings of a node in some range. */
interface Firings {
  /** Opens of the first and the last bar that fire. */
  readonly firstBar: Seconds;
  readonly lastBar: Seconds;
  /** The last request with a firing. */
  readonly last: ComputeRequest;
}

/** A run up to one node in which all bars are warm-up: nothing is kept. */
class WarmUp extends RunState {
  override wanted(): Range {
    return NOTHING;
  }

  override kept(): Range {
    return NOTHING;
  }
}

/** Runs a node's inputs, and records its firings instead of calling it. */
class FiringRun extends WarmUp {
  readonly #sought: number;
  #found: Firings | null = null;

  constructor(parts: RunStateParts, sought: number) {
    super(parts);
    this.#sought = sought;
  }

  get found(): Firings | null {
    return this.#found;
  }

  override compute(node: GraphNode, request: ComputeRequest, slots: number): Promise<ComputeResult> {
    if (node.index !== this.#sought) return super.compute(node, request, slots);
    const { opens } = request;
    const [first] = opens;
    const last = opens.at(-1);
    if (first !== undefined && last !== undefined) {
      this.#found = { firstBar: this.#found?.firstBar ?? first, lastBar: last, last: request };
    }
    return Promise.resolve({ table: emptyTable(), failure: null });
  }
}

/** Records a scan's state after its last computation. */
class ScanRun extends WarmUp {
  readonly #scan: number;
  #state: ScanState | null = null;

  constructor(parts: RunStateParts, scan: number) {
    super(parts);
    this.#scan = scan;
  }

  /** Null when nothing had to be computed. */
  get state(): ScanState | null {
    return this.#state;
  }

  override async compute(node: GraphNode, request: ComputeRequest, slots: number): Promise<ComputeResult> {
    const result = await super.compute(node, request, slots);
    if (node.index === this.#scan) this.#state = result.state ?? null;
    return result;
  }
}

/** Finds out when a node fires and what it sees then, by running only its inputs. */
class FiringSearch {
  readonly node: GraphNode;
  readonly #ports: Ports;
  readonly #graph: Graph;
  readonly #hooks: RunHooks;
  readonly #prints: readonly Fingerprint[];
  readonly #keepers: ReadonlyMap<number, StreamKeeper>;
  readonly #covered: readonly RangeSet[];
  /** The stored ranges of the node itself. */
  readonly #stored: readonly Range[];
  /** The node that stands for all with this fingerprint. */
  readonly #canonical: number;

  private constructor(parts: {
    ports: Ports;
    graph: Graph;
    hooks: RunHooks;
    prints: readonly Fingerprint[];
    keepers: ReadonlyMap<number, StreamKeeper>;
    covered: readonly RangeSet[];
    stored: readonly Range[];
    canonical: number;
    node: GraphNode;
  }) {
    this.#ports = parts.ports;
    this.#graph = parts.graph;
    this.#hooks = parts.hooks;
    this.#prints = parts.prints;
    this.#keepers = parts.keepers;
    this.#covered = parts.covered;
    this.#stored = parts.stored;
    this.#canonical = parts.canonical;
    this.node = parts.node;
  }

  static async open(ports: Ports, prepared: Prepared, index: number, hooks: RunHooks): Promise<FiringSearch> {
    const { graph, fingerprints: prints } = prepared;
    const canonicals = firstOfEach(prints);
    const canonical = canonicals[index] as number;
    const sought = upstream(graph, [canonical], canonicals);
    const streams = graph.nodes.filter(({ kind, index: at }) => kind === 'stream' && sought.has(at));
    // A search for another node may have read more of these streams since `prepared` was made.
    const now = await ports.store.covered([...sought].map((at) => (prints[at] as Fingerprint).hash));
    const { keepers, coverage } = await openStreams(ports, { ...prepared, coverage: now }, streams, {
      hooks,
    });
    // Nodes that do not lead to this one count as done; the node itself as never computed.
    const covered = coveredOf(prepared, coverage).map((set, at) => {
      if (at === canonical) return [];
      return sought.has(at) ? set : [EVERYTHING];
    });
    const node = graph.nodes[index] as GraphNode;
    const { hash } = prints[canonical] as Fingerprint;
    const stored = (await ports.store.coverage([hash])).get(hash) ?? [];
    return new FiringSearch({ ports, graph, hooks, prints, keepers, covered, stored, canonical, node });
  }

  /**
   * The firings for bars in a range; null: none.
   * @throws SeamlessError `compute` when there are none because an input fails
   */
  async firings(request: Range): Promise<Firings | null> {
    // When a scan fires does not depend on its state.
    const nodes = this.#graph.nodes.map((each) =>
      each.index === this.#canonical ? { ...each, scan: false } : each,
    );
    const run = new FiringRun(
      this.#parts({ ...this.#graph, nodes }, request, this.#covered),
      this.#canonical,
    );
    const failure = await this.#warmUp(run, request.start);
    if (!run.found && failure) throw failure;
    return run.found;
  }

  /**
   * The state of a scan before it fires at a bar.
   * @throws SeamlessError `compute` when it or an input fails before
   */
  async stateBefore(bar: Seconds): Promise<ScanState> {
    const before = union(this.#stored.filter(({ end }) => end <= bar));
    const covered = this.#covered.map((set, at) => (at === this.#canonical ? before : set));
    const parts = this.#parts(this.#graph, { start: openOf(bar, this.node), end: bar }, covered);
    const run = new ScanRun(parts, this.#canonical);
    const failure = await this.#warmUp(run, bar);
    if (failure) throw failure;
    return run.state ?? new Scans(new WarmUp(parts)).before(run.node(this.#canonical), bar);
  }

  /** Runs the uncovered nodes. Returns the error of a failed one. */
  async #warmUp(state: RunState, bar: Seconds): Promise<SeamlessError | null> {
    await noteSchemas(state, this.#prints);
    await new Execution(state, this.#keepers).run();
    const [failed] = state.failures;
    if (!failed) return null;
    const [at, { message, location }] = failed;
    const { name } = state.node(at);
    const which = at === this.#canonical ? 'it' : `its input ${name}`;
    return new SeamlessError(
      'compute',
      `Node ${this.node.name} cannot be called for the bar ${formatTime(bar)}, because ${which} fails before: ${message}`,
      { node: name, location: location ?? undefined },
    );
  }

  #parts(graph: Graph, request: Range, covered: readonly RangeSet[]): RunStateParts {
    return {
      graph,
      store: this.#ports.store,
      host: this.#ports.host,
      hooks: this.#hooks,
      request,
      fingerprints: this.#prints,
      horizons: horizonsOf(graph, this.#keepers),
      covered,
    };
  }

  /** Why the node does not fire at a bar, and where it does. */
  async refusal(bar: Seconds): Promise<SeamlessError> {
    const { name, interval } = this.node;
    const { begin, limit } = this.#horizon();
    const at = ceilToSlot(bar, this.node);
    const before = await this.#nearest((slots) => {
      const end = Math.min(at, limit);
      return { start: Math.max(begin, floorToSlot(end - slots * interval, this.node)), end };
    });
    const after = await this.#nearest((slots) => {
      const start = Math.max(at, begin);
      return { start, end: Math.min(limit, ceilToSlot(start + slots * interval, this.node)) };
    });
    let why = 'an input has no bar there';
    if (at !== bar) why = `its bars open every ${formatInterval(interval)}, and none opens then`;
    else if (bar < begin) why = `its inputs have nothing before ${formatTime(begin)}`;
    else if (bar >= limit) why = `its inputs have nothing from ${formatTime(limit)} on`;
    else if (!before) why = 'its inputs do not have enough bars by then';
    const bars = [before?.lastBar, after?.firstBar].filter((each) => each !== undefined).map(formatTime);
    const advice =
      bars.length > 0
        ? `The nearest ${bars.length > 1 ? 'bars that fire open' : 'bar that fires opens'} at ${bars.join(' and ')}.`
        : 'No bar near it fires: look at the data of its inputs.';
    return new SeamlessError(
      'outside-data',
      `Node ${name} does not fire at the bar ${formatTime(bar)}: ${why}. ${advice}`,
      { node: name },
    );
  }

  #horizon(): { begin: Seconds; limit: Seconds } {
    const horizon = horizonsOf(this.#graph, this.#keepers)[this.#canonical];
    return horizon ?? { begin: Infinity, limit: -Infinity };
  }

  async #nearest(range: (slots: number) => Range): Promise<Firings | null> {
    for (const slots of LOOKS) {
      const look = range(slots);
      const found = isEmpty(look) ? null : await this.firings(look);
      if (found) return found;
    }
    return null;
  }
}

/** A request for its last firing, whose inputs hold exactly its windows, so that there is nothing to probe. */
function windowsAlone(request: ComputeRequest): ComputeRequest {
  const inputs = request.inputs.map((input): ComputeInput => {
    const end = input.end.at(-1) as number;
    const asOf = request.asOf.at(-1) as number;
    const start =
      input.span === undefined
        ? Math.max(0, end - input.lookback)
        : lowerBound(input.table.ts, asOf - input.span);
    return { ...input, table: sliceTable(input.table, start, end), end: Int32Array.of(end - start) };
  });
  return { ...request, opens: request.opens.slice(-1), asOf: request.asOf.slice(-1), inputs };
}
