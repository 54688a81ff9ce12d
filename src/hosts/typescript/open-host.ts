import { ComputeOnlyViolation, SeamlessError, type SourceLocation } from '../../sdk/errors.js';
import { parseInterval } from '../../sdk/time/time.js';
import type { StrategyBundle } from './bundle/bundle.js';
import type { ComputeContext } from './compute/computation.js';
import type { FunctionPlace } from './fingerprint/inspection.js';
import type { Intrinsics } from './fingerprint/intrinsics.js';
import { CodeHasher } from './fingerprint/own-code.js';
import { mapFrames, SourcePlaces } from './fingerprint/places.js';
import { loadStrategy, type LoadedStrategy } from './load.js';
import { withInputs } from './node-facts.js';
import { chooseFrame, describeFile, stackFrames } from './sandbox/author.js';
import type { ComputeOnlyContext } from './sandbox/context.js';
import { TypeScriptHost } from './typescript-host.js';
import { unknownSymbols, type UnknownSymbols } from './universe/universe-source.js';
import type { Wall } from './wall/wall.js';

/** What a thread has before it loads a strategy. */
export interface HostSurroundings {
  readonly context: ComputeOnlyContext;
  readonly intrinsics: Intrinsics;
  readonly sdkExports: Readonly<Record<string, unknown>>;
}

interface OpenRequest {
  readonly bundle: Pick<StrategyBundle, 'url' | 'codePath' | 'code'>;
  /** The author's file, absolute. */
  readonly file: string;
  readonly projectRoot: string;
  /** Null: the file's only strategy. */
  readonly className: string | null;
}

export interface OpenedHost {
  readonly host: TypeScriptHost;
  /** Ends the inspector session. */
  close(): void;
}

/** A strategy that is set up, with no code running. */
export interface LoadedHost {
  /** What must be known before it can be opened. */
  readonly unknown: readonly UnknownSymbols[];
  /**
   * Hashes its nodes.
   * @param found the symbols of unknown universes, by name
   */
  open(found: ReadonlyMap<string, readonly string[]>): OpenedHost;
}

/**
 * Loads a strategy in this thread and sets it up.
 * @throws SeamlessError for errors in the file, the class or its setup()
 */
export async function loadHost(request: OpenRequest, surroundings: HostSurroundings): Promise<LoadedHost> {
  const { wall } = surroundings.intrinsics;
  surroundings.context.standBehind(wall);
  try {
    const strategy = await load(request, surroundings);
    const { instance } = strategy;
    const interval = instance.interval === undefined ? null : parseInterval(instance.interval);
    return {
      unknown: unknownSymbols(
        withInputs([
          ...instance.nodes(),
          ...instance.trades().flatMap(({ decision, price }) => [decision, price]),
        ]),
        interval,
      ),
      open(found) {
        try {
          return open(request, surroundings, strategy, found);
        } catch (error) {
          throw explained(error, wall);
        }
      },
    };
  } catch (error) {
    throw explained(error, wall);
  }
}

function explained(error: unknown, wall: Wall): unknown {
  if (!(error instanceof SeamlessError) || error instanceof ComputeOnlyViolation || wall.afterword === '')
    return error;
  const { code, message, node, asOf, location } = error;
  return new SeamlessError(code, `${message}${wall.afterword}`, { node, asOf, location, cause: error });
}

async function load(
  { bundle, file, projectRoot, className }: OpenRequest,
  { context, intrinsics: { wall } }: HostSurroundings,
): Promise<LoadedStrategy> {
  const strategy = await loadStrategy({
    bundle,
    file,
    projectRoot,
    className: className ?? undefined,
    context,
  });
  // Otherwise the engine would report it, without knowing about built-ins.
  if (strategy.instance.nodes().length === 0 && wall.afterword !== '')
    throw new SeamlessError('strategy', `Strategy ${strategy.className} has no nodes.`);
  return strategy;
}

function open(
  { bundle, projectRoot }: OpenRequest,
  { context, intrinsics, sdkExports }: HostSurroundings,
  { instance, className }: LoadedStrategy,
  found: ReadonlyMap<string, readonly string[]>,
): OpenedHost {
  const { wall } = intrinsics;
  const hasher = new CodeHasher({ sdkExports, intrinsics, code: () => bundle.code });
  const places = new SourcePlaces(bundle.code);
  const nameFile = (name: string): string => describeFile(name, projectRoot);
  const original = (place: FunctionPlace): SourceLocation | null =>
    hasher.isInScriptOf(instance, place) ? places.locate(place) : null;
  const host = new TypeScriptHost({
    strategy: instance,
    className,
    found,
    hasher,
    fileOf(place) {
      const at = original(place);
      return at && nameFile(at.file);
    },
    original,
    context: hostContext(context, wall),
    wall,
    locate: (error) =>
      chooseFrame(mapFrames(stackFrames(error), places, bundle.codePath), projectRoot, bundle.codePath),
    nameFile,
  });
  return { host, close: () => hasher.close() };
}

function hostContext(context: ComputeOnlyContext, wall: Wall): ComputeContext {
  return {
    wall,
    compute: (what, body) => context.compute(what, body),
    takeViolation() {
      const violation = context.takeViolation();
      return violation && { message: violation.message, location: violation.location ?? null };
    },
  };
}
