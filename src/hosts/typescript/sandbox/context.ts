import Module from 'node:module';

import { ComputeOnlyViolation, type SourceLocation } from '../../../sdk/errors.js';
import { SeamlessDataProvider } from '../../../sdk/providers/presets.js';
import { Runner } from '../../../sdk/live/runner.js';
import { guardEnvironment, replaceClockAndRandom, replaceSharedMemory } from './ambient.js';
import { callSites, describeLocation, isOwn, isOwnPlace, stackFrames } from './author.js';
import { guardBuiltins, guardGlobals, guardLeft, type RuleCheck } from './builtins.js';
import { FileReads } from './file-reads.js';
import { replaceNumberLoops } from './number-loops.js';
import { Patches, syncImports } from './patches.js';
import { whenSettled } from '../wall/kept.js';
import type { Wall } from '../wall/wall.js';
import { FETCHING, LIVE_LOOP, type Access, type Rule } from './rules.js';
import { Zones, type Zone } from './zones.js';

/**
 * Environment variables of every process that computes strategies. They must be set when it is started, because the locale is
 * read only once. Formatted dates are then the same on every machine.
 */
export const CHILD_ENVIRONMENT = { TZ: 'UTC', LC_ALL: 'en_US.UTF-8' } as const;

interface ComputeOnlyOptions {
  readonly projectRoot: string;
  /** The place of an error in the author's files. */
  readonly authorLocation: (error: Error) => SourceLocation | null;
  /** Receives errors in timers or promises that user code left behind, caught or not. Runs as the host. */
  readonly onStray: (error: Error) => void;
}

/**
 * The compute-only context: strategy code runs in it without reaching anything that the cache cannot see. It guards against
 * mistakes, not against malice: a strategy is its user's own code.
 */
export interface ComputeOnlyContext {
  /**
   * Runs the child's own code, with everything allowed and the real clock; what it starts inherits that. Every entrance from
   * outside needs it (a message from the parent, a signal), and so does host work during `compute`.
   */
  asHost<T>(work: () => T): T;
  /** From now on, strategy code and host code have separate built-in objects; see `Wall`. */
  standBehind(wall: Wall): void;
  /**
   * Runs the top level of user modules: `load(() => import(url))`. The result is boxed, so that its `then` is never called.
   * @throws SeamlessError `strategy` for a built-in that was changed permanently
   */
  load<T>(work: () => Promise<T>): Promise<{ readonly loaded: T }>;
  /**
   * Runs constructors and `setup()`.
   * @throws SeamlessError `strategy` when it changed a built-in.
   */
  setup<T>(work: () => T): T;
  /** Runs a node over many bars; `setBar` sets the next one, by its close in epoch seconds. */
  compute<T>(of: ComputedNode, work: (setBar: (asOf: number) => void) => T): T;
  /**
   * Runs a provider's `fetch`, `version` or `bounds`: it may use network, files and subprocesses.
   * @param stream position of its stream in `GraphDescription.nodes`
   */
  provider<T>(work: () => T, stream?: number): T;
  /**
   * The first violation since the last call, whether user code caught it or not: ask after every `load`, `setup` and `compute`.
   * Violations of providers are only thrown; stray ones go to `onStray`.
   */
  takeViolation(): ComputeOnlyViolation | null;
  /** Whether a module's top level, a constructor or setup() used files, the environment, a clock or randomness. */
  readonly sawHidden: boolean;
  /** The files that it has read so far. */
  readonly fileReads: Pick<FileReads, 'made' | 'provided'>;
  /** Removes all guards. */
  finish(): void;
}

interface ComputedNode {
  readonly node: string;
  /** The seed of `Math.random()`, together with the bar: the node's code hash. */
  readonly seed: string;
}

/** Enters the compute-only context, once per process and before any user code is loaded. */
export function installComputeOnly(options: ComputeOnlyOptions): ComputeOnlyContext {
  process.setSourceMapsEnabled(true);
  Object.assign(process.env, CHILD_ENVIRONMENT);
  // Created on first use, from guarded parts: user code may be the first to print.
  for (const stream of ['stdout', 'stderr'] as const) Reflect.get(process, stream);
  const zones = new Zones();
  let wall: Wall | null = null;
  const asHost = <T>(work: () => T): T => (wall ? wall.asHost(() => zones.asHost(work)) : zones.asHost(work));
  const violations = new Violations(options, zones, asHost);
  const patches = new Patches();
  const check: RuleCheck = (api, rule, args) => violations.check(api, rule, args);
  guardBuiltins(patches, check);
  guardLeft(patches, () => zones.computing !== null, check);
  guardGlobals(patches, check);
  guardEnvironment(patches, check);
  replaceSharedMemory(patches);
  replaceNumberLoops(patches);
  patches.define(Module, 'syncBuiltinESMExports', { value: syncImports, writable: true, enumerable: true });
  patches.guardFunction(Runner, 'submit', 'Runner.submit', (api) => check(api, LIVE_LOOP));
  patches.guardFunction(SeamlessDataProvider.prototype, 'fetch', 'SeamlessDataProvider.fetch', (api) =>
    check(api, FETCHING),
  );
  replaceClockAndRandom(patches, zones, check, () => violations.noteHidden());
  syncImports();
  const stray = (reason: unknown): void => violations.stray(reason);
  process.on('uncaughtException', stray).on('unhandledRejection', stray);
  return {
    asHost,
    standBehind: (given) => (wall = given),
    load: (work) => zones.load(() => loaded(work, () => wall?.adopt())),
    setup: (work) => (wall ? wall.setup(() => zones.setup(work)) : zones.setup(work)),
    compute({ node, seed }, work) {
      const run = (): ReturnType<typeof work> => zones.compute(node, seed, work);
      return wall ? wall.piece(run) : run();
    },
    provider(work, stream) {
      const run = (): ReturnType<typeof work> => zones.provider(work, stream);
      return wall ? wall.untilSettled(run) : run();
    },
    takeViolation: () => violations.take(),
    get sawHidden() {
      return violations.sawHidden;
    },
    fileReads: violations.fileReads,
    finish() {
      process.off('uncaughtException', stray).off('unhandledRejection', stray);
      patches.undo();
      syncImports();
    },
  };
}

/** `done` runs before anything else once the module is loaded, or has failed. */
function loaded<T>(work: () => Promise<T>, done: () => void): Promise<{ readonly loaded: T }> {
  return new Promise((resolve, reject: (reason: Error) => void) => {
    void whenSettled(
      work(),
      (value) => {
        try {
          done();
        } catch (error) {
          reject(error as Error);
          return;
        }
        resolve({ loaded: value as T });
      },
      (reason) => {
        try {
          done();
        } finally {
          reject(reason as Error);
        }
      },
    );
  });
}

/**
 * Node itself reads files and variables when it prints, formats a stack or loads `Headers`; these are no input of the strategy.
 */
const INTERNAL_READERS = [
  'node:internal/util/colors',
  'node:internal/tty',
  'node:internal/source_map/',
  'node:internal/deps/undici/',
  'node:internal/process/warning',
];

/** Deep enough to reach the author's frame from within libraries. */
const STACK_DEPTH = 50;

interface Refusal {
  readonly api: string;
  readonly rule: Rule;
  readonly zone: Zone | null;
  readonly asOf: number | undefined;
  readonly trace: Error;
}

class Violations {
  readonly #options: ComputeOnlyOptions;
  readonly #zones: Zones;
  readonly #known = new WeakSet<Error>();
  sawHidden = false;
  readonly fileReads = new FileReads();
  readonly #asHost: ComputeOnlyContext['asHost'];
  #first: ComputeOnlyViolation | null = null;

  constructor(options: ComputeOnlyOptions, zones: Zones, asHost: ComputeOnlyContext['asHost']) {
    this.#options = options;
    this.#zones = zones;
    this.#asHost = asHost;
  }

  take(): ComputeOnlyViolation | null {
    const first = this.#first;
    this.#first = null;
    return first;
  }

  /** Records that the strategy's setup used something outside of its files. */
  noteHidden(): void {
    const kind = this.#zones.current()?.kind;
    if (this.sawHidden || (kind !== 'module' && kind !== 'setup')) return;
    const trace = traceHere();
    this.sawHidden = this.#zones.asHost(() =>
      stackFrames(trace).some(({ file }) => !isOwn(file) && !file.startsWith('node:')),
    );
  }

  /** @throws ComputeOnlyViolation when the current code may not use the API */
  check(api: string, rule: Rule, args: readonly unknown[] = []): void {
    const zone = this.#zones.current();
    // During a computation, host code runs between `asHost` and its end, where nothing is being computed.
    if (zone && isAllowed(zone, rule.access)) {
      if (rule.access === 'hidden') this.noteHidden();
      if (rule.reads && zone.kind !== 'host') this.#asHost(() => this.fileReads.note(zone, api, args[0]));
      return;
    }
    const asOf = this.#zones.computing?.asOf;
    this.#asHost(() => {
      // Every printed line passes here.
      if (rule.access === 'hidden' && isReadByNode(traceHere())) return;
      this.#refuse({ api, rule, zone, asOf, trace: traceHere() });
    });
  }

  #refuse({ api, rule, zone, asOf, trace }: Refusal): never {
    const location = this.#options.authorLocation(trace);
    const at = location ? ` at ${describeLocation(location, this.#options.projectRoot)}` : '';
    const why =
      rule.access === 'hidden'
        ? 'what it gives is hidden from the cache'
        : 'strategies are computed only, never live';
    const violation = new ComputeOnlyViolation(
      `${placeOf(zone)} used ${api}${at}, which is refused: ${why}. ${rule.advice}`,
      {
        node: zone?.node ?? undefined,
        // In the column form there is no single bar to blame.
        asOf: Number.isNaN(asOf) ? undefined : asOf,
        location: location ?? undefined,
      },
    );
    this.#known.add(violation);
    if (zone === null || zone.ended) this.#options.onStray(violation);
    // A provider's violation is its own failure, not that of the next node.
    else if (zone.kind !== 'provider') this.#first ??= violation;
    throw violation;
  }

  /** An uncaught error. Violations have been reported already. */
  stray(reason: unknown): void {
    const error =
      reason instanceof Error
        ? reason
        : new Error(`Something that is no Error was thrown: ${String(reason)}`);
    if (this.#known.has(error)) return;
    this.#asHost(() => this.#options.onStray(error));
  }
}

function isAllowed(zone: Zone, access: Access): boolean {
  if (zone.kind === 'host') return true;
  if (zone.kind === 'provider') return access !== 'control';
  return access === 'hidden' && !zone.ended && zone.kind !== 'compute';
}

function placeOf(zone: Zone | null): string {
  if (zone === null) return 'Code outside of any step';
  const place = {
    host: 'Seamless itself',
    provider: 'a historyProvider',
    module: 'the top level of the module',
    setup: 'setup()',
    compute: `node ${zone.node ?? ''}`,
  }[zone.kind];
  const whole = zone.ended ? `a timer or promise left behind by ${place}` : place;
  return zone.kind === 'setup' && !zone.ended ? whole : whole.charAt(0).toUpperCase() + whole.slice(1);
}

function traceHere(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_DEPTH;
  const trace = new Error('used here');
  Error.stackTraceLimit = limit;
  return trace;
}

/** Whether Node's own frames, up to the first foreign one, include one that reads for Node itself. */
function isReadByNode(trace: Error): boolean {
  for (const site of callSites(trace)) {
    const file = site.getFileName() ?? '';
    if (file.startsWith('node:')) {
      if (INTERNAL_READERS.some((reader) => file.startsWith(reader))) return true;
    } else if (site.isEval() || (file !== '' && !isOwnPlace(file))) return false;
  }
  return false;
}
