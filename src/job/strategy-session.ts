import { randomUUID } from 'node:crypto';
import { materialize, type Ports } from '../engine/materialize.js';
import { reportOf } from '../engine/outcome.js';
import type { RunReport } from '../engine/report.js';
import { statusOf, type StrategyStatus } from '../engine/status.js';
import type { RunHooks } from '../engine/run-state.js';
import { textDigest } from '../engine/digest.js';
import type { GraphDescription, NodeStore, OpenStream, SourceReader } from '../engine/ports.js';
import { clearPresets } from '../sdk/providers.js';
import type { Range } from '../sdk/time.js';
import { SeamlessError, type SourceLocation } from '../sdk/errors.js';
import { customReader, openSourceLibrary, type ContentHints } from '../sources/library.js';
import { bundleStrategy, type StrategyBundle } from './bundle.js';
import { CodeHasher } from './code/own-code.js';
import type { Intrinsics } from './code/intrinsics.js';
import { authorLocation } from './context/author.js';
import type { ComputeOnlyContext } from './context/context.js';
import { TypeScriptHost } from './host/typescript-host.js';
import { loadStrategy } from './load.js';

/** Where a strategy is: a file of a project, and the name of a class in it (null: the only one). */
export interface StrategyPlace {
  readonly file: string;
  readonly className: string | null;
  readonly projectRoot: string;
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

/** A strategy that is loaded and set up, ready to be described and computed. */
export class StrategySession {
  readonly #host: TypeScriptHost;
  readonly #hasher: CodeHasher;
  readonly #place: StrategyPlace;
  readonly #context: ComputeOnlyContext;

  private constructor(parts: {
    host: TypeScriptHost;
    hasher: CodeHasher;
    place: StrategyPlace;
    context: ComputeOnlyContext;
  }) {
    this.#host = parts.host;
    this.#hasher = parts.hasher;
    this.#place = parts.place;
    this.#context = parts.context;
  }

  /** Bundles, loads and sets up. @throws SeamlessError for whatever is wrong with the file, the class or its setup(). */
  static async open(place: StrategyPlace, around: Surroundings): Promise<StrategySession> {
    const { file, projectRoot } = place;
    const { context, intrinsics, sdk } = around;
    const bundle = await bundleStrategy({ file, projectRoot, sdkUrl: sdk.url });
    around.enter(bundle.codePath);
    clearPresets();
    const className = place.className ?? undefined;
    const { instance, className: name } = await loadStrategy({
      bundle,
      file,
      projectRoot,
      className,
      context,
    });
    const hasher = new CodeHasher({ bundleHash: hashOf(bundle), sdkExports: sdk.exports, intrinsics });
    const locate = (error: Error): SourceLocation | null =>
      authorLocation(error, projectRoot, bundle.codePath);
    const host = new TypeScriptHost({
      strategy: instance,
      className: name,
      hasher,
      context: hostContext(context),
      locate,
    });
    return new StrategySession({ host, hasher, place, context });
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
  ): Promise<RunReport> {
    const started = performance.now();
    const sources = this.#openSources(hints);
    try {
      const ports: Ports = { host: this.#host, store, sources, nonce: randomUUID() };
      const outcome = await materialize(ports, range, { ...hooks, pause: nextTurn });
      return await reportOf(outcome, performance.now() - started);
    } finally {
      sources.close();
    }
  }

  /** What a run over the range would find. Null: over all that is stored. */
  async status(range: Range | null, store: NodeStore, hints: ContentHints): Promise<StrategyStatus> {
    const sources = this.#openSources(hints);
    try {
      return await statusOf({ host: this.#host, store, sources }, range);
    } finally {
      sources.close();
    }
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
    const context = this.#context;
    return Promise.resolve(
      customReader(
        {
          kind: provider.kind,
          options: provider.options,
          ...(fetch && { fetch: (request) => context.provider(() => fetch.call(provider, request)) }),
          ...(version && { version: () => context.provider(() => version.call(provider)) }),
          ...(bounds && { bounds: () => context.provider(() => bounds.call(provider)) }),
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

/** Hash of the bundle's code. The source map is left out: it changes with every comment. */
function hashOf({ code }: StrategyBundle): string {
  return textDigest([code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '')]);
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
