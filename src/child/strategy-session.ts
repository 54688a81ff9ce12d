import { randomUUID } from 'node:crypto';
import { resolveGraph, type Graph, type GraphNode } from '../engine/graph/graph.js';
import { pointNames } from '../engine/plan/judged.js';
import { boundsOf } from '../engine/plan/bounds.js';
import { materialize, type Ports } from '../engine/run/materialize.js';
import { reportOf } from '../engine/run/outcome.js';
import type { RunReport } from '../engine/run/report.js';
import { forgetSourceVersions } from '../engine/sources/refresh.js';
import { statusOf, type SourceLook, type StrategyStatus } from '../engine/plan/status.js';
import type { Extent } from '../engine/plan/selection.js';
import type { RunHooks } from '../engine/run/run-state.js';
import type { ComputeRequest, GraphDescription } from '../engine/ports/host.js';
import type { OpenStream, SourceReader } from '../engine/ports/source.js';
import type { NodeStore } from '../engine/ports/store.js';
import { singleBar } from '../engine/run/single-bar.js';
import { clearPresets } from '../sdk/providers.js';
import type { Range, Seconds } from '../sdk/time.js';
import { nearNames, SeamlessError, type SourceLocation } from '../sdk/errors.js';
import { customReader, openSourceLibrary, type ContentHints } from '../sources/library.js';
import {
  bundleStrategy,
  freshUrl,
  type BundledCode,
  type StrategyBundle,
} from '../hosts/typescript/bundle/bundle.js';
import type { FunctionPlace } from '../hosts/typescript/fingerprint/inspection.js';
import { CodeHasher } from '../hosts/typescript/fingerprint/own-code.js';
import { SourcePlaces } from '../hosts/typescript/fingerprint/places.js';
import type { Intrinsics } from '../hosts/typescript/fingerprint/intrinsics.js';
import { authorLocation, describeLocation } from '../hosts/typescript/sandbox/author.js';
import type { ComputeOnlyContext } from '../hosts/typescript/sandbox/context.js';
import { TypeScriptHost } from '../hosts/typescript/typescript-host.js';
import { loadStrategy } from '../hosts/typescript/load.js';
import { storedName } from '../protocol/project.js';
import { limited } from './watchdog.js';
import type { BarResult } from '../protocol/messages.js';

/** Where a strategy is: a file of a project, and the name of a class in it (null: the only one). */
export interface StrategyPlace {
  readonly file: string;
  readonly className: string | null;
  readonly projectRoot: string;
  /** See `LookPayload`. */
  readonly limitMs?: number | undefined;
}

/** What the child has for all strategies it loads. */
export interface Surroundings {
  readonly context: ComputeOnlyContext;
  readonly intrinsics: Intrinsics;
  /** URL and exports of the SDK as this process has it. */
  readonly sdk: { readonly url: string; readonly exports: Readonly<Record<string, unknown>> };
  /** Told where the bundle of the strategy at work lies, so that its lines can be told from the author's. */
  readonly enter: (bundlePath: string) => void;
}

/** One call of a node's `computeFn`, ready to be made. */
export interface PreparedCall extends Omit<BarResult, 'row' | 'failure'> {
  readonly request: ComputeRequest;
}

/** A strategy that is loaded and set up, ready to be described and computed. */
export class StrategySession {
  /** What the cache knows the strategy by. */
  readonly storedAs: string;
  /** The author's files it is made of, absolute; packages are left out. */
  readonly files: readonly string[];
  readonly #host: TypeScriptHost;
  readonly #hasher: CodeHasher;
  readonly #place: StrategyPlace;
  readonly #around: Surroundings;
  readonly #bundle: StrategyBundle;

  private constructor(parts: {
    storedAs: string;
    files: readonly string[];
    host: TypeScriptHost;
    hasher: CodeHasher;
    place: StrategyPlace;
    around: Surroundings;
    bundle: StrategyBundle;
  }) {
    this.storedAs = parts.storedAs;
    this.files = parts.files;
    this.#host = parts.host;
    this.#hasher = parts.hasher;
    this.#place = parts.place;
    this.#around = parts.around;
    this.#bundle = parts.bundle;
  }

  /**
   * Bundles unless that is done, loads and sets up.
   * @param loaded awaited when no more code of the author's runs, before fingerprints are taken.
   * @throws SeamlessError for whatever is wrong with the file, the class or its setup().
   */
  static async open(
    place: StrategyPlace,
    around: Surroundings,
    made?: BundledCode,
    loaded?: () => Promise<void>,
  ): Promise<StrategySession> {
    const { file, projectRoot } = place;
    const request = { file, projectRoot, sdkUrl: around.sdk.url };
    const bundle = await bundleStrategy(request, made);
    around.enter(bundle.codePath);
    return StrategySession.#load(bundle, place, around, loaded);
  }

  /** The same strategy, loaded and set up once more. */
  again(): Promise<StrategySession> {
    const bundle = { ...this.#bundle, url: freshUrl(this.#bundle.codePath) };
    return StrategySession.#load(bundle, this.#place, this.#around);
  }

  static async #load(
    bundle: StrategyBundle,
    place: StrategyPlace,
    around: Surroundings,
    loaded?: () => Promise<void>,
  ): Promise<StrategySession> {
    const { file, projectRoot } = place;
    const { context, intrinsics, sdk } = around;
    clearPresets();
    intrinsics.restore();
    const className = place.className ?? undefined;
    const { instance, className: name } = await limited(place.limitMs, 'setup', () =>
      loadStrategy({ bundle, file, projectRoot, className, context }),
    );
    await loaded?.();
    const hasher = new CodeHasher({ sdkExports: sdk.exports, intrinsics, code: () => bundle.code });
    const places = new SourcePlaces(bundle.code);
    const locate = (error: Error): SourceLocation | null =>
      authorLocation(error, projectRoot, bundle.codePath);
    const nameFile = (name: string): string =>
      describeLocation({ file: name, line: 1 }, projectRoot).replace(/:1$/, '');
    const original = (place: FunctionPlace): SourceLocation | null =>
      hasher.isInScriptOf(instance, place) ? places.locate(place) : null;
    const fileOf = (place: FunctionPlace): string | null => {
      const found = original(place);
      return found && nameFile(found.file);
    };
    const storedAs = storedName(place, name);
    const host = new TypeScriptHost({
      strategy: instance,
      className: name,
      storedAs,
      hasher,
      fileOf,
      original,
      context: hostContext(context),
      locate,
      nameFile,
    });
    const files = bundle.inputs.filter((input) => !/[\\/]node_modules[\\/]/.test(input));
    return new StrategySession({ storedAs, files, host, hasher, place, around, bundle });
  }

  describe(): Promise<GraphDescription> {
    return this.#host.describe();
  }

  /** Runs the job over a range and reports. */
  async materialize(
    range: Range,
    store: NodeStore,
    hints: ContentHints,
    hooks: RunHooks,
    extent: Extent = 'all',
  ): Promise<RunReport> {
    const started = performance.now();
    const sources = this.#openSources(hints);
    try {
      const ports: Ports = { host: this.#host, store, sources, nonce: randomUUID() };
      const outcome = await materialize(ports, range, { ...hooks, pause: nextTurn }, extent);
      return await reportOf(outcome, performance.now() - started);
    } finally {
      sources.close();
    }
  }

  /** What a run over the range would find. Null: over all that is stored. */
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
   * Brings what a node reads for one bar up to date. Nothing of the node itself is computed or stored.
   * @param bar open of the bar, in epoch seconds.
   * @throws SeamlessError `not-found` for a node that is not there; `usage` for one without a function of the author's;
   * and what `singleBar` throws.
   */
  async prepareCall(
    name: string,
    bar: Seconds,
    store: NodeStore,
    hints: ContentHints,
    hooks: RunHooks,
  ): Promise<PreparedCall> {
    const graph = resolveGraph(await this.#host.describe());
    const node = this.#authored(graph, name);
    const sources = this.#openSources(hints);
    try {
      const ports: Ports = { host: this.#host, store, sources, nonce: randomUUID() };
      const request = await singleBar(ports, graph, node.index, bar, { ...hooks, pause: nextTurn });
      const windows = node.edges.map(({ node: input, period }) => ({
        input: (graph.nodes[input] as GraphNode).name,
        bars: period,
      }));
      return { strategy: graph.strategy, node: name, bar, asOf: bar + node.interval, windows, request };
    } finally {
      sources.close();
    }
  }

  /** Makes one call. What the author's code does wrong is in the result. */
  async call({ request, ...about }: PreparedCall, signal: AbortSignal): Promise<BarResult> {
    const { table, failure } = await this.#host.compute(request, () => undefined, signal);
    return { ...about, row: table, failure };
  }

  #authored({ strategy, nodes }: Graph, name: string): GraphNode {
    const found = nodes.find((node) => node.name === name);
    if (found && this.#host.hasAuthorCode(found.index)) return found;
    const authored = nodes.filter(({ index }) => this.#host.hasAuthorCode(index)).map((node) => node.name);
    if (!found) {
      const near = nearNames(name, authored);
      const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `It has ${authored.join(', ')}.`;
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

  /** What the sources have; null when they cannot tell. */
  async bounds(hints: ContentHints): Promise<Range | null> {
    const sources = this.#openSources(hints);
    try {
      return await boundsOf({ host: this.#host, sources });
    } finally {
      sources.close();
    }
  }

  /** See `pointNames`. */
  judge(store: NodeStore): Promise<void> {
    return pointNames({ host: this.#host, store });
  }

  /** Has the next run read all sources again. */
  forgetSourceVersions(store: NodeStore): ReturnType<typeof forgetSourceVersions> {
    return forgetSourceVersions({ host: this.#host, store });
  }

  #openSources(hints: ContentHints): ReturnType<typeof openSourceLibrary> {
    const custom = (stream: OpenStream): Promise<SourceReader> => this.#customSource(stream);
    return openSourceLibrary({ projectRoot: this.#place.projectRoot, hints, custom });
  }

  close(): void {
    this.#hasher.close();
  }

  /** A provider of the author's own runs in the one zone that may reach outside. */
  #customSource(stream: OpenStream): Promise<SourceReader> {
    const provider = this.#host.customProvider(stream.node);
    if (!provider) throw new SeamlessError('internal', `${stream.name} has no provider of its own.`);
    const { fetch, version, bounds } = provider;
    const { context } = this.#around;
    const told = <T>(ask: () => T | Promise<T>): Promise<T> =>
      limited(this.#place.limitMs, 'provider', () => context.provider(ask));
    return Promise.resolve(
      customReader(
        {
          kind: provider.kind,
          options: provider.options,
          ...(fetch && { fetch: (request) => context.provider(() => fetch.call(provider, request)) }),
          ...(version && { version: () => told(() => version.call(provider)) }),
          ...(bounds && { bounds: () => told(() => bounds.call(provider)) }),
        },
        stream,
      ),
    );
  }
}

/** The next turn of the event loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function hostContext(
  context: ComputeOnlyContext,
): ConstructorParameters<typeof TypeScriptHost>[0]['context'] {
  return {
    compute: (what, body) => context.compute(what, body),
    takeViolation() {
      const violation = context.takeViolation();
      return violation && { message: violation.message, location: violation.location ?? null };
    },
  };
}
