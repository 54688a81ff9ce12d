import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { fingerprints } from '../../engine/fingerprint/fingerprints.js';
import { resolveGraph, type Graph, type GraphNode } from '../../engine/graph/graph.js';
import { prepare } from '../../engine/plan/prepare.js';
import { pointNames } from '../../engine/plan/judged.js';
import { boundsOf } from '../../engine/plan/bounds.js';
import { materialize, type Ports } from '../../engine/run/materialize.js';
import { nextReportOf, reportOf } from '../../engine/run/reporting/outcome.js';
import type { RunReport } from '../../engine/run/reporting/report.js';
import { forgetSourceVersions } from '../../engine/sources/refresh.js';
import { statusOf, type StrategyStatus } from '../../engine/plan/status.js';
import type { SourceLook } from '../../engine/sources/changed-streams.js';
import type { Extent } from '../../engine/plan/selection.js';
import type { RunHooks } from '../../engine/run/run-state.js';
import type { ComputeRequest, GraphDescription, StrategyHost } from '../../engine/ports/host.js';
import type { OpenStream, SourceReader, SourceTaken } from '../../engine/ports/source.js';
import { takenOf } from '../../engine/sources/taken.js';
import type { NodeStore } from '../../engine/ports/store.js';
import { singleBar } from '../../engine/run/single-bar.js';
import { closeOf } from '../../sdk/time/grid.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import { didYouMean, SeamlessError } from '../../sdk/errors.js';
import { openSourceLibrary, type ContentHints, type OpenedLibrary } from '../../sources/library.js';
import {
  bundleStrategy,
  type BundledCode,
  type StrategyBundle,
} from '../../hosts/typescript/bundle/bundle.js';
import { storedName } from '../../protocol/project.js';
import type { Evidence } from '../../protocol/sidecar/evidence.js';
import { SharedMemoryUse } from './let-go.js';
import { bundleEvidence } from './bundle-evidence.js';
import { sourceEvidence, type OpenedSource } from './source-evidence.js';
import { findUniverses } from './find-universes.js';
import { limited, type Limit } from './limit.js';
import { filePresets } from './file-presets.js';
import type { BarResult } from '../../protocol/results.js';
import type { CallHooks, HostThread } from '../thread/host-thread.js';
import { RemoteHost } from '../thread/remote-host.js';

/** Where a strategy is: a project's file, and a class name in it (null: the only one). */
export interface StrategyPlace {
  readonly file: string;
  readonly className: string | null;
  readonly projectRoot: string;
  /** See `LookPayload`. */
  readonly limitMs?: number | undefined;
}

/** What the child provides to all strategies. */
export interface Surroundings {
  /** URL of the SDK for the threads. */
  readonly sdkUrl: string;
  /** A thread that has loaded nothing yet. */
  readonly takeThread: () => HostThread;
}

/** Options of a session. */
export interface OpenHooks extends Pick<CallHooks, 'signal' | 'onInspect'> {
  /** The bundle, if it exists already. */
  readonly made?: BundledCode | undefined;
  /** Receives errors that author code left behind. */
  readonly onStray: (error: SeamlessError) => void;
}

/** A prepared call of a node's `computeFn`. */
interface PreparedCall extends Omit<BarResult, 'row' | 'failure'> {
  readonly request: ComputeRequest;
}

/** A finished run. */
interface Materialized {
  readonly report: RunReport;
  /** See `nextReportOf`. */
  readonly next: () => RunReport | null;
}

/** Slots per chunk, from the environment: tests cross chunk borders with hundreds of bars. */
const CHUNK_SLOTS = Number(process.env['SEAMLESS_CHUNK_SLOTS'] ?? 0);
const CHUNKS: Pick<RunHooks, 'chunkSlots' | 'scanSlots'> =
  CHUNK_SLOTS > 0 ? { chunkSlots: CHUNK_SLOTS, scanSlots: CHUNK_SLOTS } : {};

/** A strategy that is loaded and set up in its own thread, ready to be described and computed. */
export class StrategySession {
  /** The strategy's name in the cache. */
  readonly storedAs: string;
  /** The strategy's own files, absolute; without packages. */
  readonly files: readonly string[];
  readonly #thread: HostThread;
  readonly #host: RemoteHost;
  readonly #place: StrategyPlace;
  readonly #around: Surroundings;
  readonly #bundle: StrategyBundle;
  readonly #limit: Limit;
  /** The sources that were opened last. */
  #read: readonly OpenedSource[] = [];

  private constructor(parts: {
    around: Surroundings;
    place: StrategyPlace;
    bundle: StrategyBundle;
    thread: HostThread;
    host: RemoteHost;
    limit: Limit;
  }) {
    this.#around = parts.around;
    this.#place = parts.place;
    this.#bundle = parts.bundle;
    this.#thread = parts.thread;
    this.#host = parts.host;
    this.#limit = parts.limit;
    this.storedAs = parts.host.storedAs;
    this.files = parts.bundle.inputs.filter((input) => !/[\\/]node_modules[\\/]/.test(input));
  }

  /**
   * Bundles if necessary, loads and sets up.
   * @throws SeamlessError for errors in the file, the class or its setup(); `cancelled`
   */
  static async open(place: StrategyPlace, around: Surroundings, hooks: OpenHooks): Promise<StrategySession> {
    const { file, projectRoot } = place;
    const bundle = await bundleStrategy({ file, projectRoot, sdkUrl: around.sdkUrl }, hooks.made);
    return StrategySession.#load(bundle, place, around, hooks);
  }

  /** The same strategy, loaded and set up again; with `onInspect` under a debugger, whose address is passed to it. */
  again(hooks: OpenHooks): Promise<StrategySession> {
    return StrategySession.#load(this.#bundle, this.#place, this.#around, hooks);
  }

  static async #load(
    bundle: StrategyBundle,
    place: StrategyPlace,
    around: Surroundings,
    { onStray, onInspect, ...hooks }: OpenHooks,
  ): Promise<StrategySession> {
    const thread = around.takeThread();
    thread.onStray = onStray;
    try {
      // Starting the thread does not count as the author's time.
      await thread.ready;
      // Loaded while the debugger is attached, so that it sets breakpoints in code that was never called.
      if (onInspect) await thread.call('inspect', null, { ...hooks, onInspect });
      const { file, className, projectRoot } = place;
      const load = { bundle, file, className, projectRoot, presets: filePresets(projectRoot) };
      const limit = { limitMs: place.limitMs, signal: hooks.signal };
      const unknown = await limited(limit, 'setup', (signal) =>
        thread.call('load', load, { ...hooks, signal }),
      );
      const found = await findUniverses(projectRoot, unknown);
      const host = await limited(limit, 'setup', (signal) =>
        RemoteHost.open(thread, load, found, (name) => storedName(place, name), { ...hooks, signal }),
      );
      return new StrategySession({ around, place, bundle, thread, host, limit });
    } catch (error) {
      await thread.end();
      throw error;
    }
  }

  /** Files that it read during setup: their content may change the strategy. */
  get read(): readonly string[] {
    // Node itself reads the bundle, whose files are recorded already.
    const made = dirname(this.#bundle.codePath);
    return this.#host.read.filter((file) => dirname(file) !== made);
  }

  /** Notes which files its providers have read since it was loaded, so that they can be watched when no rows are read. */
  async keepProviderFiles(hints: ContentHints): Promise<void> {
    for (const [provider, files] of await this.#host.providerReads())
      hints.set(provider, JSON.stringify([...new Set([...filesOf(provider, hints), ...files])]));
  }

  describe(): Promise<GraphDescription> {
    return this.#host.describe();
  }

  /** Fingerprints by node name. A node that cannot be hashed gets a unique one. */
  async fingerprints(): Promise<Record<string, string>> {
    const graph = resolveGraph(await this.describe());
    const prints = fingerprints(graph, randomUUID());
    return Object.fromEntries(graph.nodes.map(({ name, index }) => [name, prints[index]?.hash ?? '']));
  }

  /** Materializes a range and reports. @param through replaces the host for the engine */
  async materialize(
    range: Range,
    store: NodeStore,
    hints: ContentHints,
    hooks: RunHooks,
    extent: Extent = 'all',
    through: (host: StrategyHost) => StrategyHost = (host) => host,
  ): Promise<Materialized> {
    const started = performance.now();
    const memory = new SharedMemoryUse();
    const made = (bytes: number): void => memory.made(bytes);
    const sources = this.#openSources(hints, hooks.signal);
    try {
      const ports: Ports = { host: through(this.#host), store, sources, nonce: randomUUID() };
      const outcome = await materialize(ports, range, { ...CHUNKS, ...hooks, made }, extent);
      const report = await reportOf(outcome, performance.now() - started);
      return { report, next: () => nextReportOf(outcome, report) };
    } finally {
      sources.close();
    }
  }

  /** Passes host and sources to other work: the Core Loop. */
  async withPorts<T>(
    hints: ContentHints,
    work: (ports: Pick<Ports, 'sources' | 'nonce'> & { readonly host: RemoteHost }) => Promise<T>,
  ): Promise<T> {
    const sources = this.#openSources(hints);
    try {
      return await work({ host: this.#host, sources, nonce: randomUUID() });
    } finally {
      sources.close();
    }
  }

  /** What a run over the range would find. Null: over everything stored. */
  async status(
    range: Range | null,
    store: NodeStore,
    hints: ContentHints,
    look: SourceLook = 'files',
  ): Promise<StrategyStatus> {
    const sources = this.#openSources(hints);
    try {
      return await statusOf({ host: this.#host, store, sources }, range, look);
    } finally {
      sources.close();
    }
  }

  /**
   * Completes what a node reads for one bar. Nothing of the node itself is computed or stored.
   * @param bar open of the bar, in epoch seconds
   * @throws SeamlessError `not-found` for an unknown node; `usage` for one without author code; and what `singleBar` throws
   */
  async prepareCall(
    name: string,
    bar: Seconds,
    store: NodeStore,
    hints: ContentHints,
    hooks: RunHooks,
  ): Promise<PreparedCall> {
    const nonce = randomUUID();
    const prepared = await prepare({ host: this.#host, store }, nonce);
    const { graph } = prepared;
    const node = this.#authored(graph, name);
    const sources = this.#openSources(hints, hooks.signal);
    try {
      const ports: Ports = { host: this.#host, store, sources, nonce };
      const request = await singleBar(ports, prepared, node.index, bar, hooks);
      const windows = node.edges.map(({ node: input, period }) => ({
        input: (graph.nodes[input] as GraphNode).name,
        bars: period,
      }));
      return {
        strategy: graph.strategy,
        node: name,
        bar,
        asOf: closeOf(bar, node),
        windows,
        request,
      };
    } finally {
      sources.close();
    }
  }

  /** Makes one call. Errors of author code are in the result. */
  async call({ request, ...about }: PreparedCall, signal: AbortSignal): Promise<BarResult> {
    const { table, failure } = await this.#host.compute(request, () => undefined, signal);
    return { ...about, row: table, failure };
  }

  #authored({ strategy, nodes }: Graph, name: string): GraphNode {
    const found = nodes.find((node) => node.name === name);
    if (found && this.#host.hasAuthorCode(found.index)) return found;
    const authored = nodes.filter(({ index }) => this.#host.hasAuthorCode(index)).map((node) => node.name);
    if (!found) {
      const hint = didYouMean(name, authored, `It has ${authored.join(', ')}.`);
      throw new SeamlessError('not-found', `Strategy ${strategy} has no node ${name}. ${hint}`);
    }
    const what =
      found.kind === 'stream'
        ? `${name} is a stream: its bars are read (${found.label}), not computed`
        : `${name} is the built-in indicator ${found.label}: its code is part of Seamless`;
    const hint =
      authored.length > 0
        ? `Choose a node with a computeFn: ${authored.join(', ')}.`
        : 'Choose another strategy.';
    throw new SeamlessError('usage', `${what}, so there is no code of yours to stop in. ${hint}`, {
      node: name,
    });
  }

  /** The bounds of the sources; null if unknown. */
  async bounds(hints: ContentHints): Promise<Range | null> {
    const sources = this.#openSources(hints);
    try {
      return await boundsOf({ host: this.#host, sources });
    } finally {
      sources.close();
    }
  }

  /** See `takenOf`. */
  async taken(node: string, hints: ContentHints): Promise<SourceTaken | null> {
    const sources = this.#openSources(hints);
    try {
      return await takenOf({ host: this.#host, sources }, node);
    } finally {
      sources.close();
    }
  }

  /** See `pointNames`. */
  judge(store: NodeStore): ReturnType<typeof pointNames> {
    return pointNames({ host: this.#host, store });
  }

  /** Makes the next run read all sources again. */
  forgetSourceVersions(store: NodeStore): ReturnType<typeof forgetSourceVersions> {
    return forgetSourceVersions({ host: this.#host, store });
  }

  /**
   * What the last run depended on, besides the cache; null if that is more than files.
   * @throws Unsettled when some of it changed meanwhile
   */
  evidence(hints: ContentHints, { nodes }: RunReport): Evidence | null {
    // Printed output belongs to each run, too.
    if (this.#host.sawHidden || this.#thread.printed) return null;
    const code = bundleEvidence(this.#bundle, this.#place.file, this.#place.projectRoot);
    const data = sourceEvidence(
      this.#read,
      hints,
      nodes.every(({ notYet }) => notYet.length === 0),
    );
    return code && data && { files: [...code.files, ...data], folders: code.folders };
  }

  #openSources(hints: ContentHints, signal?: AbortSignal): Omit<OpenedLibrary, 'symbols'> {
    const custom = (stream: OpenStream): Promise<SourceReader> =>
      this.#host.openSource(
        stream,
        (ask) => limited(this.#limit, 'provider', ask),
        filesOf(this.#host.providerOf(stream.node), hints),
      );
    const library = openSourceLibrary({
      projectRoot: this.#place.projectRoot,
      hints,
      custom,
      ...(signal && { signal }),
    });
    const read: OpenedSource[] = [];
    this.#read = read;
    return {
      close: () => library.close(),
      open: async (stream) => {
        const reader = await library.open(stream);
        read.push({ source: stream.source, files: reader.files ?? [] });
        return reader;
      },
    };
  }

  /** Ends the thread, after its printed output has arrived. */
  close(): Promise<void> {
    return this.#thread.end();
  }
}

/** Files that a custom provider was seen to read. Losing them costs one missed change notification, nothing else. */
function filesOf(provider: string, hints: ContentHints): readonly string[] {
  return JSON.parse(hints.get(provider) ?? '[]') as readonly string[];
}
