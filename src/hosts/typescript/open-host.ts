import { ComputeOnlyViolation, SeamlessError, type SourceLocation } from '../../sdk/errors.js';
import type { StrategyBundle } from './bundle/bundle.js';
import type { ComputeContext } from './compute/computation.js';
import type { FunctionPlace } from './fingerprint/inspection.js';
import type { Intrinsics } from './fingerprint/intrinsics.js';
import { CodeHasher } from './fingerprint/own-code.js';
import { mapFrames, SourcePlaces } from './fingerprint/places.js';
import { loadStrategy } from './load.js';
import { chooseFrame, describeLocation, stackFrames } from './sandbox/author.js';
import type { ComputeOnlyContext } from './sandbox/context.js';
import { TypeScriptHost } from './typescript-host.js';
import type { Wall } from './wall/wall.js';

/** What a thread has before it loads a strategy. */
export interface HostSurroundings {
  readonly context: ComputeOnlyContext;
  readonly intrinsics: Intrinsics;
  readonly sdkExports: Readonly<Record<string, unknown>>;
}

export interface OpenRequest {
  readonly bundle: Pick<StrategyBundle, 'url' | 'codePath' | 'code'>;
  /** The author's file, absolute. */
  readonly file: string;
  readonly projectRoot: string;
  /** Null: the file's only strategy. */
  readonly className: string | null;
}

export interface OpenedHost {
  readonly host: TypeScriptHost;
  /** Lets go of V8's inspector. */
  close(): void;
}

/**
 * Loads a strategy in this very thread, sets it up, and takes the hashes of its nodes.
 * @param loaded called when no more code of the author's runs, before hashes are taken.
 * @throws SeamlessError for whatever is wrong with the file, the class or its setup().
 */
export async function openHost(
  request: OpenRequest,
  surroundings: HostSurroundings,
  loaded?: () => void,
): Promise<OpenedHost> {
  const { wall } = surroundings.intrinsics;
  surroundings.context.standBehind(wall);
  try {
    return await open(request, surroundings, loaded);
  } catch (error) {
    if (!(error instanceof SeamlessError) || error instanceof ComputeOnlyViolation || wall.afterword === '')
      throw error;
    const { code, message, node, asOf, location } = error;
    throw new SeamlessError(code, `${message}${wall.afterword}`, { node, asOf, location, cause: error });
  }
}

async function open(
  { bundle, file, projectRoot, className }: OpenRequest,
  { context, intrinsics, sdkExports }: HostSurroundings,
  loaded?: () => void,
): Promise<OpenedHost> {
  const { wall } = intrinsics;
  const strategy = await loadStrategy({
    bundle,
    file,
    projectRoot,
    className: className ?? undefined,
    context,
  });
  loaded?.();
  const { instance } = strategy;
  // Else the engine says so, which knows nothing of built-ins.
  if (instance.nodes().length === 0 && wall.afterword !== '')
    throw new SeamlessError('strategy', `Strategy ${strategy.className} has no nodes.`);
  const hasher = new CodeHasher({ sdkExports, intrinsics, code: () => bundle.code });
  const places = new SourcePlaces(bundle.code);
  const nameFile = (name: string): string =>
    describeLocation({ file: name, line: 1 }, projectRoot).replace(/:1$/, '');
  const original = (place: FunctionPlace): SourceLocation | null =>
    hasher.isInScriptOf(instance, place) ? places.locate(place) : null;
  const host = new TypeScriptHost({
    strategy: instance,
    className: strategy.className,
    hasher,
    fileOf(place) {
      const found = original(place);
      return found && nameFile(found.file);
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
