import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  ComputeRequest,
  ComputeResult,
  FiringProgress,
  GraphDescription,
  NodeDescription,
  OwnCode,
  Part,
  StrategyHost,
} from '../../engine/ports/host.js';
import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import type { SlotCloser, WarmNode } from '../../engine/run/evaluation/slot-evaluator.js';
import { describedNode } from '../../hosts/typescript/compute/described-node.js';
import { mapFrames, SourcePlaces } from '../../hosts/typescript/fingerprint/places.js';
import { chooseFrame } from '../../hosts/typescript/sandbox/author.js';
import { SeamlessError, type SourceLocation } from '../../sdk/errors.js';
import type { Table } from '../../sdk/table.js';
import type { Range } from '../../sdk/time/time.js';
import type { CallHooks, HostThread } from './host-thread.js';
import type { Calls, LoadCall, SentNode, SentStrategy } from './messages.js';
import { shareRequests } from './share.js';
import { packTables, unpackTables } from './slot-messages.js';

/** A requested computation that was not sent yet. */
interface Waiting {
  readonly request: ComputeRequest;
  readonly progress: FiringProgress;
  readonly signal: AbortSignal;
  readonly resolve: (result: ComputeResult) => void;
  readonly reject: (error: unknown) => void;
}

/** A strategy loaded in a thread, as a host for the engine. */
export class RemoteHost implements StrategyHost {
  readonly #thread: HostThread;
  readonly #sent: SentStrategy;
  readonly #graph: GraphDescription;
  /** Nodes whose parts were requested in this turn; answered together. */
  #wanted: number[] = [];
  #parts: Promise<readonly (readonly Part[])[]> | null = null;
  /** Requested in this turn. */
  #waiting: Waiting[] = [];

  private constructor(thread: HostThread, load: LoadCall, sent: SentStrategy, storedAs: string) {
    this.#thread = thread;
    this.#sent = sent;
    const locate = frameLocator(load);
    this.#graph = {
      strategy: sent.className,
      storedAs,
      interval: sent.interval,
      period: sent.period,
      trades: sent.trades,
      nodes: sent.nodes.map((node, index) => this.#describe(node, index, locate)),
    };
  }

  /**
   * Describes a strategy that a thread has loaded.
   * @param found the symbols of universes that do not list them, by name
   * @param nameOf the strategy's name in the store
   * @throws SeamlessError for an invalid graph
   */
  static async open(
    thread: HostThread,
    load: LoadCall,
    found: Calls['open']['payload'],
    nameOf: (className: string) => string,
    hooks: CallHooks = {},
  ): Promise<RemoteHost> {
    const sent = await thread.call('open', found, hooks);
    return new RemoteHost(thread, load, sent, nameOf(sent.className));
  }

  /** The strategy's name in the store. */
  get storedAs(): string {
    return this.#graph.storedAs ?? this.#graph.strategy;
  }

  /** See `SentStrategy`. */
  get sawHidden(): boolean {
    return this.#sent.sawHidden;
  }

  /** See `SentStrategy`. */
  get read(): readonly string[] {
    return this.#sent.read;
  }

  /** Identifies a stream's provider, also across changes of the strategy's code. */
  providerOf(stream: number): string {
    const { name = '', hash = null } = this.#sent.nodes[stream] ?? {};
    return `provider ${JSON.stringify([this.storedAs, name, hash])}`;
  }

  /** The files that custom providers have read so far, by `providerOf`. */
  async providerReads(): Promise<ReadonlyMap<string, readonly string[]>> {
    const reads = await this.#thread.call('providerReads', null);
    return new Map(reads.map(({ stream, files }) => [this.providerOf(stream), files]));
  }

  describe(): Promise<GraphDescription> {
    return Promise.resolve(this.#graph);
  }

  /** Requests of one turn of the event loop are sent together. */
  compute(request: ComputeRequest, progress: FiringProgress, signal: AbortSignal): Promise<ComputeResult> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#sendWaiting());
      this.#waiting.push({ request, progress, signal, resolve, reject });
    });
  }

  /** Requests are sent at the end of the turn in which they are made, so two turns later they are. */
  async sent(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) await nextTurn();
  }

  #sendWaiting(): void {
    // Members of a family are adjacent in a graph: the thread guards them together.
    const waiting = this.#waiting.sort((a, b) => a.request.node - b.request.node);
    this.#waiting = [];
    for (const signal of new Set(waiting.map((each) => each.signal))) {
      const together = waiting.filter((each) => each.signal === signal);
      const rejectRest = (error: unknown): void => together.forEach(({ reject }) => reject(error));
      this.#computed(together, signal).then(
        () => rejectRest(new SeamlessError('internal', 'A node was not computed.')),
        rejectRest,
      );
    }
  }

  async #computed(together: readonly Waiting[], signal: AbortSignal): Promise<void> {
    await this.#thread.call('compute', shareRequests(together.map(({ request }) => request)), {
      signal,
      onComputed: (at, result) => together[at]?.resolve(result),
      onProgress: (at, done) => together[at]?.progress(done),
    });
  }

  /**
   * Computes slot after slot, one call for all nodes.
   * @param canonical position of the node that stands for each
   * @param warm what is known before the first slot, by position
   */
  async slots(canonical: readonly number[], warm: ReadonlyMap<number, WarmNode>): Promise<SlotCloser> {
    await this.#thread.call('beginSlots', { canonical, warm: [...warm] });
    return {
      close: async (closes, found, revision) => {
        const bars = packTables(found);
        const { tables, failures } = await this.#thread.call('closeSlots', { closes, bars, revision });
        const all = unpackTables(tables);
        for (const [node, table] of found) all.set(node, table);
        return { tables: all, failures: new Map(failures) };
      },
    };
  }

  settle(): Promise<string | null> {
    return this.#thread.call('settle', null);
  }

  /** Whether author code computes a node, in either form. */
  hasAuthorCode(index: number): boolean {
    return this.#sent.nodes[index]?.authored ?? false;
  }

  /**
   * A stream with a custom provider, which runs in the thread.
   * @param limited limits the time for its version and its bounds
   * @param files known to be read by it, absolute; empty: unknown
   */
  async openSource(stream: OpenStream, limited: Limited, files: readonly string[]): Promise<SourceReader> {
    const source = await this.#thread.call('openSource', { ...stream });
    return new RemoteSource(this.#thread, source, limited, files);
  }

  #describe(
    node: SentNode,
    index: number,
    locate: (node: SentNode) => SourceLocation | null,
  ): NodeDescription {
    const { hash, unhashable, windows, reads, family, symbol } = node;
    const own: OwnCode =
      hash === null
        ? { unhashable: unhashable ?? 'its code cannot be read' }
        : { hash, parts: () => this.#partsOf(index) };
    const inputs = windows.map((window, at) => {
      const { period, span, gather } = window;
      const input = reads[at] as number;
      return span === undefined && !gather ? { node: input, period } : { ...window, node: input };
    });
    return describedNode(
      {
        kind: node.kind,
        label: node.label,
        interval: node.interval,
        calendar: node.calendar,
        anchor: node.anchor,
        leastHistory: node.leastHistory,
        own,
        scan: node.scan,
        source: node.source,
      },
      { name: node.name, inputs, member: family === null ? null : { family, symbol } },
      () => locate(node),
    );
  }

  async #partsOf(index: number): Promise<readonly Part[]> {
    const at = this.#wanted.push(index) - 1;
    this.#parts ??= Promise.resolve().then(() => {
      const wanted = this.#wanted;
      this.#wanted = [];
      this.#parts = null;
      return this.#thread.call('parts', wanted);
    });
    return (await this.#parts)[at] ?? [];
  }
}

/** Maps the stack frames of a node's creation to the author's line. */
function frameLocator({ bundle, projectRoot }: LoadCall): (node: SentNode) => SourceLocation | null {
  const places = new SourcePlaces(bundle.code);
  // All members of a family were created at one place.
  const known = new Map<SentNode['frames'], SourceLocation | null>();
  return ({ frames }) => {
    let found = known.get(frames);
    if (found === undefined) {
      found = chooseFrame(mapFrames(frames, places, bundle.codePath), projectRoot, bundle.codePath);
      known.set(frames, found);
    }
    return found;
  };
}

/** Limits the time of author code. */
type Limited = <T>(ask: (signal: AbortSignal | undefined) => Promise<T>) => Promise<T>;

class RemoteSource implements SourceReader {
  readonly whole = false;
  readonly files?: readonly string[];
  readonly #thread: HostThread;
  readonly #source: number;
  readonly #limited: Limited;

  constructor(thread: HostThread, source: number, limited: Limited, files: readonly string[]) {
    if (files.length > 0) this.files = files;
    this.#thread = thread;
    this.#source = source;
    this.#limited = limited;
  }

  version(): Promise<string | null> {
    return this.#limited((signal) => this.#thread.call('version', this.#source, { signal }));
  }

  bounds(): ReturnType<SourceReader['bounds']> {
    return this.#limited((signal) => this.#thread.call('bounds', this.#source, { signal }));
  }

  async *read(range: Range): AsyncGenerator<Table> {
    const reading = await this.#thread.call('read', { source: this.#source, range });
    let done = false;
    try {
      for (;;) {
        const table = await this.#thread.call('next', reading);
        if (!table) break;
        yield table;
      }
      done = true;
    } finally {
      // Also after an error: the thread may have ended with it.
      if (!done && this.#thread.alive) await this.#thread.call('stop', reading).catch(() => undefined);
    }
  }
}
